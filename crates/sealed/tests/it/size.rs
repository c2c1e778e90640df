//! How large states and changes become: README, Figures.

use ids::limits::ERASURE_STATE_BYTES_MAX;
use sealed::{Number, NumberRange};

use crate::world::{Ticked, range};

const RECORDS: u64 = 1_000_000;
const MIB: usize = 1 << 20;

#[test]
fn a_thousand_deletions_among_a_million_change_less_than_a_mebibyte() {
    let mut ticked = Ticked::new(1);
    let base = ticked.keys.next_number().unwrap().0;
    for _ in 0..2 {
        let at = |_| Number(base + ticked.rng.below(RECORDS));
        let cuts: Vec<Number> = (0..1_000).map(at).collect();
        let ranges: Vec<NumberRange> = cuts.iter().copied().map(NumberRange::one).collect();
        let change = ticked.tick(&ranges);
        assert!((MIB / 4..=MIB).contains(&change.bytes()), "{} bytes", change.bytes());
        assert!(cuts.iter().all(|number| !ticked.is_alive(*number)));
    }
}

#[test]
fn deletions_in_sequence_change_next_to_nothing() {
    let mut ticked = Ticked::new(2);
    let base = ticked.keys.next_number().unwrap().0;
    let change = ticked.tick(&[range(base, base + RECORDS - 1)]);
    assert!(change.bytes() < 4096, "{} bytes", change.bytes());
    assert!(ticked.is_alive(Number(base + RECORDS)) && !ticked.is_alive(Number(base + RECORDS - 1)));
}

#[test]
fn half_of_a_million_deleted_at_random_is_seen_to_be_too_much() {
    let mut ticked = Ticked::new(3);
    let base = ticked.keys.next_number().unwrap().0;
    let ranges: Vec<NumberRange> = (0..RECORDS)
        .map(|n| Number(base + n))
        .filter(|_| ticked.rng.chance(50))
        .map(NumberRange::one)
        .collect();
    let estimate = ticked.state().estimate(&ranges, &[]).unwrap();
    assert!(estimate.state_bytes > ERASURE_STATE_BYTES_MAX, "{} bytes", estimate.state_bytes);
    // So the survivors move, and everything below is cut out at once.
    let below = NumberRange::below(Number(base + RECORDS + 500_000)).unwrap();
    let change = ticked.tick(&[below]);
    assert!(ticked.state().bytes() <= 4096, "{} bytes", change.bytes());
}

#[test]
fn a_state_grows_until_survivors_have_to_move_and_never_beyond() {
    let mut ticked = Ticked::new(4);
    let base = ticked.keys.next_number().unwrap().0;
    let mut moved = 0;
    let mut lowest = base;
    let mut next = base + RECORDS;
    for _ in 0..12 {
        let span = next - lowest;
        let at = |_| range(lowest + ticked.rng.below(span), 0);
        let cuts: Vec<NumberRange> = (0..20_000).map(at).map(|one| NumberRange::one(one.first)).collect();
        let pages = ticked.read(&ticked.state().touched(&cuts));
        let estimate = ticked.state().estimate(&cuts, &pages).unwrap();
        if estimate.state_bytes > ERASURE_STATE_BYTES_MAX {
            moved += 1;
            lowest = next;
            next += RECORDS / 2;
            ticked.tick(&[NumberRange::below(Number(lowest)).unwrap()]);
        } else {
            ticked.tick(&cuts);
        }
        assert!(ticked.bytes() <= ERASURE_STATE_BYTES_MAX);
    }
    assert!(moved > 0);
}
