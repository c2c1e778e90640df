//! A vault over a network: one connection, made again when it breaks, with many requests in flight.
//!
//! Whoever asks a vault that cannot be reached hears so at once, so that the others can be asked (P17): requests wait for
//! a connection that is being made, never for one that has just failed. What was in flight when a connection broke may
//! have been carried out or not, as with every exchange.
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::time::Duration;

use custody::{Away, Vault, VaultNo};
use ids::limits::{
    LINK_CONNECT_MS_MAX, LINK_PAUSE_MS_MAX, LINK_PAUSE_MS_MIN, LINK_REQUESTS_MAX, LINK_SILENCE_MS_MAX,
    VAULT_ANSWER_BYTES_MAX,
};
use link::{Caller, Calling, Frame, FrameReader, FrameWriter};
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};
use tokio::net::{TcpStream, lookup_host};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::Message;
use super::children::ChildVault;
use super::links::{Heard, Request};
use crate::log::{Count, Event, Log};

/// Requests in flight: fewer than a vault takes, so that it always reads on while we write, and neither waits for the other.
const IN_FLIGHT_MAX: usize = LINK_REQUESTS_MAX / 2;
const CONNECT: Duration = Duration::from_millis(LINK_CONNECT_MS_MAX);
const SILENCE: Duration = Duration::from_millis(LINK_SILENCE_MS_MAX);
const PAUSE_MIN: Duration = Duration::from_millis(LINK_PAUSE_MS_MIN);
const PAUSE_MAX: Duration = Duration::from_millis(LINK_PAUSE_MS_MAX);

/// Where a vault is, and how to know it.
pub(crate) struct Far {
    pub(super) address: Address,
    pub(super) caller: Caller,
    /// The connection of whoever exchanges without tasks.
    pub(super) alone: Option<Alone>,
}

/// Where a vault listens.
pub(crate) enum Address {
    /// Name and port, looked up each time: an address may change.
    Named(String),
    /// Where a child of this process says.
    Child(ChildVault),
}

/// The thread on which all connections live.
pub(super) struct Network {
    runtime: Option<Runtime>,
}

