//! Leaves and records: what sealing adds to a row that a bare engine would take as it is.
use std::hint::black_box;

use client::OsRng;
use crypto::Rng;
use sealed::{BoxKeys, Number, Version};

use super::super::BenchError;
use super::super::micro::nanoseconds;
use super::super::table::Table;
use super::Amount;
use super::deck::Deck;

const RECORD: [u8; 300] = [7; 300];
/// A row key begins with an owner's prefix where a bare engine would have the box itself.
const BARE_OWNER_BYTES: usize = 8;

/// Nonces for many rows are drawn at once in the store; here they cost next to nothing.
struct Cheap(u64);

impl Rng for Cheap {
    fn fill(&mut self, bytes: &mut [u8]) {
        for bytes in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let word = self.0.to_be_bytes();
            bytes.copy_from_slice(&word[..bytes.len()]);
        }
    }
}

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let calls = if amount.quick { 2_000 } else { 20_000 };
    let mut deck = Deck::new()?;
    let of = deck.boxes(1)?.pop().ok_or(BenchError::Keys)?;
    let keys = deck.ring.warm(of).map_err(|_| BenchError::Keys)?;
    let mut rng = Cheap(OsRng.u64());
    let mut at = 0_u32;
    let seal = || {
        at = at.wrapping_add(1);
        let row = keys.names().row(5, &at.to_be_bytes());
        black_box(sealed(&keys, &row, &mut rng).is_ok());
    };
    table.at_most(
        "seal a record of 300 bytes, row key included",
        nanoseconds(calls, seal) / 1000.0,
        3.0,
        "us",
    );
    let row = keys.names().row(5, &[0, 0, 0, 1]);
    let at_rest = sealed(&keys, &row, &mut Cheap(1))?;
    let added = at_rest.as_bytes().len() - RECORD.len() + keys.names().prefix().len() - BARE_OWNER_BYTES;
    table.at_most("bytes that sealing adds to a row", added as f64, 48.0, "bytes");
    let sequential = || {
        black_box(keys.next_number().is_ok());
    };
    table.at_most("leaf, sequential", nanoseconds(10 * calls, sequential) / 1000.0, 0.5, "us");
    let mut rng = Cheap(OsRng.u64());
    let cold = || {
        black_box(keys.reach(Number(rng.u64())).is_ok());
    };
    table.at_most("leaf, cold", nanoseconds(calls, cold) / 1000.0, 10.0, "us");
    Ok(())
}

fn sealed(keys: &BoxKeys, row: &sealed::RowKey, rng: &mut Cheap) -> Result<sealed::AtRest, BenchError> {
    let number = keys.next_number().map_err(|_| BenchError::Keys)?;
    keys.seal(row, Version::first(number), &RECORD, rng).map_err(|_| BenchError::Keys)
}
