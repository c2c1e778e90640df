//! What `cargo metadata` says of our crates and of all they use on this machine's platform.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::Path,
    process::Command,
};

use serde::Deserialize;

/// The part of the answer that the rules need.
#[derive(Deserialize)]
pub(crate) struct Packages {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// None for a path of the workspace.
    pub(crate) source: Option<String>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

/// A dependency as its manifest has it.
#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
    optional: bool,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
    /// Those that are on.
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None for a normal dependency, else "dev" or "build".
    kind: Option<String>,
}

impl Package {
    /// Whether it uses a crate when these features are on.
    fn asks_for(&self, used: &str, features: &[String]) -> bool {
        let mut named = self.dependencies.iter().filter(|dependency| dependency.name == used).peekable();
        // One that the manifest does not name is there for another reason.
        named.peek().is_none()
            || named.any(|Dependency { name, rename, optional }| {
                let name = rename.as_ref().unwrap_or(name);
                let is_on = |word: &String| {
                    word.strip_prefix("dep:") == Some(name)
                        || word.split_once('/').is_some_and(|(crate_name, _)| crate_name == name)
                };
                !optional || features.iter().filter_map(|on| self.features.get(on)).flatten().any(is_on)
            })
    }
}

impl Packages {
    /// Asks cargo. Limited to this platform, so that nothing is downloaded which was not built.
    pub(crate) fn load(root: &Path) -> Result<Self, Box<dyn Error>> {
        let version = Command::new("rustc").arg("-vV").current_dir(root).output()?;
        let version = String::from_utf8(version.stdout)?;
        let host =
            version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
        let output = Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--filter-platform", host])
            .current_dir(root)
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Self::read(&String::from_utf8(output.stdout)?)
    }

    pub(crate) fn read(json: &str) -> Result<Self, Box<dyn Error>> {
        let mut packages: Self = serde_json::from_str(json)?;
        packages.forget_unbuilt();
        Ok(packages)
    }

    /// Takes out what only a feature of the form `name?/feature` mentions: cargo locks such a crate and never builds it.
    fn forget_unbuilt(&mut self) {
        let Self { packages, workspace_members, resolve } = self;
        let by_id: BTreeMap<&str, &Package> =
            packages.iter().map(|package| (package.id.as_str(), package)).collect();
        for node in &mut resolve.nodes {
            let Some(user) = by_id.get(node.id.as_str()) else { continue };
            let features = &node.features;
            node.deps.retain(|edge| {
                by_id.get(edge.pkg.as_str()).is_none_or(|used| user.asks_for(&used.name, features))
            });
        }
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let mut waiting = workspace_members.clone();
        while let Some(id) = waiting.pop() {
            let edges = resolve.nodes.iter().filter(|node| node.id == id).flat_map(|node| &node.deps);
            waiting.extend(edges.map(|edge| edge.pkg.clone()).filter(|pkg| !reached.contains(pkg)));
            reached.insert(id);
        }
        packages.retain(|package| reached.contains(&package.id));
    }

    /// The crates of this workspace, by name.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// Crates of other people.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| !self.workspace_members.contains(&package.id))
    }

    /// What `package` uses itself, in normal builds: not in tests, not in build scripts.
    pub(crate) fn normal_dependencies<'a>(
        &'a self,
        package: &'a Package,
    ) -> impl Iterator<Item = &'a Package> {
        let edges =
            self.resolve.nodes.iter().filter(|node| node.id == package.id).flat_map(|node| &node.deps);
        edges
            .filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none()))
            .filter_map(|edge| self.packages.iter().find(|package| package.id == edge.pkg))
    }

    /// Everything that normal builds of `package` link, each with the crate that asks for it; what `passed_over`
    /// (user, used) says yes to is not followed.
    pub(crate) fn closure<'a>(
        &'a self,
        package: &'a Package,
        passed_over: impl Fn(&str, &str) -> bool,
    ) -> Vec<(&'a Package, &'a Package)> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut waiting = vec![package];
        while let Some(user) = waiting.pop() {
            for used in self.normal_dependencies(user) {
                if !passed_over(&user.name, &used.name) && seen.insert(&used.id) {
                    found.push((used, user));
                    waiting.push(used);
                }
            }
        }
        found
    }

    /// Crates that are there in more than one version.
    pub(crate) fn duplicates(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for package in self.others() {
            versions.entry(&package.name).or_default().push(&package.version);
        }
        versions.retain(|_, versions| versions.len() > 1);
        versions
    }
}

