//! Documents point at things that exist: relative links, headings, and paths in code quotes.

use std::collections::BTreeSet;

use crate::{finding::Finding, tree::Tree};

/// Folders whose paths are checked wherever a document quotes one.
const QUOTED: [&str; 6] = ["crates/", "docs/", "e2e/", "fuzz/", "xtask/", ".ci/"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts_ending(".md") {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (index, line) in prose(text) {
            let wrong_links = links(line).into_iter().filter(|target| !resolves(tree, path, folder, target));
            let wrong_quotes = quotes(line).into_iter().filter(|quote| !exists(tree, quote));
            for target in wrong_links.chain(wrong_quotes) {
                findings.push(Finding::new(path, index + 1, format!("{target} leads nowhere")));
            }
        }
    }
    findings
}

/// The lines outside fenced code, with their index.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// Targets of `[text](target)`.
fn links(line: &str) -> Vec<&str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// Paths of the project between backticks; those with a placeholder in them are patterns.
fn quotes(line: &str) -> Vec<&str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted
        .filter(|quote| QUOTED.iter().any(|start| quote.starts_with(start)))
        .filter(|quote| !quote.contains(|c: char| c.is_whitespace() || "<>*{}".contains(c)))
        .collect()
}

fn resolves(tree: &Tree, path: &str, folder: &str, target: &str) -> bool {
    if target.starts_with("https://") || target.starts_with("http://") {
        return true;
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let file = if file.is_empty() { path.to_owned() } else { joined(folder, file) };
    match anchor {
        None => exists(tree, &file),
        Some(anchor) => tree.text(&file).is_some_and(|text| anchors(text).contains(anchor)),
    }
}

fn exists(tree: &Tree, path: &str) -> bool {
    // `path:12` names a line.
    let path = path.split(':').next().unwrap_or(path);
    tree.contains(path) || tree.contains_folder(path)
}

fn joined(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The anchors that forges give to headings: small letters, hyphens for spaces, no punctuation.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter_map(|(_, line)| line.strip_prefix('#'));
    headings
        .map(|heading| heading.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| {
            heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect()
        })
        .map(|heading: String| heading.replace(' ', "-"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tree::Tree;

    #[test]
    fn a_link_to_nothing_is_found() {
        let text = "[a](docs/b.md#two-words) [b](c.md) [c](#first) [d](https://example.org) [e](docs/b.md#gone)\n\
                    `crates/a/src/lib.rs` `crates/b/` `crates/<name>/x`\n\n# First\n```\n[f](g.md) `crates/c`\n```\n";
        let tree = Tree::of(&[
            ("README.md", text),
            ("docs/b.md", "## Two words!\n[up](../README.md) [down](d.md)\n"),
            ("crates/a/src/lib.rs", ""),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "README.md:1: c.md leads nowhere",
                "README.md:1: docs/b.md#gone leads nowhere",
                "README.md:2: crates/b/ leads nowhere",
                "docs/b.md:2: d.md leads nowhere"
            ]
        );
    }
}
