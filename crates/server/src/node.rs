//! The parts of the running server that its threads share. Each part guards itself; nothing is global.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ids::{ConnId, DcId};
use mtproto::server::Config;

use crate::admission::Admission;
use crate::backend::Backend;
use crate::clock::Clock;
use crate::config::LimitSettings;
use crate::handshakes::Handshakes;
use crate::held::Held;
use crate::http::Inbox;
use crate::keeper::Keeper;
use crate::keys::KeyTable;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::openings::Openings;
use crate::subscribers::Subscribers;
use crate::tidings::Tidings;
use crate::timers::Timers;
use crate::work::Work;

/// Everything that connections, handlers and timers share.
pub(crate) struct Node {
    pub(crate) clock: Clock,
    pub(crate) log: Log,
    pub(crate) metrics: Metrics,
    pub(crate) limits: LimitSettings,
    /// What every connection must know of the server.
    pub(crate) config: Arc<Config>,
    /// This data centre.
    pub(crate) dc: DcId,
    pub(crate) admission: Arc<Admission>,
    pub(crate) handshakes: Handshakes,
    pub(crate) keys: KeyTable,
    pub(crate) keeper: Keeper,
    /// How often deletions become final.
    pub(crate) shred_ms: u64,
    /// The disk has failed: what is not durable now never will be.
    pub(crate) failed: AtomicBool,
    pub(crate) timers: Timers,
    pub(crate) work: Work,
    pub(crate) held: Held,
    pub(crate) subscribers: Subscribers,
    /// What is told of users at once.
    pub(crate) tidings: Tidings,
    pub(crate) backend: Backend,
    /// Where login codes go; with `--dev` only.
    pub(crate) inbox: Option<Arc<Inbox>>,
    /// Connections taken so far.
    pub(crate) conns: AtomicU64,
    /// Key exchanges open on all connections together.
    pub(crate) exchanges: AtomicU64,
    /// How obfuscated streams began lately.
    pub(crate) openings: Openings,
}

impl Node {
    /// A number for a new connection.
    pub(crate) fn next_conn(&self) -> ConnId {
        ConnId(self.conns.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
