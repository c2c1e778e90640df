//! The ground on which one attack happens: a server of its own, its users, and at the end the proof that it came out
//! whole.
//!
//! Every ground fails its test if the server's log holds a panic or any other error, or if the server does not stop
//! well. Grounds of different tests run side by side, but for those that measure time or fill the machine.
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU16, Ordering};

use client::{Identity, MadeKey, Options, OsRng, Probe, Wire};
use crypto::Rng;
use crypto::rsa::PublicKey;
use mtproto::handshake::KeyKind;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::support::process::{Ended, Folder, Process, Ready};
use crate::support::{self, User, within};

/// How often something is tried: `few` times, or so many times as often as HELIOGRAPH_RUNS says, up to `all`, the figure
/// of the threat table.
pub(crate) fn runs(few: usize, all: usize) -> usize {
    let factor = std::env::var("HELIOGRAPH_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    few.saturating_mul(factor).min(all)
}

/// Bytes that nobody can foretell.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let rng: &mut dyn Rng = &mut OsRng;
    rng.array()
}

/// The machine, which most tests share.
static MACHINE: RwLock<()> = RwLock::const_new(());

enum Turn {
    Shared(#[expect(dead_code, reason = "held, not read")] RwLockReadGuard<'static, ()>),
    Alone(#[expect(dead_code, reason = "held, not read")] RwLockWriteGuard<'static, ()>),
}

/// What an attack on one rule must not stumble over: the limits of others.
const UNLIMITED: [&str; 10] = [
    "--set",
    "limits.handshake_cpu_percent=100",
    "--set",
    "limits.handshakes_per_address_per_minute=60000",
    "--set",
    "limits.handshakes_per_address_burst=60000",
    "--set",
    "limits.unauthenticated_per_address=60000",
    "--set",
    "limits.calls_percent=0",
];

/// A server under attack.
pub(crate) struct Ground {
    process: Option<Process>,
    flags: Vec<String>,
    next: AtomicU16,
    _turn: Turn,
}

impl Ground {
    /// A server without the limits per address, so that one attacker may try often.
    pub(crate) async fn open(flags: &[&str]) -> Self {
        let turn = Turn::Shared(MACHINE.read().await);
        Self::start(&[&UNLIMITED, flags].concat(), turn)
    }

    /// The same, while no other ground is open: for measurements.
    pub(crate) async fn alone(flags: &[&str]) -> Self {
        let turn = Turn::Alone(MACHINE.write().await);
        Self::start(&[&UNLIMITED, flags].concat(), turn)
    }

    /// A server with the limits it has by itself, while no other ground is open: for attacks that fill the machine.
    pub(crate) async fn as_shipped(flags: &[&str]) -> Self {
        let turn = Turn::Alone(MACHINE.write().await);
        Self::start(flags, turn)
    }

    fn start(flags: &[&str], turn: Turn) -> Self {
        let flags: Vec<&str> = [&["--log-format", "json"], flags].concat();
        let process = Some(support::start(&flags));
        let flags = flags.into_iter().map(str::to_owned).collect();
        Self { process, flags, next: AtomicU16::new(1), _turn: turn }
    }

    /// The server.
    pub(crate) fn process(&self) -> &Process {
        self.process.as_ref().expect("a running server")
    }

    /// Where it is reached.
    pub(crate) fn ready(&self) -> &Ready {
        self.process().ready()
    }

    /// Its RSA key.
    pub(crate) fn rsa_key(&self) -> &PublicKey {
        &self.ready().trusted[0]
    }

    /// A number for a new client: its address, and its phone.
    pub(crate) fn number(&self) -> u16 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// How a new client connects, from an address of its own: obfuscated intermediate framing.
    pub(crate) fn options(&self) -> Options {
        support::options(self.process(), self.number())
    }

    /// How an attacker connects: intermediate framing in clear, so that its bytes can be compared.
    pub(crate) fn plain(&self) -> Options {
        Options { obfuscated: false, ..self.options() }
    }

    /// Somebody who is signed in.
    pub(crate) async fn user(&self) -> User {
        support::sign_up(self.process(), self.options(), self.number()).await
    }

    /// A connection with a new key of this kind, on which nothing was said yet, and what belongs to the key.
    pub(crate) async fn key(&self, kind: KeyKind) -> (Wire, Identity) {
        let mut wire =
            within(Wire::connect(&self.plain(), client::Clock::start())).await.expect("a connection");
        let MadeKey { key, ahead_ns } = within(wire.make_key(kind)).await.expect("a key");
        (wire, Identity { key: key.key, salt: key.first_salt, ahead_ns })
    }

    /// A probe with a session and a connection of its own, under a key that is in use elsewhere.
    pub(crate) async fn probe(&self, identity: &Identity) -> Probe {
        within(Probe::open(&self.plain(), identity)).await.expect("a connection")
    }

    /// What the server's metrics say of `heliograph_` and this; 0 for what it has not counted yet.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let path = self.process().path().join("data/metrics.sock");
        let mut stream = UnixStream::connect(path).expect("the metrics are reached");
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let value = answer.lines().find_map(|line| line.strip_prefix("heliograph_")?.strip_prefix(name));
        value.map_or(0, |value| value.trim().parse().expect("a number"))
    }

    /// The most memory the server has ever had present, in bytes.
    pub(crate) fn peak_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process().pid()));
        let status = status.expect("a running server");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel tells");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib * 1024
    }

    /// Ends the server as a power cut would and starts it again on what is left.
    pub(crate) fn power_cut(&mut self) {
        let process = self.process.take().expect("a running server");
        let Ended { log, folder, .. } = process.kill().expect("the end");
        assert_unharmed(&log);
        self.start_on(folder);
    }

    fn start_on(&mut self, folder: Folder) {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        self.process = Some(support::start_on(folder, &flags));
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // A test that fails already says why by itself.
        if let Some(process) = self.process.take()
            && !std::thread::panicking()
        {
            let (status, Ended { log, .. }) = process.stop();
            assert_unharmed(&log);
            assert!(status.success(), "{status}: {log}");
        }
    }
}

/// Whether the log speaks of a bug: a panic, a store that failed, anything on the level of errors.
fn assert_unharmed(log: &str) {
    for line in log.lines() {
        let said: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no line of our log: {line}"));
        assert_ne!(said["level"], "error", "{line}");
    }
}

/// An address of the loopback network by number: 127.64.x.y and beyond, apart from those of [`Ground::options`].
pub(crate) fn address(number: u16) -> IpAddr {
    let [x, y] = number.to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, 64, x, y))
}
