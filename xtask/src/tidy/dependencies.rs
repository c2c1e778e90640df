//! Every crate of other people stands in ARCHITECTURE.md with the reason why it is used, and no reason is left over.

use std::collections::{BTreeMap, BTreeSet};

use super::manifests::{dependencies, manifests};
use crate::{finding::Finding, tree::Tree};

const DOCUMENT: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Dependencies";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(DOCUMENT) else { return vec![Finding::new(DOCUMENT, 1, "is missing")] };
    let reasons = reasons(text);
    let ours: BTreeSet<String> = manifests(tree)
        .filter_map(|(_, manifest)| Some(manifest.get("package")?.get("name")?.as_str()?.to_owned()))
        .collect();
    let mut used = BTreeSet::new();
    let mut findings = Vec::new();
    for (path, manifest) in manifests(tree) {
        for (name, _) in dependencies(&manifest).filter(|(name, _)| !ours.contains(*name)) {
            if !reasons.contains_key(name.as_str()) {
                findings.push(Finding::new(
                    path,
                    1,
                    format!("uses {name}, which {DOCUMENT} gives no reason for"),
                ));
            }
            used.insert(name.clone());
        }
    }
    for (name, (line, reason)) in reasons {
        if !used.contains(name) {
            findings.push(Finding::new(
                DOCUMENT,
                line,
                format!("gives a reason for {name}, which no crate uses"),
            ));
        } else if reason.is_empty() {
            findings.push(Finding::new(DOCUMENT, line, format!("gives no reason for {name}")));
        }
    }
    findings
}

/// The table below the heading: what stands in backticks in the first column, its line, its last column.
fn reasons(text: &str) -> BTreeMap<&str, (usize, &str)> {
    let lines = text.lines().enumerate().skip_while(|(_, line)| *line != HEADING).skip(1);
    let mut reasons = BTreeMap::new();
    for (index, line) in lines.take_while(|(_, line)| !line.starts_with('#')) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let (Some(names), Some(reason)) = (cells.next(), cells.next_back()) else { continue };
        for name in names.split('`').skip(1).step_by(2) {
            reasons.insert(name, (index + 1, reason));
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENT, check};
    use crate::tree::Tree;

    fn found(table: &str) -> Vec<String> {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nserde.workspace = true\nb.workspace = true\n\
                        [dev-dependencies]\nproptest.workspace = true\n";
        let tree = Tree::of(&[
            ("crates/a/Cargo.toml", manifest),
            ("crates/b/Cargo.toml", "[package]\nname = \"b\"\n"),
            (
                DOCUMENT,
                &format!(
                    "# A\n\n## Dependencies\n\n| crate | used by | reason |\n|---|---|---|\n{table}\n## B\n"
                ),
            ),
        ]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        assert!(found("| `serde`, `proptest` | a | Because. |").is_empty());
        assert_eq!(
            found("| `serde` | a | Because. |"),
            ["crates/a/Cargo.toml:1: uses proptest, which ARCHITECTURE.md gives no reason for"]
        );
        assert_eq!(
            found("| `serde` | a | Because. |\n| `proptest` | a | |"),
            ["ARCHITECTURE.md:8: gives no reason for proptest"]
        );
        assert_eq!(
            found("| `serde`, `proptest`, `left` | a | Because. |"),
            ["ARCHITECTURE.md:7: gives a reason for left, which no crate uses"]
        );
    }
}
