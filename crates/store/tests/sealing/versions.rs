//! Numbers: who has one, who keeps it, and whose dies (docs/keys.md 4.2, 5.1).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crypto::Rng;
use crypto::testing::Seeded;
use ids::{AuthKeyId, MsgId};
use proptest::prelude::*;
use sealed::{DirectoryBox, Header, OwnerTag, Version};
use store::{Directory, Masked, System};

use crate::world::{COUNTS, DRAFTS, GADGETS, NOTES, Note, ONE, OWN, SETTINGS, SHELVES, World, note};

/// P06: no byte of a value, an owner or a masked number is in the engine in clear.
#[test]
fn p06_what_lies_in_the_engine_says_nothing() {
    let world = World::new();
    let canary = "a canary of twenty-four bytes";
    let device = AuthKeyId(0x1122_3344_5566_7788);
    world.act(|tx| {
        tx.put(&NOTES, OWN, &ONE, &note(canary))?;
        tx.put(&COUNTS, OWN, &ONE, &note(canary))?;
        tx.put(&DRAFTS, OWN, &ONE, &note(canary))?;
        tx.put(&GADGETS, device, &1, &note(canary))?;
        tx.put(&SHELVES, Directory, &Masked(OWN.0.cast_unsigned()), &note(canary))?;
        tx.put(&SETTINGS, System, &1, &note(canary))
    });
    let needles = [
        canary.as_bytes()[..12].to_vec(),
        OWN.0.to_be_bytes()[2..].to_vec(),
        OWN.0.to_le_bytes()[..6].to_vec(),
        device.0.to_be_bytes().to_vec(),
        device.0.to_le_bytes().to_vec(),
    ];
    let rows = world.rows();
    assert_eq!(rows.len(), 6);
    for (key, value) in rows {
        for bytes in [key.as_bytes(), value.as_bytes()] {
            for needle in &needles {
                assert!(!bytes.windows(needle.len()).any(|window| window == needle), "found in clear");
            }
        }
    }
}

/// P35: each version of a row with content has its own number, and the number of the version before is to be cut out.
#[test]
fn p35_a_version_takes_the_number_of_the_one_before_along() {
    let world = World::new();
    let mut before = Vec::new();
    for text in ["first", "second", "third"] {
        world.act(|tx| tx.put(&NOTES, OWN, &ONE, &note(text)));
        assert_eq!(world.pending(OWN), before, "{text}");
        before.push(world.version(NOTES.info().id).0);
    }
    world.act(|tx| tx.delete(&NOTES, OWN, &ONE));
    assert_eq!(world.pending(OWN), before);
    assert_eq!(world.store.dirty(9).unwrap(), [OWN]);
}

/// Randomness is asked for once for eight rows, so once for a message; none is left for another transaction, and no nonce
/// comes twice.
#[test]
fn nonces_are_drawn_eight_at_a_time_and_for_one_transaction() {
    struct Counted(Arc<AtomicUsize>, Seeded);
    impl Rng for Counted {
        fn fill(&mut self, bytes: &mut [u8]) {
            self.0.fetch_add(1, Ordering::Relaxed);
            self.1.fill(bytes);
        }
    }
    let draws = Arc::new(AtomicUsize::new(0));
    let counted = Counted(Arc::clone(&draws), Seeded::new(3));
    let door = store::Door::new(sealed::Keyring::self_sufficient(1), Box::new(counted)).unwrap();
    let world = World::behind(door);
    for round in 0..5 {
        world.act(|tx| (0..20).try_for_each(|id| tx.put(&COUNTS, OWN, &MsgId(id), &note("count"))));
        assert_eq!(draws.load(Ordering::Relaxed), 3 * (round + 1));
        world.store.read(|tx| tx.get(&COUNTS, OWN, &ONE).map(drop)).result.unwrap();
    }
    world.act(|tx| (20..90).try_for_each(|id| tx.put(&COUNTS, OWN, &MsgId(id), &note("count"))));
    let nonces: std::collections::BTreeSet<_> =
        world.rows().iter().map(|(_, value)| value.nonce().unwrap()).collect();
    assert_eq!(nonces.len(), 90);
}

