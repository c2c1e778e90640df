//! Start and stop of the server.
mod banner;
pub(crate) mod build;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::{Loaded, Settings};
use crate::connection::Phase;
use crate::data_dir::{DataDir, DataDirError};
use crate::http::{self, Door, Upgraded};
use crate::listener::{Websockets, accept_http, accept_mtproto};
use crate::log::{Count, Event, Log, Port, Took};
use crate::node::Node;
use crate::ready::{Ready, ReadyFile};
use crate::{handlers, metrics, panic_hook, sockets};

/// How often the stop looks whether connections are gone.
const POLL: Duration = Duration::from_millis(10);

/// Why the server did not start. Shown to the operator; never logged.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataDirError),
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
/// address, and whoever started the server wants to know where it is.
///
/// # Errors
/// Why it could not start. Once it runs, it ends well.
pub fn serve(loaded: Loaded, announce: impl FnOnce(&Ready)) -> Result<(), StartError> {
    let clock = Clock::start();
    let settings = loaded.settings;
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
    announce: impl FnOnce(&Ready),
) -> Result<(), StartError> {
    let ready_file = ReadyFile::expect_at(settings.ready_file.as_deref());
    let data = DataDir::open(&settings.data)?;
    banner::say(settings, unknown_variables, log);
    let key = build::server_key(&data, clock, log)?;
    let runtime = build::runtime(settings)?;
    let _inside = runtime.enter();
    // Both signals are caught before anybody can learn that the server is there.
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let mtproto = listen(settings.listen)?;
    let http = listen(settings.http)?;
    let addresses = (mtproto.local_addr()?, http.local_addr()?);
    let node = build::node(settings, key, addresses.0, clock, log);
    let threads = Threads::start(&node, settings)?;
    let (phase, watched) = watch::channel(Phase::Running);
    start_listeners(&node, mtproto, http, &watched);
    if metrics::serve(node.clone(), &data.metrics_path()).is_err() {
        log.event(&Event::NoMetrics {});
    }
    let ready = Ready::new(addresses.0, addresses.1, data.public_key_path(), settings.dc);
    ready_file.write(&ready)?;
    log.event(&Event::Ready {
        mtproto_port: Port(addresses.0.port()),
        http_port: Port(addresses.1.port()),
        took: Took(clock.elapsed()),
    });
    announce(&ready);
    runtime.block_on(wait_for(signals));
    drop(ready_file);
    stop(&runtime, &node, threads, &phase, Duration::from_secs(settings.shutdown.grace_s));
    // What a client has not read by now it asks for again.
    runtime.shutdown_timeout(Duration::from_millis(100));
    drop(data);
    Ok(())
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
    let router = http::router(door, &websockets);
    tokio::spawn(accept_mtproto(node.clone(), mtproto, watched.clone()));
    tokio::spawn(accept_http(node.clone(), http, router, watched.clone()));
}

async fn wait_for([mut first, mut second]: [Signal; 2]) {
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
    let calls_done = runtime.block_on(until(left(), || node.work.is_idle() && node.held.len() == 0));
    node.work.close();
    let handlers_ended = runtime.block_on(until(left(), || threads.handlers_ended()));
    node.handshakes.stop();
    node.timers.stop();
    phase.send_replace(Phase::Closing);
    let written = runtime.block_on(until(left(), || node.admission.open() == 0));
    let took = Took(node.clock.elapsed().saturating_sub(started));
    node.log.event(&Event::Stopped { clean: calls_done && handlers_ended && written, took });
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
    handlers: Vec<std::thread::JoinHandle<()>>,
}

impl Threads {
    fn start(node: &Arc<Node>, settings: &Settings) -> std::io::Result<Self> {
        let spawn = |name: &str, body: fn(&Node)| {
            let node = node.clone();
            std::thread::Builder::new().name(name.to_owned()).spawn(move || body(&node))
        };
        for _ in 0..settings.threads.handshakes {
            spawn("handshake", |node| node.handshakes.work())?;
        }
        spawn("timers", |node| {
            node.timers.work(node.clock, &|key| key.timeout(node, node.clock.now()));
        })?;
        let handlers = (0..settings.threads.handlers)
            .map(|_| spawn("handler", handlers::work))
            .collect::<Result<_, _>>()?;
        Ok(Self { handlers })
    }

    fn handlers_ended(&self) -> bool {
        self.handlers.iter().all(std::thread::JoinHandle::is_finished)
    }
}
