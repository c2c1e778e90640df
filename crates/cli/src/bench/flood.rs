//! What well-behaved users feel of users who ask a hundred times as much (A4).
//!
//! The hostile ones send, search and page without heeding what they are told, each at a steady rate; what they are refused
//! costs the server an answer all the same.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use client::{CallError, OsRng};
use crypto::Rng;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::crowd::{Pair, pair_up, sign_up_all, text};
use super::hostile::{self, Seen, watch};
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

/// What became of the hostile calls.
#[derive(Default)]
struct Tally {
    called: AtomicU64,
    refused: AtomicU64,
}

pub(super) async fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let server = serve_as_shipped(amount, &["limits.handshake_cpu_percent=100"])?;
    let ready = Arc::new(server.ready().clone());
    let users = sign_up_all(&ready, 0..2 * PAIRS).await?;
    let pairs = Arc::new(pair_up(users).await?);
    let users = sign_up_all(&ready, 2 * PAIRS..2 * (PAIRS + HOSTILE_PAIRS)).await?;
    let hostile = Arc::new(pair_up(users).await?);
    let tally = Arc::new(Tally::default());
    let time = amount.attack / ROUNDS;
    hostile::ping_pong(&pairs, Duration::from_secs(2)).await?;
    let (mut quiet, mut flooded) = (Seen::default(), Seen::default());
    for _ in 0..ROUNDS {
        watch(&server, &pairs, time, &mut quiet).await?;
        let over = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for (at, second) in (0..hostile.len()).flat_map(|at| [(at, false), (at, true)]) {
            let (hostile, tally, over) = (hostile.clone(), tally.clone(), over.clone());
            tasks.spawn(async move { flood(&hostile[at], second, &tally, &over).await });
        }
        watch(&server, &pairs, time, &mut flooded).await?;
        over.store(true, Ordering::Relaxed);
        while let Some(done) = tasks.join_next().await {
            done??;
        }
    }
    let rate = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / amount.attack.as_secs_f64();
    let alone = hostile::report_alone(table, amount, &mut quiet)?;
    table.fact("calls of hostile users", rate(&tally.called), "/s");
    table.fact("of these refused with FLOOD_WAIT", rate(&tally.refused), "/s");
    hostile::report_meanwhile(table, amount, &mut flooded, alone)?;
    end(server)
}

/// Calls at a steady rate until it is over, whatever the answers are.
async fn flood(pair: &Pair, second: bool, tally: &Tally, over: &AtomicBool) -> Result<(), BenchError> {
    let (by, to) = if second { (&pair.1, &pair.3) } else { (&pair.0, &pair.2) };
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turn = 0_u32;
    while !over.load(Ordering::Relaxed) {
        ticks.tick().await;
        turn += 1;
        let random_id = OsRng.u64().cast_signed();
        let answered = match turn % 3 {
            0 => by.client.call(&text(to, format!("message {random_id}"), random_id)).await.map(drop),
            1 => {
                let search =
                    tl::messages::Search { peer: to.clone(), q: "message".into(), ..Default::default() };
                by.client.call(&search).await.map(drop)
            }
            _ => {
                let page = tl::messages::GetHistory { peer: to.clone(), limit: 100, ..Default::default() };
                by.client.call(&page).await.map(drop)
            }
        };
        tally.called.fetch_add(1, Ordering::Relaxed);
        match answered {
            Err(CallError::Rpc { code: 420, .. }) => {
                tally.refused.fetch_add(1, Ordering::Relaxed);
            }
            other => other?,
        }
    }
    Ok(())
}