#[cfg(test)]
impl Packages {
    /// A sample: our crates and what they use, `("domain", &["store", "dev:proptest"])`.
    pub(crate) fn of(ours: &[(&str, &[&str])], others: &[(&str, &[&str])]) -> Self {
        let package = |name: &str, source: Option<String>| Package {
            id: name.to_owned(),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: Some("MIT".to_owned()),
            source,
            features: BTreeMap::new(),
            dependencies: Vec::new(),
        };
        let edge = |text: &&str| {
            let (kind, pkg) =
                text.split_once(':').map_or((None, *text), |(kind, pkg)| (Some(kind.to_owned()), pkg));
            Edge { pkg: pkg.to_owned(), dep_kinds: vec![Kind { kind }] }
        };
        let nodes = ours.iter().chain(others);
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        let mut packages: Vec<Package> = ours.iter().map(|(name, _)| package(name, None)).collect();
        packages.extend(others.iter().map(|(name, _)| package(name, Some(registry.to_owned()))));
        Self {
            packages,
            workspace_members: ours.iter().map(|(name, _)| (*name).to_owned()).collect(),
            resolve: Resolve {
                nodes: nodes
                    .map(|(name, deps)| Node {
                        id: (*name).to_owned(),
                        deps: deps.iter().map(edge).collect(),
                        features: Vec::new(),
                    })
                    .collect(),
            },
        }
    }

    pub(crate) fn package_mut(&mut self, name: &str) -> &mut Package {
        self.packages.iter_mut().find(|package| package.name == name).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::Packages;

    #[test]
    fn test_dependencies_are_not_linked() {
        let packages = Packages::of(&[("a", &["b", "dev:c"]), ("b", &["d"])], &[("c", &[]), ("d", &[])]);
        let a = packages.ours().find(|package| package.name == "a").unwrap();
        let closure: Vec<&str> =
            packages.closure(a, |_, _| false).iter().map(|(used, _)| used.name.as_str()).collect();
        assert_eq!(closure, ["b", "d"]);
    }

    #[test]
    fn what_cargo_writes_is_understood() {
        let json = r#"{"packages": [{"id": "x", "name": "x", "version": "1.0.0", "license": null, "source": null}],
            "workspace_members": ["x"], "resolve": {"nodes": [{"id": "x", "deps": [
            {"pkg": "x", "dep_kinds": [{"kind": null, "target": null}]}]}]}}"#;
        assert_eq!(Packages::read(json).unwrap().ours().count(), 1);
    }

    /// As rustls has it: the other cryptographic library is locked, since a feature would give it one of its own.
    #[test]
    fn what_is_locked_and_not_built_is_not_there() {
        let json = |features: &str| {
            let package = |name: &str, rest: &str| {
                format!(
                    r#"{{"id": "{name}", "name": "{name}", "version": "1.0.0", "license": null, "source": null, {rest}}}"#
                )
            };
            let rest = r#""features": {"std": ["ring?/std"], "ring": ["dep:ring"], "fast": ["ring/fast"]},
                "dependencies": [{"name": "ring", "rename": null, "optional": true}]"#;
            format!(
                r#"{{"packages": [{}, {}], "workspace_members": ["tls"], "resolve": {{"nodes": [
                {{"id": "tls", "deps": [{{"pkg": "ring", "dep_kinds": [{{"kind": null}}]}}], "features": [{features}]}},
                {{"id": "ring", "deps": []}}]}}}}"#,
                package("tls", rest),
                package("ring", r#""features": {}"#)
            )
        };
        for (features, others) in [(r#""std""#, 0), (r#""std", "ring""#, 1), (r#""fast""#, 1)] {
            assert_eq!(Packages::read(&json(features)).unwrap().others().count(), others, "{features}");
        }
    }
}
