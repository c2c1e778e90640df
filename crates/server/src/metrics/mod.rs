//! Counters and gauges in the text form of Prometheus, on a UNIX socket in the data folder.
//!
//! No label comes from outside (A20): labels are words of the program's own enums. Nothing is counted per user,
//! chat or address.
mod socket;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub(crate) use self::socket::serve;
use crate::connection::{Carrier, Ending};

/// Upper bounds of the histogram of calls, in seconds.
const CALL_SECONDS: [f64; 10] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0];

/// Upper bounds of the histogram of waits for keys, in seconds: the longest that is allowed, and what lies beyond (P17).
const KEY_WAIT_SECONDS: [f64; 8] = [0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0, 10.0];

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    opened: Family<Opened, Counter>,
    closed: Family<Closed, Counter>,
    calls: Family<Called, Counter>,
    call_seconds: Histogram,
    key_wait_seconds: Histogram,
    keys_created: Counter,
    pushes: Counter,
    keys_dropped: Counter,
    syncs: Counter,
    levels: Levels,
}

/// What is measured when somebody asks.
#[derive(Clone, Default)]
pub(crate) struct Levels {
    /// Open connections.
    pub(crate) connections: Gauge<u64, AtomicU64>,
    /// Auth keys in memory.
    pub(crate) keys: Gauge<u64, AtomicU64>,
    /// Users with a session.
    pub(crate) users: Gauge<u64, AtomicU64>,
    /// Calls that wait or run.
    pub(crate) calls: Gauge<u64, AtomicU64>,
    /// Calls that were told to come again, since the start.
    pub(crate) refused: Gauge<u64, AtomicU64>,
    /// Steps of key exchanges that wait.
    pub(crate) handshakes: Gauge<u64, AtomicU64>,
    /// Answers that wait for their commit to be durable.
    pub(crate) held: Gauge<u64, AtomicU64>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Opened {
    carrier: Carrier,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Closed {
    carrier: Carrier,
    why: Ending,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Called {
    refused: bool,
}

impl EncodeLabelValue for Carrier {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.word(), encoder)
    }
}

impl EncodeLabelValue for Ending {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.word(), encoder)
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::default(),
            opened: Family::default(),
            closed: Family::default(),
            calls: Family::default(),
            call_seconds: Histogram::new(CALL_SECONDS),
            key_wait_seconds: Histogram::new(KEY_WAIT_SECONDS),
            keys_created: Counter::default(),
            pushes: Counter::default(),
            keys_dropped: Counter::default(),
            syncs: Counter::default(),
            levels: Levels::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = self.registry.sub_registry_with_prefix("heliograph");
        registry.register("connections_opened", "Connections taken", self.opened.clone());
        registry.register("connections_closed", "Connections that ended", self.closed.clone());
        registry.register("calls", "API calls answered", self.calls.clone());
        registry.register("call_seconds", "Time to run an API call", self.call_seconds.clone());
        let key_wait_seconds = self.key_wait_seconds.clone();
        registry.register("key_wait_seconds", "Time for which a call waited for keys", key_wait_seconds);
        registry.register("keys_created", "Key exchanges that gave a key", self.keys_created.clone());
        registry.register("pushes", "Batches of updates pushed", self.pushes.clone());
        let dropped = "Boxes and devices whose keys were dropped from memory";
        registry.register("keys_dropped", dropped, self.keys_dropped.clone());
        registry.register("syncs", "Syncs of the store", self.syncs.clone());
        let levels = &self.levels;
        registry.register("connections", "Connections open", levels.connections.clone());
        registry.register("keys", "Auth keys in memory", levels.keys.clone());
        registry.register("users", "Users with a session", levels.users.clone());
        registry.register("calls_waiting", "API calls that wait or run", levels.calls.clone());
        registry.register("calls_refused", "API calls told to come again", levels.refused.clone());
        registry.register(
            "handshakes_waiting",
            "Steps of key exchanges that wait",
            levels.handshakes.clone(),
        );
        registry.register("held", "Answers waiting for a durable commit", levels.held.clone());
        self
    }

    pub(crate) fn opened(&self, carrier: Carrier) {
        self.opened.get_or_create(&Opened { carrier }).inc();
    }

    pub(crate) fn closed(&self, carrier: Carrier, why: Ending) {
        self.closed.get_or_create(&Closed { carrier, why }).inc();
    }

    pub(crate) fn called(&self, refused: bool, took: Duration) {
        self.calls.get_or_create(&Called { refused }).inc();
        self.call_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn key_waited(&self, waited: Duration) {
        self.key_wait_seconds.observe(waited.as_secs_f64());
    }

    pub(crate) fn key_created(&self) {
        self.keys_created.inc();
    }

    /// Keys of so many boxes and devices were dropped, since nobody had used them.
    pub(crate) fn dropped(&self, count: usize) {
        self.keys_dropped.inc_by(count as u64);
    }

    pub(crate) fn pushed(&self) {
        self.pushes.inc();
    }

    pub(crate) fn synced(&self) {
        self.syncs.inc();
    }

    /// All of it as text; `measure` sets the levels first.
    fn text(&self, measure: impl FnOnce(&Levels)) -> String {
        measure(&self.levels);
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
