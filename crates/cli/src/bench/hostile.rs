//! What logged-in users feel of a flood of key exchanges (A5), and what it leaves in memory.
//!
//! A message is answered when it is durable, so a disk that others use as well is felt in all of its times.
use std::sync::Arc;
use std::time::Duration;

use client::{Clock, OsRng};
use crypto::Rng;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::attack::{Order, Tally};
use super::crowd::{Pair, pair_up, sign_up_all, text};
use super::process::Process;
use super::table::Table;
use super::{Amount, BenchError, end, serve};

/// Periods with and without an attack, by turns; in each the attack comes from new addresses.
const ROUNDS: u32 = 3;
/// What connections that come and go may leave.
const MEMORY_MIB_MAX: f64 = 16.0;
/// An attack of which less is begun, since the machine is too busy, shows nothing.
const BEGUN_MIN: f64 = 0.9;
/// Pairs of users who talk.
const PAIRS: u32 = 20;
/// How often each pair exchanges a message.
const PERIOD: Duration = Duration::from_millis(20);

/// What was seen of some periods, all quiet or all under attack.
#[derive(Default)]
pub(super) struct Seen {
    /// How long each message took to its reader.
    times: Vec<Duration>,
    /// Bytes the server's memory grew by. Some of it are the messages that the store has not yet written to a table.
    grown: i64,
    /// Processor time of the server.
    cpu: Duration,
}

pub(super) async fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let server = serve(amount, &[])?;
    let ready = Arc::new(server.ready().clone());
    let users = sign_up_all(&ready, 0..2 * PAIRS).await?;
    let pairs = Arc::new(pair_up(users).await?);
    let mut tally = Tally::default();
    let time = amount.attack / ROUNDS;
    // Once without measuring, so that everything is warm.
    ping_pong(&pairs, Duration::from_secs(2)).await?;
    let (mut quiet, mut attacked) = (Seen::default(), Seen::default());
    // By turns, so that whatever else the machine does falls on both.
    for round in 0..ROUNDS {
        watch(&server, &pairs, time, &mut quiet).await?;
        let order = Order { ready: server.ready_file(), round, time, rate: amount.attack_rate };
        let attack = tokio::task::spawn_blocking(move || order.carried_out());
        watch(&server, &pairs, time, &mut attacked).await?;
        tally.add(&attack.await??);
    }
    report(table, amount, (quiet, attacked), &tally)?;
    end(server)
}

/// Lets the pairs talk and looks at the server.
pub(super) async fn watch(
    server: &Process,
    pairs: &Arc<Vec<Pair>>,
    time: Duration,
    seen: &mut Seen,
) -> Result<(), BenchError> {
    let memory = || server.rss_bytes().map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    let (before, cpu) = (memory()?, server.cpu()?);
    seen.times.extend(ping_pong(pairs, time).await?);
    seen.grown += memory()? - before;
    seen.cpu += server.cpu()? - cpu;
    Ok(())
}

fn report(
    table: &mut Table,
    amount: &Amount,
    (mut quiet, mut attacked): (Seen, Seen),
    tally: &Tally,
) -> Result<(), BenchError> {
    let rate = |count: u64| count as f64 / amount.attack.as_secs_f64();
    let alone = report_alone(table, amount, &mut quiet)?;
    table.at_least(
        "hostile handshakes begun",
        rate(tally.begun),
        BEGUN_MIN * f64::from(amount.attack_rate),
        "/s",
    );
    table.fact("of these answered with a g_a", rate(tally.answered), "/s");
    table.fact("of these refused", rate(tally.refused), "/s");
    report_meanwhile(table, amount, &mut attacked, alone)?;
    let grown = (attacked.grown - quiet.grown) as f64 / 1_048_576.0;
    table.at_most("memory grown by the attack", grown, MEMORY_MIB_MAX, "MiB");
    Ok(())
}

/// What users feel when nobody is hostile; 99 of 100 messages took at most so many milliseconds.
pub(super) fn report_alone(table: &mut Table, amount: &Amount, quiet: &mut Seen) -> Result<f64, BenchError> {
    let alone = quiet.ms(0.99)?;
    table.fact("messages of logged-in users", quiet.times.len() as f64 / amount.attack.as_secs_f64(), "/s");
    table.fact("message to its reader, median", quiet.ms(0.5)?, "ms");
    table.fact("message to its reader, 99 of 100", alone, "ms");
    table.fact("server's processor time", quiet.core(amount), "% of a core");
    Ok(alone)
}

/// What they feel meanwhile.
pub(super) fn report_meanwhile(
    table: &mut Table,
    amount: &Amount,
    attacked: &mut Seen,
    alone: f64,
) -> Result<(), BenchError> {
    table.fact("message meanwhile, median", attacked.ms(0.5)?, "ms");
    table.at_most("message meanwhile, 99 of 100", attacked.ms(0.99)?, 2.0 * alone, "ms");
    table.fact("server's processor time meanwhile", attacked.core(amount), "% of a core");
    Ok(())
}

impl Seen {
    /// Milliseconds that this part of the messages took at most.
    fn ms(&mut self, part: f64) -> Result<f64, BenchError> {
        self.times.sort_unstable();
        let at = (self.times.len() as f64 * part) as usize;
        self.times.get(at).map(|time| time.as_secs_f64() * 1000.0).ok_or(BenchError::Nothing)
    }

    /// The server's processor time as a part of one core, in hundredths.
    fn core(&self, amount: &Amount) -> f64 {
        100.0 * self.cpu.as_secs_f64() / amount.attack.as_secs_f64()
    }
}

/// Lets all pairs talk; how long each message took from its sender's call to its reader.
pub(super) async fn ping_pong(pairs: &Arc<Vec<Pair>>, time: Duration) -> Result<Vec<Duration>, BenchError> {
    let clock = Clock::start();
    let mut tasks = JoinSet::new();
    for at in 0..pairs.len() {
        let pairs = pairs.clone();
        tasks.spawn(async move { talk(&pairs[at], clock, time).await });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    Ok(times)
}

async fn talk(pair: &Pair, clock: Clock, time: Duration) -> Result<Vec<Duration>, BenchError> {
    let (first, second, to_second, to_first) = pair;
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut times = Vec::new();
    let mut turn = false;
    while clock.elapsed() < time {
        ticks.tick().await;
        turn = !turn;
        let (by, to, reader) = if turn { (first, to_second, second) } else { (second, to_first, first) };
        let random_id = OsRng.u64().cast_signed();
        let message = text(to, format!("message {random_id}"), random_id);
        let before = clock.elapsed();
        let read = async {
            while !holds(&reader.client.update().await.map_err(|_| BenchError::Unexpected)?, &message.message)
            {
            }
            Ok::<_, BenchError>(clock.elapsed())
        };
        let (sent, read) = tokio::join!(by.client.call(&message), read);
        sent?;
        times.push(read? - before);
    }
    Ok(times)
}

fn holds(updates: &tl::Updates, text: &str) -> bool {
    let tl::Updates::Updates(updates) = updates else { return false };
    updates.updates.iter().any(|update| {
        matches!(update, tl::Update::UpdateNewMessage(new)
            if matches!(&new.message, tl::Message::Message(message) if message.message == text))
    })
}
