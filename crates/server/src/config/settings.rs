//! The settings: names, types, defaults and meaning, each in one place. Source of the figures: ids::limits.
use std::net::SocketAddr;
use std::path::PathBuf;

use ids::limits;
use serde::{Deserialize, Serialize};

use crate::log::Level;

/// One setting as the loader and the reference see it.
pub(super) struct Row {
    /// Key within its section.
    pub(super) key: &'static str,
    /// How a value given as text (a variable, a flag) becomes a TOML value.
    pub(super) kind: Kind,
    /// What it means, with its unit.
    pub(super) doc: &'static str,
}

/// The TOML type of a setting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Number,
    /// Several texts, with commas between them.
    List,
    Text,
}

trait SettingType {
    const KIND: Kind;
}

macro_rules! setting_type {
    ($kind:ident: $($ty:ty),+) => { $(impl SettingType for $ty { const KIND: Kind = Kind::$kind; })+ };
}
setting_type!(Bool: bool);
setting_type!(Number: u16, u32, u64, usize);
setting_type!(List: Vec<String>);
setting_type!(Text: PathBuf, String, SocketAddr, Option<PathBuf>, Option<SocketAddr>, Level, Format);

/// Declares one section of the configuration with the table that describes it.
macro_rules! section {
    ($(#[doc = $about:literal])+ $name:ident {
        $($(#[doc = $doc:literal])+ $key:ident: $ty:ty = $default:expr,)+
        $(sections { $($sub:ident: $subty:ty,)+ })?
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $key: $ty,)+
            $($(
                #[doc = concat!("Section `", stringify!($sub), "`.")]
                pub $sub: $subty,
            )+)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)+ $($($sub: <$subty>::default(),)+)? }
            }
        }

        impl $name {
            pub(super) const ROWS: &[Row] = &[$(Row {
                key: stringify!($key),
                kind: <$ty as SettingType>::KIND,
                doc: concat!($($doc),+),
            }),+];
        }
    };
}

section! {
    /// Everything that can be set.
    Settings {
        /// Folder of all that the server keeps: the store, sealed; the local part of every key; the list of its vaults, and
        /// the key by which they know it; its RSA key, sealed. Made if absent.
        data: PathBuf = PathBuf::from("data"),
        /// Address and port of MTProto over TCP. Port 0 takes a free one; the ready file says which.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8443)),
        /// Address and port of HTTP: WebSocket transport, health, the development inbox.
        http: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// Address and port that clients are told to use (dc_options). Needed when `listen` is `0.0.0.0` or `[::]`
        /// or lies behind a proxy; otherwise `listen` is told.
        advertise: Option<SocketAddr> = None,
        /// Number of this data centre, 1 to 5. Clients start at one of the numbers built into them, mostly 2.
        dc: u16 = 2,
        /// Development mode: login codes appear at /dev/inbox/PHONE, for loopback peers, instead of being sent, and, unless
        /// vaults are named, three lie in folders of this machine, where they protect nothing from whoever owns it.
        dev: bool = false,
        /// Folder of the three vaults of development mode; without it the data folder's name with `-vaults` behind it, beside
        /// that folder. Needed where the data folder is a disk of its own, as a container's volume is.
        dev_vaults: Option<PathBuf> = None,
        /// Whether each of those three runs in a process of its own, as vaults of a network do; the processes end with the server.
        dev_processes: bool = false,
        /// The vaults that hold the keys, 3 to 15, a line for each as `heliograph vault enroll` prints it: jurisdiction, key and
        /// address. More than half of them open a key. Read at the first start, which writes them to the data folder; later only
        /// addresses may change.
        vaults: Vec<String> = Vec::new(),
        /// File in whose first line stands the passphrase under which the key for those vaults lies, such as one that a credential
        /// manager makes in memory, or /dev/stdin. Needed but in development mode. With `production` it lies in memory (tmpfs or ramfs),
        /// where nobody else can read it, or is a pipe or a terminal.
        passphrase_file: Option<PathBuf> = None,
        /// Whose law the server is under: one word of letters, digits and hyphens, such as DE. Compared with those of the vaults.
        jurisdiction: String = String::new(),
        /// Refuse to start unless the vaults are in jurisdictions of their own, each another one and none the server's, and on
        /// hosts of their own, none of them this machine; if the passphrase lies on a disk; if the memory of keys cannot be locked.
        /// Nothing of development mode is allowed.
        production: bool = false,
        /// Seconds between two shred ticks, each of which makes final what was deleted before it. 86,400 at most.
        shred_s: u64 = limits::SHRED_S,
        /// File that is written, by renaming, once everything answers, and removed at the end.
        ready_file: Option<PathBuf> = None,
        sections {
            log: LogSettings,
            limits: LimitSettings,
            threads: ThreadSettings,
            shutdown: ShutdownSettings,
        }
    }
}

