//! `unsafe` stands in `crypto` only, where the cryptographic library is called.

use proc_macro2::{TokenStream, TokenTree};

use crate::{finding::Finding, source::Source};

const ALLOWED: &str = "crates/crypto/";

pub(super) fn check(sources: &[Source<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !source.path.starts_with(ALLOWED)) {
        // It parsed as a file, so it is made of tokens.
        let tokens: TokenStream = source.text.parse().unwrap_or_default();
        let lines = places(tokens);
        findings
            .extend(lines.into_iter().map(|line| Finding::new(source.path, line, "`unsafe` outside crypto")));
    }
    findings
}

fn places(tokens: TokenStream) -> Vec<usize> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(places(group.stream())),
            TokenTree::Ident(ident) if ident == "unsafe" => found.push(ident.span().start().line),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
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
