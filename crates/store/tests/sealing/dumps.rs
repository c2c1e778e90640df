//! A dump is what lies in the engine, and whatever is wrong with it is found.

#[path = "../embedded/scratch.rs"]
#[allow(dead_code, reason = "this test copies no folder")]
mod scratch;

use ids::MsgId;
use store::dump::{self, DumpError};
use store::{Commit, Embedded, Engine, Memory, Settings};

use crate::world::{NOTES, OWN, World, note};

fn dumped(rows: i32) -> (World, Vec<u8>) {
    let world = World::new();
    for id in 0..rows {
        world.act(|tx| tx.insert(&NOTES, OWN, &MsgId(id), &note("text")));
    }
    let mut bytes = Vec::new();
    let done = dump::dump(&*world.engine.view().unwrap(), &mut bytes).unwrap();
    assert_eq!((done.rows, done.commit), (rows.cast_unsigned().into(), Commit(rows.cast_unsigned().into())));
    (world, bytes)
}

#[test]
fn what_is_restored_is_what_was_dumped() {
    for rows in [0, 1, 2_345] {
        let (world, bytes) = dumped(rows);
        let engine = Memory::new();
        let done = dump::restore(&engine, &mut bytes.as_slice()).unwrap();
        assert_eq!(
            (done.rows, done.commit),
            (world.rows().len() as u64, Commit(rows.cast_unsigned().into()))
        );
        let mut again = Vec::new();
        dump::dump(&*engine.view().unwrap(), &mut again).unwrap();
        // The head tells commits, and the checks follow from it.
        assert_eq!(again.len(), bytes.len());
        let all = store::Scan {
            from: &[],
            to: &[0xff; 40],
            skip: 0,
            limit: usize::MAX,
            order: store::Order::Ascending,
        };
        assert!(engine.view().unwrap().range(&all).unwrap() == world.rows());
        let twice = dump::restore(&engine, &mut bytes.as_slice());
        assert!(rows == 0 || matches!(twice, Err(DumpError::NotEmpty)));
    }
}

/// From one kind of engine to another and back.
#[test]
fn a_dump_knows_no_engine() {
    let (world, bytes) = dumped(345);
    let folder = scratch::Scratch::new();
    let engine = Embedded::open(folder.path(), &Settings::default()).unwrap();
    dump::restore(&engine, &mut bytes.as_slice()).unwrap();
    let mut again = Vec::new();
    dump::dump(&*engine.view().unwrap(), &mut again).unwrap();
    let back = Memory::new();
    dump::restore(&back, &mut again.as_slice()).unwrap();
    let all = store::Scan { from: &[], to: &[0xff; 40], skip: 0, limit: 999, order: store::Order::Ascending };
    assert!(back.view().unwrap().range(&all).unwrap() == world.rows());
}

#[test]
fn a_dump_with_any_bit_turned_over_or_any_end_is_refused() {
    let (_, bytes) = dumped(3);
    let restore = |bytes: &[u8]| dump::restore(&Memory::new(), &mut &*bytes);
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(matches!(restore(&flipped), Err(DumpError::Damaged)), "byte {at}");
        assert!(matches!(restore(&bytes[..at]), Err(DumpError::Damaged)), "cut at {at}");
    }
    assert!(restore(&bytes).is_ok());
}
