//! A reaction was an emoji until layer 144, and none was the empty string.

use super::{NOTHING, ONE, Slots, one_if, open};
use crate::layer::LayerError;
use crate::layer::walk::Walk;
use crate::tables::family_named;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let empty = walk.peek_string_is_empty()?;
    let emoji = walk.string()?;
    if empty {
        return Ok(one_if(family_named("reactionEmpty").is_some_and(|family| walk.put_id(family))));
    }
    let known = family_named("reactionEmoji").is_some_and(|family| walk.put_id(family));
    walk.put(emoji);
    Ok(one_if(known))
}

/// Custom emoji and stars have no older form.
pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (def, fields) = open(walk)?;
    match (def.name(), fields.place("emoticon")) {
        ("reactionEmpty", _) => walk.put_word(0),
        ("reactionEmoji", Some(emoji)) => {
            let emoji = walk.string_at(emoji)?;
            walk.put(emoji);
        }
        _ => return Ok(NOTHING),
    }
    Ok(ONE)
}
