//! A store that comes back from an older image (P34): what was deleted stays deleted, counts are true, clients ask anew.

use std::sync::Arc;

use domain::tables::MESSAGES;
use domain::update::{self, Event, Since};
use domain::{audit, repair};
use ids::{BoxId, Pts};
use sealed::Secret;
use store::testing::Rig;
use store::{Memory, Store, StoreError, dump};

use crate::world::World;

/// One tick of a box, but for the vaults; what it wrote.
fn tick(world: &World, of: BoxId) -> sealed::Change {
    let keys = world.store.door().keyring().warm(of).unwrap();
    let cut = world.store.pending(of, usize::MAX).unwrap();
    let mut rng = crypto::testing::Seeded::new(3);
    let change = keys.state().unwrap().cut(&cut, &[], Secret::new([3; 32]), &mut rng).unwrap();
    world.store.write_state(of, change.epoch, &change.sheet, &change.pages).unwrap();
    keys.advance(&change).unwrap();
    world.store.settle(of, &cut, change.epoch - 1, &change.ended).unwrap();
    change
}

fn delete(world: &World, of: domain::Authed, with: domain::Authed, id: ids::MsgId) {
    let key = (store::Masked(with.user().0.cast_unsigned()), id);
    world.act(|tx| {
        tx.enter(&[of.own_box()])?;
        tx.delete(&MESSAGES, of.own_box(), &key)
    });
}

#[test]
fn p34_a_restore_brings_back_nothing_that_was_deleted() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let sent: Vec<_> = (0..6).map(|n| world.send(a, b, &n.to_string())).collect();
    let mut image = Vec::new();
    dump::dump(&*world.store.engine().view().unwrap(), &mut image).unwrap();

    for gone in [0, 5] {
        delete(&world, a, b, sent[gone].id);
    }
    let change = tick(&world, a.own_box());
    (0..9).for_each(|_| drop(world.send(b, a, "lost with the disk")));
    let told = world.state(a).pts;

    let engine = Memory::new();
    dump::restore(&engine, &mut image.as_slice()).unwrap();
    let store = Store::new(Arc::new(engine), world.store.door().clone());
    // The vaults' copy of the state, as custody writes it.
    store.write_state(a.own_box(), change.epoch, &change.sheet, &change.pages).unwrap();
    store.mark_behind().unwrap();
    world.store = Rig::over(store);
    let read = |world: &World| world.store.read(|tx| update::state(tx, a)).result;
    assert_eq!(read(&world), Err(StoreError::NeedKeys), "nobody reads it before");

    let now = world.now;
    let done = repair::repair(&world.store, a.own_box(), now).unwrap();
    assert_eq!(done.dropped, 2);
    let again = repair::repair(&world.store, a.own_box(), now).unwrap();
    assert_eq!((again.dropped, again.seen), (0, done.seen), "once is enough");
    assert_eq!(repair::repair(&world.store, b.own_box(), now).unwrap().dropped, 0);
    for shelf in sealed::DirectoryBox::all() {
        repair::repair(&world.store, shelf.id(), now).unwrap();
    }

    let there: Vec<_> = world.all_messages(a, b).into_iter().map(|message| message.id).collect();
    assert_eq!(there, sent[1..5].iter().rev().map(|sent| sent.id).collect::<Vec<_>>());
    let (dialog, top) = world.dialog(a, b);
    assert_eq!((dialog.messages, dialog.top, top.map(|top| top.id)), (4, sent[4].id, Some(sent[4].id)));
    assert_eq!(world.dialog(b, a).0.unread, 6, "the partner's copies stay");
    for user in [a, b] {
        assert!(world.look(|tx| audit::audit(tx, user.own_box())).wrong.is_empty());
    }
    let state = world.state(a);
    assert!(state.pts > told && state.pts.0 > 100_000);
    let last = world.events(a, Pts(1)).pop().unwrap();
    assert_eq!((last.event, last.pts_count), (Event::Repaired, 100_000));
    let since = Since { pts: told, limit: None };
    let difference = world.store.read(|tx| update::difference(tx, a, since)).result.unwrap();
    assert!(difference.complete && difference.state == state && difference.others.is_empty());

    // Life goes on, beyond every number that anybody was told.
    let next = world.send(b, a, "hello again");
    assert!(next.pts.0 > 100_000);
    assert_eq!(world.dialog(a, b).0.messages, 5);
}
