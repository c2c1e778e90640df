//! Sockets, start and stop.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ids::counted_address;
use ids::limits::{
    AUDIT_MS, LINK_BYTES_MAX, LINK_HANDSHAKE_MS_MAX, LINK_HANDSHAKES_MAX, LINK_HANDSHAKES_PER_ADDRESS_MAX,
    LINK_MESSAGE_MS_MAX, LINK_REQUESTS_MAX, LINKS_MAX, LINKS_PER_SERVER_MAX, VAULT_ANSWER_BYTES_MAX,
    VAULT_REQUEST_BYTES_MAX,
};
use link::{Door, Frame, FrameReader, FrameWriter, Identity, LinkError, Pin};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use vault::{Fault, OpenError, Vault};

use crate::audit::{Audit, AuditError};
use crate::card::{Card, CardError};
use crate::control;
use crate::desk::{self, Counts, News, Order, Task, Tasks};
use crate::places::{Place, Places};
use crate::{Opener, PassphraseError};

const HANDSHAKE: Duration = Duration::from_millis(LINK_HANDSHAKE_MS_MAX);
const MESSAGE: Duration = Duration::from_millis(LINK_MESSAGE_MS_MAX);
/// How often the audit is written, if there is anything to be said.
const MINUTE: Duration = Duration::from_millis(AUDIT_MS);
/// How often a folder that another process still has is asked for, and how long the pause is.
const CLAIMS: u32 = 200;
const CLAIM_PAUSE: Duration = Duration::from_millis(25);
/// After a failure to accept, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// An end that has vanished is found out after this, and some tries.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Requests are counted against the room for them in units of this.
const ROOM_UNIT: usize = 1024;

/// What a vault is served with.
pub struct Settings {
    /// Its folder.
    pub folder: PathBuf,
    /// Files with passphrases in their first lines, if its root lies under any.
    pub passphrase_files: Vec<PathBuf>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// A vault of development mode: its server has started it, is the only one that it lets in, and takes it along when it
    /// ends, however that ends.
    pub child_of: Option<Pin>,
}

/// Something that its operator is told.
pub enum Event {
    /// It answers here.
    Listening(SocketAddr),
    /// What it has in memory may be written to swap.
    NotLocked,
    /// It lets nobody in, since no server was enrolled.
    NoServers,
    /// It cannot be asked how it is: the socket in its folder could not be made.
    NoControl(io::ErrorKind),
    /// A request had no answer.
    Fault(Fault),
    /// More keys were asked for than its budget has, and it gives no more until he says so.
    BreakerOpen,
    /// What it has done could not be written to its audit, and is with the next line.
    NoAudit(io::ErrorKind),
    /// Its audit is not as it was written. It lies here now, and another one is begun.
    AuditBroken(PathBuf),
    /// It ends.
    Stopped,
}

/// Why it does not run. Shown to its operator.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The folder.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// What the operator has said.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The audit.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// TLS.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The port.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The operating system refuses threads, signals or sockets.
    #[error("cannot set up the process: {0}")]
    System(#[from] io::Error),
}

/// Runs a vault until SIGTERM or SIGINT, or until its server ends.
///
/// # Errors
///
/// [`ServeError`] if it could not start.
pub fn serve(settings: &Settings, tell: impl Fn(Event) + Send + Sync + 'static) -> Result<(), ServeError> {
    let tell: Arc<dyn Fn(Event) + Send + Sync> = Arc::new(tell);
    crypto::cores::forbid()?;
    if !crypto::cores::lock() && settings.child_of.is_none() {
        tell(Event::NotLocked);
    }
    let mut opener = Opener::new(&settings.folder, &settings.passphrase_files)?;
    let servers = match settings.child_of {
        Some(server) => vec![server],
        None => {
            let card = Card::read(&settings.folder)?;
            opener.budget = Some(card.budget());
            card.servers().to_vec()
        }
    };
    let vault = open(&opener, settings.child_of.is_some())?;
    if vault.budget().is_some_and(|budget| budget.is_open) {
        tell(Event::BreakerOpen);
    }
    if servers.is_empty() {
        tell(Event::NoServers);
    }
    let door = Door::new(&Identity::new(vault.signer()), servers)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (tasks, inbox) = desk::queue();
    let node = Arc::new(Node::new(door, tasks, HANDSHAKE));
    let (counts, told) = (node.counts.clone(), tell.clone());
    let tell_news = move |news| match news {
        News::Fault(fault) => told(Event::Fault(fault)),
        News::Opened => told(Event::BreakerOpen),
        News::Unwritten(kind) => told(Event::NoAudit(kind)),
    };
    let audit = match settings.child_of {
        Some(_) => None,
        None => {
            let (audit, aside) = Audit::open(&settings.folder, vault.signer())?;
            if let Some(aside) = aside {
                tell(Event::AuditBroken(aside));
            }
            Some(audit)
        }
    };
    counts.note(&vault);
    let setup = desk::Setup { vault, opener, audit, counts };
    let work = move || desk::work(setup, inbox, tell_news);
    let desk = std::thread::Builder::new().name("desk".to_owned()).spawn(work)?;
    let ended = runtime.block_on(run(settings, node, &*tell));
    // With the tasks go the ways to the desk, which ends when what was ordered is done.
    drop(runtime);
    let _ = desk.join();
    tell(Event::Stopped);
    ended
}

