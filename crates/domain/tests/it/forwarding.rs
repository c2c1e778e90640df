//! Forwarding: whose words it says they are, what is refused, and that a repetition sends nothing.

use domain::message::{ForwardError, NewForwards};
use ids::{MsgId, RandomId};

use crate::world::{World, peer};

#[test]
fn several_come_in_the_order_given_and_name_their_writers() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(a, b, "mine");
    world.now.0 += 60;
    world.send(b, a, "yours");
    let there = world.all_messages(a, b);
    let sent = world.forward(a, b, c, &[there[0].id, there[1].id]);
    assert!(sent.iter().all(|sent| !sent.repeated && sent.message.is_some()));
    let theirs: Vec<_> = world.all_messages(c, a).into_iter().rev().collect();
    let texts: Vec<_> = theirs.iter().map(|message| message.text.text()).collect();
    assert_eq!(texts, ["yours", "mine"]);
    let origins: Vec<_> = theirs.iter().map(|message| message.forward.clone().unwrap()).collect();
    assert_eq!((origins[0].from, origins[1].from), (b.user(), a.user()));
    assert_eq!((origins[0].date, origins[1].date), (there[0].date, there[1].date));
    assert!(theirs.iter().all(|message| message.from == a.user() && message.date == world.now));
    assert!(origins.iter().all(|origin| origin.saved_from.is_none()));
}

#[test]
fn what_was_forwarded_before_keeps_its_first_origin() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let first = world.send(a, b, "first said by a");
    let at_b = world.all_messages(b, a)[0].id;
    world.now.0 += 60;
    world.forward(b, a, c, &[at_b]);
    let at_c = world.all_messages(c, b)[0].id;
    world.now.0 += 60;
    world.forward(c, b, c, &[at_c]);
    let saved = world.all_messages(c, c).remove(0).forward.unwrap();
    assert!(saved.from == a.user() && saved.date == first.message.unwrap().date);
    let from = saved.saved_from.unwrap();
    assert!(from.peer == peer(b) && from.id == at_c);
    let again = from.again.unwrap();
    assert!(again.by == b.user() && again.date.0 + 60 == world.now.0, "and who brought it there");
    // On its way out again it does not say where it was kept.
    let kept = world.all_messages(c, c)[0].id;
    world.forward(c, c, a, &[kept]);
    for message in [world.all_messages(c, a).remove(0), world.all_messages(a, c).remove(0)] {
        let origin = message.forward.unwrap();
        assert!(origin.from == a.user() && origin.saved_from.is_none());
    }
}

#[test]
fn a_note_to_oneself_goes_out_as_ones_own_word() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let note = world.send(a, a, "a note").id;
    world.forward(a, a, b, &[note]);
    for message in [world.all_messages(a, b).remove(0), world.all_messages(b, a).remove(0)] {
        assert!(message.forward.is_none() && message.from == a.user());
    }
}

#[test]
fn without_its_author_it_is_the_callers_own_word() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(b, a, "borrowed");
    let id = world.all_messages(a, b)[0].id;
    let new = |to| NewForwards {
        from: world.known(a, b),
        to,
        messages: vec![(id, RandomId(7))],
        drop_author: true,
        drop_captions: true,
        silent: true,
        chance: 77,
    };
    world.try_forward(a, c, new).unwrap();
    let theirs = world.all_messages(c, a).remove(0);
    assert!(theirs.forward.is_none() && theirs.silent && theirs.text.text() == "borrowed");
}

#[test]
fn t7_a_repetition_sends_nothing_even_when_the_source_is_gone() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let (one, two) = (world.send(a, b, "one").id, world.send(a, b, "two").id);
    let known = world.known(a, b);
    let new = |messages: &[(MsgId, RandomId)]| {
        let messages = messages.to_vec();
        move |to| NewForwards {
            from: known,
            to,
            messages,
            drop_author: false,
            drop_captions: false,
            silent: false,
            chance: 77,
        }
    };
    let first = world.try_forward(a, c, new(&[(one, RandomId(1))])).unwrap();
    world.delete(a, &[one], true);
    let (pts_a, pts_c) = (world.state(a).pts, world.state(c).pts);
    let again = world.try_forward(a, c, new(&[(one, RandomId(1))])).unwrap();
    assert!(again[0].repeated && again[0].id == first[0].id && again[0].message.is_some());
    assert_eq!((world.state(a).pts, world.state(c).pts), (pts_a, pts_c));
    // What is new in a repetition is sent.
    let both = world.try_forward(a, c, new(&[(one, RandomId(1)), (two, RandomId(2))])).unwrap();
    assert!(both[0].repeated && !both[1].repeated && world.all_messages(c, a).len() == 2);
}

#[test]
fn all_or_none() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let one = world.send(a, b, "one").id;
    world.clear(a, b, true, false);
    let marker = world.all_messages(a, b)[0].id;
    let here = world.send(a, b, "two").id;
    let cases: [(&[(MsgId, RandomId)], ForwardError); 6] = [
        (&[], ForwardError::Nothing),
        (&[(here, RandomId(1)), (one, RandomId(2))], ForwardError::NotFound),
        (&[(here, RandomId(1)), (marker, RandomId(2))], ForwardError::NotFound),
        (&[(here, RandomId(1)), (here, RandomId(1))], ForwardError::RandomIdTwice),
        (&[(here, RandomId(0))], ForwardError::RandomIdEmpty),
        (&[(here, RandomId(3)); 101], ForwardError::TooMany),
    ];
    let (pts_a, pts_c) = (world.state(a).pts, world.state(c).pts);
    for (messages, wanted) in cases {
        let new = |to| NewForwards {
            from: world.known(a, b),
            to,
            messages: messages.to_vec(),
            drop_author: false,
            drop_captions: false,
            silent: false,
            chance: 77,
        };
        assert_eq!(world.try_forward(a, c, new).err(), Some(wanted));
    }
    // Nor is a message of another dialog in this one.
    let new = |to| NewForwards {
        from: world.known(a, c),
        to,
        messages: vec![(here, RandomId(4))],
        drop_author: false,
        drop_captions: false,
        silent: false,
        chance: 77,
    };
    assert_eq!(world.try_forward(a, b, new).err(), Some(ForwardError::NotFound));
    assert_eq!((world.state(a).pts, world.state(c).pts), (pts_a, pts_c), "a refusal moves nothing");
}
