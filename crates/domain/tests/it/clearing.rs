//! Clearing a dialog: for whom, how much, in which steps, and what is left in the list.

use domain::Authed;
use domain::dialog::{self, DialogPage, Folder};
use domain::message::{Action, Clear};
use domain::update::Event;
use ids::{MsgId, UnixTime};

use crate::world::World;

fn listed(world: &World, by: Authed) -> usize {
    let page = DialogPage {
        offset_date: UnixTime(0),
        offset_id: MsgId(0),
        offset_peer: None,
        limit: 100,
        folder: Folder::Main,
        exclude_pinned: false,
    };
    world.look(|tx| dialog::list(tx, by, &page)).dialogs.len()
}

fn whole(world: &World, by: Authed, with: Authed) -> Clear {
    let with = world.known(by, with);
    Clear { with, max_id: MsgId(0), min_date: None, max_date: None, keep_dialog: false, revoke: false }
}

#[test]
fn p38_p40_for_myself_the_other_side_keeps_all_and_learns_nothing() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "one");
    world.send(b, a, "two");
    let (theirs, state) = (world.all_messages(b, a), world.state(b));
    let cleared = world.clear(a, b, false, false);
    assert_eq!((cleared.pts_count, cleared.left, cleared.pts), (2, 0, world.state(a).pts));
    assert!(world.all_messages(a, b).is_empty() && listed(&world, a) == 0);
    assert!(world.all_messages(b, a) == theirs && world.state(b) == state);
    assert_eq!(world.clear(a, b, false, false).pts_count, 0);
}

#[test]
fn p32_with_revoke_both_sides_lose_it() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "one");
    world.send(b, a, "two");
    let pts = world.state(b).pts;
    let theirs: Vec<_> = world.all_messages(b, a).iter().rev().map(|message| message.id).collect();
    world.clear(a, b, false, true);
    assert!(world.all_messages(a, b).is_empty() && world.all_messages(b, a).is_empty());
    assert!(listed(&world, a) == 0 && listed(&world, b) == 0 && world.state(b).unread == 0);
    assert_eq!(world.events(b, pts)[0].event, Event::Deleted { ids: theirs });
}

/// A pinned dialog that is only cleared is still pinned, one that leaves the list is not.
#[test]
fn a_pin_stays_as_long_as_the_dialog() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "one");
    let (with, now) = (world.known(a, b), world.now);
    world.store.write(|tx| dialog::pin(tx, a, with, true, now)).result.unwrap();
    world.clear(a, b, true, false);
    assert!(world.dialog(a, b).0.pin > 0);
    world.clear(a, b, false, false);
    assert_eq!(world.dialog(a, b).0.pin, 0);
}

#[test]
fn a_dialog_that_is_only_cleared_stays_where_it_was() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(a, b, "one");
    world.now.0 += 60;
    world.send(a, c, "two");
    world.now.0 += 60;
    let before = world.dialog(a, b).0;
    let cleared = world.clear(a, b, true, false);
    assert_eq!(cleared.pts_count, 2);
    let (dialog, top) = world.dialog(a, b);
    let top = top.unwrap();
    assert!(matches!(top.action, Some(Action::HistoryCleared)) && top.text.text().is_empty());
    assert_eq!((dialog.top_date, dialog.messages, dialog.unread), (before.top_date, 1, 0));
    assert_eq!(world.events(a, cleared.pts).len(), 0);
    // Once is enough; and who wants it gone gets it gone.
    assert_eq!(world.clear(a, b, true, false).pts_count, 0);
    assert_eq!(world.clear(a, b, false, false).pts_count, 1);
    assert_eq!(listed(&world, a), 1);
}

#[test]
fn a_long_history_goes_in_steps_that_end() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    for n in 0..230 {
        world.send(a, b, &format!("{n}"));
    }
    let (mut pts, mut lefts) = (world.state(a).pts.0, Vec::new());
    loop {
        let step = world.clear(a, b, true, true);
        pts += step.pts_count;
        assert_eq!(step.pts.0, pts);
        lefts.push(step.left);
        if step.left == 0 {
            break;
        }
    }
    assert_eq!(lefts, [130, 30, 0]);
    assert!(world.all_messages(b, a).is_empty() && world.all_messages(a, b).len() == 1);
}

#[test]
fn only_up_to_a_number_or_between_two_dates() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let begin = world.now.0;
    let ids: Vec<_> = (0..6)
        .map(|n| {
            world.now = UnixTime(begin + n * 10);
            world.send(a, b, &format!("{n}")).id
        })
        .collect();
    let texts = |world: &World| -> String {
        world.all_messages(a, b).iter().rev().map(|message| message.text.text().to_owned()).collect()
    };
    world.try_clear(a, &Clear { max_id: ids[0], ..whole(&world, a, b) });
    assert_eq!(texts(&world), "12345");
    let (from, to) = (Some(UnixTime(begin + 20)), Some(UnixTime(begin + 30)));
    world.try_clear(a, &Clear { min_date: from, max_date: to, ..whole(&world, a, b) });
    assert_eq!(texts(&world), "145");
    world.try_clear(a, &Clear { min_date: Some(UnixTime(begin + 41)), ..whole(&world, a, b) });
    assert_eq!(texts(&world), "14");
    world.try_clear(
        a,
        &Clear { max_date: Some(UnixTime(begin + 10)), keep_dialog: true, ..whole(&world, a, b) },
    );
    assert_eq!(texts(&world), "4");
    // Nothing lies there.
    world.try_clear(a, &Clear { min_date: to, max_date: from, ..whole(&world, a, b) });
    assert_eq!((texts(&world).as_str(), world.all_messages(b, a).len()), ("4", 6));
}
