//! updateUserName carried one username until layer 147, several since; the first that is active is the one.

use super::{NOTHING, ONE, Slots, open};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let empty = walk.peek_string_is_empty()?;
    let username = walk.string()?;
    walk.put_vector(u32::from(!empty));
    if empty {
        return Ok(ONE);
    }
    let Some(target) = walk.version("username") else { return Ok(NOTHING) };
    walk.assemble(target, &[], |walk, name| {
        match name {
            "editable" | "active" => {}
            "username" => walk.put(username),
            _ => return Ok(None),
        }
        Ok(Some(Fate::Kept))
    })?;
    Ok(ONE)
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let mut active = None;
    for _ in 0..walk.count()? {
        let (_, fields) = open(walk)?;
        active = active.or(fields.place("username").filter(|_| fields.has("active")));
    }
    match active {
        Some(place) => {
            let username = walk.string_at(place)?;
            walk.put(username);
        }
        None => walk.put_word(0),
    }
    Ok(ONE)
}
