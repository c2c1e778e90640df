//! `DraftMessage`: what is being written in a dialog.
//!
//! Source: <https://core.telegram.org/constructor/draftMessage>.

use domain::Peer;
use domain::draft::Draft;
use domain::message::Reply;
use ids::UnixTime;
use tl::fields;

use crate::message_entity::entities;
use crate::peer::peer;

/// A draft.
pub(crate) fn draft_message(draft: &Draft) -> tl::DraftMessage {
    fields::DraftMessage {
        no_webpage: draft.no_webpage,
        invert_media: draft.invert_media,
        reply_to: draft.reply.as_ref().map(input_reply_to),
        message: draft.text.text().to_owned(),
        entities: entities(draft.text.entities()),
        date: draft.date.as_int(),
        ..fields::DraftMessage::default()
    }
    .into()
}

/// What a dialog's draft is now; none was cleared at `date`.
pub fn draft_update(with: Peer, draft: Option<&Draft>, date: UnixTime) -> tl::Update {
    let none = || tl::DraftMessage::DraftMessageEmpty { date: Some(date.as_int()) };
    fields::UpdateDraftMessage {
        peer: peer(with),
        top_msg_id: None,
        saved_peer_id: None,
        draft: draft.map_or_else(none, draft_message),
    }
    .into()
}

fn input_reply_to(reply: &Reply) -> tl::InputReplyTo {
    let quote = reply.quote.as_ref();
    fields::InputReplyToMessage {
        reply_to_msg_id: reply.to.0,
        quote_text: quote.map(|quote| quote.text.text().to_owned()),
        quote_entities: quote.and_then(|quote| entities(quote.text.entities())),
        quote_offset: quote.map(|quote| i32::from(quote.offset_units)),
        ..fields::InputReplyToMessage::default()
    }
    .into()
}
