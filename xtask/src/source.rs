//! Rust files, parsed once for all rules.

use std::{collections::BTreeMap, ops::RangeInclusive};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item, UseTree, spanned::Spanned, visit::Visit};

use crate::{finding::Finding, tree::Tree};

pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) file: syn::File,
    /// Whether the whole file is test code: an integration test, a bench, or a module behind `#[cfg(test)]`.
    pub(crate) is_test: bool,
}

/// Parses every Rust file; one that does not parse is a finding.
pub(crate) fn parse(tree: &Tree) -> (Vec<Source<'_>>, Vec<Finding>) {
    let mut sources = Vec::new();
    let mut findings = Vec::new();
    for (path, text) in tree.texts_ending(".rs") {
        match syn::parse_file(text) {
            Ok(file) => sources.push(Source { path, text, file, is_test: in_test_folder(path) }),
            Err(error) => findings.push(Finding::new(path, error.span().start().line, error.to_string())),
        }
    }
    let behind_cfg: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        source.is_test |= behind_cfg.iter().any(|module| {
            source
                .path
                .strip_prefix(module.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
    }
    (sources, findings)
}

fn in_test_folder(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "benches")
}

impl Source<'_> {
    /// Paths (without `.rs`) of the modules that this file declares behind `#[cfg(test)]`.
    fn test_modules(&self) -> Vec<String> {
        let stem = self.path.strip_suffix(".rs").unwrap_or(self.path);
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let base = if matches!(name, "lib" | "main" | "mod") { folder } else { stem };
        let modules = self
            .file
            .items
            .iter()
            .filter_map(|item| if let Item::Mod(one) = item { Some(one) } else { None });
        modules
            .filter(|module| module.content.is_none() && is_test(&module.attrs))
            .map(|module| match path_of(&module.attrs) {
                Some(file) => format!("{folder}/{}", file.trim_end_matches(".rs")),
                None => format!("{base}/{}", module.ident),
            })
            .collect()
    }

    /// The lines of test code in this file.
    pub(crate) fn test_lines(&self) -> Vec<RangeInclusive<usize>> {
        let last = self.text.lines().count();
        if self.is_test {
            return std::iter::once(1..=last).collect();
        }
        let tests = self.file.items.iter().filter(|item| is_test(attributes(item)));
        tests.map(|item| item.span().start().line..=item.span().end().line).collect()
    }

    /// The lines on which this word stands as code, tests included: not in comments, documents or texts.
    pub(crate) fn places(&self, word: &str) -> Vec<usize> {
        // It parsed as a file, so it is made of tokens.
        places(self.text.parse().unwrap_or_default(), word)
    }

    /// Every path this file names outside its tests, imports resolved: `now` after `use std::time::now` is
    /// `std::time::now`. With its line.
    pub(crate) fn paths(&self) -> Vec<(Vec<String>, usize)> {
        let mut visitor = Paths { imports: BTreeMap::new(), found: Vec::new() };
        for item in self.file.items.iter().filter(|item| !is_test(attributes(item))) {
            visitor.visit_item(item);
        }
        let Paths { imports, found } = visitor;
        found
            .into_iter()
            .map(|(path, line)| match path.first().and_then(|first| imports.get(first)) {
                Some(import) => (import.iter().chain(&path[1..]).cloned().collect(), line),
                None => (path, line),
            })
            .collect()
    }
}

fn places(tokens: TokenStream, word: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(places(group.stream(), word)),
            TokenTree::Ident(ident) if ident == word => found.push(ident.span().start().line),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

struct Paths {
    imports: BTreeMap<String, Vec<String>>,
    found: Vec<(Vec<String>, usize)>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let line = item.span().start().line;
        let mut flat = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut flat);
        for (name, path) in flat {
            self.found.push((path.clone(), line));
            self.imports.insert(name, path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.found.push((words, path.span().start().line));
        syn::visit::visit_path(self, path);
    }
}

fn flatten(tree: &UseTree, before: &mut Vec<String>, out: &mut Vec<(String, Vec<String>)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, out);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            out.push((before.last().cloned().unwrap_or_default(), before.clone()));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            out.push((name.clone(), before.iter().cloned().chain([name]).collect()));
        }
        UseTree::Rename(rename) => {
            let path = before.iter().cloned().chain([rename.ident.to_string()]).collect();
            out.push((rename.rename.to_string(), path));
        }
        UseTree::Glob(_) => out.push((String::from("*"), before.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, out)),
    }
}

/// Whether these attributes make an item test code.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let is_cfg_test = path.is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|argument| argument.is_ident("test"));
        is_cfg_test || path.segments.last().is_some_and(|segment| segment.ident == "test")
    })
}

/// What `#[path = ".."]` says.
fn path_of(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find(|attribute| attribute.path().is_ident("path")).and_then(|attribute| {
        let syn::Expr::Lit(value) = &attribute.meta.require_name_value().ok()?.value else { return None };
        if let syn::Lit::Str(text) = &value.lit { Some(text.value()) } else { None }
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "syn's enum is open; what has no tests in it needs no arm"
)]
fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::tree::Tree;

    #[test]
    fn test_code_is_told_from_the_rest() {
        let tree = Tree::of(&[
            (
                "crates/a/src/lib.rs",
                "mod b;\n#[cfg(test)]\nmod c;\nfn f() {}\n#[cfg(test)]\nmod tests {\n}\n",
            ),
            (
                "crates/a/src/b.rs",
                "#[cfg(test)]\nmod probe;\n#[cfg(test)]\n#[path = \"b_tests.rs\"]\nmod tests;\n",
            ),
            ("crates/a/src/b/probe.rs", ""),
            ("crates/a/src/b_tests.rs", ""),
            ("crates/a/src/c/deep.rs", ""),
            ("crates/a/tests/d.rs", ""),
        ]);
        let (sources, findings) = parse(&tree);
        assert!(findings.is_empty());
        let tests: Vec<&str> =
            sources.iter().filter(|source| source.is_test).map(|source| source.path).collect();
        assert_eq!(
            tests,
            [
                "crates/a/src/b/probe.rs",
                "crates/a/src/b_tests.rs",
                "crates/a/src/c/deep.rs",
                "crates/a/tests/d.rs"
            ]
        );
        let lib = sources.iter().find(|source| source.path.ends_with("lib.rs")).unwrap();
        assert_eq!(lib.test_lines(), [2..=3, 5..=7]);
    }

    #[test]
    fn paths_are_resolved_through_imports() {
        let tree = Tree::of(&[(
            "a.rs",
            "use std::{net, time::{Instant as I}};\nfn f() { net::lookup(); I::now(); other::g() }\n",
        )]);
        let paths: Vec<String> =
            parse(&tree).0[0].paths().into_iter().map(|(path, _)| path.join("::")).collect();
        assert_eq!(
            paths,
            ["std::net", "std::time::Instant", "std::net::lookup", "std::time::Instant::now", "other::g"]
        );
    }

    #[test]
    fn a_file_that_does_not_parse_is_a_finding() {
        let tree = Tree::of(&[("a.rs", "fn (\n")]);
        assert_eq!(parse(&tree).1.len(), 1);
    }
}
