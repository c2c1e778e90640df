//! `unsafe` stands in `crypto` only, where the cryptographic library is called.

use crate::{finding::Finding, source::Source};

const ALLOWED: &str = "crates/crypto/";

pub(super) fn check(sources: &[Source<'_>]) -> Vec<Finding> {
    let elsewhere = sources.iter().filter(|source| !source.path.starts_with(ALLOWED));
    let places =
        elsewhere.flat_map(|source| source.places("unsafe").into_iter().map(|line| (source.path, line)));
    places.map(|(path, line)| Finding::new(path, line, "`unsafe` outside crypto")).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{source::parse, tree::Tree};

    #[test]
    fn a_block_is_found_and_a_word_is_not() {
        let tree = Tree::of(&[
            (
                "crates/tl/src/lib.rs",
                "//! unsafe\n#![forbid(unsafe_code)]\nfn f() {\n    unsafe { g() }\n}\n",
            ),
            ("crates/crypto/src/lib.rs", "fn f() { unsafe { g() } }\n"),
        ]);
        let found: Vec<String> = check(&parse(&tree).0).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["crates/tl/src/lib.rs:4: `unsafe` outside crypto"]);
    }
}
