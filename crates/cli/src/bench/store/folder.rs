//! The folder of the engine: how long a start takes with much in it, and what is left of it after all was deleted.
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use store::Engine as _;

use super::super::BenchError;
use super::super::table::Table;
use super::Amount;
use super::deck::Deck;
use super::ticks;

/// How often the server maintains its store within 24 hours.
const MAINTENANCES: u32 = 288;
const MIB: f64 = 1_048_576.0;

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let mut deck = Deck::new()?;
    let of = deck.boxes(1)?.pop().ok_or(BenchError::Keys)?;
    ticks::fill(&deck, of, 0, 1)?;
    deck.engine.maintain()?;
    let empty = disk_bytes(&deck.rows())?;
    ticks::fill(&deck, of, 1, amount.records)?;
    let full = disk_bytes(&deck.rows())?;
    let (mut deck, took) = deck.restart()?;
    let named = format!("start with a folder of {:.0} MB, keys from the vaults included", full as f64 / 1e6);
    table.at_most(&named, took.as_secs_f64(), 1.0, "s");

    deck.warm(of)?;
    ticks::remove(&deck, of, (0..amount.records).collect())?;
    ticks::tick(&mut deck)?.is_whole(1)?;
    let mut times = 0;
    let left = loop {
        deck.engine.maintain()?;
        times += 1;
        let left = disk_bytes(&deck.rows())?;
        if left.saturating_sub(empty) * 10 <= full.saturating_sub(empty) || times == MAINTENANCES {
            break left;
        }
    };
    let over = |bytes: u64| bytes as f64 / MIB;
    let part = 100.0 * left.saturating_sub(empty) as f64 / full.saturating_sub(empty).max(1) as f64;
    table.at_most("left on the disk when all was deleted, of what was added", part, 10.0, "%");
    table.fact("the same, over an empty store", over(left.saturating_sub(empty)), "MiB");
    table.fact("the same, maintained so often", f64::from(times), "times");
    Ok(())
}

/// What the files of a folder take on the disk.
pub(in crate::bench) fn disk_bytes(folder: &Path) -> Result<u64, BenchError> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        bytes += match std::fs::symlink_metadata(&path) {
            Ok(data) if data.is_dir() => disk_bytes(&path)?,
            Ok(data) => data.blocks() * 512,
            // The engine removes files meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
    }
    Ok(bytes)
}
