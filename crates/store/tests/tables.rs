//! Typed tables over a transaction: rows, ranges, rules of writing, and answers that say what they depend on.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use ids::{AuthKeyId, BoxId, MsgId, Pts, RandomId, UnixTime};
use proptest::prelude::*;
use store::outbox::{self, OutboxRow};
use store::{
    Class, Commit, Corrupt, Deletion, Engine, Fault, Masked, Memory, Store, StoreError, Window, testing,
};

store::record! {
    /// A number.
    pub struct Note v1 {
        /// It.
        pub number: i64,
    }
}

store::tables! {
    /// Ordered by a number in clear.
    NOTES = 1: BoxId, MsgId => Note, WithOwner, Fresh;
    /// Grouped by a masked number.
    GROUPS = 2: BoxId, (Masked, MsgId) => Note, WithOwner, Fresh;
    /// Beside them.
    BESIDE = 3: BoxId, MsgId => Note, WithOwner, Fresh;
    /// Of a device.
    GADGETS = 4: AuthKeyId, () => Note, WithOwner, Static;
}

const OWN: BoxId = BoxId(7);

fn store() -> Store {
    Store::new(Arc::new(Memory::new()), testing::door())
}

fn note(number: i64) -> Note {
    Note { number }
}

#[test]
fn tables_know_their_class_and_rule() {
    let infos: Vec<_> = TABLES.iter().map(|table| (table.id, table.name, table.class)).collect();
    assert_eq!(
        infos,
        [
            (1, "NOTES", Class::Box),
            (2, "GROUPS", Class::Box),
            (3, "BESIDE", Class::Box),
            (4, "GADGETS", Class::Device)
        ]
    );
    assert!(TABLES.iter().all(|table| table.deletion == Deletion::WithOwner));
}

#[test]
fn the_last_row_is_that_of_the_transaction() {
    let store = store();
    let last = |tx: &store::Tx<'_>| tx.last(&NOTES, OWN).map(|row| row.map(|(id, note)| (id.0, note.number)));
    let ran = store.write(|tx| {
        tx.enter(&[OWN])?;
        tx.insert(&BESIDE, OWN, &MsgId(9), &note(9))?;
        let mut seen = vec![last(tx)?];
        for id in [4, 2, 6] {
            tx.insert(&NOTES, OWN, &MsgId(id), &note(id.into()))?;
            seen.push(last(tx)?);
        }
        Ok::<_, StoreError>(seen)
    });
    assert_eq!(ran.result, Ok(vec![None, Some((4, 4)), Some((4, 4)), Some((6, 6))]));
    let ran = store.write(|tx| {
        tx.enter(&[OWN])?;
        tx.put(&NOTES, OWN, &MsgId(2), &note(3))?;
        let mut seen = vec![last(tx)?];
        tx.delete(&NOTES, OWN, &MsgId(6))?;
        seen.push(last(tx)?);
        tx.delete(&NOTES, OWN, &MsgId(4))?;
        seen.push(last(tx)?);
        Ok::<_, StoreError>(seen)
    });
    assert_eq!(ran.result, Ok(vec![Some((6, 6)), Some((4, 4)), Some((2, 3))]));
}

#[test]
fn a_failed_function_leaves_nothing_behind() {
    let store = store();
    let ran = store.write(|tx| {
        tx.enter(&[OWN])?;
        tx.put(&NOTES, OWN, &MsgId(1), &note(1))?;
        tx.touch(OWN, Pts(1), Pts(2));
        Err::<(), StoreError>(StoreError::NotEntered { table: "made up" })
    });
    assert!(ran.result.is_err());
    assert_eq!(ran.seen, Commit(0));
    assert!(ran.touched.is_empty());
    let found = store.read(|tx| tx.get(&NOTES, OWN, &MsgId(1)));
    assert!(found.result.unwrap().is_none());
}

#[test]
fn an_answer_names_the_commit_it_depends_on() {
    let store = store();
    let put = |number| {
        store.write(move |tx| {
            tx.enter(&[OWN])?;
            tx.touch(OWN, Pts(1), Pts(2));
            tx.touch(OWN, Pts(2), Pts(3));
            tx.put(&NOTES, OWN, &MsgId(1), &note(number))
        })
    };
    let first = put(1);
    assert_eq!(first.seen, Commit(1));
    let [touched] = first.touched[..] else { panic!("one box was touched") };
    assert_eq!((touched.of, touched.before, touched.head), (OWN, Pts(1), Pts(3)));
    assert_eq!(put(2).seen, Commit(2));
    let read = store.read(|tx| tx.get(&NOTES, OWN, &MsgId(1)));
    assert_eq!(read.seen, Commit(2));
    // A function that wrote nothing depends on what it saw.
    let idle = store.write(|tx| tx.get(&NOTES, OWN, &MsgId(1)));
    assert_eq!((idle.seen, idle.touched.len()), (Commit(2), 0));
    assert!(idle.result.unwrap() == Some(note(2)));
}

