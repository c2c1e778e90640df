//! Editing and deleting: whose copies change, what is refused, and what stays as it was.

use domain::message::EditError;
use domain::update::Event;
use ids::limits::EDIT_TIME_S_MAX;
use ids::{MsgId, UnixTime};

use crate::world::{World, peer};

#[test]
fn an_edit_changes_both_copies_and_tells_both() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let sent = world.send(a, b, "frist");
    let (before_a, before_b) = (world.state(a).pts, world.state(b).pts);
    world.now = UnixTime(world.now.0 + 60);
    let edited = world.edit(a, b, sent.id, "first").unwrap();
    assert!(edited.message.text.text() == "first" && edited.message.edited == Some(world.now));
    let theirs = world.all_messages(b, a).remove(0);
    assert!(theirs.text.text() == "first" && theirs.edited == Some(world.now) && theirs.date < world.now);
    let events = |of, since| world.events(of, since).into_iter().map(|entry| entry.event).collect::<Vec<_>>();
    assert_eq!(events(a, before_a), [Event::Edited { peer: peer(b), id: sent.id }]);
    assert_eq!(events(b, before_b), [Event::Edited { peer: peer(a), id: theirs.id }]);
}

/// Red without the question in `copy::reached_twin`.
#[test]
fn what_somebody_blocked_edits_or_puts_on_reaches_nobody_and_what_he_deletes_goes() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let sent = world.send(a, b, "before");
    let (known, now) = (world.known(b, a), world.now);
    world.store.write(|tx| domain::block::set(tx, b, known, true, now)).result.unwrap();
    let (theirs, state) = (world.all_messages(b, a), world.state(b));
    assert!(world.edit(a, b, sent.id, "after").unwrap().message.text.text() == "after");
    let with = world.known(a, b);
    let react = |tx: &mut store::Tx<'_>| domain::message::react(tx, a, with, sent.id, Some("\u{1f44d}"), now);
    assert!(world.store.write(react).result.unwrap().changed);
    assert!(world.all_messages(b, a) == theirs && world.state(b) == state);
    world.delete(a, &[sent.id], true);
    assert!(world.all_messages(b, a).is_empty(), "nobody keeps what its writer takes back from both");
}

#[test]
fn only_what_one_wrote_oneself_a_short_while_ago_can_be_edited() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let sent = world.send(a, b, "mine");
    let theirs = world.all_messages(b, a)[0].id;
    let saved = world.send(a, a, "note");
    assert_eq!(world.edit(b, a, theirs, "yours").err(), Some(EditError::Author));
    assert_eq!(world.edit(a, c, sent.id, "elsewhere").err(), Some(EditError::NotFound));
    assert_eq!(world.edit(a, b, MsgId(99), "nowhere").err(), Some(EditError::NotFound));
    assert_eq!(world.edit(a, b, sent.id, "mine").err(), Some(EditError::Unchanged));
    let (pts_a, pts_b) = (world.state(a).pts, world.state(b).pts);
    world.now = UnixTime(world.now.0 + EDIT_TIME_S_MAX + 1);
    assert_eq!(world.edit(a, b, sent.id, "too late").err(), Some(EditError::TooLate));
    assert_eq!((world.state(a).pts, world.state(b).pts), (pts_a, pts_b), "a refusal moves nothing");
    assert!(world.edit(a, a, saved.id, "a better note").is_ok(), "one's own notes have no age");
}

#[test]
fn p38_p40_who_deletes_for_himself_changes_nothing_of_the_other_side() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let sent = world.send(a, b, "one");
    world.send(b, a, "two");
    let (theirs, state) = (world.all_messages(b, a), world.state(b));
    let mine: Vec<_> = world.all_messages(a, b).iter().map(|message| message.id).collect();
    assert_eq!(world.delete(a, &mine, false).pts_count, 2);
    assert!(world.all_messages(a, b).is_empty());
    assert!(world.all_messages(b, a) == theirs && world.state(b) == state);
    // And the other's edit does not bring it back, nor tells.
    let pts = world.state(a).pts;
    world.edit(b, a, theirs[0].id, "two and a half").unwrap();
    assert!(world.all_messages(a, b).is_empty() && world.state(a).pts == pts);
    assert_eq!(world.edit(a, b, sent.id, "gone").err(), Some(EditError::NotFound));
}

#[test]
fn p32_with_revoke_both_copies_go_whoever_wrote_them() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "one");
    world.send(b, a, "two");
    let stays = world.send(a, b, "three");
    let (before_a, before_b) = (world.state(a), world.state(b));
    let theirs: Vec<_> = world.all_messages(b, a).iter().skip(1).map(|message| message.id).rev().collect();
    let mine: Vec<_> = world.all_messages(a, b).iter().skip(1).map(|message| message.id).rev().collect();
    // A number twice, and one of nobody, change nothing.
    let asked = [mine[0], mine[1], mine[0], MsgId(9_999)];
    let deleted = world.delete(a, &asked, true);
    assert_eq!((deleted.pts_count, deleted.pts), (2, world.state(a).pts));
    assert_eq!(world.all_messages(a, b).iter().map(|message| message.id).collect::<Vec<_>>(), [stays.id]);
    assert_eq!(world.all_messages(b, a).len(), 1);
    assert_eq!(world.events(a, before_a.pts)[0].event, Event::Deleted { ids: mine });
    assert_eq!(world.events(b, before_b.pts)[0].event, Event::Deleted { ids: theirs });
    assert_eq!(world.state(b).unread, before_b.unread - 1);
    let again = world.delete(a, &asked, true);
    assert_eq!((again.pts_count, again.pts), (0, deleted.pts));
}

#[test]
fn a_dialog_that_lost_its_newest_message_names_the_one_before() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let first = world.send(a, b, "one");
    let second = world.send(a, b, "two");
    world.delete(a, &[second.id], true);
    let (dialog, top) = world.dialog(b, a);
    assert!(top.unwrap().text.text() == "one" && dialog.messages == 1 && dialog.unread == 1);
    world.delete(a, &[first.id], true);
    let (dialog, top) = world.dialog(a, b);
    assert!(top.is_none() && dialog.top == MsgId(0) && dialog.messages == 0);
    assert_eq!(world.dialog(b, a).0.unread, 0);
    assert_eq!(world.state(b).unread, 0);
}
