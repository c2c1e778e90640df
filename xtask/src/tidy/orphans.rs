//! No forgotten file: the compiler says nothing of a Rust file that no `mod` names, so a test in it never runs.

use crate::{finding::Finding, tree::Tree};

/// Folders in which each file, or the `main.rs` of each folder, is a target of its own.
const TARGETS: [&str; 5] = ["src/bin", "tests", "benches", "examples", "fuzz/targets"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let orphans = tree.texts_ending(".rs").map(|(path, _)| path).filter(|path| !is_target(path));
    let orphans = orphans.filter(|path| !is_named(tree, path));
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

/// Whether a file above or beside this one says `mod name`, by itself or through a macro that is given the name.
fn is_named(tree: &Tree, path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let by_attribute = [format!("path = \"{file}\""), format!("/{file}\"]")];
    if tree.texts_ending(".rs").any(|(_, text)| by_attribute.iter().any(|attribute| text.contains(attribute)))
    {
        return true;
    }
    let stem = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    let (mut folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    loop {
        let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
        let beside = ["mod.rs", "lib.rs", "main.rs"].map(|file| format!("{folder}/{file}"));
        let same_name = format!("{above}/{last}.rs");
        if beside
            .iter()
            .chain([&same_name])
            .any(|parent| tree.text(parent).is_some_and(|text| names(text, name)))
        {
            return true;
        }
        let in_tests = tree.texts().any(|(other, text)| {
            other.rsplit_once('/').is_some_and(|(place, _)| place == folder)
                && is_target(other)
                && names(text, name)
        });
        if in_tests {
            return true;
        }
        if above.is_empty() {
            return false;
        }
        folder = above;
    }
}

/// Whether `name` stands in `text` as a word of its own.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
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
