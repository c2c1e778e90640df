//! The reactions of a chat were a list of emoji until layer 144; the empty list allowed none.

use super::{NOTHING, ONE, Slots, one_if, reaction};
use crate::layer::LayerError;
use crate::layer::walk::Walk;
use crate::tables::family_named;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let count = walk.count()?;
    let name = if count == 0 { "chatReactionsNone" } else { "chatReactionsSome" };
    if !family_named(name).is_some_and(|family| walk.put_id(family)) {
        return Ok(NOTHING);
    }
    if count > 0 {
        walk.put_vector(count);
        for _ in 0..count {
            reaction::raise(walk, slots)?;
        }
    }
    Ok(ONE)
}

/// "All" cannot be listed, so it has no older form; custom emoji are left out.
pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let def = walk.id()?;
    if def.name() != "chatReactionsSome" {
        walk.fields(def)?;
        let none = def.name() == "chatReactionsNone";
        if none {
            walk.put_vector(0);
        }
        return Ok(one_if(none));
    }
    let count = walk.count()?;
    let place = walk.put_vector(0);
    let mut kept = 0;
    for _ in 0..count {
        if reaction::lower(walk, slots)? != NOTHING {
            kept += 1;
        }
    }
    walk.patch(place, kept);
    Ok(ONE)
}
