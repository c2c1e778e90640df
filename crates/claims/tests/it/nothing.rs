//! No program that is given to anybody has a breach on purpose in it.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Breaches are compiled into what asks for the feature, and nothing does but the tests of this crate.
#[test]
fn nobody_asks_for_breaches_but_the_tests_of_promises() {
    let mut asking = Vec::new();
    for folder in ["crates", "."] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            let Ok(text) = std::fs::read_to_string(&manifest) else { continue };
            let mut section = String::new();
            for line in text.lines().map(|line| line.split('#').next().unwrap_or_default()) {
                if line.starts_with('[') {
                    section = line.trim().to_owned();
                }
                if line.contains("sabotage") {
                    // A feature of this name may be passed on; no default may name it.
                    assert!(section != "[features]" || line.starts_with("sabotage = "), "{line}");
                    let name = manifest.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
                    asking.push(format!("{name} {section}"));
                }
            }
        }
    }
    asking.sort();
    assert_eq!(asking, ["claims [dev-dependencies]", "cli [features]", "ids [features]"]);
}

/// Without the feature not even the place for a choice is in what is built; with it, it is.
#[test]
fn a_release_holds_no_breach() {
    let target = std::env::temp_dir().join(format!("claims-release-{}", std::process::id()));
    let holds = |features: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["rustc", "--release", "--offline", "--quiet", "-p", "ids", "--lib"]).args(features);
        cargo.args(["--", "--emit=asm", "-Clto=off", "-Ccodegen-units=1"]);
        cargo.current_dir(root()).env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS");
        assert!(cargo.status().unwrap().success());
        let mut found = false;
        for entry in std::fs::read_dir(target.join("release/deps")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "s") {
                let text = std::fs::read(&path).unwrap();
                found |= text.windows(6).any(|window| window == b"CHOSEN");
                std::fs::remove_file(path).unwrap();
            }
        }
        found
    };
    let (with, without) = (holds(&["--features", "sabotage"]), holds(&[]));
    std::fs::remove_dir_all(&target).unwrap();
    assert!(with, "the breaches themselves are looked for in the wrong place");
    assert!(!without, "a release can be broken on purpose");
}
