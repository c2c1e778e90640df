//! A method is found by its name: one file, one `impl`, one test at the mirrored path, one line in the list of typed methods.
//!
//! What is neither implemented nor a wrapper has its line among the stubs, and nothing has two.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemImpl, Type};

use crate::{
    finding::Finding,
    inventory::{Inventory, SCHEMA, State, TYPED, handler, test, wrapper},
    names::{ROOT, folder, rust_path},
    source::Source,
    stubs,
    tree::Tree,
};

pub(super) fn check(tree: &Tree, inventory: &Inventory<'_>, sources: &[Source<'_>]) -> Vec<Finding> {
    let methods = inventory.methods();
    let names: Vec<&str> = methods.iter().map(|def| def.name.as_str()).collect();
    let mut findings = files(tree, sources, &names);
    findings.extend(typed(tree, inventory, &names));
    findings.extend(lines(inventory, &names));
    for name in &names {
        match inventory.state(name) {
            Some(State::Implemented) => findings.extend(parts(tree, sources, name)),
            Some(State::Wrapper) => findings.extend(header(tree, &wrapper(name), name)),
            Some(State::Answer | State::Error) | None => {}
        }
    }
    findings.extend(strays(sources, &names));
    findings
}

/// Every file where a method could be belongs to one.
fn files(tree: &Tree, sources: &[Source<'_>], names: &[&str]) -> Vec<Finding> {
    let mut expected = BTreeSet::new();
    for name in names {
        expected.insert(handler(name));
        expected.insert(test(name));
    }
    expected.extend(names.iter().filter(|name| folder(name) == ROOT).map(|name| wrapper(name)));
    let folders: BTreeSet<&str> = names.iter().map(|name| folder(name)).collect();
    let mut findings = Vec::new();
    for source in sources {
        let path = source.path;
        let rest = ["crates/api/src/", "crates/api/tests/"].iter().find_map(|start| path.strip_prefix(start));
        let in_namespace =
            rest.and_then(|rest| rest.split_once('/')).is_some_and(|(first, _)| folders.contains(first));
        let is_index = path.ends_with("/mod.rs") || path.ends_with("/main.rs");
        let is_unit_test = source.is_test && path.contains("/src/");
        let is_place = in_namespace || path.starts_with("crates/mtproto/src/wrapper/");
        if is_place && !is_index && !is_unit_test && !expected.contains(path) {
            findings.push(Finding::new(path, 1, format!("belongs to no method of {SCHEMA}")));
        }
    }
    for name in names {
        if tree.contains(&test(name)) && !tree.contains(&handler(name)) {
            findings.push(Finding::new(
                &test(name),
                1,
                format!("tests {name}, which has no {}", handler(name)),
            ));
        }
    }
    findings
}

/// Header, `impl` and test of one implemented method.
fn parts(tree: &Tree, sources: &[Source<'_>], name: &str) -> Vec<Finding> {
    let path = handler(name);
    let mut findings = Vec::new();
    let Some(source) = sources.iter().find(|source| source.path == path) else { return findings };
    findings.extend(header(tree, &path, name));
    let expected = format!("tl::{}", rust_path(name));
    let found: Vec<String> = implementations(source).into_iter().map(|(ty, _)| ty).collect();
    if found != [expected.clone()] {
        findings.push(Finding::new(&path, 1, format!("does not hold the one `impl Method for {expected}`")));
    }
    if !tree.contains(&test(name)) {
        findings.push(Finding::new(&path, 1, format!("has no test {}", test(name))));
    }
    if tree.contains(&wrapper(name)) && folder(name) == ROOT {
        findings.push(Finding::new(&path, 1, format!("is a wrapper too: {}", wrapper(name))));
    }
    findings
}

/// The first line names the method, so that any search finds its file first.
fn header(tree: &Tree, path: &str, name: &str) -> Option<Finding> {
    let header = format!("//! {name}: ");
    let missing = !tree.text(path).unwrap_or_default().starts_with(&header);
    missing.then(|| Finding::new(path, 1, format!("does not begin with `{header}`")))
}

/// No method is implemented in another file than its own.
fn strays(sources: &[Source<'_>], names: &[&str]) -> Vec<Finding> {
    let places: BTreeSet<String> = names.iter().map(|name| handler(name)).collect();
    let shipped = sources.iter().filter(|source| source.path.starts_with("crates/") && !source.is_test);
    let mut findings = Vec::new();
    for source in shipped.filter(|source| !places.contains(source.path)) {
        for (ty, line) in implementations(source).into_iter().filter(|(ty, _)| ty.starts_with("tl::")) {
            findings.push(Finding::new(source.path, line, format!("implements {ty} outside its own file")));
        }
    }
    findings
}

/// `impl Method for ..` of a file: the type as written, and the line.
fn implementations(source: &Source<'_>) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for item in &source.file.items {
        let Item::Impl(item) = item else { continue };
        let Type::Path(ty) = &*item.self_ty else { continue };
        if is_method(item) {
            let words: Vec<String> = ty.path.segments.iter().map(|one| one.ident.to_string()).collect();
            found.push((words.join("::"), item.impl_token.span.start().line));
        }
    }
    found
}

fn is_method(item: &ItemImpl) -> bool {
    let of_trait = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
    of_trait.is_some_and(|last| last.ident == "Method")
}

/// Typed code is generated for what is implemented, for wrappers that need it, and for nothing else.
fn typed(tree: &Tree, inventory: &Inventory<'_>, names: &[&str]) -> Vec<Finding> {
    let Some(text) = tree.text(TYPED) else { return vec![Finding::new(TYPED, 1, "is missing")] };
    let mut findings = Vec::new();
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, line) in
        text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        if listed.insert(line, index + 1).is_some() {
            findings.push(Finding::new(TYPED, index + 1, format!("lists {line} twice")));
        }
    }
    let implemented = |name: &str| inventory.state(name) == Some(State::Implemented);
    for name in names.iter().filter(|name| implemented(name) && !listed.contains_key(**name)) {
        findings.push(Finding::new(TYPED, 1, format!("does not list {name}")));
    }
    let allowed = |name: &str| implemented(name) || inventory.state(name) == Some(State::Wrapper);
    for (name, line) in listed.into_iter().filter(|(name, _)| !names.contains(name) || !allowed(name)) {
        findings.push(Finding::new(
            TYPED,
            line,
            format!("lists {name}, which is neither implemented nor a wrapper"),
        ));
    }
    findings
}

