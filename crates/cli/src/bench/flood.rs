//! What well-behaved users feel of users who ask a hundred times as much (A4).
//!
//! The hostile ones send, search and page without heeding what they are told, each at a steady rate and without waiting for
//! answers. They are a process of their own, which stands for other machines and steps back as an attack does.
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use client::{CallError, Clock, OsRng};
use crypto::Rng;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::attack::step_back;
use super::crowd::{Pair, pair_up, sign_up_all, text};
use super::hostile::{self, Seen, watch};
use super::process::Ready;
use super::table::Table;
use super::{Amount, BenchError, end, serve_as_shipped};

/// Periods with and without a flood, by turns.
const ROUNDS: u32 = 3;
/// Pairs of well-behaved users.
const PAIRS: u32 = 20;
/// Pairs of hostile ones.
const HOSTILE_PAIRS: u32 = 25;
/// How often each hostile user calls: a hundred times as often as somebody who calls once a second.
const PERIOD: Duration = Duration::from_millis(10);
/// Calls of one hostile user without an answer; he makes no more until he has one of them.
const OPEN_MAX: usize = 64;

/// How the generator tells its own program to flood.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The ready file of the server to flood.
    #[arg(long, value_name = "FILE", hide = true)]
    flooder: Option<PathBuf>,
}

/// What became of the hostile calls.
#[derive(Default)]
struct Tally {
    called: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
}

/// The process of the hostile users.
struct Hostile {
    child: Child,
    orders: ChildStdin,
    said: BufReader<ChildStdout>,
}

pub(super) async fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let server = serve_as_shipped(amount, &["limits.handshake_cpu_percent=100"])?;
    let ready = Arc::new(server.ready().clone());
    let users = sign_up_all(&ready, 0..2 * PAIRS).await?;
    let pairs = Arc::new(pair_up(users).await?);
    let file = server.ready_file();
    let mut hostile = tokio::task::spawn_blocking(move || Hostile::start(file)).await??;
    let time = amount.attack / ROUNDS;
    hostile::ping_pong(&pairs, Duration::from_secs(2)).await?;
    let (mut quiet, mut flooded, mut counts) = (Seen::default(), Seen::default(), [0; 3]);
    for _ in 0..ROUNDS {
        watch(&server, &pairs, time, &mut quiet).await?;
        let flood = tokio::task::spawn_blocking(move || hostile.flood(time).map(|said| (hostile, said)));
        watch(&server, &pairs, time, &mut flooded).await?;
        let said;
        (hostile, said) = flood.await??;
        counts.iter_mut().zip(said).for_each(|(count, more)| *count += more);
    }
    hostile.end()?;
    let rate = |count: u64| count as f64 / amount.attack.as_secs_f64();
    let alone = hostile::report_alone(table, amount, &mut quiet)?;
    let [called, answered, refused] = counts;
    table.fact("calls of hostile users", rate(called), "/s");
    table.fact("of these done", rate(answered), "/s");
    table.fact("of these refused with FLOOD_WAIT", rate(refused), "/s");
    hostile::report_meanwhile(table, amount, &mut flooded, alone)?;
    end(server)
}

impl Hostile {
    /// Starts it, and waits until its users have signed up.
    fn start(ready: PathBuf) -> Result<Self, BenchError> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env_clear().args(["bench", "--flooder"]).arg(ready);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(orders), Some(said)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(BenchError::Unexpected);
        };
        let mut hostile = Self { child, orders, said: BufReader::new(said) };
        hostile.hear()?;
        Ok(hostile)
    }

    /// Has it flood for so long: calls, answers, refusals.
    fn flood(&mut self, time: Duration) -> Result<[u64; 3], BenchError> {
        writeln!(self.orders, "{}", time.as_millis())?;
        let counts: Vec<u64> = self.hear()?.split_ascii_whitespace().flat_map(str::parse).collect();
        counts.try_into().map_err(|_| BenchError::Unexpected)
    }

    fn hear(&mut self) -> Result<String, BenchError> {
        let mut line = String::new();
        if self.said.read_line(&mut line)? == 0 {
            return Err(BenchError::Unexpected);
        }
        Ok(line)
    }

    /// Without orders it ends.
    fn end(self) -> Result<(), BenchError> {
        let Self { mut child, orders, .. } = self;
        drop(orders);
        child.wait()?;
        Ok(())
    }
}

