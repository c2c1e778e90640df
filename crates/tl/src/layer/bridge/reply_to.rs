//! A reply was the number of a message, and of its topic, until layer 158 (in drafts until 165).

use super::{NOTHING, ONE, Slots, open};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

/// A topic without a message is a message to the topic: a reply to its first message.
pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let [has_message, has_topic] = slots.from;
    let message = if has_message { Some(walk.int()?) } else { None };
    let topic = if has_topic { Some(walk.int()?) } else { None };
    let Some(target) = walk.version("inputReplyToMessage") else { return Ok(NOTHING) };
    walk.assemble(target, &[], |walk, name| {
        match (name, message.or(topic), topic) {
            ("reply_to_msg_id", Some(message), _) => walk.put_int(message),
            ("top_msg_id", _, Some(topic)) => walk.put_int(topic),
            _ => return Ok(None),
        }
        Ok(Some(Fate::Kept))
    })?;
    Ok(ONE)
}

/// A reply to a story has no older form, and the text goes out without it.
pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let (_, fields) = open(walk)?;
    let Some(message) = fields.place("reply_to_msg_id") else { return Ok(NOTHING) };
    let [_, has_topic] = slots.to;
    let message = walk.int_at(message)?;
    walk.put_int(message);
    let Some(topic) = fields.place("top_msg_id").filter(|_| has_topic) else { return Ok(ONE) };
    let topic = walk.int_at(topic)?;
    walk.put_int(topic);
    Ok([true, true])
}
