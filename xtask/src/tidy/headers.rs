//! Every Rust file begins by saying why it is there.

use crate::{finding::Finding, source::Source};

pub(super) fn check(sources: &[Source<'_>]) -> Vec<Finding> {
    let silent = sources.iter().filter(|source| {
        let first = source.text.lines().next().unwrap_or_default();
        first.strip_prefix("//! ").is_none_or(|why| why.trim().is_empty())
    });
    silent.map(|source| Finding::new(source.path, 1, "does not begin with `//! ` and a sentence")).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{source::parse, tree::Tree};

    #[test]
    fn a_file_without_a_header_is_found() {
        let tree =
            Tree::of(&[("a.rs", "//! Why.\n"), ("b.rs", "fn f() {}\n"), ("c.rs", "//! \n"), ("d.rs", "")]);
        let found: Vec<String> = check(&parse(&tree).0).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 3);
        assert!(found[0].starts_with("b.rs:1:"));
    }
}
