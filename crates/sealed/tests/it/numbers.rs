//! No number is issued twice in a box, whatever comes and goes; dead ones are skipped.

use std::collections::HashSet;

use crypto::testing::Seeded;
use ids::BoxId;
use ids::limits::KEYS_IDLE_MS_MAX;
use sealed::{LeafError, Number, NumberRange};

use crate::world::{Ticked, range, ring, secrets};

#[test]
fn no_number_comes_twice_through_drops_and_reloads() {
    let mut rng = Seeded::new(1);
    let ring = ring(64, 3);
    let mut seen: HashSet<(BoxId, Number)> = HashSet::new();
    let mut held = Vec::new();
    let mut now_ms = 0;
    let (mut drops, mut issued) = (0, 0);
    for _ in 0..20_000 {
        let id = BoxId(rng.below(6).cast_signed() + 1);
        match rng.below(20) {
            0 => {
                now_ms += KEYS_IDLE_MS_MAX / 2;
                drops += ring.evict(now_ms).boxes;
            }
            1 => ring.close_box(id),
            2 => held.clear(),
            3 => held.extend(ring.warm(id)),
            _ => {
                let keys = ring.warm(id).unwrap_or_else(|_| ring.install_box(id, secrets(id)).unwrap());
                let count = rng.below(5);
                for _ in 0..count {
                    let number = keys.next_number().unwrap();
                    assert!(seen.insert((id, number)), "a number came twice");
                    issued += 1;
                }
            }
        }
        // Whoever still holds a box that was closed gets none any more, or new ones.
        for keys in &held {
            if let Ok(number) = keys.next_number() {
                assert!(seen.insert((keys.id(), number)), "a number came twice");
            }
        }
    }
    assert!(drops > 100 && issued > 1000);
}

#[test]
fn no_number_comes_twice_on_four_threads() {
    let ring = ring(64, 1);
    let keys = ring.install_box(BoxId(1), secrets(BoxId(1))).unwrap();
    let draw = || (0..2000).map(|_| keys.next_number().unwrap()).collect::<Vec<Number>>();
    let drawn: Vec<Number> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(draw)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let different: HashSet<&Number> = drawn.iter().collect();
    assert_eq!(different.len(), 8000);
}

#[test]
fn numbers_count_on_from_the_highest_box_dropped() {
    let ring = ring(64, 1);
    let keys = |id| ring.install_box(BoxId(id), secrets(BoxId(id))).unwrap();
    let first = keys(1);
    let counters: Vec<u64> = (0..3).map(|_| first.next_number().unwrap().counter()).collect();
    assert_eq!(counters, [0, 1, 2]);
    assert_eq!(keys(2).next_up().unwrap().counter(), 0);
    ring.close_box(BoxId(1));
    assert_eq!(first.next_number(), Err(LeafError::Closed));
    assert_eq!(keys(1).next_up().unwrap().counter(), 3);
    assert_eq!(keys(3).next_up().unwrap().counter(), 3);
    assert_eq!(keys(2).next_up().unwrap().counter(), 0, "a box that stays counts on by itself");
}

#[test]
fn dead_numbers_are_skipped() {
    let mut ticked = Ticked::new(1);
    let base = ticked.keys.next_number().unwrap().0;
    // Some to come, scattered over pages, and a gap in between.
    let scattered = (0..6000).map(|n| range(base + 10 + n * 3, base + 11 + n * 3));
    let ranges: Vec<NumberRange> = scattered.chain([range(base, base + 100)]).collect();
    let change = ticked.tick(&ranges);
    assert!(change.pages.len() > 3);
    let dead = |number: u64| ranges.iter().any(|range| range.first.0 <= number && number <= range.last.0);
    let alive = (base..base + 20_000).filter(|number| !dead(*number));
    for expected in alive {
        let number = loop {
            match ticked.keys.next_number() {
                Ok(number) => break number,
                Err(LeafError::PageMissing(page)) => {
                    ticked.keys.open_page(page, &ticked.rows[&page]).unwrap();
                }
                Err(error) => panic!("{error:?}"),
            }
        };
        assert_eq!(number.0, expected);
    }
}

#[test]
fn an_incarnation_ends() {
    let mut ticked = Ticked::new(1);
    let base = ticked.keys.next_number().unwrap().0;
    let end = base + (1 << 40);
    ticked.tick(&[range(base, end - 2)]);
    ticked.is_alive(Number(end - 1));
    assert_eq!(ticked.keys.next_number(), Ok(Number(end - 1)));
    assert_eq!(ticked.keys.next_number(), Err(LeafError::Exhausted), "the next start's numbers are not ours");
    assert_eq!(ticked.keys.next_up(), Err(LeafError::Exhausted));
    assert!(ticked.is_alive(Number(end)));
}