section! {
    /// What is logged, and how. No level logs user data.
    LogSettings {
        /// error, warn, info, debug or trace.
        level: Level = Level::Info,
        /// text (one sentence per line) or json (one object per line), on standard error.
        format: Format = Format::Text,
    }
}

section! {
    /// Limits an operator may change. All counters are in memory only.
    LimitSettings {
        /// Connections at a time, all addresses and both ports together. 0 takes what the open-files limit allows.
        connections: u32 = 0,
        /// Connections of one address that have not yet used an auth key with which somebody is logged in.
        unauthenticated_per_address: u32 = limits::UNAUTHENTICATED_PER_ADDRESS_MAX,
        /// Key exchanges that one address may start per minute, in the long run.
        handshakes_per_address_per_minute: u32 = limits::HANDSHAKES_PER_ADDRESS_PER_MINUTE,
        /// Key exchanges that one address may start at once.
        handshakes_per_address_burst: u32 = limits::HANDSHAKES_PER_ADDRESS_BURST,
        /// Key exchanges waiting for the processor; beyond, the newest is refused.
        handshakes_waiting: u32 = limits::HANDSHAKE_JOBS_WAITING_MAX,
        /// Share of one processor core that key exchanges may take, in percent, whatever else is to be done; what no other
        /// thread wants they may take besides.
        handshake_cpu_percent: u32 = limits::HANDSHAKE_CPU_PERCENT,
        /// Seconds in which a key exchange must be finished (T5).
        handshake_s: u64 = limits::HANDSHAKE_LIFE_MS / 1000,
        /// Seconds a new connection has for its first complete frame (A6).
        first_frame_s: u64 = limits::FIRST_FRAME_MS_MAX / 1000,
        /// Seconds a frame that was begun has to be finished; a large one of somebody who used a key has longer (A6).
        partial_frame_s: u64 = limits::PARTIAL_FRAME_MS_MAX / 1000,
        /// Seconds in which a new connection must have used an auth key (A6).
        key_unused_s: u64 = limits::KEY_UNUSED_MS_MAX / 1000,
        /// Seconds for which a server salt is current; it is accepted for as long again (T10).
        salt_s: u32 = limits::SALT_LIFE_S as u32,
        /// Calls waiting for a handler thread, all sessions together; beyond, a call is answered with a retryable error.
        calls_waiting: u32 = limits::CALLS_WAITING_MAX,
        /// Calls of one session waiting for their turn.
        calls_waiting_per_session: u32 = limits::CALLS_WAITING_PER_SESSION_MAX,
        /// What each user may ask in so long, in hundredths of the usual budgets (A4); beyond, a call is answered with
        /// FLOOD_WAIT. 0 sets no limit.
        calls_percent: u32 = limits::CALLS_PERCENT,
        /// Bytes waiting to be written to one connection; a connection beyond is closed.
        write_queue_bytes: usize = limits::WRITE_QUEUE_BYTES_MAX,
        /// Seconds a connection may refuse to take the bytes written to it (A6).
        write_stall_s: u64 = limits::WRITE_STALL_S_MAX,
    }
}