impl Network {
    pub(super) fn start() -> io::Result<Self> {
        // One thread: what crosses is little, and the vaults wait for their disks.
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("vaults").enable_all().build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Carries the requests of one vault, until nobody can send any.
    pub(super) fn carry(
        &self,
        far: Far,
        from: VaultNo,
        requests: mpsc::Receiver<Request>,
        heard: Sender<Message>,
        log: Log,
    ) {
        if let Some(runtime) = &self.runtime {
            let carrier = Carrier { from, heard, log, is_there: None, requests, waiting: VecDeque::new() };
            runtime.spawn(carrier.work(far));
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // A name that is being looked up must not hold up the end of the process.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Carries the requests of one vault.
struct Carrier {
    from: VaultNo,
    heard: Sender<Message>,
    log: Log,
    /// What the log was told of it last.
    is_there: Option<bool>,
    requests: mpsc::Receiver<Request>,
    /// Jobs whose requests are under way, in their order, with when the vault must have said something.
    waiting: VecDeque<(u64, Instant)>,
}

impl Carrier {
    async fn work(mut self, far: Far) {
        let mut pause = PAUSE_MIN;
        loop {
            // Who asks meanwhile waits for how this ends.
            if let Ok(Ok((from, to))) = timeout(CONNECT, connect(&far)).await {
                let begun = Instant::now();
                self.note(true);
                let is_over =
                    self.talk(FrameReader::new(from, VAULT_ANSWER_BYTES_MAX), FrameWriter::new(to)).await;
                if is_over {
                    return;
                }
                // One that lets us in and hangs up at once is no better than one that is away.
                if begun.elapsed() > PAUSE_MAX {
                    pause = PAUSE_MIN;
                }
            }
            // A vault that starts together with us has some time to do so.
            if self.is_there.is_some() || pause >= PAUSE_MAX / 4 {
                self.note(false);
            }
            if self.rest(pause).await {
                return;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Tells the operator when the vault goes or comes.
    fn note(&mut self, is_there: bool) {
        let before = self.is_there.replace(is_there);
        let vault = Count(self.from.0.into());
        match (before, is_there) {
            (None | Some(true), false) => self.log.event(&Event::VaultAway { vault }),
            (Some(false), true) => self.log.event(&Event::VaultBack { vault }),
            (None | Some(true), true) | (Some(false), false) => {}
        }
    }

    /// Tells everybody that the vault is away, for as long as the pause lasts. True when nobody can ask any more.
    async fn rest(&mut self, pause: Duration) -> bool {
        while let Some((job, _)) = self.waiting.pop_front() {
            self.tell(job, Err(Away));
        }
        let end = Instant::now() + pause;
        loop {
            match timeout_at(end, self.requests.recv()).await {
                Ok(Some(request)) => self.tell(request.job, Err(Away)),
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Uses a connection until it breaks. True when nobody can ask any more.
    async fn talk(
        &mut self,
        mut from: FrameReader<impl AsyncRead + Unpin>,
        mut to: FrameWriter<impl AsyncWrite + Unpin>,
    ) -> bool {
        // Frames are cut by a task of their own, since a frame that is half read must not be given up.
        let (take, mut answers) = mpsc::channel::<Frame>(1);
        let reading = async {
            while let Ok(Some(frame)) = from.next().await {
                if take.send(frame).await.is_err() {
                    break;
                }
            }
        };
        tokio::pin!(reading);
        loop {
            let due = self.waiting.front().map_or_else(|| Instant::now() + SILENCE, |(_, due)| *due);
            tokio::select! {
                biased;
                Some(answer) = answers.recv() => self.answered(answer),
                () = &mut reading => return false,
                request = self.requests.recv(), if self.waiting.len() < IN_FLIGHT_MAX => match request {
                    Some(request) => if !self.send(&mut to, request).await { return false },
                    None => return true,
                },
                () = tokio::time::sleep_until(due), if !self.waiting.is_empty() => return false,
            }
        }
    }

    /// Sends a request, and those that wait behind it. False if the line takes it no more.
    async fn send(&mut self, to: &mut FrameWriter<impl AsyncWrite + Unpin>, first: Request) -> bool {
        let mut next = Some(first);
        while let Some(Request { job, bytes }) = next {
            self.waiting.push_back((job, Instant::now() + SILENCE));
            if !matches!(timeout(SILENCE, to.write(&bytes)).await, Ok(Ok(()))) {
                return false;
            }
            next = if self.waiting.len() < IN_FLIGHT_MAX { self.requests.try_recv().ok() } else { None };
        }
        matches!(timeout(SILENCE, to.flush()).await, Ok(Ok(())))
    }

    /// Answers come in the order of the requests; an empty one says that there is none.
    fn answered(&mut self, answer: Frame) {
        if let Some((job, _)) = self.waiting.pop_front() {
            self.tell(job, if answer.is_empty() { Err(Away) } else { Ok(answer) });
        }
        // The vault has spoken: those behind have their time from now.
        let due = Instant::now() + SILENCE;
        self.waiting.iter_mut().for_each(|(_, of)| *of = due);
    }

    fn tell(&self, job: u64, answer: Result<Frame, Away>) {
        // Nobody hears it at the end of the process.
        let _ = self.heard.send(Message::Heard(Heard { job, from: self.from, answer }));
    }
}

async fn connect(far: &Far) -> io::Result<(ReadHalf<Calling>, WriteHalf<Calling>)> {
    let begun = Instant::now();
    let addresses: Vec<SocketAddr> = match &far.address {
        Address::Child(child) => child.address().into_iter().collect(),
        Address::Named(name) => lookup_host(name).await?.collect(),
    };
    Ok(tokio::io::split(reach(&addresses, &far.caller, begun + CONNECT).await?))
}

/// The first of these addresses at which the vault is. Whoever says nothing, hangs up or is somebody else at one of them does
/// not keep us from the next: each has an equal part of the time that is left.
async fn reach(addresses: &[SocketAddr], caller: &Caller, end: Instant) -> io::Result<Calling> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let share = end.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(u32::MAX);
        match timeout(share, call(*address, caller)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(late) => last = late.into(),
        }
    }
    Err(last)
}

async fn call(address: SocketAddr, caller: &Caller) -> io::Result<Calling> {
    let stream = TcpStream::connect(address).await?;
    // Without it everything works, and takes longer.
    let _ = stream.set_nodelay(true);
    caller.call(stream).await.map_err(io::Error::other)
}

type Line = (FrameReader<ReadHalf<Calling>>, FrameWriter<WriteHalf<Calling>>);

/// A connection, and what it runs on, of whoever exchanges one request at a time.
pub(super) struct Alone {
    runtime: Runtime,
    line: Option<Line>,
}

impl Vault for Far {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Away> {
        let Alone { runtime, mut line } = match self.alone.take() {
            Some(alone) => alone,
            None => {
                let runtime = Builder::new_current_thread().enable_all().build().map_err(|_| Away)?;
                Alone { runtime, line: None }
            }
        };
        let exchanged = runtime.block_on(async {
            let end = Instant::now() + CONNECT + SILENCE;
            let exchanging = async {
                let (mut from, mut to) = match line.take() {
                    Some(line) => line,
                    None => {
                        let (from, to) = connect(self).await.ok()?;
                        (FrameReader::new(from, VAULT_ANSWER_BYTES_MAX), FrameWriter::new(to))
                    }
                };
                to.write(request).await.ok()?;
                to.flush().await.ok()?;
                let mut answer = from.next().await.ok()??;
                line = Some((from, to));
                Some(std::mem::take(&mut *answer))
            };
            // Made in here: outside of the runtime there is no clock for it.
            timeout_at(end, exchanging).await
        });
        self.alone = Some(Alone { runtime, line });
        exchanged.ok().flatten().filter(|answer| !answer.is_empty()).ok_or(Away)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crypto::sign::SigningKey;
    use link::{Door, Identity};
    use tokio::net::TcpListener;

    use super::*;

    /// Longer than anything here takes, but for a machine that stands still.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn identity(seed: u8) -> Identity {
        Identity::new(Arc::new(SigningKey::from_seed(&[seed; 32])))
    }

    /// Where somebody with this key lets our own in.
    async fn open(seed: u8) -> SocketAddr {
        let door = Door::new(&identity(seed), vec![identity(1).pin()]).expect("a door");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = door.open(stream).await;
            }
        });
        address
    }

    /// Red when a handshake that fails ends the search, or when the first address may take all the time there is.
    #[test]
    fn p17_a_vault_is_found_behind_addresses_of_its_name_where_others_are() {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let nobody = closed.local_addr().expect("an address");
            drop(closed);
            let silent_at = silent.local_addr().expect("an address");
            let caller = Caller::new(&identity(1), identity(2).pin()).expect("a caller");
            for before in [vec![], vec![open(3).await], vec![nobody], vec![open(3).await, silent_at, nobody]]
            {
                // What keeps silence has a part of this, so that it is as long as the test needs to be sure.
                let end = Instant::now() + if before.contains(&silent_at) { PATIENCE / 10 } else { PATIENCE };
                let addresses: Vec<SocketAddr> = before.into_iter().chain([open(2).await]).collect();
                let reached = timeout_at(end, reach(&addresses, &caller, end)).await;
                assert!(matches!(reached, Ok(Ok(_))), "{} addresses", addresses.len());
            }
            let end = Instant::now() + PATIENCE;
            assert!(reach(&[open(3).await, nobody], &caller, end).await.is_err(), "he is at none of them");
        });
    }
}
