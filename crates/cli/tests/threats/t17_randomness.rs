//! T17: random numbers that come twice, above all after a process or its machine was cloned.
//!
//! What a clone repeats is what a process had drawn before and kept: a pool. So the system's source is exchanged under a
//! running server, and the very next number must come from the new one. Red when the server's `entropy::OsRng` hands out
//! anything but what `getrandom::fill(bytes)` just gave: a constant, a pool, a generator that was seeded once. Generators
//! of that kind must not even be linked. A fork of the running process itself would have one thread and no runtime, and
//! could not answer.
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tl::{Decode, Encode, mt};

use crate::ground::{Ground, random, runs};
use crate::raw::{Answer, Raw};
use crate::support::process::{Folder, Process};

/// First steps that one connection may take.
const STEPS_PER_CONNECTION: usize = 60;

async fn nonces(options: &client::Options, count: usize) -> Vec<[u8; 16]> {
    let mut nonces = Vec::new();
    while nonces.len() < count {
        let mut raw = Raw::connect(options).await;
        for _ in 0..STEPS_PER_CONNECTION.min(count - nonces.len()) {
            let Answer::Body(body) = raw.ask(&mt::ReqPqMulti { nonce: random() }.to_bytes()).await else {
                panic!("resPQ was due")
            };
            let Ok(mt::ResPQ::ResPQ { server_nonce, .. }) = mt::ResPQ::from_bytes(&body) else {
                panic!("resPQ")
            };
            nonces.push(server_nonce);
        }
    }
    nonces
}

#[tokio::test]
async fn t17_no_nonce_comes_twice_not_even_from_a_copy_of_the_server() {
    let count = runs(20_000, 500_000);
    let mut ground = Ground::open(&[]).await;
    let mut all: HashSet<[u8; 16]> = nonces(&ground.plain(), count).await.into_iter().collect();
    // Two servers on the same data, started at the same time, as two clones of a machine would be.
    let copy = Folder::new().expect("a folder");
    // The vaults lie beside the data and belong to what a machine is.
    let parts = ["data", "data-vaults"].map(|part| ground.process().path().join(part));
    let copied = Command::new("cp").arg("-a").args(parts).arg(copy.path()).status();
    assert!(copied.expect("cp runs").success());
    ground.power_cut();
    let clone = crate::support::start_on(copy, &["--log-format", "json"]);
    let local = ground.plain().local;
    let ready = clone.ready();
    let of_clone = client::Options {
        local,
        obfuscated: false,
        trusted: ready.trusted.clone(),
        address: ready.mtproto,
        ..ground.plain()
    };
    all.extend(nonces(&of_clone, count / 2).await);
    all.extend(nonces(&ground.plain(), count / 2).await);
    assert_eq!(all.len(), count + count / 2 * 2);
}

/// What the exchanged source begins each nonce with.
const MARK: [u8; 8] = *b"MARKED17";

/// A library that stands before the system's one: its source gives marked nonces while a certain file exists. A nonce is
/// what is drawn in one piece of 16 bytes; everything else stays random, so that primes are still found.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
ssize_t getrandom(void *bytes, size_t length, unsigned int flags) {
    ssize_t count = syscall(SYS_getrandom, bytes, length, flags);
    if (count == 16 && access(SWITCH, F_OK) == 0) memcpy(bytes, "MARKED17", 8);
    return count;
}
"#;

/// Compiles the library and writes a program that starts the server with it.
fn program(folder: &Path, switch: &Path) -> PathBuf {
    let (source, library, program) =
        (folder.join("source.c"), folder.join("source.so"), folder.join("server"));
    fs::write(&source, SOURCE).expect("a source");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(format!("-DSWITCH=\"{}\"", switch.display()))
        .arg(&source)
        .status();
    assert!(compiled.expect("the C compiler that building needs").success());
    let binary = env!("CARGO_BIN_EXE_heliograph");
    let script = format!("#!/bin/sh\nLD_PRELOAD='{}' exec '{binary}' \"$@\"\n", library.display());
    fs::write(&program, script).expect("a script");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("a mode");
    program
}

#[tokio::test]
async fn t17_every_number_comes_from_the_system_when_it_is_needed() {
    // The ground is here for the proof that the usual server gives no marked numbers.
    let ground = Ground::open(&[]).await;
    let tools = Folder::new().expect("a folder");
    let switch = tools.path().join("switch");
    let program = program(tools.path(), &switch);
    let data = Folder::new().expect("a folder");
    let server = Process::start(&program, data, &[]).unwrap_or_else(|error| panic!("{error}"));
    let (address, trusted) = (server.ready().mtproto, server.ready().trusted.clone());
    let options = client::Options { address, trusted, ..ground.plain() };
    let is_marked = |nonces: &[[u8; 16]]| nonces.iter().filter(|nonce| nonce[..8] == MARK).count();
    for _ in 0..runs(5, 100) {
        assert_eq!(is_marked(&nonces(&options, 20).await), 0);
        fs::write(&switch, "").expect("a file");
        let marked = nonces(&options, 20).await;
        assert_eq!(is_marked(&marked), 20, "a number that was drawn before is used");
        let rest: HashSet<_> = marked.iter().map(|nonce| &nonce[8..]).collect();
        assert_eq!(rest.len(), 20);
        fs::remove_file(&switch).expect("a file");
    }
    assert_eq!(is_marked(&nonces(&ground.plain(), 20).await), 0);
    assert!(server.stop().0.success());
}

/// Generators in the process, seeded once: whoever links one may use it.
#[test]
fn t17_no_generator_is_linked() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", "cli", "--edges", "normal", "--prefix", "none", "--offline", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    let linked: HashSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(linked.contains("getrandom") && linked.contains("mtproto"), "{linked:?}");
    for name in ["rand", "rand_core", "rand_chacha", "rand_pcg", "oorandom", "nanorand", "turborand"] {
        assert!(!linked.contains(name), "{name} is linked");
    }
    // One names temporary files of the embedded engine, and nothing else can use it (floors.toml).
    let users = Command::new(env!("CARGO"))
        .args(["tree", "--package", "cli", "--edges", "normal", "--prefix", "depth", "--offline", "--quiet"])
        .args(["--invert", "fastrand"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let users = String::from_utf8(users.stdout).expect("text");
    let direct: Vec<&str> = users.lines().filter_map(|line| line.strip_prefix('1')).collect();
    assert!(direct.iter().all(|user| user.starts_with("tempfile ")), "{direct:?}");
}
