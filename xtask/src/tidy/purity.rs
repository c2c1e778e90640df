//! Pure crates name nothing of the standard library that has an effect: time and randomness are arguments.
//!
//! Clocks are also refused by clippy (`clippy.toml`), with the types resolved; this rule sees the rest.

use crate::{finding::Finding, source::Source, tree::Tree};

use super::floors::Floors;

/// Modules and items of `std` with an effect or a source of its own.
const EFFECTS: [&str; 10] = [
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::os",
    "std::process",
    "std::thread::spawn",
    "std::time::Instant",
    "std::time::SystemTime",
];
/// The embedded engine writes the data folder and a vault keeps its own; nothing else writes files. Both say with what
/// permissions.
const MAY_WRITE_FILES: [&str; 2] = ["store", "vault"];
const FILES: [&str; 2] = ["std::fs", "std::os::unix::fs"];

pub(super) fn check(tree: &Tree, sources: &[Source<'_>]) -> Vec<Finding> {
    // A missing or broken table is reported by the rule about floors.
    let Ok(floors) = Floors::read(tree) else { return Vec::new() };
    let mut findings = Vec::new();
    for name in floors.pure() {
        let folder = format!("crates/{name}/src/");
        for source in sources.iter().filter(|source| source.path.starts_with(&folder) && !source.is_test) {
            for (path, line) in source.paths() {
                let path = path.join("::");
                let effect = EFFECTS.iter().find(|effect| within(&path, effect));
                let allowed =
                    MAY_WRITE_FILES.contains(&name) && FILES.iter().any(|files| within(&path, files));
                if let Some(effect) = effect.filter(|_| !allowed) {
                    findings.push(Finding::new(
                        source.path,
                        line,
                        format!("{name} is pure but names {effect}"),
                    ));
                }
            }
        }
    }
    findings
}

fn within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{source::parse, tree::Tree};

    const FLOORS: &str = "tools = []\nimpure = []\n[[floor]]\nlevel = 0\npure = true\ncrates = [\"ids\", \"store\", \"vault\"]\n";

    #[test]
    fn an_effect_is_found() {
        let tree = Tree::of(&[
            ("floors.toml", FLOORS),
            ("crates/ids/src/lib.rs", "use std::{fmt, net::TcpStream};\nfn f() { std::fs::read(\"x\"); }\n"),
            ("crates/store/src/lib.rs", "use std::fs;\n#[cfg(test)]\nmod tests { use std::env; }\n"),
            ("crates/server/src/lib.rs", "use std::net;\n"),
            ("crates/vault/src/lib.rs", "use std::{fs::File, os::unix::fs::OpenOptionsExt};\n"),
            (
                "crates/vault/src/way_out.rs",
                "use std::os::unix::net::UnixStream;\nuse std::{env, process};\n",
            ),
            ("crates/ids/tests/a.rs", "use std::net;\n"),
        ]);
        let found: Vec<String> = check(&tree, &parse(&tree).0).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "crates/ids/src/lib.rs:1: ids is pure but names std::net",
                "crates/ids/src/lib.rs:2: ids is pure but names std::fs",
                "crates/vault/src/way_out.rs:1: vault is pure but names std::os",
                "crates/vault/src/way_out.rs:2: vault is pure but names std::env",
                "crates/vault/src/way_out.rs:2: vault is pure but names std::process"
            ]
        );
    }
}
