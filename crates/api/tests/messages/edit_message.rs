//! messages.editMessage.

use tl::fields;

use super::send_vote::{asked, poll, sent, vote};
use crate::world::{Person, World, updates};

fn edit(world: &World, by: Person, with: Person, id: i32, text: &str) -> tl::messages::EditMessage {
    let message = Some(text.to_owned());
    tl::messages::EditMessage { peer: world.peer(by, with), id, message, ..Default::default() }
}

#[test]
fn the_answer_and_the_event_show_the_message_as_it_is_now() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "frist", 1);
    let method = edit(&world, anna, boris, sent, "first");
    let tl::Updates::Updates(updates) = world.ok(anna.device, &method) else { panic!("no updates") };
    let [tl::Update::UpdateEditMessage(edited)] = &updates.updates[..] else { panic!("no edit") };
    let tl::Message::Message(message) = &edited.message else { panic!("no message") };
    assert!(message.message == "first" && message.edit_date.is_some() && message.out);
    assert_eq!((edited.pts, edited.pts_count, updates.users.len()), (3, 1, 2));
    assert_eq!(world.touched.len(), 2);
    let events = world.events(boris, 2);
    let [tl::Update::UpdateEditMessage(edited)] = &events[..] else { panic!("no edit") };
    assert_eq!((edited.pts, edited.pts_count), (3, 1));
}

#[test]
fn what_cannot_be_edited_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "mine", 1);
    let cases = [
        (anna, boris, sent, "mine", "400 MESSAGE_NOT_MODIFIED"),
        (anna, boris, sent, "", "400 MESSAGE_EMPTY"),
        (anna, boris, sent, " \n ", "400 MESSAGE_EMPTY"),
        (anna, boris, 99, "new", "400 MESSAGE_ID_INVALID"),
        (boris, anna, 2, "yours", "403 MESSAGE_AUTHOR_REQUIRED"),
    ];
    for (by, with, id, text, error) in cases {
        let method = edit(&world, by, with, id, text);
        assert_eq!(world.err(by.device, &method), error);
    }
    let long = edit(&world, anna, boris, sent, &"x".repeat(4097));
    assert_eq!(world.err(anna.device, &long), "400 MESSAGE_TOO_LONG");
    let schedule =
        tl::messages::EditMessage { schedule_date: Some(9), ..edit(&world, anna, boris, sent, "x") };
    assert_eq!(world.err(anna.device, &schedule), "400 SCHEDULE_DATE_INVALID");
}

fn end(world: &World, by: Person, with: Person, id: i32, closed: bool) -> tl::messages::EditMessage {
    let poll = fields::Poll { closed, ..Default::default() };
    let media = fields::InputMediaPoll { poll: poll.into(), ..Default::default() };
    tl::messages::EditMessage {
        peer: world.peer(by, with),
        id,
        media: Some(media.into()),
        ..Default::default()
    }
}

#[test]
fn who_sent_a_poll_ends_it_for_both() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let text = world.sent(anna, boris, "text", 1);
    let (mine, theirs) = sent(&mut world, anna, boris, asked(|_, _| {}));
    let refused = [
        (boris, anna, theirs, true, "403 MESSAGE_AUTHOR_REQUIRED"),
        (anna, boris, mine, false, "400 MEDIA_NEW_INVALID"),
        (anna, boris, text, true, "400 MEDIA_PREV_INVALID"),
        (anna, boris, 999, true, "400 MESSAGE_ID_INVALID"),
        (anna, anna, mine, true, "400 MESSAGE_ID_INVALID"),
    ];
    for (by, with, id, closed, error) in refused {
        let method = end(&world, by, with, id, closed);
        assert_eq!(world.err(by.device, &method), error);
    }
    let method = end(&world, anna, boris, mine, true);
    let answer = updates(world.ok(anna.device, &method));
    let [tl::Update::UpdateMessagePoll(told), tl::Update::UpdateFolderPeers { pts_count: 1, .. }] =
        &answer[..]
    else {
        panic!("not told")
    };
    let Some(tl::Poll::Poll(ended)) = &told.poll else { panic!("no poll") };
    assert!(ended.closed && poll(&mut world, boris, anna).0.closed);
    let method = vote(&world, boris, anna, theirs, &[b"0"]);
    assert_eq!(world.err(boris.device, &method), "400 MESSAGE_POLL_CLOSED");
    let method = end(&world, anna, boris, mine, true);
    assert_eq!(world.err(anna.device, &method), "400 MESSAGE_NOT_MODIFIED");
    let die = tl::InputMedia::InputMediaDice { emoticon: "\u{1f3b2}".to_owned() };
    let method = tl::messages::EditMessage { media: Some(die), ..end(&world, anna, boris, mine, true) };
    assert_eq!(world.err(anna.device, &method), "400 MEDIA_NEW_INVALID");
}
