//! A box out of which so much was deleted, here and there, that what is left of its tree takes more than it may.
use domain::authorization::Device;
use domain::tables::DEVICES;
use ids::limits::ERASURE_STATE_BYTES_MAX;
use ids::{AuthKeyId, BoxId};
use sealed::{Header, Number, OwnerTag};
use store::{Masked, Order, Scan};

use super::{Ground, dirty_box, until, write};
use crate::keeper::desk::Desk;

/// Bytes of a node in a page (docs/keys.md 5); a leaf that is alive between two that are not takes one.
const NODE_BYTES: usize = 41;
const ROWS: u64 = 9;

/// The numbers of a box's rows.
fn numbers(desk: &Desk, of: BoxId) -> Vec<Number> {
    let names = desk.keyring.names().unwrap().owner(OwnerTag::of_box(of));
    let all = Scan { from: &[], to: &[0xff; 64], skip: 0, limit: usize::MAX, order: Order::Ascending };
    let rows = desk.store.engine().view().unwrap().range(&all).unwrap().into_iter();
    let own = rows.filter(|(key, _)| names.owns(key));
    own.filter_map(|(_, value)| match Header::of(&value) {
        Some(Header::Record(version)) => Some(version.number),
        _ => None,
    })
    .collect()
}

/// P33: the keeper moves what is alive to fresh numbers, and the tick that was asked for cuts out everything below.
#[test]
fn p33_a_box_whose_state_would_be_too_large_is_moved_and_then_ticked() {
    let ground = Ground::new();
    let mut desk = ground.start(|_| {});
    let of = dirty_box(&mut desk);
    write(&desk, |tx| {
        tx.enter(&[of])?;
        (0..ROWS).try_for_each(|at| tx.put(&DEVICES, of, &Masked(at), &Device { key: AuthKeyId(at) }))
    });
    let before = numbers(&desk, of);
    assert_eq!(before.len(), ROWS as usize);
    // Every second one of so many numbers that what lies between them is too much.
    let count = ERASURE_STATE_BYTES_MAX / NODE_BYTES + 1;
    let spared: Vec<Number> = (0..count as u64).map(|at| Number(2 * at)).collect();
    write(&desk, |tx| {
        tx.cut_between(of, None, Number(2 * count as u64), spared.clone());
        Ok(())
    });
    let answer = desk.node.keeper.shred();
    until(&mut desk, |_| answer.borrow().is_some());
    assert_eq!(answer.borrow().unwrap().open, 0);
    assert!(desk.store.pending(of, 1).unwrap().is_empty());
    let state = desk.keyring.warm(of).unwrap().state().unwrap();
    assert!(state.bytes() < ERASURE_STATE_BYTES_MAX / 100, "{} bytes are left", state.bytes());
    let after = numbers(&desk, of);
    assert!(after.len() == before.len() && after.iter().min() > before.iter().max());
    for at in 0..ROWS {
        let read = desk.store.read(|tx| tx.get(&DEVICES, of, &Masked(at)).map(|row| row.map(|row| row.key)));
        assert_eq!(read.result, Ok(Some(AuthKeyId(at))));
    }
}
