//! A flood of key exchanges, from a process of its own that stands for other machines.
//!
//! It steps back behind everything on this one: as a thread of the generator, and where the kernel weighs sessions before
//! threads (`sched_autogroup`), as a session. Otherwise what attackers compute would be taken from the server, its users
//! and the kernel's own threads that bring data to the disk, and the figures were about that.
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use client::{Clock, OsRng, Stream};
use ids::Now;
use mtproto::handshake::KeyKind;
use mtproto::handshake::client::{FirstRequest, PqAsked, RsaPadding, Wanted};
use mtproto::plain;
use mtproto::transport::{Incoming, Transport};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::process::Ready;
use super::{BenchError, crowd};

/// Addresses the attack comes from.
const ADDRESSES: u32 = 200;
/// The first of them, by number: users have those before.
const FIRST_ADDRESS: u32 = 1_000;
/// Attempts open at a time.
const OPEN_MAX: usize = 1_000;
/// What an attempt waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the generator tells its own program to attack.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The ready file of the server to attack.
    #[arg(long, value_name = "FILE", hide = true)]
    attacker: Option<PathBuf>,
    /// Which attack it is: each comes from new addresses.
    #[arg(long, value_name = "N", default_value_t = 0, hide = true)]
    attack_round: u32,
    /// How long, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0, hide = true)]
    attack_ms: u64,
}

/// An attack that is to be carried out.
pub(super) struct Order {
    pub(super) ready: PathBuf,
    pub(super) round: u32,
    pub(super) time: Duration,
    pub(super) rate: u32,
}

/// What became of it.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) begun: u64,
    /// The server answered step 2: it has done an RSA operation and a power.
    pub(super) answered: u64,
    pub(super) refused: u64,
}

/// A tally that is being made.
#[derive(Default)]
struct Counts {
    begun: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
}

impl Tally {
    pub(super) fn add(&mut self, more: &Self) {
        self.begun += more.begun;
        self.answered += more.answered;
        self.refused += more.refused;
    }
}

impl Order {
    /// Has a process of its own do it, and waits for its end.
    pub(super) fn carried_out(&self) -> Result<Tally, BenchError> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env_clear().args(["bench", "--attacker"]).arg(&self.ready);
        command.args(["--attack-round", &self.round.to_string()]);
        command.args(["--attack-ms", &self.time.as_millis().to_string()]);
        command.args(["--attack-rate", &self.rate.to_string()]);
        let said = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?.stdout;
        let said = String::from_utf8_lossy(&said);
        let counts: Vec<u64> = said.split_ascii_whitespace().flat_map(str::parse).collect();
        let [begun, answered, refused] = counts[..] else { return Err(BenchError::Unexpected) };
        Ok(Tally { begun, answered, refused })
    }
}

impl Arguments {
    /// If this process is the attackers', attacks, and says what became of it.
    #[expect(
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "it is read by the generator, and by its operator"
    )]
    pub(super) fn run(&self, rate: u32) -> Option<ExitCode> {
        let ready = self.attacker.as_deref()?;
        step_back();
        match self.attack(ready, rate) {
            Ok(Tally { begun, answered, refused }) => {
                println!("{begun} {answered} {refused}");
                Some(ExitCode::SUCCESS)
            }
            Err(error) => {
                eprintln!("heliograph: the attack: {error}");
                Some(ExitCode::FAILURE)
            }
        }
    }

    fn attack(&self, ready: &Path, rate: u32) -> Result<Tally, BenchError> {
        let ready = Arc::new(Ready::read(ready)?);
        let counts = Arc::<Counts>::default();
        let order = (Duration::from_millis(self.attack_ms), rate.max(1));
        super::runtime()?.block_on(attack(ready, self.attack_round, order, counts.clone()))?;
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (answered, refused) = (count(&counts.answered), count(&counts.refused));
        Ok(Tally { begun: count(&counts.begun), answered, refused })
    }
}

/// Lets everything else on this machine go first. Without any of it the figures are worse, never better.
pub(super) fn step_back() {
    let _ = rustix::process::nice(19);
    if rustix::process::setsid().is_ok() {
        let _ = std::fs::write("/proc/self/autogroup", "19");
    }
}

/// Begins so many exchanges a second, from all addresses in turn.
async fn attack(
    ready: Arc<Ready>,
    round: u32,
    (time, rate): (Duration, u32),
    counts: Arc<Counts>,
) -> Result<(), BenchError> {
    let (room, clock) = (Arc::new(Semaphore::new(OPEN_MAX)), Clock::start());
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..u32::MAX {
        let due = begin + Duration::from_secs(number.into()) / rate;
        if due - begin >= time {
            break;
        }
        tokio::time::sleep_until(due).await;
        // On a machine that others keep busy fewer are begun, and the table says how many.
        if clock.elapsed() >= time {
            break;
        }
        // An attacker does not wait for his victim; only the machine he has is finite.
        let Ok(turn) = room.clone().acquire_owned().await else { break };
        let (ready, counts) = (ready.clone(), counts.clone());
        let address = crowd::address(FIRST_ADDRESS + round * ADDRESSES + number % ADDRESSES);
        tasks.spawn(async move {
            counts.begun.fetch_add(1, Ordering::Relaxed);
            let answered = timeout(PATIENCE, attempt(&ready, address, clock.now())).await;
            let count = if matches!(answered, Ok(Ok(()))) { &counts.answered } else { &counts.refused };
            count.fetch_add(1, Ordering::Relaxed);
            drop(turn);
        });
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// One exchange up to the server's `g_a`; there it is left.
async fn attempt(ready: &Ready, address: IpAddr, now: Now) -> Result<(), BenchError> {
    let mut options = crowd::options(ready, 0);
    options.local = Some(address);
    let (mut transport, opening) =
        Transport::client(options.framing, None, &mut OsRng).map_err(|_| BenchError::Unexpected)?;
    let mut stream = Stream::connect(&options).await?;
    stream.send(&opening);
    let wanted = Wanted {
        kind: KeyKind::Permanent,
        dc: Some(ready.dc),
        first: FirstRequest::ReqPqMulti,
        padding: RsaPadding::RsaPad,
    };
    let (asked, request) = PqAsked::start(wanted, &mut OsRng);
    let answer = ask(&mut stream, &mut transport, &request, now).await?;
    let (_, request) =
        asked.handle(&answer, &ready.trusted, &mut OsRng).map_err(|_| BenchError::Unexpected)?;
    ask(&mut stream, &mut transport, &request, now).await?;
    Ok(())
}

/// Sends a plain message and returns the body of the one that answers.
async fn ask(
    stream: &mut Stream,
    transport: &mut Transport,
    request: &[u8],
    now: Now,
) -> Result<Vec<u8>, BenchError> {
    let mut frame = Vec::new();
    transport.send(&plain::wrap(plain::request_id(now), request), &mut OsRng, &mut frame);
    stream.send(&frame);
    loop {
        let input = stream.receive().await?;
        if input.is_empty() || transport.receive(&input).is_err() {
            return Err(BenchError::Unexpected);
        }
        match transport.incoming() {
            Ok(Some(Incoming::Payload(payload))) => {
                let message = plain::parse(&payload).map_err(|_| BenchError::Unexpected)?;
                return Ok(message.body.to_vec());
            }
            Ok(Some(Incoming::QuickAck(_)) | None) => {}
            Err(_) => return Err(BenchError::Unexpected),
        }
    }
}
