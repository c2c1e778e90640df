//! `Message`: a message as its box's owner has it.
//!
//! Source: <https://core.telegram.org/constructor/message>.

use domain::message::Message;
use tl::fields;

use crate::message_entity::entities;
use crate::peer::peer;

/// A message of the viewer's own box. `from_id` is always given: a client need not derive it from the peer.
pub fn message(message: &Message) -> tl::Message {
    fields::Message {
        out: message.out,
        silent: message.silent,
        id: message.id.0,
        from_id: Some(tl::Peer::PeerUser { user_id: message.from.0 }),
        peer_id: peer(message.peer),
        reply_to: message.reply_to.map(|id| reply_header(id.0)),
        date: message.date.as_int(),
        message: message.text.text().to_owned(),
        entities: entities(message.text.entities()),
        ..fields::Message::default()
    }
    .into()
}

fn reply_header(id: i32) -> tl::MessageReplyHeader {
    fields::MessageReplyHeader { reply_to_msg_id: Some(id), ..fields::MessageReplyHeader::default() }.into()
}
