//! Messages through the whole wire: from a client's call to the answer after its sync, and to the reader's update.
//!
//! Pairs of users talk over loopback with our own client, first as much as the server takes, then at a steady rate. A
//! message counts when its sender was answered, which is after its commit is durable, and its reader holds it. Processor
//! times are those of the server's process alone, summed over its threads by their names; syncs are what its engine did, as
//! its metrics say. At a steady rate times begin when a message was due, unless its sender was only woken late: whoever
//! has to wait for the one before it waits for the server.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use client::{Clock, OsRng};
use crypto::Rng;
use tokio::task::JoinSet;

use super::crowd::{self, Pair, User, pair_up, sign_up_all};
use super::process::Process;
use super::table::Table;
use super::times::Times;
use super::{BenchError, end, machine, serve};

/// Durable and delivered messages a second.
const RATE_MIN: f64 = 5_000.0;
/// Processor time of the server for 10,000 of them, in seconds.
const CPU_S_MAX: f64 = 2.0;
/// At a steady rate: median and 99 of 100 of the time to the answer, in milliseconds.
const ANSWER_MS_MAX: [f64; 2] = [1.5, 6.0];
/// At a steady rate: syncs for one message.
const SYNCS_MAX: f64 = 0.2;
/// What a message says besides when it was sent: with that, it is as long as people's messages are.
const FILLER: &str = " and some fifty characters more, as people write them";
/// Digits in front of it.
const DIGITS: usize = 20;
/// The last message of a sender.
const LAST: &str = "last";
/// Signing up is not what is measured.
const SETTINGS: [&str; 1] = ["limits.handshake_cpu_percent=100"];

/// How much of it.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Of the part `messages`, pairs of users who talk.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pairs: u32,
    /// Messages that each of them has under way when all send as much as they can.
    #[arg(long, value_name = "N", default_value_t = 4)]
    under_way: u32,
    /// Messages a second when they are sent at a steady rate.
    #[arg(long, value_name = "N", default_value_t = 2_500)]
    message_rate: u32,
    /// How long each of the two goes on, in seconds; 20 by default.
    #[arg(long, value_name = "SECONDS")]
    talk: Option<u64>,
}

/// What is measured, and how much of it.
pub(super) struct Amount {
    pairs: u32,
    under_way: u32,
    rate: u32,
    talk: Duration,
}

impl Arguments {
    pub(super) fn amount(&self, quick: bool) -> Amount {
        Amount {
            pairs: self.pairs.max(1),
            under_way: self.under_way.max(1),
            rate: self.message_rate.max(1),
            talk: Duration::from_secs(self.talk.unwrap_or(if quick { 5 } else { 20 })),
        }
    }
}

/// How messages are sent.
#[derive(Clone, Copy)]
enum Pace {
    /// The next one when the one before it was answered, so many at a time.
    AllTheyCan(u32),
    /// One in each period.
    Steady(Duration),
}

/// What was seen of one way of sending.
#[derive(Default)]
struct Seen {
    /// From call to answer.
    answered: Vec<Duration>,
    /// From call to the reader's update.
    delivered: Vec<Duration>,
    took: Duration,
    cpu: Duration,
    cpu_of_threads: BTreeMap<String, Duration>,
    cpu_of_generator: Duration,
    syncs: u64,
}

pub(super) async fn measure(all: &super::Amount, table: &mut Table) -> Result<(), BenchError> {
    let amount = &all.messages;
    let server = serve(all, &SETTINGS)?;
    let ready = Arc::new(server.ready().clone());
    let pairs = Arc::new(pair_up(sign_up_all(&ready, 0..2 * amount.pairs).await?).await?);
    // Once without measuring, so that everything is warm.
    talk(&pairs, Pace::AllTheyCan(amount.under_way), Duration::from_secs(2)).await?;
    let most = watched(&server, &pairs, Pace::AllTheyCan(amount.under_way), amount.talk).await?;
    let period = Duration::from_secs(1) * (2 * amount.pairs) / amount.rate;
    let steady = watched(&server, &pairs, Pace::Steady(period), amount.talk).await?;
    report_most(table, amount, most)?;
    report_steady(table, steady)?;
    end(server)
}

