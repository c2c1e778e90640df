//! Clients that come back with keys they have: one after another while the server runs, and all at once after a crash.
//!
//! A client is back when its first call was answered, which is a read of its box. After a crash nothing is in the server's
//! memory: keys are read, and brought from the vaults. Clients with temporary keys make new ones first, since those died with
//! the process, and wait for their share of a core; one that is refused tries again a little later, as clients do (R11).
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use client::{Client, Clock, Identity, Options};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::crowd::{self, User, sign_up_all};
use super::process::{Process, Ready};
use super::table::Table;
use super::times::Times;
use super::{BenchError, end, serve, serve_on};

/// Clients a second that come back while the server runs.
const RATE_MIN: f64 = 1_000.0;
/// Processor time of the server for one of them, in milliseconds.
const CPU_MS_MAX: f64 = 1.0;
/// How many of them come at the same time.
const AT_ONCE: usize = 64;
/// After a crash, when 95 of 100 are back (R11), in seconds.
const BACK_S_MAX: f64 = 60.0;
/// The first pause of a client that is refused; each one is twice as long, up to the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];
/// Life of a temporary key.
const PFS_S: u32 = 86_400;
/// How often each client comes back while the server runs.
const ROUNDS: u32 = 4;

/// How much of it.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Of the part `returns`, clients; 1,000 by default, and the aim is for 10,000.
    #[arg(long, value_name = "N")]
    clients: Option<u32>,
}

/// What is measured, and how much of it.
pub(super) struct Amount {
    clients: u32,
}

impl Arguments {
    pub(super) fn amount(&self, quick: bool) -> Amount {
        Amount { clients: self.clients.unwrap_or(if quick { 100 } else { 1_000 }).clamp(1, 15_000) }
    }
}

/// A key somebody is logged in with, and the number of its client.
pub(super) type Known = (u32, Identity);

pub(super) async fn measure(all: &super::Amount, table: &mut Table) -> Result<(), BenchError> {
    let clients = all.returns.clients;
    let server = serve(all, &["limits.handshake_cpu_percent=100"])?;
    let ready = Arc::new(server.ready().clone());
    let users = sign_up_all(&ready, 0..clients).await?;
    let known = |(number, user): (u32, User)| (number, user.client.permanent().clone());
    let known: Vec<Known> = (0..clients).zip(users).map(known).collect();
    one_after_another(&server, &known, table).await?;
    let mut server = Some(server);
    for pfs_s in [None, Some(PFS_S)] {
        let folder = server.take().ok_or(BenchError::Nothing)?.kill()?.folder;
        let restarted = serve_on(all, folder, &[])?;
        let ready = Arc::new(restarted.ready().clone());
        let clock = Clock::start();
        let back = Times::of(all_at_once(&ready, &known, pfs_s).await?);
        let took = clock.elapsed();
        let keys = if pfs_s.is_some() { "temporary" } else { "permanent" };
        let name = format!("{clients} clients with {keys} keys after a crash");
        table.at_most(&format!("{name}, 95 of 100 back"), back.ms(0.95)? / 1000.0, BACK_S_MAX, "s");
        table.fact(&format!("{name}, all back"), took.as_secs_f64(), "s");
        server = Some(restarted);
    }
    end(server.ok_or(BenchError::Nothing)?)
}

async fn one_after_another(server: &Process, known: &[Known], table: &mut Table) -> Result<(), BenchError> {
    let ready = Arc::new(server.ready().clone());
    // Once without measuring: those who signed up are still leaving.
    some_at_once(&ready, known, 1).await?;
    let (clock, cpu) = (Clock::start(), server.cpu()?);
    some_at_once(&ready, known, ROUNDS).await?;
    let (took, cpu) = (clock.elapsed(), server.cpu()? - cpu);
    let count = known.len() as f64 * f64::from(ROUNDS);
    table.at_least("clients back with a known key", count / took.as_secs_f64(), RATE_MIN, "/s");
    let each = 1000.0 * cpu.as_secs_f64() / count;
    table.at_most("server's processor time for one of them", each, CPU_MS_MAX, "ms");
    Ok(())
}

/// Each client comes back so often, a few of them at a time.
async fn some_at_once(ready: &Arc<Ready>, known: &[Known], rounds: u32) -> Result<(), BenchError> {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for _ in 0..rounds {
        for (number, identity) in known {
            let (room, identity) = (room.clone(), identity.clone());
            let options = crowd::options(ready, *number);
            tasks.spawn(async move {
                // The semaphore is never closed.
                let _turn = room.acquire().await;
                come_back(options, identity).await.map(drop)
            });
        }
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// All clients come back now; how long each took.
pub(super) async fn all_at_once(
    ready: &Arc<Ready>,
    known: &[Known],
    pfs_s: Option<u32>,
) -> Result<Vec<Duration>, BenchError> {
    let clock = Clock::start();
    let mut tasks = JoinSet::new();
    for (number, identity) in known {
        let options = Options { pfs_s, ..crowd::options(ready, *number) };
        let identity = identity.clone();
        tasks.spawn(async move {
            let mut pause = PAUSES[0];
            loop {
                match come_back(options.clone(), identity.clone()).await {
                    // It stays, as clients do.
                    Ok(client) => return (clock.elapsed(), client),
                    Err(_) => tokio::time::sleep(pause).await,
                }
                pause = (2 * pause).min(PAUSES[1]);
            }
        });
    }
    let mut back = Vec::new();
    let mut clients = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (took, client) = done?;
        back.push(took);
        clients.push(client);
    }
    Ok(back)
}

/// Connects, and is back when a call was answered.
pub(super) async fn come_back(options: Options, identity: Identity) -> Result<Client, BenchError> {
    let client = Client::resume(options, identity).await?;
    client.call(&tl::updates::GetState {}).await?;
    Ok(client)
}
