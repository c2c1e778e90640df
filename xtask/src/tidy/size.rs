//! Files and functions stay small enough to be read at once; exceptions live in the ratchet and only shrink.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{finding::Finding, functions::functions, source::Source, tree::Tree};

/// Lines of a file, tests not counted.
const FILE_LINES_MAX: usize = 500;
/// Lines of the file of one method.
const HANDLER_LINES_MAX: usize = 150;
/// Lines of a function, from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

const RATCHET: &str = "xtask/ratchet.toml";

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Ratchet {
    #[serde(default)]
    file: Vec<Entry>,
    #[serde(default)]
    function: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    /// Of the function; a file has none.
    #[serde(default)]
    name: String,
    lines: usize,
    reason: String,
}

/// A file or function that is longer than allowed.
struct Long<'a> {
    path: &'a str,
    name: String,
    line: usize,
    lines: usize,
    lines_max: usize,
}

pub(super) fn check(tree: &Tree, sources: &[Source<'_>]) -> Vec<Finding> {
    let ratchet: Ratchet = match toml::from_str(tree.text(RATCHET).unwrap_or_default()) {
        Ok(ratchet) => ratchet,
        Err(error) => return vec![Finding::new(RATCHET, 1, error.message())],
    };
    let files: Vec<Long<'_>> = sources.iter().filter_map(long_file).collect();
    let functions: Vec<Long<'_>> = sources.iter().flat_map(long_functions).collect();
    let mut findings = compare(&files, &ratchet.file);
    findings.extend(compare(&functions, &ratchet.function));
    findings
}

fn compare(long: &[Long<'_>], allowed: &[Entry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut allowed: BTreeMap<(&str, &str), &Entry> =
        allowed.iter().map(|entry| ((entry.path.as_str(), entry.name.as_str()), entry)).collect();
    for Long { path, name, line, lines, lines_max } in long {
        let (path, line, lines) = (*path, *line, *lines);
        let what = if name.is_empty() { "the file" } else { name.as_str() };
        let text = match allowed.remove(&(path, name.as_str())) {
            None => format!("{what} has {lines} lines; at most {lines_max} are allowed"),
            Some(entry) if entry.reason.trim().is_empty() => {
                format!("{what} is in the ratchet without a reason")
            }
            Some(entry) if lines > entry.lines => {
                format!("{what} has {lines} lines; the ratchet allows {}", entry.lines)
            }
            Some(entry) if lines < entry.lines => {
                format!("{what} has shrunk to {lines} lines; turn the ratchet down from {}", entry.lines)
            }
            Some(_) => continue,
        };
        findings.push(Finding::new(path, line, text));
    }
    for (path, name) in allowed.into_keys() {
        findings.push(Finding::new(RATCHET, 1, format!("{path} {name} needs no entry any more")));
    }
    findings
}

fn long_file<'a>(source: &Source<'a>) -> Option<Long<'a>> {
    let tests: usize = source.test_lines().into_iter().map(Iterator::count).sum();
    let lines = source.text.lines().count().saturating_sub(tests);
    let lines_max = if is_handler(source.path) { HANDLER_LINES_MAX } else { FILE_LINES_MAX };
    (lines > lines_max).then(|| Long { path: source.path, name: String::new(), line: 1, lines, lines_max })
}

/// crates/api/src/NAMESPACE/METHOD.rs; what several methods share is in `shape`.
fn is_handler(path: &str) -> bool {
    let Some((folder, file)) = path.strip_prefix("crates/api/src/").and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    folder != "shape" && file != "mod.rs" && !file.contains('/')
}

fn long_functions<'a>(source: &Source<'a>) -> Vec<Long<'a>> {
    if source.is_test {
        return Vec::new();
    }
    let long = functions(&source.file).into_iter().filter(|function| function.lines() > FUNCTION_LINES_MAX);
    long.map(|function| Long {
        path: source.path,
        line: function.first,
        lines: function.lines(),
        lines_max: FUNCTION_LINES_MAX,
        name: function.name,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{RATCHET, check};
    use crate::{source::parse, tree::Tree};

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let tree = Tree::of(files);
        check(&tree, &parse(&tree).0).iter().map(ToString::to_string).collect()
    }

    fn function(name: &str, lines: usize) -> String {
        format!("fn {name}() {{\n{}}}\n", "\n".repeat(lines - 2))
    }

    #[test]
    fn a_long_file_is_found() {
        let long = "\n".repeat(501);
        assert_eq!(found(&[("a.rs", &long)]), ["a.rs:1: the file has 501 lines; at most 500 are allowed"]);
        assert!(found(&[("a.rs", &long[1..]), ("crates/a/tests/b.rs", &long)]).is_empty());
    }

    #[test]
    fn tests_in_a_file_are_not_counted() {
        let text = format!("{}#[cfg(test)]\nmod tests {{\n{}\n}}\n", "\n".repeat(499), function("f", 100));
        assert!(found(&[("a.rs", &text)]).is_empty());
    }

    #[test]
    fn a_long_handler_is_found() {
        let long = "\n".repeat(151);
        let files = [
            ("crates/api/src/messages/send_message.rs", long.as_str()),
            ("crates/api/src/shape/paging.rs", long.as_str()),
            ("crates/api/src/dispatch.rs", long.as_str()),
        ];
        assert_eq!(
            found(&files),
            ["crates/api/src/messages/send_message.rs:1: the file has 151 lines; at most 150 are allowed"]
        );
    }

    #[test]
    fn a_long_function_is_found() {
        let text = format!("impl A {{\n{}}}\n{}", function("f", 71), function("g", 70));
        assert_eq!(found(&[("a.rs", &text)]), ["a.rs:2: A::f has 71 lines; at most 70 are allowed"]);
    }

    #[test]
    fn the_ratchet_only_turns_down() {
        let text = function("f", 80);
        let ratchet = |lines: usize, reason: &str| {
            format!("[[function]]\npath = \"a.rs\"\nname = \"f\"\nlines = {lines}\nreason = \"{reason}\"\n")
        };
        assert!(found(&[("a.rs", &text), (RATCHET, &ratchet(80, "why"))]).is_empty());
        assert_eq!(found(&[("a.rs", &text), (RATCHET, &ratchet(79, "why"))]).len(), 1);
        assert_eq!(found(&[("a.rs", &text), (RATCHET, &ratchet(81, "why"))]).len(), 1);
        assert_eq!(found(&[("a.rs", &text), (RATCHET, &ratchet(80, " "))]).len(), 1);
        assert_eq!(found(&[("a.rs", "fn f() {}\n"), (RATCHET, &ratchet(80, "why"))]).len(), 1);
    }
}