#[test]
fn a_version_that_was_never_on_a_disk_leaves_nothing() {
    let world = World::new();
    world.act(|tx| {
        tx.insert(&NOTES, OWN, &ONE, &note("first"))?;
        tx.put(&NOTES, OWN, &ONE, &note("second"))?;
        tx.insert(&NOTES, OWN, &MsgId(2), &note("gone"))?;
        tx.delete(&NOTES, OWN, &MsgId(2))
    });
    assert!(world.pending(OWN).is_empty() && world.store.dirty(9).unwrap().is_empty());
    let (first, _) = world.version(NOTES.info().id);
    world.act(|tx| {
        tx.put(&NOTES, OWN, &ONE, &note("third"))?;
        tx.put(&NOTES, OWN, &ONE, &note("fourth"))?;
        tx.delete(&NOTES, OWN, &ONE)?;
        tx.delete(&NOTES, OWN, &ONE)
    });
    assert_eq!(world.pending(OWN), [first]);
    assert!(world.headers(NOTES.info().id).is_empty());
}

#[test]
fn a_row_without_content_keeps_its_number() {
    let world = World::new();
    world.act(|tx| tx.put(&COUNTS, OWN, &ONE, &note("0")));
    let (number, _) = world.version(COUNTS.info().id);
    for write in 1..4 {
        // Read before or not, twice in one transaction or not.
        world.act(|tx| {
            if write == 2 {
                tx.get(&COUNTS, OWN, &ONE)?;
            }
            tx.put(&COUNTS, OWN, &ONE, &note("1"))
        });
        assert_eq!(world.version(COUNTS.info().id), (number, write));
    }
    assert!(world.pending(OWN).is_empty());
    world.act(|tx| {
        tx.put(&COUNTS, OWN, &ONE, &note("2"))?;
        tx.delete(&COUNTS, OWN, &ONE)
    });
    assert_eq!(world.pending(OWN), [number], "it lay on the disk before this transaction");
}

/// A number takes 2^20 writes: random nonces are safe up to there.
#[test]
fn a_number_is_given_up_after_a_million_writes() {
    let world = World::new();
    world.act(|tx| tx.put(&COUNTS, OWN, &ONE, &note("0")));
    let (number, _) = world.version(COUNTS.info().id);
    let (key, _) = world.rows().pop().unwrap();
    let keys = world.keyring().warm(OWN).unwrap();
    let last = Version { number, write: Version::WRITES_MAX - 2 };
    let plain = store::Record::encode(&note("1"));
    let sealed = keys.seal(&key, last, &plain, &mut Seeded::new(5)).unwrap();
    store::testsuite::apply(&*world.engine, &[(key.as_bytes(), Some(sealed.as_bytes()))]);
    world.act(|tx| tx.put(&COUNTS, OWN, &ONE, &note("2")));
    assert_eq!(world.version(COUNTS.info().id), (number, Version::WRITES_MAX - 1));
    world.act(|tx| tx.put(&COUNTS, OWN, &ONE, &note("3")));
    let (fresh, write) = world.version(COUNTS.info().id);
    assert!(fresh != number && write == 0);
    assert_eq!(world.pending(OWN), [number]);
}

#[test]
fn what_does_not_last_has_numbers_of_a_tree_of_its_own() {
    let world = World::new();
    world.act(|tx| tx.put(&DRAFTS, OWN, &ONE, &note("dra")));
    let (first, _) = world.version(DRAFTS.info().id);
    world.act(|tx| tx.put(&DRAFTS, OWN, &ONE, &note("draft")));
    let read = world.store.read(|tx| tx.get(&DRAFTS, OWN, &ONE)).result.unwrap();
    assert!(read == Some(note("draft")));
    assert_eq!(world.pending(OwnerTag::SHORT_LIVED), [first]);
    assert!(world.pending(OWN).is_empty());
    assert_eq!(world.store.dirty(9).unwrap(), [OwnerTag::SHORT_LIVED]);
}

