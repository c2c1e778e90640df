//! From the start of the process to its ready file, on an empty folder: an RSA key is drawn meanwhile.
use client::Clock;

use super::process::{Folder, Process};
use super::table::Table;
use super::{Amount, BenchError};

/// Most of the time is the key's, and drawing one takes a random time: a quarter of all starts draws twice and more.
const READY_MS_MAX: f64 = 300.0;

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let rounds = if amount.quick { 20 } else { 200 };
    let clock = Clock::start();
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let mut folder = Folder::new()?;
        for times in [&mut first, &mut again] {
            let before = clock.elapsed();
            let process = Process::start(&amount.program, folder, &["--log-level", "error"])?;
            times.push((clock.elapsed() - before).as_secs_f64() * 1000.0);
            folder = process.kill()?.folder;
        }
    }
    first.sort_by(f64::total_cmp);
    again.sort_by(f64::total_cmp);
    let quantile = |times: &[f64], part: f64| times.get((times.len() as f64 * part) as usize).copied();
    let figure = |times: &[f64], part| quantile(times, part).ok_or(BenchError::Nothing);
    table.at_most("start to ready, empty folder, median", figure(&first, 0.5)?, READY_MS_MAX, "ms");
    table.fact("start to ready, empty folder, 95 of 100", figure(&first, 0.95)?, "ms");
    table.fact("start to ready, key there, median", figure(&again, 0.5)?, "ms");
    Ok(())
}
