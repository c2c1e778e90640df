//! Puts the parts of the server together.
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Weak};

use crypto::{HmacKey, Rng};
use domain::AccessHashes;
use domain::login::{Codes, Tokens};
use mtproto::handshake::server::ServerKeys;
use mtproto::salt::SaltSeed;
use mtproto::server::{Config, Dcs, Patience};
use sealed::Keyring;
use store::{Store, StoreError};
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use crate::admission::Admission;
use crate::backend::Backend;
use crate::clock::Clock;
use crate::config::{LimitSettings, Settings};
use crate::data_dir::DataDir;
use crate::entropy::OsRng;
use crate::handlers;
use crate::handshakes::Handshakes;
use crate::held::Held;
use crate::http::Inbox;
use crate::keeper::{BootFailure, Keeper};
use crate::keys::KeyTable;
use crate::log::{Count, Event, Log, Took};
use crate::metrics::Metrics;
use crate::node::Node;
use crate::openings::Openings;
use crate::serve::StartError;
use crate::server_key::Drawing;
use crate::sockets;
use crate::subscribers::Subscribers;
use crate::tidings::Tidings;
use crate::timers::Timers;
use crate::work::Work;

/// The data centres that clients have built in. A server of its own plays all of them: a client may start at any.
const DCS: std::ops::RangeInclusive<i32> = 1..=5;

pub(super) fn runtime(settings: &Settings) -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(settings.threads.network.into())
        .thread_name("network")
        .enable_all()
        .build()
}

/// The keys that are offered: one, once the vaults have released what it lies under.
pub(super) fn server_key(
    data: &DataDir,
    drawing: Drawing,
    keyring: &Keyring,
    clock: Clock,
    log: &Log,
) -> Result<ServerKeys, StartError> {
    let seal = keyring.server_key().map_err(|_| BootFailure::Store(StoreError::Sealed))?;
    let key = drawing.finish(data, &seal)?;
    if key.is_new {
        log.event(&Event::KeyDrawn { took: Took(clock.elapsed()) });
    }
    Ok(ServerKeys::new(vec![key.private]))
}

/// What a node is made of besides its settings.
pub(crate) struct Parts {
    pub(crate) keys: ServerKeys,
    pub(crate) store: Store,
    pub(crate) keeper: Keeper,
    /// Where clients find it.
    pub(crate) listening: SocketAddr,
}

pub(crate) fn node(settings: &Settings, parts: Parts, clock: Clock, log: &Log) -> Arc<Node> {
    let limits = &settings.limits;
    let Parts { keys, store, keeper, listening } = parts;
    let config = Config {
        fingerprints: keys.fingerprints(),
        dcs: Dcs { ids: DCS, test: false },
        secret: None,
        patience: patience(limits),
    };
    let seed = SaltSeed::generate(&mut OsRng).with_life_s(limits.salt_s.into());
    let node = Arc::new(Node {
        clock,
        log: log.clone(),
        metrics: Metrics::new(),
        limits: limits.clone(),
        dc: ids::DcId(settings.dc.into()),
        config: Arc::new(config),
        admission: Arc::new(Admission::new(limits, connections_max(settings, log))),
        handshakes: Handshakes::new(keys, limits, clock),
        keys: KeyTable::new(seed),
        keeper,
        shred_ms: settings.shred_s.saturating_mul(1000),
        failed: AtomicBool::new(false),
        timers: Timers::default(),
        work: Work::new(limits.calls_waiting, settings.threads.handlers.into(), clock),
        held: Held::default(),
        subscribers: Subscribers::default(),
        tidings: Tidings::default(),
        backend: backend(settings, store, settings.advertise.unwrap_or(listening)),
        inbox: settings.dev.then(Arc::<Inbox>::default),
        conns: AtomicU64::new(0),
        exchanges: AtomicU64::new(0),
        openings: Openings::default(),
    });
    let weak: Weak<Node> = Arc::downgrade(&node);
    node.backend.on_durable(Arc::new(move |_| {
        if let Some(node) = weak.upgrade() {
            handlers::on_durable(&node);
        }
    }));
    node
}

fn patience(limits: &LimitSettings) -> Patience {
    let ms = |seconds: u64| seconds.saturating_mul(1000);
    Patience {
        first_frame_ms: ms(limits.first_frame_s),
        partial_frame_ms: ms(limits.partial_frame_s),
        key_unused_ms: ms(limits.key_unused_s),
        exchange_ms: ms(limits.handshake_s),
    }
}

fn connections_max(settings: &Settings, log: &Log) -> u64 {
    let fit = sockets::connections_that_fit();
    let wanted = u64::from(settings.limits.connections);
    if wanted > fit {
        log.event(&Event::FewFiles { connections: Count(fit) });
    }
    if wanted == 0 { fit } else { wanted.min(fit) }
}

fn backend(settings: &Settings, store: Store, told: SocketAddr) -> Backend {
    let address = api::DcOption { host: told.ip().to_string(), port: told.port(), ipv6: told.is_ipv6() };
    let env = api::Env {
        addresses: vec![address],
        codes_delivered: settings.dev,
        hashes: AccessHashes::new(Arc::new(access_key(store.door().keyring().clone()))),
    };
    let ram = api::Ram {
        codes: Codes::new(Box::new(boot_key())),
        tokens: Tokens::new(Box::new(boot_key())),
        flood: api::Flood::new(settings.limits.calls_percent),
    };
    Backend::new(store, env, ram)
}

/// A keyed hash whose key dies with the process, as login codes do.
fn boot_key() -> impl Fn(&[&[u8]]) -> [u8; 32] + Send + Sync {
    let mut key = Zeroizing::new([0; 32]);
    OsRng.fill(key.as_mut_slice());
    move |parts| crypto::hmac_sha256(key.as_slice(), parts)
}

/// The keyed hash of access hashes: clients keep them over restarts of the server (docs/keys.md 3).
fn access_key(keyring: Keyring) -> impl Fn(&[&[u8]]) -> [u8; 32] + Send + Sync {
    // A keyring behind a door is not sealed. Were it, no hash would be right.
    let key = keyring.access_key().map_or_else(|_| HmacKey::new(&[]), |key| HmacKey::new(key.expose()));
    move |parts| key.sign(parts)
}