/// Each method that is not implemented has one line, and no line is left over.
fn lines(inventory: &Inventory<'_>, names: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in names {
        match (inventory.state(name), inventory.stubs.lines.get(*name)) {
            (None, _) => findings.push(Finding::new(stubs::PATH, 1, format!("says nothing of {name}"))),
            (Some(State::Implemented | State::Wrapper), Some(stub)) => {
                let text = format!("answers {name}, which is implemented or a wrapper");
                findings.push(Finding::new(stubs::PATH, stub.line, text));
            }
            (Some(_), _) => {}
        }
    }
    for (name, stub) in inventory.stubs.lines.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
        findings.push(Finding::new(stubs::PATH, stub.line, format!("answers {name}, which is no method")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{
        inventory::{Inventory, TYPED, sample},
        source::parse,
        stubs,
    };

    fn found(changes: &[(&str, &str)]) -> Vec<String> {
        let tree = sample::tree(changes);
        let inventory = Inventory::read(&tree).unwrap();
        let mut findings = check(&tree, &inventory, &parse(&tree).0);
        findings.sort();
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_sample_is_in_order() {
        assert_eq!(found(&[]), [""; 0]);
    }

    #[test]
    fn a_method_without_one_of_its_parts_is_found() {
        let handler = "crates/api/src/b/do_it.rs";
        assert_eq!(
            found(&[("crates/api/tests/b/do_it.rs", "")]),
            ["crates/api/src/b/do_it.rs:1: has no test crates/api/tests/b/do_it.rs"]
        );
        assert_eq!(
            found(&[(handler, "//! Does it.\nimpl Method for tl::b::DoIt {}\n")]),
            ["crates/api/src/b/do_it.rs:1: does not begin with `//! b.doIt: `"]
        );
        assert_eq!(
            found(&[(handler, "//! b.doIt: does it.\nimpl Method for tl::b::Do {}\n")]),
            ["crates/api/src/b/do_it.rs:1: does not hold the one `impl Method for tl::b::DoIt`"]
        );
        assert_eq!(
            found(&[("crates/mtproto/src/wrapper/wrap_it.rs", "//! Wraps.\n")]),
            ["crates/mtproto/src/wrapper/wrap_it.rs:1: does not begin with `//! wrapIt: `"]
        );
        assert_eq!(found(&[(TYPED, "wrapIt\n")]), ["crates/tl/typed.txt:1: does not list b.doIt"]);
    }

    #[test]
    fn a_part_without_its_method_is_found() {
        assert_eq!(
            found(&[("crates/api/src/b/do_that.rs", "//! b.doThat: does that.\n")]),
            ["crates/api/src/b/do_that.rs:1: belongs to no method of crates/tl/schema/api.tl"]
        );
        assert_eq!(
            found(&[("crates/api/tests/a/set_on.rs", "//! a.setOn from outside.\n")]),
            ["crates/api/tests/a/set_on.rs:1: tests a.setOn, which has no crates/api/src/a/set_on.rs"]
        );
        assert_eq!(
            found(&[("crates/api/src/other.rs", "//! Other.\nimpl Method for tl::b::DoIt {}\n")]),
            ["crates/api/src/other.rs:2: implements tl::b::DoIt outside its own file"]
        );
        assert_eq!(
            found(&[(TYPED, "wrapIt\nb.doIt\na.setOn\nb.doIt\n")]),
            [
                "crates/tl/typed.txt:3: lists a.setOn, which is neither implemented nor a wrapper",
                "crates/tl/typed.txt:4: lists b.doIt twice"
            ]
        );
    }

    #[test]
    fn stubs_and_methods_exclude_each_other() {
        let head = "gone = \"400 X\"\nopen = []\n";
        let all = "\"a.getIDs\" = []\n\"a.getList\" = []\n\"a.isOn\" = false\n\"a.setOn\" = \"400 X\"\n";
        assert_eq!(
            found(&[(stubs::PATH, &format!("{head}{}", all.replace("\"a.isOn\" = false\n", "")))]),
            ["crates/api/stubs.toml:1: says nothing of a.isOn"]
        );
        assert_eq!(
            found(&[(stubs::PATH, &format!("{head}{all}\"a.no\" = []\n\"b.doIt\" = []\n\"wrapIt\" = []\n"))]),
            [
                "crates/api/stubs.toml:7: answers a.no, which is no method",
                "crates/api/stubs.toml:8: answers b.doIt, which is implemented or a wrapper",
                "crates/api/stubs.toml:9: answers wrapIt, which is implemented or a wrapper"
            ]
        );
    }
}
