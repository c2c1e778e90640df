//! Four times as many messages as can be answered (R10): how much is done all the same, and how soon.
//!
//! First as many as are answered while everybody has a few under way, then four times that rate whatever the answers are, by
//! turns. The generator has its part of the same cores and four times as much to do in the second; what one refused call costs
//! both sides is therefore told as well, and the figure means most on a machine with cores for each.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use client::{CallError, Clock, OsRng};
use crypto::Rng;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::crowd::{Pair, pair_up, sign_up_all, text};
use super::machine::process_cpu;
use super::process::Process;
use super::table::Table;
use super::times::Times;
use super::{Amount, BenchError, end, serve};

/// Pairs of users, all of whom write.
const PAIRS: u32 = 16;
/// Messages of one user that are under way when all are answered.
const UNDER_WAY: usize = 4;
/// The same in overload; he makes no more until one of them has its answer.
const UNDER_WAY_OVER: usize = 512;
/// The rate of overload over what is answered.
const OVER: f64 = 4.0;
/// Periods of each kind, by turns.
const ROUNDS: u32 = 3;
/// How often each user sends what is due.
const PERIOD: Duration = Duration::from_millis(5);
/// Answers in overload over those without, at least.
const GOODPUT_MIN: f64 = 0.8;
/// What a call is told when too many wait.
const OVERLOADED: i32 = 500;

/// What was seen of some periods of one kind.
#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    called: u64,
    refused: u64,
    took: Duration,
    server: Duration,
    generator: Duration,
}

/// Pairs by their number, and which of the two writes.
type Who = (usize, bool);

pub(super) async fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let server = serve(amount, &["limits.handshake_cpu_percent=100"])?;
    let ready = Arc::new(server.ready().clone());
    let pairs = Arc::new(pair_up(sign_up_all(&ready, 0..2 * PAIRS).await?).await?);
    let time = amount.attack / ROUNDS / 2;
    // Once without measuring, so that everything is warm.
    period(&server, &pairs, None, Duration::from_secs(1), &mut Seen::default()).await?;
    let (mut peak, mut over) = (Seen::default(), Seen::default());
    for _ in 0..ROUNDS {
        period(&server, &pairs, None, time, &mut peak).await?;
        let rate = OVER * peak.rate() / f64::from(2 * PAIRS);
        period(&server, &pairs, Some(rate), time, &mut over).await?;
    }
    report(table, peak, over)?;
    end(server)
}

fn report(table: &mut Table, peak: Seen, over: Seen) -> Result<(), BenchError> {
    let part = over.rate() / peak.rate();
    let seconds = over.took.as_secs_f64();
    let refused = (over.refused as f64).max(1.0);
    // What is done for each answer is known from the periods without refusals.
    let each_us = |of: fn(&Seen) -> Duration| {
        let of_answer = of(&peak).as_secs_f64() / peak.times.len() as f64;
        1e6 * (of(&over).as_secs_f64() - of_answer * over.times.len() as f64) / refused
    };
    let (of_server, of_generator) = (each_us(|seen| seen.server), each_us(|seen| seen.generator));
    table.fact("messages answered, as many as can be", peak.rate(), "/s");
    table.fact("calls in overload", over.called as f64 / seconds, "/s");
    table.fact("of these refused", over.refused as f64 / seconds, "/s");
    table.fact("server's processor time for one of these", of_server, "us");
    table.fact("generator's processor time for one of these", of_generator, "us");
    table.at_least("answered in overload, of as many as can be", part, GOODPUT_MIN, "");
    let (peak, over) = (Times::of(peak.times), Times::of(over.times));
    table.fact("answer without overload, 99 of 100", peak.ms(0.99)?, "ms");
    table.fact("answer in overload, median", over.ms(0.5)?, "ms");
    table.at_most("answer in overload, 99 of 100", over.ms(0.99)?, 2.0 * peak.ms(0.99)?, "ms");
    Ok(())
}

/// Lets everybody write for so long: a few at a time, or so many a second each.
async fn period(
    server: &Process,
    pairs: &Arc<Vec<Pair>>,
    rate: Option<f64>,
    time: Duration,
    seen: &mut Seen,
) -> Result<(), BenchError> {
    let clock = Clock::start();
    let (cpu, own) = (server.cpu()?, process_cpu());
    let mut tasks = JoinSet::new();
    for who in (0..pairs.len()).flat_map(|at| [(at, false), (at, true)]) {
        let pairs = pairs.clone();
        tasks.spawn(async move { write(&pairs, who, rate, time).await });
    }
    while let Some(done) = tasks.join_next().await {
        let (times, called, refused) = done??;
        seen.times.extend(times);
        seen.called += called;
        seen.refused += refused;
    }
    seen.took += clock.elapsed();
    seen.server += server.cpu()? - cpu;
    seen.generator += process_cpu() - own;
    Ok(())
}

/// One user's messages: how long each took that was answered, how many there were, how many were refused.
async fn write(
    pairs: &Arc<Vec<Pair>>,
    who: Who,
    rate: Option<f64>,
    time: Duration,
) -> Result<(Vec<Duration>, u64, u64), BenchError> {
    let clock = Clock::start();
    let refused = Arc::<AtomicU64>::default();
    let room = Arc::new(Semaphore::new(if rate.is_some() { UNDER_WAY_OVER } else { UNDER_WAY }));
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut called, mut times, mut sent) = (0, Vec::new(), JoinSet::new());
    while clock.elapsed() < time {
        let due = match rate {
            Some(rate) => {
                ticks.tick().await;
                (rate * clock.elapsed().as_secs_f64()) as u64
            }
            None => called + 1,
        };
        while called < due {
            // Who has as many as that under way makes up for it later, or never.
            let Ok(place) = room.clone().acquire_owned().await else { break };
            called += 1;
            let (pairs, refused) = (pairs.clone(), refused.clone());
            sent.spawn(async move {
                let before = clock.elapsed();
                let answered = call(&pairs[who.0], who.1).await;
                drop(place);
                match answered {
                    Ok(()) => Ok(Some(clock.elapsed() - before)),
                    Err(CallError::Rpc { code: OVERLOADED, .. }) => {
                        refused.fetch_add(1, Ordering::Relaxed);
                        Ok(None)
                    }
                    Err(other) => Err(other),
                }
            });
            while let Some(done) = sent.try_join_next() {
                times.extend(done??);
            }
            if clock.elapsed() >= time {
                break;
            }
        }
    }
    while let Some(done) = sent.join_next().await {
        times.extend(done??);
    }
    Ok((times, called, refused.load(Ordering::Relaxed)))
}

async fn call(pair: &Pair, second: bool) -> Result<(), CallError> {
    let (by, to) = if second { (&pair.1, &pair.3) } else { (&pair.0, &pair.2) };
    by.client.call(&text(to, "message".to_owned(), OsRng.u64().cast_signed())).await.map(drop)
}

impl Seen {
    /// Answers in a second.
    fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64().max(0.001)
    }
}
