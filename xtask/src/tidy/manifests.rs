//! Every crate takes lints, edition and licence from the workspace, every version stands in one place, and nothing is
//! asked for that is not used.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::{finding::Finding, tree::Tree};

/// Fuzz targets are a workspace of their own, since `fuzz/run` builds them with flags of its own.
const APART: &str = "fuzz/Cargo.toml";
const WORKSPACE: &str = "Cargo.toml";
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];
const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The manifests of the crates, without that of the workspace.
pub(super) fn manifests(tree: &Tree) -> impl Iterator<Item = (&str, Table)> {
    let manifests = tree.texts_ending("/Cargo.toml");
    manifests.filter_map(|(path, text)| Some((path, text.parse().ok()?)))
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = unused_versions(tree);
    for (path, manifest) in manifests(tree).filter(|(path, _)| *path != APART) {
        let mut find = |text: String| findings.push(Finding::new(path, 1, text));
        if !inherits(manifest.get("lints")) {
            find("does not take its lints from the workspace".to_owned());
        }
        for key in INHERITED {
            if !inherits(manifest.get("package").and_then(|package| package.get(key))) {
                find(format!("does not take its {key} from the workspace"));
            }
        }
        for (name, dependency) in dependencies(&manifest) {
            if !inherits(Some(dependency)) {
                find(format!("does not take {name} from the workspace, where all versions stand"));
            }
            if !is_named(tree, path, name) {
                find(format!("asks for {name}, which none of its files names"));
            }
        }
    }
    findings
}

/// Versions that no crate takes.
fn unused_versions(tree: &Tree) -> Vec<Finding> {
    let Some(root) = tree.text(WORKSPACE).and_then(|text| text.parse::<Table>().ok()) else {
        return Vec::new();
    };
    let versions = root.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table());
    let manifests: Vec<Table> = manifests(tree).map(|(_, manifest)| manifest).collect();
    let used: BTreeSet<&String> = manifests.iter().flat_map(dependencies).map(|(name, _)| name).collect();
    let unused = versions.into_iter().flat_map(Table::keys).filter(|name| !used.contains(name));
    unused
        .map(|name| Finding::new(WORKSPACE, 1, format!("has a version of {name}, which no crate uses")))
        .collect()
}

/// Whether a source file of the crate with this manifest has the name of a dependency as a word.
fn is_named(tree: &Tree, manifest: &str, name: &str) -> bool {
    let folder = manifest.trim_end_matches("Cargo.toml");
    let name = name.replace('-', "_");
    let mut texts = tree.texts_ending(".rs").filter(|(path, _)| path.starts_with(folder));
    texts.any(|(_, text)| {
        text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).any(|word| word == name)
    })
}

/// All that a manifest asks for, of every kind and for every platform.
pub(super) fn dependencies(manifest: &Table) -> impl Iterator<Item = (&String, &Value)> {
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let places = platforms.filter_map(Value::as_table).chain([manifest]);
    places.flat_map(|place| KINDS.iter().filter_map(|kind| place.get(*kind)?.as_table())).flatten()
}

fn inherits(value: Option<&Value>) -> bool {
    value.and_then(|value| value.get("workspace")).and_then(Value::as_bool).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tree::Tree;

    const GOOD: &str = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\
        [lints]\nworkspace = true\n[dependencies]\nb.workspace = true\n";

    fn found(text: &str) -> Vec<String> {
        let code = ("crates/a/src/lib.rs", "use b::B;\nuse c_d::C;\n");
        let findings = check(&Tree::of(&[("crates/a/Cargo.toml", text), ("fuzz/Cargo.toml", ""), code]));
        findings
            .iter()
            .map(|finding| finding.to_string().replace("crates/a/Cargo.toml:1: does not take ", ""))
            .collect()
    }

    #[test]
    fn what_is_not_inherited_is_found() {
        assert!(found(GOOD).is_empty());
        assert_eq!(
            found(&GOOD.replace("b.workspace = true", "b = \"1\"")),
            ["b from the workspace, where all versions stand"]
        );
        assert_eq!(found(&GOOD.replace("[lints]\nworkspace = true\n", "")), ["its lints from the workspace"]);
        assert_eq!(
            found(&GOOD.replace("edition.workspace = true", "edition = \"2021\"")),
            ["its edition from the workspace"]
        );
        let for_unix = format!("{GOOD}[target.'cfg(unix)'.dev-dependencies]\nc-d = \"1\"\n");
        assert_eq!(found(&for_unix), ["c-d from the workspace, where all versions stand"]);
    }

    #[test]
    fn what_is_not_used_is_found() {
        let unused = GOOD.replace("b.workspace", "e.workspace");
        assert_eq!(found(&unused), ["crates/a/Cargo.toml:1: asks for e, which none of its files names"]);
        let root = "[workspace.dependencies]\nb = \"1\"\ntracing = \"0.1\"\n";
        let files =
            [("Cargo.toml", root), ("crates/a/Cargo.toml", GOOD), ("crates/a/src/lib.rs", "use b::B;")];
        let findings: Vec<String> = check(&Tree::of(&files)).iter().map(ToString::to_string).collect();
        assert_eq!(findings, ["Cargo.toml:1: has a version of tracing, which no crate uses"]);
    }
}
