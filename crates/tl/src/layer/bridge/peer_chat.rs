//! updateGroupCall named its chat by a bare id until layer 216, which may be that of a channel.

use super::{NOTHING, ONE, Slots, one_if, open};
use crate::layer::LayerError;
use crate::layer::walk::Walk;
use crate::tables::family_named;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let id = walk.long()?;
    let known = family_named("peerChat").is_some_and(|family| walk.put_id(family));
    walk.put_long(id);
    Ok(one_if(known))
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (_, fields) = open(walk)?;
    let Some(id) = fields.place("chat_id").or(fields.place("channel_id")) else { return Ok(NOTHING) };
    let id = walk.long_at(id)?;
    walk.put_long(id);
    Ok(ONE)
}
