//! The lowest floors cannot panic: their `lib.rs` denies the lints that `floors.toml` calls strict.

use syn::{Meta, Token, punctuated::Punctuated};

use super::floors::Floors;
use crate::{finding::Finding, source::Source, tree::Tree};

pub(super) fn check(tree: &Tree, sources: &[Source<'_>]) -> Vec<Finding> {
    // A missing or broken table is reported by the rule about floors.
    let Ok(floors) = Floors::read(tree) else { return Vec::new() };
    let mut findings = Vec::new();
    for name in floors.strict() {
        let path = format!("crates/{name}/src/lib.rs");
        let Some(source) = sources.iter().find(|source| source.path == path) else { continue };
        let denied = denied(&source.file);
        for lint in floors.lints().iter().filter(|lint| !denied.contains(lint)) {
            findings.push(Finding::new(&path, 1, format!("does not deny {lint}")));
        }
    }
    findings
}

/// What `#![deny(..)]` and `#![forbid(..)]` name.
fn denied(file: &syn::File) -> Vec<String> {
    let attributes = file
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("deny") || attribute.path().is_ident("forbid"));
    let lists = attributes.filter_map(|attribute| {
        attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()
    });
    let lints = lists.flatten().map(|lint| {
        let words: Vec<String> = lint.path().segments.iter().map(|one| one.ident.to_string()).collect();
        words.join("::")
    });
    lints.collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{source::parse, tree::Tree};

    const FLOORS: &str = "tools = []\nimpure = []\nstrict_lints = [\"missing_docs\", \"clippy::panic\"]\n\
        [[floor]]\nlevel = 0\npure = true\nstrict = true\ncrates = [\"a\", \"b\"]\n\
        [[floor]]\nlevel = 1\npure = true\ncrates = [\"c\"]\n";

    #[test]
    fn a_lint_that_is_not_denied_is_found() {
        let tree = Tree::of(&[
            ("floors.toml", FLOORS),
            ("crates/a/src/lib.rs", "#![deny(missing_docs)]\n#![forbid(clippy::panic)]\n"),
            ("crates/b/src/lib.rs", "#![warn(missing_docs)]\n#![deny(clippy::panic)]\n"),
            ("crates/c/src/lib.rs", ""),
        ]);
        let found: Vec<String> = check(&tree, &parse(&tree).0).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["crates/b/src/lib.rs:1: does not deny missing_docs"]);
    }
}