#[test]
fn a_box_must_be_entered_before_it_is_written() {
    let ran = store().write(|tx| tx.put(&NOTES, OWN, &MsgId(1), &note(1)));
    assert_eq!(ran.result, Err(StoreError::NotEntered { table: "NOTES" }));
    let ran = store().write(|tx| tx.put(&GADGETS, AuthKeyId(1), &(), &note(1)));
    assert_eq!(ran.result, Ok(()));
}

#[test]
fn a_row_that_does_not_decode_is_corrupt_and_not_missing() {
    let engine = Arc::new(Memory::new());
    let door = testing::door();
    let store = Store::new(Arc::clone(&engine) as Arc<dyn Engine>, door.clone());
    let written = store.write(|tx| {
        tx.enter(&[OWN])?;
        tx.put(&NOTES, OWN, &MsgId(1), &note(1))
    });
    written.result.unwrap();
    let (key, value) = engine.view().unwrap().range(&everything()).unwrap().pop().unwrap();
    let look = |fault| {
        let corrupt = StoreError::Corrupt(Corrupt { table: "NOTES", fault });
        let got = store.read(|tx| tx.get(&NOTES, OWN, &MsgId(1)).map(|_| ()));
        assert_eq!(got.result, Err(corrupt));
        let got = store.read(|tx| tx.range(&NOTES, OWN, .., Window::first(9)).map(|_| ()));
        assert_eq!(got.result, Err(corrupt));
        let got = store.write(|tx| {
            tx.enter(&[OWN])?;
            tx.delete(&NOTES, OWN, &MsgId(1))
        });
        assert!(fault != Fault::Forged || got.result == Err(corrupt), "a number of unknown origin died");
    };
    // Records that no build has written, well sealed.
    let (keys, mut rng) = (door.keyring().warm(OWN).unwrap(), crypto::testing::Seeded::new(9));
    for (bytes, fault) in [
        (vec![], Fault::Short),
        (vec![2, 2], Fault::Version),
        (vec![1, 0x80], Fault::Short),
        (vec![1, 2, 0], Fault::Long),
        (vec![1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Fault::Number),
    ] {
        let version = sealed::Version::first(keys.next_number().unwrap());
        let sealed = keys.seal(&key, version, &bytes, &mut rng).unwrap();
        testsuite_put(&*engine, key.as_bytes(), sealed.as_bytes());
        look(fault);
        testsuite_put(&*engine, key.as_bytes(), value.as_bytes());
    }
    // P16: any bit turned over, bytes gone, bytes more, a value of another row.
    for at in 0..8 * value.as_bytes().len() {
        let mut bytes = value.as_bytes().to_vec();
        bytes[at / 8] ^= 1 << (at % 8);
        testsuite_put(&*engine, key.as_bytes(), &bytes);
        look(Fault::Forged);
    }
    for bytes in [vec![], vec![1], value.as_bytes()[1..].to_vec(), [value.as_bytes(), &[0]].concat()] {
        testsuite_put(&*engine, key.as_bytes(), &bytes);
        look(Fault::Forged);
    }
    testsuite_put(&*engine, key.as_bytes(), value.as_bytes());
    testsuite_put(&*engine, &[key.as_bytes(), &[0]].concat(), value.as_bytes());
    let got = store.read(|tx| tx.range(&NOTES, OWN, .., Window::first(9)).map(|_| ()));
    assert_eq!(got.result, Err(StoreError::Corrupt(Corrupt { table: "NOTES", fault: Fault::Forged })));
}

fn everything() -> store::Scan<'static> {
    store::Scan { from: &[], to: &[0xff; 40], skip: 0, limit: 99, order: store::Order::Ascending }
}

fn testsuite_put(engine: &dyn Engine, key: &[u8], value: &[u8]) {
    store::testsuite::apply(engine, &[(key, Some(value))]);
}