fn report_most(table: &mut Table, amount: &Amount, seen: Seen) -> Result<(), BenchError> {
    let count = seen.count()?;
    let name = format!("messages of {} pairs, answered durable and delivered", amount.pairs);
    table.at_least(&name, count / seen.took.as_secs_f64(), RATE_MIN, "/s");
    table.at_most("server's processor time for 10,000", 10_000.0 * seen.cpu_s()?, CPU_S_MAX, "s");
    for (threads, cpu) in &seen.cpu_of_threads {
        let us = 1e6 * cpu.as_secs_f64() / count;
        if us >= 0.5 {
            table.fact(&format!("of it for one message, {threads}"), us, "us");
        }
    }
    let generator = 1e6 * seen.cpu_of_generator.as_secs_f64() / count;
    table.fact("generator's processor time for one message", generator, "us");
    table.fact("syncs for one message", seen.syncs as f64 / count, "");
    table.fact("call to answer, median", Times::of(seen.answered).ms(0.5)?, "ms");
    table.fact("call to reader, median", Times::of(seen.delivered).ms(0.5)?, "ms");
    Ok(())
}

fn report_steady(table: &mut Table, seen: Seen) -> Result<(), BenchError> {
    let count = seen.count()?;
    table.fact("messages at a steady rate", count / seen.took.as_secs_f64(), "/s");
    table.fact("server's processor time for 10,000 of these", 10_000.0 * seen.cpu_s()?, "s");
    table.at_most("syncs for one of these", seen.syncs as f64 / count, SYNCS_MAX, "");
    for (what, times) in [("answer", seen.answered), ("reader", seen.delivered)] {
        let times = Times::of(times);
        let [half, most] = ANSWER_MS_MAX;
        table.at_most(&format!("call to {what} of these, median"), times.ms(0.5)?, half, "ms");
        table.at_most(&format!("call to {what} of these, 99 of 100"), times.ms(0.99)?, most, "ms");
    }
    Ok(())
}

impl Seen {
    /// Messages that were answered and delivered.
    fn count(&self) -> Result<f64, BenchError> {
        if self.answered.is_empty() || self.answered.len() != self.delivered.len() {
            return Err(BenchError::Nothing);
        }
        Ok(self.answered.len() as f64)
    }

    /// Processor time of the server for one message, in seconds.
    fn cpu_s(&self) -> Result<f64, BenchError> {
        Ok(self.cpu.as_secs_f64() / self.count()?)
    }
}

/// Lets the pairs talk and looks at the server.
async fn watched(
    server: &Process,
    pairs: &Arc<Vec<Pair>>,
    pace: Pace,
    time: Duration,
) -> Result<Seen, BenchError> {
    let (clock, own, syncs) = (Clock::start(), machine::process_cpu(), server.metric("syncs_total")?);
    let (cpu, threads) = (server.cpu()?, server.cpu_of_threads()?);
    let mut seen = talk(pairs, pace, time).await?;
    seen.took = clock.elapsed();
    seen.cpu = server.cpu()? - cpu;
    seen.cpu_of_generator = machine::process_cpu() - own;
    seen.syncs = server.metric("syncs_total")? - syncs;
    seen.cpu_of_threads = server.cpu_of_threads()?;
    for (name, cpu) in &mut seen.cpu_of_threads {
        *cpu = cpu.saturating_sub(threads.get(name).copied().unwrap_or_default());
    }
    Ok(seen)
}

