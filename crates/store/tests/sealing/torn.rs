//! What a power cut tore off: its numbers are cut out, and none that a row has.

use sealed::{Incarnation, Number, NumberRange, OwnerTag};
use store::Torn;

use crate::world::{COUNTS, DRAFTS, NOTES, ONE, OWN, World, note};

/// The incarnation of the next start, in which nothing is torn.
const NEXT: u32 = 1 << 20;

fn torn(world: &World, number: Number) -> Torn {
    let owner = world.keyring().names().unwrap().owner(OwnerTag::of_box(OWN)).prefix();
    Torn { owner, number, is_short: false }
}

/// Whoever can write to the disk can make up a torn end that names any number: then a row would die, and in every backup.
#[test]
fn p33_what_was_torn_off_is_cut_out_and_no_number_that_a_row_has() {
    let world = World::new();
    world.act(|tx| tx.insert(&NOTES, OWN, &ONE, &note("stays")));
    world.act(|tx| tx.insert(&COUNTS, OWN, &ONE, &note("counts")));
    let (kept, counted) = (world.version(1).0, world.version(2).0);
    let keys = world.keyring().warm(OWN).unwrap();
    let [lost, fragment] = [(); 2].map(|()| keys.next_number().unwrap());
    let later = Number::first_of(Incarnation::new(NEXT).unwrap());
    let all = [kept, counted, lost, later].map(|number| torn(&world, number));
    world.store.cut_torn(&all, &[OWN], NEXT).unwrap();
    let pending = world.store.pending(OWN, 9).unwrap();
    let last = lost.last_of_incarnation();
    assert_eq!(pending, [NumberRange { first: lost, last }], "and what may lie there without its key");
    assert!(fragment <= last && last < later);
    assert_eq!(world.store.dirty(9), Ok(vec![OWN]));
    // Cut short and begun anew, it comes to the same.
    world.store.cut_torn(&all, &[OWN], NEXT).unwrap();
    assert_eq!(world.store.pending(OWN, 9).unwrap(), pending);
}

/// Torn ends of several starts may come together: all that each of them may have issued goes.
#[test]
fn p33_what_was_torn_off_several_starts_is_cut_out_of_each() {
    let world = World::new();
    world.act(|tx| tx.insert(&NOTES, OWN, &ONE, &note("stays")));
    let row = world.version(1).0;
    // One of the start before that of the row, and one of that.
    let before = Number(row.0 - row.counter() - 1);
    let earlier = Number(before.0 - before.counter() + 5);
    assert_eq!(earlier.last_of_incarnation(), before);
    let lost = [earlier, world.keyring().warm(OWN).unwrap().next_number().unwrap()];
    world.store.cut_torn(&lost.map(|number| torn(&world, number)), &[OWN], NEXT).unwrap();
    let pending = world.store.pending(OWN, 9).unwrap();
    for number in lost {
        let after = [number, Number(number.0 + 1), number.last_of_incarnation()];
        let is_cut = |number: &Number| pending.iter().any(|at| at.first <= *number && *number <= at.last);
        assert!(after.iter().all(is_cut), "{number:?}: {pending:?}");
    }
}

/// A pending row that begins where another one does takes its place.
#[test]
fn p33_what_was_pending_stays_pending() {
    let world = World::new();
    for id in 0..3 {
        world.act(|tx| tx.insert(&NOTES, OWN, &ids::MsgId(id), &note("text")));
    }
    world.act(|tx| (0..3).try_for_each(|id| tx.delete(&NOTES, OWN, &ids::MsgId(id))));
    let before = world.pending(OWN);
    assert_eq!(before.len(), 3);
    world.act(|tx| tx.insert(&NOTES, OWN, &ids::MsgId(9), &note("text")));
    world.store.cut_torn(&[torn(&world, before[0])], &[OWN], NEXT).unwrap();
    let ranges = world.store.pending(OWN, 9).unwrap();
    let is_pending = |number: &Number| ranges.iter().any(|at| at.first <= *number && *number <= at.last);
    assert!(before.iter().all(is_pending), "{ranges:?}");
    assert!(!is_pending(&world.version(1).0));
}

/// A box that nobody knows is nobody's, and what does not last has a tree of its own.
#[test]
fn p33_what_does_not_last_is_cut_out_of_its_own_tree() {
    let world = World::new();
    world.act(|tx| tx.insert(&DRAFTS, OWN, &ONE, &note("draft")));
    let short = Torn { is_short: true, ..torn(&world, Number(7)) };
    let stranger = Torn { owner: [9; 12], ..torn(&world, Number(8)) };
    world.store.cut_torn(&[short, stranger], &[OWN], NEXT).unwrap();
    assert_eq!(world.pending(OwnerTag::SHORT_LIVED), [Number(7)]);
    assert_eq!(world.store.dirty(9), Ok(vec![OwnerTag::SHORT_LIVED]));
}
