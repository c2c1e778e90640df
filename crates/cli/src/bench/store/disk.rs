//! What a message takes on the disk, both copies together, with all that is written for it.
//!
//! Counted are the tables, where everything ends, once the engine was maintained, as the server does every few minutes; journals
//! are of a size that does not grow with the messages. So that next to nothing is still in memory, the engine gathers
//! little for each table here, and the first tenth of the messages is not counted: what lies in memory then and at the end
//! is about the same.
use store::{Engine as _, Settings};

use super::super::BenchError;
use super::super::table::Table;
use super::Amount;
use super::deck::Deck;
use super::folder::disk_bytes;
use super::people::{self, PAIRS, Pair};

/// Bytes of a message.
const BYTES_MAX: f64 = 600.0;
/// What is gathered for one table: some thousand messages.
const GATHERED_BYTES: u64 = 2 << 20;
/// Messages between two syncs.
const SYNCED: i64 = 1_000;

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let mut deck = Deck::with(&Settings { memtable_bytes: GATHERED_BYTES, ..Settings::default() })?;
    let store = deck.store.clone();
    let pairs = people::sign_up(&mut deck, &store, 1)?;
    let messages = i64::from(amount.records);
    let first = messages / 10;
    send(&deck, &pairs, 0..first)?;
    let before = tables_bytes(&deck)?;
    send(&deck, &pairs, first..messages)?;
    let grown = tables_bytes(&deck)?.saturating_sub(before);
    let each = grown as f64 / (messages - first) as f64;
    table.at_most("a message on the disk, both copies", each, BYTES_MAX, "bytes");
    Ok(())
}

fn send(deck: &Deck, pairs: &[Pair], numbers: std::ops::Range<i64>) -> Result<(), BenchError> {
    for number in numbers {
        let at = usize::try_from(number).unwrap_or(0) % PAIRS;
        pairs.get(at).ok_or(BenchError::Nothing)?.send(&deck.store, number + 1)?;
        if number % SYNCED == 0 {
            deck.engine.sync()?;
        }
    }
    deck.engine.sync()?;
    Ok(())
}

/// What the tables take, once nothing merges them any more and what was merged is gone.
fn tables_bytes(deck: &Deck) -> Result<u64, BenchError> {
    settled_bytes(deck)?;
    deck.engine.maintain()?;
    settled_bytes(deck)
}

fn settled_bytes(deck: &Deck) -> Result<u64, BenchError> {
    let folder = deck.rows().join("rows").join("keyspaces");
    let mut bytes = disk_bytes(&folder)?;
    loop {
        // Nobody tells of the end of a merge.
        std::thread::sleep(std::time::Duration::from_secs(1));
        let now = disk_bytes(&folder)?;
        if std::mem::replace(&mut bytes, now) == now {
            return Ok(now);
        }
    }
}
