//! Start and stop of the server.
mod banner;
pub(crate) mod build;
mod heap;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use ids::sabotage::{self, Fault};
use link::Control;
use store::{Commit, Embedded, Engine, Settings as EngineSettings};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::config::{Loaded, Settings};
use crate::connection::Phase;
use crate::data_dir::{DataDir, DataDirError};
use crate::handshakes::Pace;
use crate::http::{self, Door, Upgraded};
use crate::keeper::{BootFailure, Custody, Keeper, Kept, Unsealed, unseal};
use crate::listener::{Websockets, accept_http, accept_mtproto};
use crate::log::{Count, Event, Log, Port, Took};
use crate::node::Node;
use crate::ready::{Ready, ReadyFile};
use crate::server_key::Drawing;
use crate::{admin, disk, handlers, handshakes, keeper, metrics, panic_hook, sockets, tidings};

/// How often the stop looks whether connections are gone.
const POLL: Duration = Duration::from_millis(10);

/// Why the server did not start. Shown to the operator; never logged.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataDirError),
    /// The store.
    #[error("cannot open the store in {folder}: {source}")]
    Engine {
        /// Its folder.
        folder: std::path::PathBuf,
        /// Why not.
        source: store::OpenError,
    },
    /// The vaults.
    #[error(transparent)]
    Sealed(#[from] BootFailure),
    /// A port.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// As configured.
        address: std::net::SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The operating system refuses threads or signals.
    #[error("cannot set up the process: {0}")]
    System(#[from] std::io::Error),
}

/// Runs the server until SIGTERM or SIGINT. `announce` is called once, when everything answers: the log names no
/// address, and whoever started the server wants to know where it is, and where its keys are.
///
/// # Errors
/// Why it could not start. Once it runs, it ends well.
pub fn serve(loaded: Loaded, announce: impl FnOnce(&Ready, Kept)) -> Result<(), StartError> {
    let clock = Clock::start();
    let settings = loaded.settings;
    heap::share();
    if !sabotage::is(Fault::CoreLeft) {
        crypto::cores::forbid()?;
    }
    let log = Log::to_stderr(settings.log.clone(), clock);
    panic_hook::install(&log);
    let ended = run(&settings, loaded.unknown_variables, clock, &log, announce);
    log.flush();
    ended
}

fn run(
    settings: &Settings,
    unknown_variables: usize,
    clock: Clock,
    log: &Log,
    announce: impl FnOnce(&Ready, Kept),
) -> Result<(), StartError> {
    let ready_file = ReadyFile::expect_at(settings.ready_file.as_deref());
    let data = DataDir::open(&settings.data)?;
    banner::say(settings, unknown_variables, log);
    if settings.dev {
        keeper::move_out(&data, settings, log);
    }
    let drawing = Drawing::start(&data);
    let engine = engine(&data)?;
    let custody = Custody::open(&data, settings, engine.durable() == Commit(0)).map_err(BootFailure::from)?;
    let kept = custody.kept;
    banner::say_vaults(kept, log);
    let runtime = build::runtime(settings)?;
    let _inside = runtime.enter();
    // Both signals are caught before anybody can learn that the server is there.
    let mut signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    // It listens while it is sealed, and takes nobody: who comes early waits instead of being refused.
    let mtproto = listen(settings.listen)?;
    let http = listen(settings.http)?;
    let addresses = (mtproto.local_addr()?, http.local_addr()?);
    let mut unsealed = unsealed(&runtime, &engine, custody, clock, log, &mut signals)?;
    let store = unsealed.store.clone();
    let keyring = store.door().keyring().clone();
    let keys = build::server_key(&data, drawing, &keyring, clock, log)?;
    let keeper = Keeper::new(unsealed.channel.take().unwrap_or_else(std::sync::mpsc::channel));
    let parts = build::Parts { keys, store, keeper, listening: addresses.0 };
    let node = build::node(settings, parts, clock, log);
    let threads = Threads::start(&node, settings, unsealed)?;
    let (phase, watched) = watch::channel(Phase::Running);
    start_listeners(&node, mtproto, http, &watched);
    if metrics::serve(node.clone(), &data.metrics_path()).is_err() {
        log.event(&Event::NoMetrics {});
    }
    let ready = Ready::new(addresses.0, addresses.1, data.public_key_path(), settings.dc);
    match Control::open(&data.admin_path()) {
        Ok(control) => admin::serve(node.clone(), control),
        Err(_) => log.event(&Event::NoAdmin {}),
    }
    ready_file.write(&ready)?;
    log.event(&Event::Ready {
        mtproto_port: Port(addresses.0.port()),
        http_port: Port(addresses.1.port()),
        took: Took(clock.elapsed()),
    });
    announce(&ready, kept);
    runtime.block_on(wait_for(&mut signals));
    drop(ready_file);
    stop(&runtime, &node, threads, &phase, Duration::from_secs(settings.shutdown.grace_s));
    // What a client has not read by now it asks for again.
    runtime.shutdown_timeout(Duration::from_millis(100));
    drop(data);
    Ok(())
}

fn engine(data: &DataDir) -> Result<Arc<dyn Engine>, StartError> {
    let folder = data.path().join("store");
    match Embedded::open(&folder, &EngineSettings::default()) {
        Ok(engine) => Ok(Arc::new(engine)),
        Err(source) => Err(StartError::Engine { folder, source }),
    }
}

/// Waits until a quorum of the vaults has answered, or a signal comes.
fn unsealed(
    runtime: &Runtime,
    engine: &Arc<dyn Engine>,
    custody: Custody,
    clock: Clock,
    log: &Log,
    signals: &mut [Signal; 2],
) -> Result<Unsealed, StartError> {
    let stop = Arc::<AtomicBool>::default();
    let (engine, log, stopped) = (engine.clone(), log.clone(), stop.clone());
    let (done, mut answer) = oneshot::channel();
    std::thread::Builder::new().name("unseal".to_owned()).spawn(move || {
        // Nobody hears it when a signal has come meanwhile.
        let _ = done.send(unseal(&engine, custody, clock, &log, &stopped));
    })?;
    runtime
        .block_on(async {
            tokio::select! {
                unsealed = &mut answer => return unsealed.unwrap_or(Err(BootFailure::Stopped)),
                () = wait_for(signals) => stop.store(true, Ordering::Relaxed),
            }
            answer.await.unwrap_or(Err(BootFailure::Stopped))
        })
        .map_err(StartError::from)
}

fn listen(address: std::net::SocketAddr) -> Result<TcpListener, StartError> {
    sockets::listen(address).map_err(|source| StartError::Listen { address, source })
}

fn start_listeners(
    node: &Arc<Node>,
    mtproto: TcpListener,
    http: TcpListener,
    watched: &watch::Receiver<Phase>,
) {
    let websockets: Arc<dyn Upgraded> = Arc::new(Websockets { node: node.clone(), phase: watched.clone() });
    let door = node.inbox.clone().map(|inbox| Door { inbox, clock: node.clock });
    let router = http::router(node, door, &websockets);
    tokio::spawn(accept_mtproto(node.clone(), mtproto, watched.clone()));
    tokio::spawn(accept_http(node.clone(), http, router, watched.clone()));
}

async fn wait_for([first, second]: &mut [Signal; 2]) {
    tokio::select! {
        _ = first.recv() => {}
        _ = second.recv() => {}
    }
}

/// Stops in the order that loses nothing: no new input, then the calls that run, then what they answer.
fn stop(
    runtime: &Runtime,
    node: &Arc<Node>,
    threads: Threads,
    phase: &watch::Sender<Phase>,
    grace: Duration,
) {
    let started = node.clock.elapsed();
    node.log.event(&Event::Stopping { connections: Count(node.admission.open()) });
    phase.send_replace(Phase::Draining);
    let left = || grace.saturating_sub(node.clock.elapsed().saturating_sub(started));
    let is_quiet = || node.work.is_idle() && node.held.len() == 0 && node.keeper.waiting() == 0;
    let calls_done = runtime.block_on(until(left(), is_quiet));
    node.work.close();
    let handlers_ended = runtime.block_on(until(left(), || threads.handlers_ended()));
    node.handshakes.stop();
    node.timers.stop();
    node.tidings.stop();
    node.keeper.stop();
    let keeper_ended = runtime.block_on(until(left(), || threads.keeper_ended()));
    node.backend.store().engine().close();
    phase.send_replace(Phase::Closing);
    let written = runtime.block_on(until(left(), || node.admission.open() == 0));
    let took = Took(node.clock.elapsed().saturating_sub(started));
    node.log.event(&Event::Stopped { clean: calls_done && handlers_ended && keeper_ended && written, took });
}

/// Waits until `done`, for `patience` at most, and says which it was.
async fn until(patience: Duration, done: impl Fn() -> bool) -> bool {
    let waiting = async {
        while !done() {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(patience, waiting).await.is_ok()
}

/// The threads besides those of the network.
struct Threads {
    handlers: Vec<JoinHandle<()>>,
    keeper: JoinHandle<()>,
}

impl Threads {
    fn start(node: &Arc<Node>, settings: &Settings, unsealed: Unsealed) -> std::io::Result<Self> {
        let spawn = |name: &str, body: fn(&Node)| {
            let node = node.clone();
            std::thread::Builder::new().name(name.to_owned()).spawn(move || body(&node))
        };
        let of_share = (0..settings.threads.handshakes).map(|_| Pace::Share);
        let idle = if handshakes::quota::holds() { 0 } else { settings.threads.handshakes_idle };
        let of_rest = (0..idle).map(|_| Pace::Rest);
        for pace in of_share.chain(of_rest) {
            let (computer, bench) = handshakes::pair(pace);
            let (before, behind) = (node.clone(), node.clone());
            let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
            named("handshake").spawn(move || bench.work(behind.handshakes.keys()))?;
            named("handshakes").spawn(move || before.handshakes.work(computer))?;
        }
        spawn("timers", |node| {
            node.timers.work(node.clock, &|key| key.timeout(node, node.clock.now()));
        })?;
        spawn("presence", tidings::work)?;
        spawn("sync", disk::sync)?;
        spawn("upkeep", disk::upkeep)?;
        spawn("free", disk::free)?;
        let of_keeper = node.clone();
        let keeper = std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || keeper::work(&of_keeper, unsealed))?;
        let handlers = (0..settings.threads.handlers)
            .map(|_| spawn("handler", handlers::work))
            .collect::<Result<_, _>>()?;
        Ok(Self { handlers, keeper })
    }

    fn handlers_ended(&self) -> bool {
        self.handlers.iter().all(JoinHandle::is_finished)
    }

    fn keeper_ended(&self) -> bool {
        self.keeper.is_finished()
    }
}
