//! messages.saveDraft, and clear_draft of messages.sendMessage.

use ids::Layer;
use mtproto::server::RpcResult;
use tl::Encode;

use crate::world::{Person, World, text_message, updates};

pub(crate) fn draft(world: &World, of: Person, with: Person, text: &str) -> tl::messages::SaveDraft {
    let peer = world.peer(of, with);
    tl::messages::SaveDraft { peer, message: text.to_owned(), ..Default::default() }
}

/// The text of the draft that an update shows; none for one that was cleared.
#[track_caller]
pub(crate) fn shown(update: &tl::Update) -> Option<&str> {
    let tl::Update::UpdateDraftMessage(update) = update else { panic!("no draft") };
    match &update.draft {
        tl::DraftMessage::DraftMessage(draft) => Some(&draft.message),
        tl::DraftMessage::DraftMessageEmpty { .. } => None,
    }
}

fn shown_draft(update: &tl::Update) -> Option<&str> {
    if matches!(update, tl::Update::UpdateDraftMessage(_)) { shown(update) } else { None }
}

#[test]
fn a_draft_is_shown_in_its_dialog_and_told_to_others() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let id = world.sent(boris, anna, "a question", 1);
    let reply = tl::fields::InputReplyToMessage {
        reply_to_msg_id: id,
        quote_text: Some("question".to_owned()),
        quote_offset: Some(2),
        ..Default::default()
    };
    let mut method = draft(&world, anna, boris, "Dear Boris");
    method.reply_to = Some(reply.into());
    method.no_webpage = true;
    method.entities = Some(vec![tl::MessageEntity::MessageEntityBold { offset: 0, length: 4 }]);
    assert!(world.ok(anna.device, &method));
    assert!(world.touched.len() == 1, "one event in the own box");
    assert!(world.ok(anna.device, &method) && world.touched.is_empty(), "the same again is none");
    let tl::messages::Dialogs::Dialogs(list) =
        world.ok(anna.device, &tl::messages::GetDialogs { limit: 9, ..Default::default() })
    else {
        panic!("a slice")
    };
    let [tl::Dialog::Dialog(dialog)] = &list.dialogs[..] else { panic!("not one dialog") };
    let Some(tl::DraftMessage::DraftMessage(there)) = &dialog.draft else { panic!("no draft") };
    assert!(there.message == "Dear Boris" && there.no_webpage);
    let bytes = |of: &Option<tl::InputReplyTo>| of.as_ref().map(Encode::to_bytes);
    assert!(bytes(&there.reply_to) == bytes(&method.reply_to));
    assert!(matches!(
        there.entities.as_deref(),
        Some([tl::MessageEntity::MessageEntityBold { offset: 0, length: 4 }])
    ));
    let events = world.events(anna, 2);
    let [update] = &events[..] else { panic!("not one event") };
    assert_eq!(shown(update), Some("Dear Boris"));
    assert!(world.events(boris, 2).is_empty(), "nobody else hears of it");

    assert!(world.ok(anna.device, &draft(&world, anna, boris, "")));
    let events = world.events(anna, 2);
    assert!(events.iter().all(|update| shown(update).is_none()) && events.len() == 2);
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let plain = || draft(&world, anna, boris, "text");
    let reply = tl::fields::InputReplyToMessage { reply_to_msg_id: 77, ..Default::default() };
    let bold = tl::MessageEntity::MessageEntityBold { offset: 0, length: 9 };
    let stranger = tl::InputPeer::InputPeerUser { user_id: boris.id.0, access_hash: 1 };
    let cases = [
        (tl::messages::SaveDraft { reply_to: Some(reply.into()), ..plain() }, "400 MSG_ID_INVALID"),
        (tl::messages::SaveDraft { entities: Some(vec![bold]), ..plain() }, "400 ENTITY_BOUNDS_INVALID"),
        (tl::messages::SaveDraft { peer: stranger, ..plain() }, "400 PEER_ID_INVALID"),
        (tl::messages::SaveDraft { message: "x".repeat(4097), ..plain() }, "400 MESSAGE_TOO_LONG"),
        (tl::messages::SaveDraft { effect: Some(1), ..plain() }, "400 OPTION_NOT_SUPPORTED"),
    ];
    for (method, error) in cases {
        assert_eq!(world.err(anna.device, &method), error);
    }
    assert!(world.events(anna, 1).is_empty());
}

/// A draft that was sent is one no more; the answer to the sender steps over both events.
#[test]
fn sending_clears_the_draft_if_asked_to() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.ok(anna.device, &draft(&world, anna, boris, "Dear"));
    world.send(anna, boris, "something else", 1);
    assert_eq!(world.events(anna, 1).iter().find_map(shown_draft), Some("Dear"), "it stays unless asked");
    let sent = tl::messages::SendMessage {
        clear_draft: true,
        ..text_message(world.peer(anna, boris), "Dear Boris", 2)
    };
    let told = updates(world.ok(anna.device, &sent));
    let [_, cleared, tl::Update::UpdateFolderPeers { pts, pts_count, .. }, tl::Update::UpdateNewMessage(new)] =
        &told[..]
    else {
        panic!("other updates")
    };
    assert_eq!((shown(cleared), *pts, *pts_count, new.pts), (None, 4, 1, 5));
    let again = updates(world.ok(anna.device, &sent));
    assert!(again.len() == 2 && world.touched.is_empty(), "a repetition clears nothing");
    let sent = tl::messages::SendMessage { random_id: 3, ..sent };
    assert_eq!(updates(world.ok(anna.device, &sent)).len(), 2, "nothing there to clear");
}

/// Until layer 165 a draft named what it answers by a bare number, in the call and in what is told.
#[test]
fn old_layers_say_and_read_it_in_their_own_shape() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let id = world.sent(boris, anna, "a question", 1);
    let old = crate::world::Device { layer: Some(Layer(158)), ..anna.device };
    let mut body = [0xb433_1e3f_u32.to_le_bytes(), 1_u32.to_le_bytes(), id.to_le_bytes()].concat();
    body.extend(world.peer(anna, boris).to_bytes());
    body.extend(*b"\x06answer\x00");
    assert!(matches!(world.run(old, &body), RpcResult::Answer(_)));
    let all = updates(world.ok(anna.device, &tl::messages::GetAllDrafts {}));
    let [tl::Update::UpdateDraftMessage(update)] = &all[..] else { panic!("not one draft") };
    let tl::DraftMessage::DraftMessage(draft) = &update.draft else { panic!("no draft") };
    let Some(tl::InputReplyTo::InputReplyToMessage(reply)) = &draft.reply_to else { panic!("no reply") };
    assert_eq!((draft.message.as_str(), reply.reply_to_msg_id), ("answer", id));
    let RpcResult::Answer(answer) = world.run(old, &0x6a3f_8d65_u32.to_le_bytes()) else {
        panic!("no answer")
    };
    let shape = [0xfd8e_711f_u32.to_le_bytes(), 1_u32.to_le_bytes(), id.to_le_bytes()].concat();
    assert!(answer.windows(shape.len()).any(|bytes| bytes == shape));
}
