//! Setting a chat theme took an emoji until layer 211, and the empty string for none.

use super::{NOTHING, ONE, Slots, one_if, open};
use crate::layer::LayerError;
use crate::layer::walk::Walk;
use crate::tables::family_named;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let empty = walk.peek_string_is_empty()?;
    let emoji = walk.string()?;
    let name = if empty { "inputChatThemeEmpty" } else { "inputChatTheme" };
    let known = family_named(name).is_some_and(|family| walk.put_id(family));
    if !empty {
        walk.put(emoji);
    }
    Ok(one_if(known))
}

/// A theme made of a gift has no older form.
pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (def, fields) = open(walk)?;
    match (def.name(), fields.place("emoticon")) {
        ("inputChatThemeEmpty", _) => walk.put_word(0),
        (_, Some(emoji)) => {
            let emoji = walk.string_at(emoji)?;
            walk.put(emoji);
        }
        _ => return Ok(NOTHING),
    }
    Ok(ONE)
}
