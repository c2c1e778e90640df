//! Words that must not land: paths of somebody's machine, marks of unfinished work, waiting by the clock in tests.

use crate::{finding::Finding, source::Source, tree::Tree};

/// In any text. Written in two halves, so that this file may stand among those it checks.
const UNFINISHED: [&str; 6] = [
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("TO", "DO"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
];
/// Absolute paths of a machine, where a path can begin.
const MACHINE: [&str; 4] =
    [concat!("/", "work/"), concat!("/", "home/"), concat!("/", "root/"), concat!("/", "Users/")];
/// In test code: a test waits for the event, with a deadline, never for a time.
const WAITING: [&str; 3] =
    [concat!("thread::", "sleep"), concat!("time::", "sleep"), concat!("time.", "sleep(")];
const SKIPPED: &str = concat!("#[", "ignore");

/// Texts of other people, word for word.
const VERBATIM: [&str; 2] = ["LICENSE", "Cargo.lock"];

pub(super) fn check(tree: &Tree, sources: &[Source<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| !VERBATIM.contains(path)) {
        for (index, line) in text.lines().enumerate() {
            let unfinished = UNFINISHED.iter().filter(|word| has_word(line, word));
            let machine = MACHINE.iter().filter(|start| has_path(line, start));
            for word in unfinished.chain(machine) {
                findings.push(Finding::new(path, index + 1, format!("{word} must not land")));
            }
        }
    }
    for source in sources {
        let tests = source.test_lines();
        for (index, line) in source.text.lines().enumerate() {
            let in_test = tests.iter().any(|lines| lines.contains(&(index + 1)));
            let waiting = WAITING.iter().filter(|_| in_test);
            for word in waiting.chain([&SKIPPED]).filter(|word| line.contains(**word)) {
                findings.push(Finding::new(source.path, index + 1, format!("{word} in a test")));
            }
        }
    }
    findings
}

/// Whether `word` stands in `line` and is not a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let open = word.ends_with('(');
        !line[..at].ends_with(is_part) && (open || !line[at + word.len()..].starts_with(is_part))
    })
}

/// Whether a path that starts with `start` begins in `line`: `src/root/x` does not.
fn has_path(line: &str, start: &str) -> bool {
    line.match_indices(start).any(|(at, _)| {
        !line[..at]
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '*' | '}' | '>'))
    })
}

#[cfg(test)]
mod tests {
    use super::{MACHINE, SKIPPED, UNFINISHED, WAITING, check};
    use crate::{source::parse, tree::Tree};

    fn count(path: &str, text: &str) -> usize {
        let tree = Tree::of(&[(path, text)]);
        check(&tree, &parse(&tree).0).len()
    }

    #[test]
    fn each_word_is_found() {
        for word in UNFINISHED.iter().chain(&MACHINE) {
            assert_eq!(count("docs/a.md", &format!("a {word} b\n")), 1, "{word}");
        }
    }

    #[test]
    fn parts_of_words_are_not() {
        for text in ["crates/api/src/root/a.rs", "A_XXX_B", "https://example.org/home/a", "TODOS"] {
            assert_eq!(count("docs/a.md", text), 0, "{text}");
        }
    }

    #[test]
    fn waiting_is_refused_in_tests_only() {
        for word in &WAITING[..2] {
            let text = format!("//! a\nfn f() {{ std::{word}(t) }}\n");
            assert_eq!(count("crates/a/tests/b.rs", &text), 1);
            assert_eq!(count("crates/a/src/b.rs", &text), 0);
            assert_eq!(count("crates/a/src/b.rs", &format!("#[cfg(test)]\nmod tests {{\n{text}}}\n")), 1);
        }
        assert_eq!(count("crates/a/src/b.rs", &format!("{}]\nfn f() {{}}\n", SKIPPED)), 1);
    }
}
