//! Bytes become something that a store takes only where they come from a disk or a vault: one call of `AtRest::read_back`
//! or `RowKey::read_back` elsewhere, and plaintext could be written (P06; ARCHITECTURE.md, decision 11).

use crate::{finding::Finding, source::Source};

const DOOR: &str = "read_back";
/// Files, and folders with a slash at their end, that read what was sealed.
const READERS: [&str; 6] = [
    "crates/custody/src/fetch.rs",
    "crates/store/src/dump.rs",
    "crates/store/src/embedded/",
    "crates/store/src/memory.rs",
    // The suite of all engines writes rows that mean nothing.
    "crates/store/src/testsuite.rs",
    // The breach that the tests of P06 must notice; no build has it that is given to anybody.
    "crates/store/src/breach.rs",
];
/// Where it is made.
const MAKERS: [&str; 2] = ["crates/sealed/src/at_rest.rs", "crates/sealed/src/row.rs"];
/// No part of the program: they play a disk.
const PLAYERS: [&str; 2] = ["crates/sim/", "fuzz/"];

pub(super) fn check(sources: &[Source<'_>]) -> Vec<Finding> {
    let is_allowed = |path: &str| {
        let mut allowed = READERS.iter().chain(&MAKERS).chain(&PLAYERS);
        allowed.any(|place| path == *place || place.ends_with('/') && path.starts_with(place))
    };
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !is_allowed(source.path)) {
        let tests = source.test_lines();
        let in_test = |line: &usize| tests.iter().any(|lines| lines.contains(line));
        let places = source.places(DOOR).into_iter().filter(|line| !in_test(line));
        findings
            .extend(places.map(|line| {
                Finding::new(source.path, line, "`read_back` where nothing is read from a disk")
            }));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{source::parse, tree::Tree};

    #[test]
    fn a_way_around_the_seal_is_found_whatever_it_is_called() {
        let code =
            "//! read_back\nuse sealed::AtRest as A;\nfn f(rows: Rows) {\n    rows.map(A::read_back);\n}\n";
        let tree = Tree::of(&[
            ("crates/domain/src/a.rs", code),
            ("crates/store/src/tx/row.rs", "fn g() {\n    vec![AtRest::read_back(bytes)];\n}\n"),
            ("crates/store/src/memory_of.rs", code),
            ("crates/custody/src/fetch.rs", code),
            ("crates/store/src/embedded/session.rs", code),
            ("crates/domain/tests/a.rs", code),
            ("crates/domain/src/b.rs", "#[cfg(test)]\nmod tests {\n    fn h() { read_back(); }\n}\n"),
        ]);
        let found: Vec<String> = check(&parse(&tree).0).iter().map(ToString::to_string).collect();
        let told = "`read_back` where nothing is read from a disk";
        let wanted =
            ["crates/domain/src/a.rs:4", "crates/store/src/memory_of.rs:4", "crates/store/src/tx/row.rs:2"];
        let mut found = found;
        found.sort();
        assert_eq!(found, wanted.map(|place| format!("{place}: {told}")));
    }
}
