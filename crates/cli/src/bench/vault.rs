//! The figures of one vault, in this process: keys given on one core, durable requests, and what many rows take.
//!
//! Rows are shares of keys, three commitments each, as accounts and devices have them. Releases are of keys drawn at random, so
//! nearly each is in another page; budgets are counted, as they are by every vault that somebody runs.
use std::time::Duration;

use ::vault::Vault;
use clap::Args;
use client::{Clock, OsRng};
use crypto::Rng as _;
use custody::wire::{Commitment, Handle, Op, Piece, Request, RequestId};
use ids::limits::{VAULT_BUDGET_MAX, VAULT_OPS_MAX, VAULT_REQUESTS_TOGETHER_MAX};
use zeroize::Zeroizing;

use super::BenchError;
use super::machine::thread_cpu;
use super::process::Folder;
use super::store::disk_bytes;
use super::table::Table;

const MIB: f64 = 1_048_576.0;
/// Of 10,000,000 rows, on the disk and in memory together.
const ROWS_MIB_MAX: f64 = 4_096.0;
const ROWS: f64 = 10_000_000.0;
/// What comes back for one account of which nothing is in memory: C, X and the key of a device.
const ACCOUNT_KEYS: usize = 3;
/// What comes back for many at once.
const CROWD_KEYS: usize = 4_096;

/// How much of it.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Rows of the part `vault`; 1,000,000 by default.
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
}

/// What is measured, and how much of it.
pub(super) struct Amount {
    rows: u64,
    keys: usize,
    batches: u64,
}

impl Arguments {
    pub(super) fn amount(&self, quick: bool) -> Amount {
        let (rows, keys, batches) = if quick { (100_000, 20_000, 10) } else { (1_000_000, 200_000, 100) };
        Amount { rows: self.rows.unwrap_or(rows).clamp(10_000, 50_000_000), keys, batches }
    }
}

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let folder = Folder::new()?;
    let before = resident_bytes()?;
    let mut ground = Ground::new(&folder, amount.rows)?;
    let named = |what: &str| format!("vault of {:.1} million rows: {what}", amount.rows as f64 / 1e6);
    let disk = disk_bytes(folder.path())? as f64 / MIB;
    let memory = resident_bytes()?.saturating_sub(before) as f64 / MIB;
    table.fact(&named("on the disk"), disk, "MiB");
    table.fact(&named("in memory"), memory, "MiB");
    let most = ROWS_MIB_MAX * amount.rows as f64 / ROWS;
    table.at_most(&named("both"), disk + memory, most, "MiB");
    for (what, keys) in [
        ("keys given, three a request, on one core", ACCOUNT_KEYS),
        ("keys given, 4,096 a request", CROWD_KEYS),
    ] {
        let (given, cpu) = ground.give(amount.keys, keys)?;
        table.at_least(&named(what), given as f64 / cpu.as_secs_f64(), 20_000.0, "/s");
    }
    let one = ground.commit(amount.batches, 1)?;
    table.fact(&named("durable requests, one after the other"), one, "/s");
    let together = ground.commit(amount.batches, VAULT_REQUESTS_TOGETHER_MAX)?;
    table.at_least(&named("durable requests, 64 at a time"), together, 2_000.0, "/s");
    Ok(())
}

struct Ground {
    vault: Vault,
    rows: u64,
    order: u64,
}

impl Ground {
    /// A vault with so many rows, written in the order of their handles: each pack once.
    fn new(folder: &Folder, rows: u64) -> Result<Ground, BenchError> {
        let mut vault = Vault::init(folder.path(), Box::new(OsRng))?;
        vault.limit(VAULT_BUDGET_MAX, 0).map_err(::vault::OpenError::from)?;
        let mut ground = Ground { vault, rows, order: 0 };
        let each = VAULT_OPS_MAX as u64;
        for first in (0..rows).step_by(VAULT_OPS_MAX) {
            let puts = (first..rows.min(first + each)).map(|row| put(ground.handle(row))).collect();
            let request = ground.request(puts);
            ground.exchange(&[request])?;
        }
        Ok(ground)
    }

    /// Spread evenly, as a PRF spreads them.
    fn handle(&self, row: u64) -> Handle {
        let place = u128::from(row) * (u128::MAX / u128::from(self.rows));
        Handle(place.to_be_bytes())
    }

    fn request(&mut self, ops: Vec<Op>) -> Zeroizing<Vec<u8>> {
        self.order += 1;
        let id = RequestId(u128::from(self.order).to_be_bytes());
        Request { deployment: Handle([1; 16]), id, order: self.order, ops }.encode()
    }

    fn exchange(&mut self, requests: &[Zeroizing<Vec<u8>>]) -> Result<usize, BenchError> {
        let requests: Vec<&[u8]> = requests.iter().map(|request| request.as_slice()).collect();
        let mut bytes = 0;
        for answer in self.vault.exchange_all(&requests) {
            bytes += answer.map_err(|_| BenchError::Keys)?.len();
        }
        Ok(bytes)
    }

    /// Gives so many keys that were drawn at random, so many of them in each request; and what that took of the processor.
    fn give(&mut self, keys: usize, each: usize) -> Result<(usize, Duration), BenchError> {
        let (mut given, mut cpu) = (0, Duration::ZERO);
        while given < keys {
            let together = if each == ACCOUNT_KEYS { VAULT_REQUESTS_TOGETHER_MAX } else { 1 };
            let mut requests = Vec::with_capacity(together);
            for _ in 0..together {
                let gets =
                    (0..each).map(|_| Op::Get { handle: self.handle(OsRng.u64() % self.rows) }).collect();
                requests.push(self.request(gets));
            }
            let before = thread_cpu();
            let bytes = self.exchange(&requests)?;
            cpu += thread_cpu() - before;
            // A key that was withheld takes two bytes.
            if bytes < together * each * 32 {
                return Err(BenchError::Keys);
            }
            given += together * each;
        }
        Ok((given, cpu))
    }

    /// Takes new keys, so many requests together; how many requests are durable in a second.
    fn commit(&mut self, batches: u64, together: usize) -> Result<f64, BenchError> {
        let (clock, mut took) = (Clock::start(), Duration::ZERO);
        for _ in 0..batches {
            let mut requests = Vec::with_capacity(together);
            for _ in 0..together {
                let mut handle = [0; 16];
                OsRng.fill(&mut handle);
                requests.push(self.request(vec![put(Handle(handle))]));
            }
            let before = clock.elapsed();
            self.exchange(&requests)?;
            took += clock.elapsed() - before;
        }
        Ok((batches as f64 * together as f64) / took.as_secs_f64())
    }
}

fn put(handle: Handle) -> Op {
    let commitments = vec![Commitment([5; 16]); 3];
    Op::Put { handle, epoch: 0, piece: Piece { share: Zeroizing::new([1; 32]), commitments } }
}

/// What this process has in memory: proc(5), in pages of 4 KiB.
fn resident_bytes() -> Result<u64, BenchError> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 =
        pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).ok_or(BenchError::Nothing)?;
    Ok(pages * 4_096)
}
