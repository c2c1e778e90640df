//! bots.getBotInfo answered two strings, about and description, until layer 156.

use super::{NOTHING, ONE, Slots, open};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let mut texts = [None, None];
    for place in 0..walk.count()? {
        let text = walk.string()?;
        if let Some(slot) = usize::try_from(place).ok().and_then(|place| texts.get_mut(place)) {
            *slot = Some(text);
        }
    }
    let Some(target) = walk.version("bots.botInfo") else { return Ok(NOTHING) };
    walk.assemble(target, &[], |walk, name| {
        match (name, texts) {
            ("about", [Some(about), _]) => walk.put(about),
            ("description", [_, Some(description)]) => walk.put(description),
            _ => return Ok(None),
        }
        Ok(Some(Fate::Kept))
    })?;
    Ok(ONE)
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (_, fields) = open(walk)?;
    let (Some(about), Some(description)) = (fields.place("about"), fields.place("description")) else {
        return Ok(NOTHING);
    };
    walk.put_vector(2);
    for place in [about, description] {
        let text = walk.string_at(place)?;
        walk.put(text);
    }
    Ok(ONE)
}