/// Both users of each pair write to each other.
async fn talk(pairs: &Arc<Vec<Pair>>, pace: Pace, time: Duration) -> Result<Seen, BenchError> {
    let clock = Clock::start();
    let (mut senders, mut readers) = (JoinSet::new(), JoinSet::new());
    for number in 0..2 * pairs.len() {
        let reading = pairs.clone();
        readers.spawn(async move { read(sides(&reading, number).1, clock).await });
        let sending = pairs.clone();
        // The first messages of a steady rate are spread over its period.
        let start = match pace {
            Pace::AllTheyCan(_) => Duration::ZERO,
            Pace::Steady(period) => period * u32::try_from(number).unwrap_or(0) / (2 * pairs.len() as u32),
        };
        senders.spawn(async move { send_all(&sending, number, pace, (clock, start, time)).await });
    }
    let mut seen = Seen::default();
    while let Some(done) = senders.join_next().await {
        seen.answered.extend(done??);
    }
    while let Some(done) = readers.join_next().await {
        seen.delivered.extend(done??);
    }
    Ok(seen)
}

/// The sender of this number, his reader, and how he names him.
fn sides(pairs: &[Pair], number: usize) -> (&User, &User, &tl::InputPeer) {
    let (first, second, to_second, to_first) = &pairs[number / 2];
    if number.is_multiple_of(2) { (first, second, to_second) } else { (second, first, to_first) }
}

/// Sends until the time is over, then one message that says so; how long each took to its answer.
async fn send_all(
    pairs: &Arc<Vec<Pair>>,
    number: usize,
    pace: Pace,
    (clock, start, time): (Clock, Duration, Duration),
) -> Result<Vec<Duration>, BenchError> {
    let mut times = Vec::new();
    match pace {
        Pace::AllTheyCan(under_way) => {
            let mut tasks = JoinSet::new();
            for _ in 0..under_way {
                let pairs = pairs.clone();
                tasks.spawn(async move {
                    let mut times = Vec::new();
                    while clock.elapsed() < time {
                        times.push(send(sides(&pairs, number), clock, clock.elapsed()).await?);
                    }
                    Ok::<_, BenchError>(times)
                });
            }
            while let Some(done) = tasks.join_next().await {
                times.extend(done??);
            }
        }
        Pace::Steady(period) => {
            let (mut due, begin) = (start, tokio::time::Instant::now());
            while due < time {
                let is_late = clock.elapsed() > due;
                tokio::time::sleep_until(begin + due).await;
                // A timer wakes up to a millisecond late, which is no fault of the server.
                let since = if is_late { due } else { clock.elapsed() };
                times.push(send(sides(pairs, number), clock, since).await?);
                due += period;
            }
        }
    }
    let (sender, _, peer) = sides(pairs, number);
    sender.client.call(&crowd::text(peer, LAST.to_owned(), random_id())).await?;
    Ok(times)
}

/// Sends one message that counts since `since`; how long it took to its answer.
async fn send(
    (sender, _, peer): (&User, &User, &tl::InputPeer),
    clock: Clock,
    since: Duration,
) -> Result<Duration, BenchError> {
    let message = format!("{:0DIGITS$}{FILLER}", since.as_nanos());
    sender.client.call(&crowd::text(peer, message, random_id())).await?;
    Ok(clock.elapsed().saturating_sub(since))
}

pub(super) fn random_id() -> i64 {
    OsRng.u64().cast_signed()
}

/// Reads until the sender has said his last; how long each message took to here.
async fn read(reader: &User, clock: Clock) -> Result<Vec<Duration>, BenchError> {
    let mut times = Vec::new();
    loop {
        let updates = reader.client.update().await.map_err(|_| BenchError::Unexpected)?;
        let tl::Updates::Updates(updates) = updates else { return Err(BenchError::Unexpected) };
        let now = clock.elapsed();
        for update in &updates.updates {
            let Some(text) = incoming(update) else { continue };
            if text == LAST {
                return Ok(times);
            }
            let since = text.get(..DIGITS).and_then(|digits| digits.parse().ok());
            times.push(now.saturating_sub(Duration::from_nanos(since.ok_or(BenchError::Unexpected)?)));
        }
    }
}

/// The text of a message that somebody else wrote.
fn incoming(update: &tl::Update) -> Option<&str> {
    let tl::Update::UpdateNewMessage(new) = update else { return None };
    let tl::Message::Message(message) = &new.message else { return None };
    (!message.out).then_some(message.message.as_str())
}