#[test]
fn the_outbox_keeps_the_order_of_due_times() {
    let store = store();
    let row = |reference| OutboxRow { kind: 1, of: OWN, reference };
    let queued = store.write(|tx| {
        tx.enqueue(UnixTime(20), &row(3))?;
        tx.enqueue(UnixTime(10), &row(1))?;
        tx.enqueue(UnixTime(10), &row(2))
    });
    queued.result.unwrap();
    let due = |now| {
        let ran = store.read(|tx| outbox::due(tx, UnixTime(now), 9));
        let rows = ran.result.unwrap();
        rows.into_iter().map(|(id, row)| (id, row.reference)).collect::<Vec<_>>()
    };
    assert!(due(9).is_empty());
    assert_eq!(due(10).iter().map(|(_, reference)| *reference).collect::<Vec<_>>(), [1, 2]);
    let (first, _) = due(20)[0];
    store.write(|tx| outbox::done(tx, first)).result.unwrap();
    assert_eq!(due(20).iter().map(|(_, reference)| *reference).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn an_order_is_taken_back_from_its_place_and_no_other_for_it() {
    let store = store();
    let row = |reference| OutboxRow { kind: 1, of: OWN, reference };
    let [mine, next] = [1, 2].map(|n| store.write(|tx| tx.enqueue(UnixTime(10), &row(n))).result.unwrap());
    let take_back = |due, turn, n| {
        store.write(|tx| outbox::take_back(tx, UnixTime(due), turn, &row(n))).result.unwrap();
        let ran = store.read(|tx| outbox::due(tx, UnixTime(99), 9));
        ran.result.unwrap().into_iter().map(|(_, row)| row.reference).collect::<Vec<_>>()
    };
    assert_eq!(take_back(10, next, 1), [1, 2], "another's place");
    assert_eq!(take_back(11, mine, 1), [1, 2], "another time");
    assert_eq!(take_back(10, mine, 1), [2]);
    // Somebody else has the last place now.
    assert_eq!(take_back(10, next, 2), [0_u64; 0]);
    let again = store.write(|tx| tx.enqueue(UnixTime(10), &row(3))).result.unwrap();
    assert_eq!((again, take_back(10, again, 1)), (0, vec![3]));
}

/// Numbers at both ends and in between, so that neighbours meet.
fn number() -> impl Strategy<Value = i32> {
    prop_oneof![Just(i32::MIN), Just(-1), Just(0), Just(1), Just(i32::MAX), -20..20]
}

#[derive(Clone, Debug)]
enum Act {
    Put { table: u8, of: i64, group: u64, id: i32, value: i64 },
    Delete { table: u8, of: i64, group: u64, id: i32 },
    Commit,
}

fn act() -> impl Strategy<Value = Act> {
    let place = || (0..3_u8, 1..4_i64, 0..2_u64, number());
    prop_oneof![
        5 => (place(), any::<i64>()).prop_map(|((table, of, group, id), value)| Act::Put {
            table, of, group, id, value
        }),
        2 => place().prop_map(|(table, of, group, id)| Act::Delete { table, of, group, id }),
        1 => Just(Act::Commit),
    ]
}

proptest! {
    /// What a transaction reads is what a map says, over its own writes and those of commits before it; rows of
    /// other owners, tables and groups never come in.
    #[test]
    fn transactions_equal_a_map(acts in prop::collection::vec(act(), 1..60), from in number(), to in number(),
        skip in 0..3_usize, limit in 0..9_usize, last in any::<bool>())
    {
        let store = store();
        let mut model = BTreeMap::<(u8, i64, u64, i32), i64>::new();
        for acts in acts.split_inclusive(|act| matches!(act, Act::Commit)) {
            let ran = store.write(|tx| {
                tx.enter(&[BoxId(1), BoxId(2), BoxId(3)])?;
                let mut model = model.clone();
                for act in acts {
                    step(tx, act, &mut model)?;
                }
                check(tx, &model, (from, to), skip, limit, last)?;
                Ok::<_, StoreError>(model)
            });
            model = ran.result.unwrap();
        }
        store.read(|tx| check(tx, &model, (from, to), skip, limit, last)).result.unwrap();
    }

    /// Suffixes sort as what they stand for.
    #[test]
    fn suffixes_keep_order(a in number(), b in number()) {
        let store = store();
        let ran = store.write(|tx| {
            tx.enter(&[OWN])?;
            tx.put(&NOTES, OWN, &MsgId(a), &note(a.into()))?;
            tx.put(&NOTES, OWN, &MsgId(b), &note(b.into()))?;
            tx.range(&NOTES, OWN, .., Window::first(9))
        });
        let found: Vec<_> = ran.result.unwrap().into_iter().map(|(id, note)| (id, note.number)).collect();
        let mut wanted = vec![(MsgId(a), a.into()), (MsgId(b), b.into())];
        wanted.sort_unstable();
        wanted.dedup();
        prop_assert_eq!(found, wanted);
    }
}

fn step(
    tx: &mut store::Tx<'_>,
    act: &Act,
    model: &mut BTreeMap<(u8, i64, u64, i32), i64>,
) -> Result<(), StoreError> {
    match *act {
        Act::Put { table, of, group, id, value } => {
            let (of, id, note) = (BoxId(of), MsgId(id), note(value));
            match table {
                0 => tx.put(&NOTES, of, &id, &note)?,
                1 => tx.put(&GROUPS, of, &(Masked(group), id), &note)?,
                _ => tx.put(&BESIDE, of, &id, &note)?,
            }
            model.insert(place(table, of.0, group, id.0), value);
        }
        Act::Delete { table, of, group, id } => {
            let (of, id) = (BoxId(of), MsgId(id));
            match table {
                0 => tx.delete(&NOTES, of, &id)?,
                1 => tx.delete(&GROUPS, of, &(Masked(group), id))?,
                _ => tx.delete(&BESIDE, of, &id)?,
            }
            model.remove(&place(table, of.0, group, id.0));
        }
        Act::Commit => {}
    }
    Ok(())
}

fn place(table: u8, of: i64, group: u64, id: i32) -> (u8, i64, u64, i32) {
    (table, of, if table == 1 { group } else { 0 }, id)
}

fn check(
    tx: &store::Tx<'_>,
    model: &BTreeMap<(u8, i64, u64, i32), i64>,
    (from, to): (i32, i32),
    skip: usize,
    limit: usize,
    last: bool,
) -> Result<(), StoreError> {
    let window = if last { Window::last(limit) } else { Window::first(limit) }.after(skip);
    let wanted = |table: u8, of: i64, group: u64, inside: &dyn Fn(i32) -> bool| {
        let mut rows: Vec<_> = model
            .iter()
            .filter(|((t, o, g, id), _)| (*t, *o, *g) == (table, of, group) && inside(*id))
            .map(|((.., id), value)| (MsgId(*id), *value))
            .collect();
        if last {
            rows.reverse();
        }
        rows.into_iter().skip(skip).take(limit).collect::<Vec<_>>()
    };
    for of in 1..4 {
        let own = BoxId(of);
        let clear = |rows: Vec<(MsgId, Note)>| rows.into_iter().map(|(id, note)| (id, note.number));
        let all = clear(tx.range(&NOTES, own, .., window)?);
        assert_eq!(all.collect::<Vec<_>>(), wanted(0, of, 0, &|_| true));
        let some = clear(tx.range(&NOTES, own, MsgId(from)..MsgId(to), window)?);
        assert_eq!(some.collect::<Vec<_>>(), wanted(0, of, 0, &|id| (from..to).contains(&id)));
        let open = (Bound::Excluded(MsgId(from)), Bound::Unbounded);
        let some = clear(tx.range(&BESIDE, own, open, window)?);
        assert_eq!(some.collect::<Vec<_>>(), wanted(2, of, 0, &|id| id > from));
        let group = (Masked(1), MsgId(from))..=(Masked(1), MsgId(to));
        let some = tx.range(&GROUPS, own, group, window)?;
        let some = some.into_iter().map(|(((), id), note)| (id, note.number));
        assert_eq!(some.collect::<Vec<_>>(), wanted(1, of, 1, &|id| (from..=to).contains(&id)));
        let newest = tx.last(&NOTES, own)?.map(|(id, note)| (id, note.number));
        let newest_wanted = model.range((0, of, 0, i32::MIN)..=(0, of, 0, i32::MAX)).next_back();
        assert_eq!(newest, newest_wanted.map(|((.., id), value)| (MsgId(*id), *value)));
        let asked = [MsgId(from), MsgId(to), MsgId(from)];
        let got = tx.multi_get(&NOTES, own, &asked)?.into_iter().map(|note| note.map(|note| note.number));
        let got_wanted = asked.map(|id| model.get(&(0, of, 0, id.0)).copied());
        assert_eq!(got.collect::<Vec<_>>(), got_wanted);
        assert_eq!(tx.get(&NOTES, own, &MsgId(from))?.map(|note| note.number), got_wanted[0]);
    }
    Ok(())
}

#[test]
fn random_ids_sort_by_value() {
    store::tables! {
        /// By random id.
        SENT = 1: BoxId, RandomId => Note, WithOwner, Fresh;
    }
    let store = store();
    let ids = [i64::MIN, -5, 0, 3, i64::MAX];
    let ran = store.write(|tx| {
        tx.enter(&[OWN])?;
        for id in ids.iter().rev() {
            tx.put(&SENT, OWN, &RandomId(*id), &note(*id))?;
        }
        tx.range(&SENT, OWN, .., Window::first(9))
    });
    assert_eq!(ran.result.unwrap().into_iter().map(|(id, _)| id.0).collect::<Vec<_>>(), ids);
    assert_eq!(TABLES.len(), 1);
}
