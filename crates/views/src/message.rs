//! `Message`: a message as its box's owner has it.
//!
//! Source: <https://core.telegram.org/constructor/message>, <https://core.telegram.org/constructor/messageService>.

use domain::message::{Action, Forward, Message, Reply};
use ids::UserId;
use tl::fields;

use crate::message_entity::entities;
use crate::message_media::media;
use crate::message_reactions::message_reactions;
use crate::peer::peer;

/// A message of the viewer's own box. `from_id` is always given: a client need not derive it from the peer.
pub fn message(message: &Message) -> tl::Message {
    if let Some(action) = message.action {
        return service(message, action);
    }
    fields::Message {
        out: is_outgoing(message),
        silent: message.silent,
        pinned: message.pinned,
        id: message.id.0,
        from_id: Some(user(message.from)),
        peer_id: peer(message.peer),
        saved_peer_id: saved_under(message),
        fwd_from: message.forward.as_ref().map(|forward| forward_header(message, forward)),
        reply_to: message.reply.as_ref().map(reply_header),
        date: message.date.as_int(),
        message: message.text.text().to_owned(),
        media: message.media.as_ref().map(|of| media(message, of)),
        entities: entities(message.text.entities()),
        edit_date: message.edited.map(ids::UnixTime::as_int),
        reactions: message_reactions(message, message.owner()),
        ttl_period: message.ttl_s.map(seconds),
        ..fields::Message::default()
    }
    .into()
}

fn service(message: &Message, action: Action) -> tl::Message {
    fields::MessageService {
        out: is_outgoing(message),
        silent: message.silent,
        id: message.id.0,
        from_id: Some(user(message.from)),
        peer_id: peer(message.peer),
        saved_peer_id: saved_under(message),
        reply_to: message.reply.as_ref().map(reply_header),
        date: message.date.as_int(),
        action: match action {
            Action::HistoryCleared => tl::MessageAction::MessageActionHistoryClear,
            Action::TimerSet { period_s } => timer(period_s, None),
            Action::OwnTimerSet { period_s } => timer(period_s, Some(message.from.0)),
            Action::Pinned => tl::MessageAction::MessageActionPinMessage,
        },
        ttl_period: message.ttl_s.map(seconds),
        ..fields::MessageService::default()
    }
    .into()
}

/// In the chat with oneself nothing is outgoing.
fn is_outgoing(message: &Message) -> bool {
    message.out && !is_saved(message)
}

/// Each message of the chat with oneself stands under the chat it was saved from; a note, under oneself.
fn saved_under(message: &Message) -> Option<tl::Peer> {
    message.saved_from().map(peer)
}

fn is_saved(message: &Message) -> bool {
    message.peer.user() == message.owner()
}

fn timer(period_s: u32, auto_setting_from: Option<i64>) -> tl::MessageAction {
    tl::MessageAction::MessageActionSetMessagesTTL { period: seconds(period_s), auto_setting_from }
}

fn user(user: UserId) -> tl::Peer {
    tl::Peer::PeerUser { user_id: user.0 }
}

fn seconds(period_s: u32) -> i32 {
    i32::try_from(period_s).unwrap_or(i32::MAX)
}

fn reply_header(reply: &Reply) -> tl::MessageReplyHeader {
    let quote = reply.quote.as_ref();
    fields::MessageReplyHeader {
        quote: quote.is_some(),
        reply_to_msg_id: Some(reply.to.0),
        quote_text: quote.map(|quote| quote.text.text().to_owned()),
        quote_entities: quote.and_then(|quote| entities(quote.text.entities())),
        quote_offset: quote.map(|quote| i32::from(quote.offset_units)),
        ..fields::MessageReplyHeader::default()
    }
    .into()
}

fn forward_header(message: &Message, forward: &Forward) -> tl::MessageFwdHeader {
    let saved = forward.saved_from.as_ref();
    let again = saved.and_then(|saved| saved.again.as_ref());
    fields::MessageFwdHeader {
        saved_out: again.is_some_and(|again| again.by == message.owner()),
        saved_from_id: again.map(|again| user(again.by)),
        saved_date: again.map(|again| again.date.as_int()),
        from_id: Some(user(forward.from)),
        date: forward.date.as_int(),
        saved_from_peer: saved.map(|saved| peer(saved.peer)),
        saved_from_msg_id: saved.map(|saved| saved.id.0),
        ..fields::MessageFwdHeader::default()
    }
    .into()
}
