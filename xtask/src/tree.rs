//! The files of the project, read once: what a commit of this moment would hold.
//!
//! Rules look at a [`Tree`] only, never at the disk, so that each can be tried on a few lines of sample.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) struct Tree {
    root: PathBuf,
    files: BTreeMap<String, File>,
}

struct File {
    bytes: usize,
    /// None for what is not UTF-8.
    text: Option<String>,
}

impl Tree {
    /// Reads the project that this xtask belongs to.
    pub(crate) fn load() -> io::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let mut files = BTreeMap::new();
        for path in listed_by_git(&root).map_or_else(|| walked(&root), Ok)? {
            match fs::read(root.join(&path)) {
                Ok(bytes) => {
                    files.insert(path, File::new(bytes));
                }
                // Deleted here but not yet in the index.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { root, files })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether a file lies below this folder.
    pub(crate) fn contains_folder(&self, path: &str) -> bool {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.files.range(prefix.clone()..).next().is_some_and(|(path, _)| path.starts_with(&prefix))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.text.as_deref()
    }

    /// All paths with their sizes in bytes, sorted.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file.bytes))
    }

    /// All text files, sorted by path.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, file)| Some((path.as_str(), file.text.as_deref()?)))
    }

    /// The text files whose name ends with `end`.
    pub(crate) fn texts_ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts().filter(move |(path, _)| path.ends_with(end))
    }
}

#[cfg(test)]
impl Tree {
    /// A tree of samples.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files =
            files.iter().map(|(path, text)| ((*path).to_owned(), File::new((*text).into()))).collect();
        Self { root: PathBuf::new(), files }
    }
}

impl File {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.len(), text: String::from_utf8(bytes).ok() }
    }
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.split_terminator('\0').map(str::to_owned).collect())
}

/// Without git (an unpacked archive): every file but those of `.gitignore`, whose lines here are plain paths.
fn walked(root: &Path) -> io::Result<Vec<String>> {
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let ignored: Vec<&str> = ignored.lines().map(|line| line.trim_matches('/')).chain([".git"]).collect();
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().into_owned();
            let text = path.to_string_lossy().into_owned();
            if ignored.contains(&name.as_str()) || ignored.contains(&text.as_str()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                found.push(text);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Tree, listed_by_git, walked};

    #[test]
    fn both_ways_to_list_agree() {
        let tree = Tree::load().unwrap();
        let Some(mut by_git) = listed_by_git(tree.root()) else { return };
        by_git.retain(|path| tree.contains(path));
        let mut by_walk = walked(tree.root()).unwrap();
        by_walk.retain(|path| path.ends_with(".rs"));
        by_git.retain(|path| path.ends_with(".rs"));
        by_git.sort();
        by_walk.sort();
        assert_eq!(by_git, by_walk);
    }

    #[test]
    fn folders_are_known_by_their_files() {
        let tree = Tree::of(&[("a/b.rs", ""), ("ab/c.rs", "")]);
        assert!(tree.contains_folder("a") && tree.contains_folder("ab/"));
        assert!(!tree.contains_folder("b"));
    }
}
