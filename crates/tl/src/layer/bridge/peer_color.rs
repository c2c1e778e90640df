//! A name's colour was a number, with an emoji beside it, until layer 166 (in account.updateColor until 214).

use super::{NOTHING, ONE, Slots, open};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let [has_color, has_emoji] = slots.from;
    let color = if has_color { Some(walk.int()?) } else { None };
    let emoji = if has_emoji { Some(walk.long()?) } else { None };
    let Some(target) = walk.version("peerColor") else { return Ok(NOTHING) };
    walk.assemble(target, &[], |walk, name| {
        match (name, color, emoji) {
            ("color", Some(color), _) => walk.put_int(color),
            ("background_emoji_id", _, Some(emoji)) => walk.put_long(emoji),
            _ => return Ok(None),
        }
        Ok(Some(Fate::Kept))
    })?;
    Ok(ONE)
}

pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let (def, fields) = open(walk)?;
    if def.name() != "peerColor" {
        return Ok(NOTHING);
    }
    let [_, has_emoji] = slots.to;
    let mut made = NOTHING;
    let [color_made, emoji_made] = &mut made;
    if let Some(color) = fields.place("color") {
        let color = walk.int_at(color)?;
        walk.put_int(color);
        *color_made = true;
    }
    if let Some(emoji) = fields.place("background_emoji_id").filter(|_| has_emoji) {
        let emoji = walk.long_at(emoji)?;
        walk.put_long(emoji);
        *emoji_made = true;
    }
    Ok(made)
}