#[test]
fn the_directory_has_sixteen_boxes() {
    let world = World::new();
    let put = |text: &str| {
        world.act(|tx| {
            (0..200).try_for_each(|subject| tx.put(&SHELVES, Directory, &Masked(subject), &note(text)))
        });
    };
    put("first");
    let shelves: Vec<_> = DirectoryBox::all().map(|shelf| world.live(shelf.id()).len()).collect();
    assert_eq!(shelves.iter().sum::<usize>(), 200);
    assert!(shelves.iter().all(|rows| (1..40).contains(rows)), "{shelves:?}");
    put("second");
    let dead: usize = DirectoryBox::all().map(|shelf| world.pending(shelf.id()).len()).sum();
    assert_eq!(dead, 200);
    let suffixes: Vec<_> =
        world.rows().into_iter().filter(|(key, _)| key.table() == Some(SHELVES.info().id)).collect();
    assert!(suffixes.iter().all(|(key, _)| key.suffix().len() == 16));
}

#[test]
fn rows_of_devices_and_of_the_system_have_no_number() {
    let world = World::new();
    for text in ["first", "second"] {
        world.act(|tx| {
            tx.put(&GADGETS, AuthKeyId(1), &1, &note(text))?;
            tx.put(&SETTINGS, System, &1, &note(text))
        });
    }
    assert!(matches!(world.headers(GADGETS.info().id)[..], [Header::Day(_)]));
    assert_eq!(world.headers(SETTINGS.info().id), [Header::System]);
    assert!(world.store.dirty(9).unwrap().is_empty());
}

#[test]
#[should_panic(expected = "inserted twice")]
#[cfg(debug_assertions)]
fn who_inserts_knows_that_there_is_none() {
    let world = World::new();
    for _ in 0..2 {
        world.act(|tx| tx.insert(&NOTES, OWN, &ONE, &note("one")));
    }
}

/// P16: a number that somebody wrote into a row does not die in place of the row's own.
#[test]
fn p16_a_number_that_is_not_the_rows_own_does_not_die() {
    let world = World::new();
    world.act(|tx| {
        tx.put(&NOTES, OWN, &ONE, &note("one"))?;
        tx.put(&COUNTS, OWN, &ONE, &note("other"))
    });
    let rows = world.rows();
    let of = |table| rows.iter().find(|(key, _)| key.table() == Some(table)).unwrap();
    let ((key, value), (_, other)) = (of(NOTES.info().id), of(COUNTS.info().id));
    let mixed = [&other.as_bytes()[..12], &value.as_bytes()[12..]].concat();
    store::testsuite::apply(&*world.engine, &[(key.as_bytes(), Some(&mixed))]);
    let ran = world.store.write(|tx| {
        tx.enter(&[OWN])?;
        tx.delete(&NOTES, OWN, &ONE)
    });
    assert!(matches!(ran.result, Err(store::StoreError::Corrupt(_))));
    assert!(world.pending(OWN).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Of every number that ever lay on the disk: it is that of one row, or it is to be cut out, and never both.
    #[test]
    fn every_number_lives_or_is_to_die(
        acts in prop::collection::vec((0..2_u8, 0..4_i32, 0..5_u8, any::<bool>()), 1..60)
    ) {
        let world = World::new();
        let mut lain = std::collections::BTreeSet::new();
        for act in acts.split_inclusive(|(.., commit)| *commit) {
            world.act(|tx| {
                for &(table, id, what, _) in act {
                    let id = MsgId(id);
                    let (there, text) = if table == 0 {
                        (tx.get(&NOTES, OWN, &id)?, "text")
                    } else {
                        (tx.get(&COUNTS, OWN, &id)?, "count")
                    };
                    let put = |tx: &mut store::Tx<'_>, value: &Note| match table {
                        0 => tx.put(&NOTES, OWN, &id, value),
                        _ => tx.put(&COUNTS, OWN, &id, value),
                    };
                    match what {
                        0 if table == 0 => tx.delete(&NOTES, OWN, &id)?,
                        0 => tx.delete(&COUNTS, OWN, &id)?,
                        1 if there.is_none() && table == 0 => tx.insert(&NOTES, OWN, &id, &note(text))?,
                        _ => put(tx, &note(text))?,
                    }
                }
                Ok(())
            });
            let live = world.live(OWN);
            lain.extend(live.keys().copied());
            let pending = world.pending(OWN);
            for number in &lain {
                prop_assert!(live.contains_key(number) != pending.contains(number));
            }
            prop_assert_eq!(lain.len(), live.len() + pending.len(), "a number died that never lived");
        }
    }
}
