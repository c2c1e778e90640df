//! `deny.toml` against what is linked here: licences, sources, banned crates, crates in two versions.
//!
//! The same file serves `cargo deny`, which adds advisories and other platforms; this rule needs no network.

use serde::Deserialize;

use crate::{finding::Finding, packages::Packages, tree::Tree};

const PATH: &str = "deny.toml";

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    sources: Sources,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
    skip: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    /// `name`, or `name@version`, where `1` means any `1.x.y`.
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

pub(super) fn check(tree: &Tree, packages: &Packages) -> Vec<Finding> {
    let deny: Deny = match toml::from_str(tree.text(PATH).unwrap_or_default()) {
        Ok(deny) => deny,
        Err(error) => return vec![Finding::new(PATH, 1, error.message())],
    };
    let mut findings = Vec::new();
    let mut find = |text: String| findings.push(Finding::new(PATH, 1, text));
    for package in packages.others() {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or_default();
        if !satisfied(licence, &deny.licenses.allow) {
            find(format!("does not allow the licence of {name}: {licence:?}"));
        }
        let source = package.source.as_deref().unwrap_or("a path outside the workspace");
        if !deny.sources.allow_registry.iter().any(|registry| source == format!("registry+{registry}")) {
            find(format!("does not allow {name} from {source}"));
        }
        if let Some(ban) = deny.bans.deny.iter().find(|ban| ban.name == package.name) {
            find(format!("bans {name}: {}", ban.reason));
        }
    }
    let duplicates = packages.duplicates();
    for (name, versions) in &duplicates {
        let skipped = |version: &&&str| {
            deny.bans.skip.iter().any(|skip| match skip.name.split_once('@') {
                None => skip.name == *name,
                Some((one, wanted)) => {
                    one == *name && format!("{version}.").starts_with(&format!("{wanted}."))
                }
            })
        };
        if versions.iter().filter(|version| !skipped(version)).count() > 1 {
            find(format!("allows one version of {name}, there are {}", versions.join(" and ")));
        }
    }
    for skip in &deny.bans.skip {
        let name = skip.name.split('@').next().unwrap_or_default();
        if !duplicates.contains_key(name) || skip.reason.trim().is_empty() {
            find(format!("skips {} without need or reason", skip.name));
        }
    }
    findings
}

/// Whether a licence expression (SPDX; `/` is an old form of OR) can be met with the allowed licences.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest, allowed) && rest.is_empty()
}

fn any(rest: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = all(rest, allowed);
    while let Some((&"OR", after)) = rest.split_first() {
        *rest = after;
        met |= all(rest, allowed);
    }
    met
}

fn all(rest: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = one(rest, allowed);
    while let Some((&"AND", after)) = rest.split_first() {
        *rest = after;
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[&str], allowed: &[String]) -> bool {
    let Some((word, after)) = rest.split_first() else { return false };
    *rest = after;
    if *word == "(" {
        let met = any(rest, allowed);
        let Some((&")", after)) = rest.split_first() else { return false };
        *rest = after;
        return met;
    }
    let mut licence = (*word).to_owned();
    if let ["WITH", exception, after @ ..] = *rest {
        licence = format!("{licence} WITH {exception}");
        *rest = after;
    }
    allowed.contains(&licence)
}

#[cfg(test)]
mod tests {
    use super::{PATH, check, satisfied};
    use crate::{packages::Packages, tree::Tree};

    const DENY: &str = "[licenses]\nallow = [\"MIT\"]\n[sources]\n\
        allow-registry = [\"https://github.com/rust-lang/crates.io-index\"]\n\
        [bans]\ndeny = [{ crate = \"bad\", reason = \"why\" }]\nskip = []\n";

    fn found(packages: &Packages) -> Vec<String> {
        let findings = check(&Tree::of(&[(PATH, DENY)]), packages);
        findings.iter().map(|finding| finding.to_string().replace("deny.toml:1: ", "")).collect()
    }

    #[test]
    fn expressions_are_understood() {
        let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "(MIT OR X) AND Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(satisfied(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT MIT", "MIT WITH X", "X AND (MIT OR X)"] {
            assert!(!satisfied(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn what_may_not_be_linked_is_found() {
        let others: [(&str, &[&str]); 3] = [("a", &[]), ("b", &[]), ("bad", &[])];
        let mut packages = Packages::of(&[("ours", &["a", "b", "bad"])], &others);
        packages.package_mut("a").license = Some("GPL-3.0".to_owned());
        packages.package_mut("b").source = Some("git+https://example.org/b".to_owned());
        assert_eq!(
            found(&packages),
            [
                "does not allow the licence of a 1.0.0: \"GPL-3.0\"",
                "does not allow b 1.0.0 from git+https://example.org/b",
                "bans bad 1.0.0: why"
            ]
        );
    }

    #[test]
    fn two_versions_of_a_crate_are_found() {
        let mut packages = Packages::of(&[("ours", &["a"])], &[("a", &[]), ("b", &[])]);
        let b = packages.package_mut("b");
        b.name = "a".to_owned();
        b.version = "2.0.0".to_owned();
        assert_eq!(found(&packages), ["allows one version of a, there are 1.0.0 and 2.0.0"]);
        let skip = |skip: &str| {
            let deny =
                DENY.replace("skip = []", &format!("skip = [{{ crate = \"{skip}\", reason = \"why\" }}]"));
            check(&Tree::of(&[(PATH, &deny)]), &packages).len()
        };
        assert_eq!([skip("a@1"), skip("a@1.0.0"), skip("a@1.1"), skip("b@1")], [0, 0, 1, 2]);
    }
}
