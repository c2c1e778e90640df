//! stats.getMessagePublicForwards answered messages until layer 167; stories that forward a message have no older form.

use super::{NOTHING, Slots, one_if, open};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (_, fields) = open(walk)?;
    let (Some(target), Some(forward)) =
        (walk.version("stats.publicForwards"), walk.version("publicForwardMessage"))
    else {
        return Ok(NOTHING);
    };
    let (Some((messages, ty)), Some(item)) = (fields.typed("messages"), forward.field_type("message")) else {
        return Ok(NOTHING);
    };
    let fate = walk.assemble(target, &[&fields], |walk, name| {
        if name != "forwards" {
            return Ok(None);
        }
        walk.each_at(messages, |walk| {
            walk.put_word(forward.id);
            walk.embed(ty & !crate::tables::ops::kind::VECTOR, item)
        })
    })?;
    Ok(one_if(fate == Fate::Kept))
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (_, fields) = open(walk)?;
    let Some(target) = walk.version("messages.messagesSlice") else { return Ok(NOTHING) };
    let (Some((forwards, _)), Some(ty)) = (fields.typed("forwards"), target.field_type("messages")) else {
        return Ok(NOTHING);
    };
    let item = ty & !crate::tables::ops::kind::VECTOR;
    let fate = walk.assemble(target, &[&fields], |walk, name| {
        if name != "messages" {
            return Ok(None);
        }
        walk.each_at(forwards, |walk| {
            let (_, forward) = open(walk)?;
            let Some((message, own)) = forward.typed("message") else { return Ok(Fate::Dropped) };
            walk.embed_at(message, own, item)
        })
    })?;
    Ok(one_if(fate == Fate::Kept))
}
