//! What logged-in users feel of a flood of key exchanges (A5), and what it leaves in memory.
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use client::{Clock, OsRng, Stream};
use crypto::Rng;
use ids::Now;
use mtproto::handshake::KeyKind;
use mtproto::handshake::client::{FirstRequest, PqAsked, RsaPadding, Wanted};
use mtproto::plain;
use mtproto::transport::{Incoming, Transport};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::crowd::{self, Pair, pair_up, sign_up_all, text};
use super::process::{Process, Ready};
use super::table::Table;
use super::{Amount, BenchError, end, serve};

/// Addresses the attack comes from.
const ADDRESSES: u32 = 200;
/// The first of them, by number: users have those before.
const FIRST_ADDRESS: u32 = 1_000;
/// Periods with and without an attack, by turns; in each the attack comes from new addresses.
const ROUNDS: u32 = 3;
/// What connections that come and go may leave.
const MEMORY_MIB_MAX: f64 = 16.0;
/// Pairs of users who talk.
const PAIRS: u32 = 20;
/// How often each pair exchanges a message.
const PERIOD: Duration = Duration::from_millis(20);
/// Attempts open at a time.
const OPEN_MAX: usize = 1_000;
/// What an attempt waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of the attack.
#[derive(Default)]
struct Tally {
    begun: AtomicU64,
    /// The server answered step 2: it has done an RSA operation and a power.
    answered: AtomicU64,
    refused: AtomicU64,
}

/// What was seen of some periods, all quiet or all under attack.
#[derive(Default)]
struct Seen {
    /// How long each message took to its reader.
    times: Vec<Duration>,
    /// Bytes the server's memory grew by. Some of it are the messages: the engine of this version is in memory.
    grown: i64,
    /// Processor time of the server.
    cpu: Duration,
}

pub(super) async fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let server = serve(amount, &[])?;
    let ready = Arc::new(server.ready().clone());
    let users = sign_up_all(&ready, 0..2 * PAIRS).await?;
    let pairs = Arc::new(pair_up(users).await?);
    let (attackers, tally) = (attackers()?, Arc::<Tally>::default());
    let time = amount.attack / ROUNDS;
    // Once without measuring, so that everything is warm.
    ping_pong(&pairs, Duration::from_secs(2)).await?;
    let (mut quiet, mut attacked) = (Seen::default(), Seen::default());
    // By turns, so that whatever else the machine does falls on both.
    for round in 0..ROUNDS {
        watch(&server, &pairs, time, &mut quiet).await?;
        let attack = attack(ready.clone(), round, (time, amount.attack_rate), tally.clone());
        let attack = attackers.spawn(attack);
        watch(&server, &pairs, time, &mut attacked).await?;
        attack.await??;
    }
    attackers.shutdown_background();
    report(table, amount, (quiet, attacked), &tally)?;
    end(server)
}

/// Lets the pairs talk and looks at the server.
async fn watch(
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
    let ms = |times: &[Duration], part: f64| {
        let at = (times.len() as f64 * part) as usize;
        times.get(at).map(|time| time.as_secs_f64() * 1000.0).ok_or(BenchError::Nothing)
    };
    let rate = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / amount.attack.as_secs_f64();
    let core = |seen: &Seen| 100.0 * seen.cpu.as_secs_f64() / amount.attack.as_secs_f64();
    quiet.times.sort_unstable();
    attacked.times.sort_unstable();
    let alone = ms(&quiet.times, 0.99)?;
    table.fact("messages of logged-in users", quiet.times.len() as f64 / amount.attack.as_secs_f64(), "/s");
    table.fact("message to its reader, median", ms(&quiet.times, 0.5)?, "ms");
    table.fact("message to its reader, 99 of 100", alone, "ms");
    table.fact("server's processor time", core(&quiet), "% of a core");
    table.fact("hostile handshakes begun", rate(&tally.begun), "/s");
    table.fact("of these answered with a g_a", rate(&tally.answered), "/s");
    table.fact("of these refused", rate(&tally.refused), "/s");
    table.fact("message meanwhile, median", ms(&attacked.times, 0.5)?, "ms");
    table.at_most("message meanwhile, 99 of 100", ms(&attacked.times, 0.99)?, 2.0 * alone, "ms");
    table.fact("server's processor time meanwhile", core(&attacked), "% of a core");
    let grown = (attacked.grown - quiet.grown) as f64 / 1_048_576.0;
    table.at_most("memory grown by the attack", grown, MEMORY_MIB_MAX, "MiB");
    Ok(())
}

/// Lets all pairs talk; how long each message took from its sender's call to its reader.
async fn ping_pong(pairs: &Arc<Vec<Pair>>, time: Duration) -> Result<Vec<Duration>, BenchError> {
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

/// Threads of the attackers: they step back behind the server and its users, since they stand for other machines.
fn attackers() -> Result<Runtime, BenchError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().on_thread_start(|| {
        // Without it the figures are worse, never better.
        let _ = rustix::process::nice(19);
    });
    Ok(builder.build()?)
}

/// Begins so many exchanges a second, from all addresses in turn.
async fn attack(
    ready: Arc<Ready>,
    round: u32,
    (time, rate): (Duration, u32),
    tally: Arc<Tally>,
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
        // An attacker does not wait for his victim; only the machine he has is finite.
        let Ok(turn) = room.clone().acquire_owned().await else { break };
        let (ready, tally) = (ready.clone(), tally.clone());
        let address = crowd::address(FIRST_ADDRESS + round * ADDRESSES + number % ADDRESSES);
        tasks.spawn(async move {
            tally.begun.fetch_add(1, Ordering::Relaxed);
            let answered = timeout(PATIENCE, attempt(&ready, address, clock.now())).await;
            let count = if matches!(answered, Ok(Ok(()))) { &tally.answered } else { &tally.refused };
            count.fetch_add(1, Ordering::Relaxed);
            drop(turn);
        });
        while tasks.try_join_next().is_some() {}
    }
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
