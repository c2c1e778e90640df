//! Puts the parts of the server together.
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};

use crypto::Rng;
use domain::AccessHashes;
use domain::login::Codes;
use mtproto::handshake::server::ServerKeys;
use mtproto::salt::SaltSeed;
use mtproto::server::{Config, Dcs, Patience};
use store::{Memory, Store};
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use crate::admission::Admission;
use crate::backend::Backend;
use crate::clock::Clock;
use crate::config::{LimitSettings, Settings};
use crate::data_dir::{DataDir, DataDirError};
use crate::entropy::OsRng;
use crate::handlers;
use crate::handshakes::Handshakes;
use crate::held::Held;
use crate::http::Inbox;
use crate::keys::{KeyTable, Strangers};
use crate::log::{Count, Event, Log, Took};
use crate::metrics::Metrics;
use crate::node::Node;
use crate::openings::Openings;
use crate::ram_keys;
use crate::sockets;
use crate::subscribers::Subscribers;
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

/// The keys that are offered: one.
pub(super) fn server_key(data: &DataDir, clock: Clock, log: &Log) -> Result<ServerKeys, DataDirError> {
    let before = clock.elapsed();
    let key = data.server_key()?;
    if key.is_new {
        let took = Took(clock.elapsed().saturating_sub(before));
        log.event(&Event::KeyDrawn { took });
    }
    Ok(ServerKeys::new(vec![key.private]))
}

pub(crate) fn node(
    settings: &Settings,
    keys: ServerKeys,
    listening: SocketAddr,
    clock: Clock,
    log: &Log,
) -> Arc<Node> {
    let limits = &settings.limits;
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
        strangers: Strangers::default(),
        timers: Timers::default(),
        work: Work::new(limits.calls_waiting),
        held: Held::default(),
        subscribers: Subscribers::default(),
        backend: backend(settings, settings.advertise.unwrap_or(listening)),
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

fn backend(settings: &Settings, told: SocketAddr) -> Backend {
    let store = Store::new(Arc::new(Memory::new()), ram_keys::door());
    let address = api::DcOption { host: told.ip().to_string(), port: told.port(), ipv6: told.is_ipv6() };
    let env = api::Env {
        addresses: vec![address],
        codes_delivered: settings.dev,
        hashes: AccessHashes::new(Arc::new(boot_key())),
    };
    Backend::new(store, env, api::Ram { codes: Codes::new(Box::new(boot_key())) })
}

/// A keyed hash whose key dies with the process. For access hashes that is right as long as the accounts die too.
fn boot_key() -> impl Fn(&[&[u8]]) -> [u8; 32] + Send + Sync {
    let mut key = Zeroizing::new([0; 32]);
    OsRng.fill(key.as_mut_slice());
    move |parts| crypto::hmac_sha256(key.as_slice(), parts)
}
