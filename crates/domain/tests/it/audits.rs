//! Rows that were removed behind the store's back, or put back (P16).

use domain::audit::{self, Wrong};
use domain::tables::{DIALOGS, LOG, MESSAGES};
use ids::Pts;
use sealed::{AtRest, OwnerTag, RowKey};
use store::{Order, Scan};

use crate::world::{World, peer};

/// The rows of a table in a box, as they lie.
fn rows(world: &World, of: ids::BoxId, table: u16) -> Vec<(RowKey, AtRest)> {
    let names = world.store.door().keyring().names().unwrap().owner(OwnerTag::of_box(of));
    let all = Scan { from: &[], to: &[0xff; 64], skip: 0, limit: usize::MAX, order: Order::Ascending };
    let mut rows = world.store.engine().view().unwrap().range(&all).unwrap();
    rows.retain(|(key, _)| names.owns(key) && key.table() == Some(table));
    rows
}

fn set(world: &World, key: &RowKey, value: Option<&AtRest>) {
    store::testsuite::apply(world.store.engine(), &[(key.as_bytes(), value.map(AtRest::as_bytes))]);
}

#[test]
fn p16_a_row_that_was_removed_or_put_back_is_found() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    for text in ["one", "two", "three"] {
        world.send(a, b, text);
        world.send(b, a, text);
    }
    world.send(a, c, "elsewhere");
    world.read_up_to(a, b, 0);
    let own = a.own_box();
    let wrong = |world: &World| world.look(|tx| audit::audit(tx, own)).wrong;
    let clean = world.look(|tx| audit::audit(tx, own));
    assert_eq!((clean.dialogs, clean.messages, clean.wrong.len()), (2, 7, 0));

    for (key, value) in rows(&world, own, MESSAGES.info().id) {
        set(&world, &key, None);
        assert!(matches!(wrong(&world)[..], [Wrong::Messages(with)] if with == peer(b) || with == peer(c)));
        set(&world, &key, Some(&value));
    }
    for (key, value) in rows(&world, own, DIALOGS.info().id) {
        set(&world, &key, None);
        assert_eq!(wrong(&world), [Wrong::Orphans]);
        set(&world, &key, Some(&value));
    }
    let log = rows(&world, own, LOG.info().id);
    for (at, (key, value)) in log.iter().enumerate().rev().skip(1) {
        set(&world, key, None);
        assert_eq!(wrong(&world), [Wrong::Log(Pts(i32::try_from(at).unwrap() + 1))]);
        set(&world, key, Some(value));
    }
    // A dialog, and a message, as they were before.
    let old = rows(&world, own, DIALOGS.info().id);
    world.send(b, a, "four");
    for (key, value) in &old {
        let now = rows(&world, own, DIALOGS.info().id).into_iter().find(|(there, _)| there == key).unwrap();
        set(&world, key, Some(value));
        let found = wrong(&world);
        assert_eq!(found.is_empty(), now.1 == *value);
        set(&world, key, Some(&now.1));
    }
    assert!(wrong(&world).is_empty());
}

/// A version that is not shredded yet opens; the sum says that it is not the newest.
#[test]
fn p16_an_older_version_of_a_message_is_found() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let sent = world.send(a, b, "text");
    let (own, key) = (a.own_box(), (store::Masked(b.user().0.cast_unsigned()), sent.id));
    let old = rows(&world, own, MESSAGES.info().id).pop().unwrap();
    // The same content under a number of its own, as an edit would write it, but for the sum.
    world.act(|tx| {
        tx.enter(&[own])?;
        let row = tx.get(&MESSAGES, own, &key)?.unwrap();
        tx.put(&MESSAGES, own, &key, &row)
    });
    let wrong = |world: &World| world.look(|tx| audit::audit(tx, own)).wrong;
    assert_eq!(wrong(&world), [Wrong::Messages(peer(b))]);
    set(&world, &old.0, Some(&old.1));
    assert!(wrong(&world).is_empty(), "the version that the sum knows");
}
