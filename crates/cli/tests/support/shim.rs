//! Disks that fail or are slow on order, and clocks that are moved: preloaded into a server.
#![allow(dead_code, reason = "each test program uses a part of it")]
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Compiles the shim of the store's tests, once.
pub(crate) fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| compiled("../store/tests/shim/disk.c", "disk"))
}

/// Compiles the shim of the clocks, once.
pub(crate) fn clock_shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| compiled("tests/shim/clock.c", "clock"))
}

fn compiled(source: &str, name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.so", std::process::id()));
    let compiled = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([&made, &source])
        .args(["-ldl", "-lpthread"])
        .status();
    assert!(compiled.is_ok_and(|status| status.success()), "the shim needs a C compiler (cc)");
    made
}