section! {
    /// Threads of the process, besides three that mostly sleep (log, timers, main).
    ThreadSettings {
        /// Threads that read and write sockets.
        network: u16 = 2,
        /// Threads that run API calls.
        handlers: u16 = 2,
        /// Threads that compute key exchanges; all of them share `limits.handshake_cpu_percent`.
        handshakes: u16 = 1,
        /// Threads that compute key exchanges when that share is spent, one core each at most, which no share limits: they
        /// run when no other thread of the system wants the processor (SCHED_IDLE). 0 leaves it at the share. Under a CPU
        /// quota nothing is idle, and what they took would be missing for all others: none are started where `cpu.max` of
        /// the process's cgroup (v2) or one above it sets a quota. Another quota is not seen; set 0 there, as where idle
        /// cores are paid for.
        handshakes_idle: u16 = 2,
    }
}

section! {
    /// How the server stops at SIGTERM or SIGINT.
    ShutdownSettings {
        /// Seconds that running calls and unwritten answers are given to finish.
        grace_s: u64 = 10,
    }
}

/// Form of the log lines.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One sentence per line.
    Text,
    /// One JSON object per line.
    Json,
}

/// A setting whose value makes no sense by itself or beside another.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Clients know the numbers 1 to 5 only.
    #[error("dc must be 1 to 5, since these are the numbers that clients have built in")]
    Dc,
    /// A limit or a number of threads is 0.
    #[error("{0} must not be 0")]
    Zero(&'static str),
    /// Deletions would become final too late.
    #[error("shred_s must be at most 86400")]
    Shred,
    /// A percentage above 100.
    #[error("limits.handshake_cpu_percent must be 1 to 100")]
    Percent,
    /// Nothing that clients could be told.
    #[error("listen names no particular address; set advertise to the address and port that clients reach")]
    Advertise,
}

impl Settings {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), SettingError> {
        if !(1..=5).contains(&self.dc) {
            return Err(SettingError::Dc);
        }
        let never_zero = [
            ("shred_s", self.shred_s),
            ("limits.unauthenticated_per_address", u64::from(self.limits.unauthenticated_per_address)),
            (
                "limits.handshakes_per_address_per_minute",
                u64::from(self.limits.handshakes_per_address_per_minute),
            ),
            ("limits.handshakes_per_address_burst", u64::from(self.limits.handshakes_per_address_burst)),
            ("limits.handshakes_waiting", u64::from(self.limits.handshakes_waiting)),
            ("limits.handshake_s", self.limits.handshake_s),
            ("limits.first_frame_s", self.limits.first_frame_s),
            ("limits.partial_frame_s", self.limits.partial_frame_s),
            ("limits.key_unused_s", self.limits.key_unused_s),
            ("limits.salt_s", self.limits.salt_s.into()),
            ("limits.calls_waiting", u64::from(self.limits.calls_waiting)),
            ("limits.calls_waiting_per_session", u64::from(self.limits.calls_waiting_per_session)),
            ("limits.write_queue_bytes", self.limits.write_queue_bytes as u64),
            ("limits.write_stall_s", self.limits.write_stall_s),
            ("threads.network", u64::from(self.threads.network)),
            ("threads.handlers", u64::from(self.threads.handlers)),
            ("threads.handshakes", u64::from(self.threads.handshakes)),
        ];
        if let Some((name, _)) = never_zero.iter().find(|(_, value)| *value == 0) {
            return Err(SettingError::Zero(name));
        }
        if self.shred_s > limits::SHRED_S_MAX {
            return Err(SettingError::Shred);
        }
        if !(1..=100).contains(&self.limits.handshake_cpu_percent) {
            return Err(SettingError::Percent);
        }
        if self.advertise.is_none() && self.listen.ip().is_unspecified() {
            return Err(SettingError::Advertise);
        }
        Ok(())
    }
}
