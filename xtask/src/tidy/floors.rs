//! Dependencies point down (`floors.toml`), and what is pure links nothing that has a clock, a socket or a die.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    finding::Finding,
    packages::{Package, Packages},
    tree::Tree,
};

pub(super) const PATH: &str = "floors.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Floors {
    /// Crates that stand beside the floors: they may use anything, nothing may use them.
    tools: Vec<String>,
    /// Crates that no pure crate may link, directly or through others.
    impure: Vec<String>,
    /// Where an impure crate does no harm, and why.
    #[serde(default)]
    harmless: Vec<Harmless>,
    /// Lints that the crates of a strict floor deny.
    #[serde(default)]
    strict_lints: Vec<String>,
    floor: Vec<Floor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Harmless {
    user: String,
    uses: Vec<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Floor {
    level: u8,
    pure: bool,
    #[serde(default)]
    strict: bool,
    crates: Vec<String>,
}

impl Floors {
    pub(super) fn read(tree: &Tree) -> Result<Self, Finding> {
        let text = tree.text(PATH).ok_or_else(|| Finding::new(PATH, 1, "is missing"))?;
        toml::from_str(text).map_err(|error| Finding::new(PATH, 1, error.message()))
    }

    /// The crates without a clock, sockets or randomness of their own.
    pub(super) fn pure(&self) -> impl Iterator<Item = &str> {
        self.floor.iter().filter(|floor| floor.pure).flat_map(|floor| &floor.crates).map(String::as_str)
    }

    /// The crates that must not panic, and the lints that see to it.
    pub(super) fn strict(&self) -> impl Iterator<Item = &str> {
        self.floor.iter().filter(|floor| floor.strict).flat_map(|floor| &floor.crates).map(String::as_str)
    }

    pub(super) fn lints(&self) -> &[String] {
        &self.strict_lints
    }

    fn level(&self, name: &str) -> Option<u8> {
        self.floor.iter().find(|floor| floor.crates.iter().any(|one| one == name)).map(|floor| floor.level)
    }
}

pub(super) fn check(tree: &Tree, packages: &Packages) -> Vec<Finding> {
    let floors = match Floors::read(tree) {
        Ok(floors) => floors,
        Err(finding) => return vec![finding],
    };
    let ours: BTreeMap<&str, &Package> =
        packages.ours().map(|package| (package.name.as_str(), package)).collect();
    let mut findings = Vec::new();
    let listed = floors.floor.iter().flat_map(|floor| &floor.crates).chain(&floors.tools);
    for name in listed.filter(|name| !ours.contains_key(name.as_str())) {
        findings.push(Finding::new(PATH, 1, format!("lists {name}, which is no crate of the workspace")));
    }
    for (name, package) in &ours {
        let is_tool = floors.tools.iter().any(|tool| tool == name);
        let level = floors.level(name);
        if level.is_none() && !is_tool {
            findings.push(Finding::new(PATH, 1, format!("gives {name} no floor")));
        }
        for used in packages.normal_dependencies(package).filter(|used| ours.contains_key(used.name.as_str()))
        {
            let below = level.is_none() || floors.level(&used.name).is_some_and(|used| Some(used) < level);
            if !below {
                let text = format!("{name} uses {}, which is not on a lower floor", used.name);
                findings.push(Finding::new(PATH, 1, text));
            }
        }
    }
    let harmless = |user: &str, used: &str| {
        floors.harmless.iter().any(|one| one.user == user && one.uses.iter().any(|name| name == used))
    };
    for one in floors.harmless.iter().filter(|one| one.reason.trim().is_empty()) {
        findings.push(Finding::new(PATH, 1, format!("does not say why {} is harmless", one.user)));
    }
    for package in floors.pure().filter_map(|name| ours.get(name)) {
        for (used, user) in packages.closure(package, harmless) {
            if floors.impure.contains(&used.name) {
                let text =
                    format!("{} is pure but links {} (through {})", package.name, used.name, user.name);
                findings.push(Finding::new(PATH, 1, text));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{PATH, check};
    use crate::{packages::Packages, tree::Tree};

    const FLOORS: &str = r#"
        tools = ["xtask"]
        impure = ["tokio"]
        [[harmless]]
        user = "known"
        uses = ["tokio"]
        reason = "why"
        [[floor]]
        level = 0
        pure = true
        crates = ["ids"]
        [[floor]]
        level = 2
        pure = true
        crates = ["store"]
        [[floor]]
        level = 7
        pure = false
        crates = ["server"]
    "#;

    fn found(ours: &[(&str, &[&str])], others: &[(&str, &[&str])]) -> Vec<String> {
        let findings = check(&Tree::of(&[(PATH, FLOORS)]), &Packages::of(ours, others));
        findings.iter().map(|finding| finding.to_string().replace("floors.toml:1: ", "")).collect()
    }

    #[test]
    fn down_is_allowed() {
        let ours: [(&str, &[&str]); 4] = [
            ("ids", &["dev:server"]),
            ("store", &["ids", "dev:tokio"]),
            ("server", &["store", "tokio"]),
            ("xtask", &["server"]),
        ];
        assert!(found(&ours, &[("tokio", &[])]).is_empty());
    }

    #[test]
    fn up_and_sideways_are_found() {
        let ours: [(&str, &[&str]); 4] =
            [("ids", &["store"]), ("store", &[]), ("server", &["xtask"]), ("xtask", &[])];
        assert_eq!(
            found(&ours, &[]),
            [
                "ids uses store, which is not on a lower floor",
                "server uses xtask, which is not on a lower floor"
            ]
        );
    }

    #[test]
    fn an_impure_crate_is_found_through_others() {
        let ours: [(&str, &[&str]); 4] =
            [("ids", &[]), ("store", &["middle"]), ("server", &[]), ("xtask", &[])];
        let others: [(&str, &[&str]); 2] = [("middle", &["tokio"]), ("tokio", &[])];
        assert_eq!(found(&ours, &others), ["store is pure but links tokio (through middle)"]);
    }

    #[test]
    fn a_harmless_use_is_harmless_through_its_user_only() {
        let ours: [(&str, &[&str]); 4] =
            [("ids", &["known"]), ("store", &["known", "other"]), ("server", &[]), ("xtask", &[])];
        let others: [(&str, &[&str]); 3] = [("known", &["tokio"]), ("other", &["tokio"]), ("tokio", &[])];
        assert_eq!(found(&ours, &others), ["store is pure but links tokio (through other)"]);
    }

    #[test]
    fn every_crate_has_a_floor_and_every_line_a_crate() {
        let ours: [(&str, &[&str]); 4] = [("ids", &[]), ("server", &[]), ("xtask", &[]), ("new", &[])];
        assert_eq!(
            found(&ours, &[]),
            ["lists store, which is no crate of the workspace", "gives new no floor"]
        );
    }
}