impl Arguments {
    /// If this process is the hostile users', floods whenever it is told to.
    #[expect(clippy::print_stderr, reason = "it is read by the operator of the generator")]
    pub(super) fn run(&self) -> Option<ExitCode> {
        let ready = self.flooder.clone()?;
        step_back();
        let done = super::runtime().and_then(|runtime| runtime.block_on(obey(ready)));
        Some(match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("heliograph: the flood: {error}");
                ExitCode::FAILURE
            }
        })
    }
}

/// Signs the hostile users up, says so, and floods for as many milliseconds as each line orders.
#[expect(clippy::print_stdout, reason = "it is read by the generator")]
async fn obey(ready: PathBuf) -> Result<(), BenchError> {
    let ready = Arc::new(Ready::read(&ready)?);
    let users = sign_up_all(&ready, 2 * PAIRS..2 * (PAIRS + HOSTILE_PAIRS)).await?;
    let pairs = Arc::new(pair_up(users).await?);
    println!("ready");
    for order in std::io::stdin().lines() {
        let time = Duration::from_millis(order?.trim().parse().map_err(|_| BenchError::Unexpected)?);
        let tally = Arc::<Tally>::default();
        let mut tasks = JoinSet::new();
        for (at, second) in (0..pairs.len()).flat_map(|at| [(at, false), (at, true)]) {
            let (pairs, tally) = (pairs.clone(), tally.clone());
            tasks.spawn(async move { flood(&pairs, (at, second), &tally, time).await });
        }
        tasks.join_all().await;
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        println!("{} {} {}", count(&tally.called), count(&tally.answered), count(&tally.refused));
    }
    Ok(())
}

/// Calls at a steady rate for so long, whatever the answers are; who has none yet is not waited for at the end.
async fn flood(pairs: &Arc<Vec<Pair>>, who: (usize, bool), tally: &Arc<Tally>, time: Duration) {
    let (clock, room) = (Clock::start(), Arc::new(Semaphore::new(OPEN_MAX)));
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut calls = JoinSet::new();
    for turn in 0_u32.. {
        ticks.tick().await;
        if clock.elapsed() >= time {
            break;
        }
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        let (pairs, tally) = (pairs.clone(), tally.clone());
        tally.called.fetch_add(1, Ordering::Relaxed);
        calls.spawn(async move {
            let answer = call(&pairs[who.0], who.1, turn).await;
            match answer {
                Ok(()) => tally.answered.fetch_add(1, Ordering::Relaxed),
                Err(CallError::Rpc { code: 420, .. }) => tally.refused.fetch_add(1, Ordering::Relaxed),
                Err(_) => 0,
            };
            drop(place);
        });
        while calls.try_join_next().is_some() {}
    }
}

async fn call(pair: &Pair, second: bool, turn: u32) -> Result<(), CallError> {
    let (by, to) = if second { (&pair.1, &pair.3) } else { (&pair.0, &pair.2) };
    match turn % 3 {
        0 => {
            let random_id = OsRng.u64().cast_signed();
            by.client.call(&text(to, format!("message {random_id}"), random_id)).await.map(drop)
        }
        1 => {
            let search = tl::messages::Search { peer: to.clone(), q: "message".into(), ..Default::default() };
            by.client.call(&search).await.map(drop)
        }
        _ => {
            let page = tl::messages::GetHistory { peer: to.clone(), limit: 100, ..Default::default() };
            by.client.call(&page).await.map(drop)
        }
    }
}