/// Everything that connections share.
pub(crate) struct Node {
    door: Door,
    pub(crate) tasks: Tasks,
    /// How long a handshake may take.
    handshake: Duration,
    /// For the bytes of requests.
    room: Arc<Semaphore>,
    /// For those who have not proved a key yet, by address.
    handshakes: Arc<Places<IpAddr>>,
    /// For those who have, by key.
    links: Arc<Places<Pin>>,
    pub(crate) counts: Arc<Counts>,
    /// Handshakes that failed.
    refused: AtomicU64,
}

impl Node {
    fn new(door: Door, tasks: Tasks, handshake: Duration) -> Node {
        Node {
            door,
            tasks,
            handshake,
            room: Arc::new(Semaphore::new(LINK_BYTES_MAX / ROOM_UNIT)),
            handshakes: Places::new(LINK_HANDSHAKES_MAX, LINK_HANDSHAKES_PER_ADDRESS_MAX),
            links: Places::new(LINKS_MAX, LINKS_PER_SERVER_MAX),
            counts: Arc::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// How many have proved a key.
    pub(crate) fn connected(&self) -> usize {
        self.links.len()
    }

    /// How many handshakes have failed.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// Opens the folder; of a child that was just killed it may take a moment until it is free.
fn open(opener: &Opener, waits: bool) -> Result<Vault, OpenError> {
    let mut claims = 0;
    loop {
        match opener.open() {
            Err(OpenError::Taken) if waits && claims < CLAIMS => std::thread::sleep(CLAIM_PAUSE),
            opened => return opened,
        }
        claims += 1;
    }
}

async fn run(settings: &Settings, node: Arc<Node>, tell: &dyn Fn(Event)) -> Result<(), ServeError> {
    let mut signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let [terminate, interrupt] = &mut signals;
    let mut parent = settings.child_of.map(|_| watch_parent()).transpose()?;
    let orphaned = async {
        match &mut parent {
            Some(parent) => drop(parent.await),
            // Nobody has started it but its operator.
            None => std::future::pending().await,
        }
    };
    let failed = |error| ServeError::Listen(settings.listen, error);
    let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
    let address = listener.local_addr()?;
    match control::open(&settings.folder) {
        Ok(socket) => control::serve(socket, node.clone()),
        Err(error) => tell(Event::NoControl(error.kind())),
    }
    let minutes = node.tasks.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(MINUTE).await;
            if minutes.send(Task::Minute).await.is_err() {
                return;
            }
        }
    });
    tell(Event::Listening(address));
    tokio::select! {
        () = accept(node, listener) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = orphaned => {}
    }
    Ok(())
}

/// Told when whoever holds the other end of standard input has ended: the kernel closes it, however he did.
fn watch_parent() -> io::Result<oneshot::Receiver<()>> {
    let (gone, told) = oneshot::channel();
    std::thread::Builder::new().name("parent".to_owned()).spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = gone.send(());
    })?;
    Ok(told)
}

async fn accept(node: Arc<Node>, listener: TcpListener) {
    loop {
        // Nobody waits in the backlog: behind strangers who sit still a server would wait for longer than it tries.
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (node, place) = (node.clone(), node.handshakes.take(counted_address(peer.ip())));
                tokio::spawn(async move { talk(&node, stream, place).await });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// One connection, from its first byte to its last.
async fn talk(node: &Node, stream: TcpStream, place: Place<IpAddr>) {
    let socket = socket2::SockRef::from(&stream);
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3);
    // Without either it works, a little worse.
    let _ = socket.set_tcp_keepalive(&keepalive);
    let _ = stream.set_nodelay(true);
    let opened = tokio::select! {
        opened = timeout(node.handshake, node.door.open(stream)) => opened.ok().and_then(Result::ok),
        () = place => None,
    };
    let Some((stream, server)) = opened else {
        node.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let place = node.links.take(server);
    let (from, to) = tokio::io::split(stream);
    let (promised, answers) = mpsc::channel(LINK_REQUESTS_MAX);
    // When one of them ends, so does the connection.
    tokio::select! {
        () = read(node, from, promised) => {}
        () = write(to, answers) => {}
        () = place => {}
    }
}

/// Takes requests and orders them.
async fn read(
    node: &Node,
    from: impl AsyncRead + Unpin,
    promised: mpsc::Sender<oneshot::Receiver<Option<Frame>>>,
) {
    let mut reader = FrameReader::new(from, VAULT_REQUEST_BYTES_MAX);
    // Between two requests an end may be silent for as long as it likes.
    while let Ok(Some(len)) = reader.head().await {
        let units = u32::try_from(len.div_ceil(ROOM_UNIT)).unwrap_or(u32::MAX);
        let Ok(room) = node.room.clone().acquire_many_owned(units).await else { return };
        let Ok(Ok(request)) = timeout(MESSAGE, reader.body(len)).await else { return };
        let (answer, promise) = oneshot::channel();
        if promised.send(promise).await.is_err()
            || node.tasks.send(Task::Order(Order { request, answer, room })).await.is_err()
        {
            return;
        }
    }
}

/// Sends answers in the order of their requests; an empty one says that there is none.
async fn write(to: impl AsyncWrite + Unpin, mut answers: mpsc::Receiver<oneshot::Receiver<Option<Frame>>>) {
    let mut writer = FrameWriter::new(to);
    while let Some(promise) = answers.recv().await {
        let answer = promise.await.ok().flatten().unwrap_or_default();
        // The codec keeps to it; an end that finds it broken would hang up.
        debug_assert!(answer.len() <= VAULT_ANSWER_BYTES_MAX, "an answer is within its limit");
        let is_last = answers.is_empty();
        let written = timeout(MESSAGE, async {
            writer.write(&answer).await?;
            if is_last { writer.flush().await } else { Ok(()) }
        });
        if !matches!(written.await, Ok(Ok(()))) {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
