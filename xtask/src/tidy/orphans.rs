//! No forgotten file: the compiler says nothing of a Rust file that no `mod` names, so a test in it never runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::{finding::Finding, tree::Tree};

/// Folders in which each file, or the `main.rs` of each folder, is a target of its own.
const TARGETS: [&str; 5] = ["src/bin", "tests", "benches", "examples", "fuzz/targets"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let names = Names::read(tree);
    let orphans = tree.texts_ending(".rs").map(|(path, _)| path).filter(|path| !is_target(path));
    let orphans = orphans.filter(|path| !names.has(path));
    orphans.map(|path| Finding::new(path, 1, "is no target and no module names it")).collect()
}

fn is_target(path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if folder.ends_with("src") && matches!(file, "lib.rs" | "main.rs") || file == "build.rs" {
        return true;
    }
    let holds_targets = |folder: &str| TARGETS.iter().any(|target| folder.ends_with(target));
    if holds_targets(folder) {
        return true;
    }
    // A target in a folder of its own; `build/main.rs` is a build script.
    let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
    file == "main.rs" && (holds_targets(above) || folder.ends_with("/build"))
}

/// The file that a text names at its end, as `#[path = "a/b.rs"]` and `include!("b.rs")` do.
fn included(text: &str) -> Option<&str> {
    let (before, literal) = text.rsplit_once('"')?;
    let names = ["path =", "include!("].iter().any(|word| before.trim_end().ends_with(word));
    names.then(|| literal.rsplit('/').next()).flatten()
}

/// The words of every Rust file, for a module's name may come through a macro.
struct Names<'a> {
    by_file: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The targets in each folder.
    targets: BTreeMap<&'a str, Vec<&'a str>>,
    /// Names of files in `#[path = ".."]` and `include!`.
    quoted: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    fn read(tree: &'a Tree) -> Self {
        let mut names = Self { by_file: BTreeMap::new(), targets: BTreeMap::new(), quoted: BTreeSet::new() };
        for (path, text) in tree.texts_ending(".rs") {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.by_file.insert(path, words.collect());
            if is_target(path) {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                names.targets.entry(folder).or_default().push(path);
            }
            let ends = text.match_indices(".rs\"").map(|(at, _)| &text[..at + 3]);
            names.quoted.extend(ends.filter_map(included));
        }
        names
    }

    /// Whether a file above or beside this one names it, as `mod name` does.
    fn has(&self, path: &str) -> bool {
        if self.quoted.contains(path.rsplit('/').next().unwrap_or(path)) {
            return true;
        }
        let stem = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let (mut folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        loop {
            let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
            let beside = ["mod.rs", "lib.rs", "main.rs"].map(|file| format!("{folder}/{file}"));
            let same_name = format!("{above}/{last}.rs");
            let modules = beside.iter().chain([&same_name]).map(String::as_str);
            let targets = self.targets.get(folder).into_iter().flatten().copied();
            if modules
                .chain(targets)
                .any(|file| self.by_file.get(file).is_some_and(|words| words.contains(name)))
            {
                return true;
            }
            if above.is_empty() {
                return false;
            }
            folder = above;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tree::Tree;

    #[test]
    fn a_file_that_nobody_names_is_found() {
        let tree = Tree::of(&[
            ("crates/a/build/main.rs", "mod parse;"),
            ("crates/a/build/parse.rs", ""),
            ("crates/a/src/lib.rs", "mod b;\npub mod methods { mod d; }\n"),
            ("crates/a/src/b.rs", "mod c;\n#[path = \"b_tests.rs\"]\nmod tests;\n"),
            ("crates/a/src/b_tests.rs", ""),
            ("crates/a/src/b/c.rs", ""),
            ("crates/a/src/b/lost.rs", ""),
            ("crates/a/src/methods/d.rs", ""),
            ("crates/a/tests/e.rs", ""),
            ("crates/a/tests/f/main.rs", "mod g;"),
            ("crates/a/tests/f/g.rs", ""),
            ("crates/a/tests/f/forgotten.rs", ""),
            ("crates/b/tests/main.rs", ""),
            ("crates/a/tests/api.rs", "mod h { mod i; }"),
            ("crates/a/tests/h/i.rs", ""),
            ("fuzz/targets/f1.rs", ""),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "crates/a/src/b/lost.rs:1: is no target and no module names it",
                "crates/a/tests/f/forgotten.rs:1: is no target and no module names it"
            ]
        );
    }
}
