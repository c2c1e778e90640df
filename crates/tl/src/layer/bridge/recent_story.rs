//! The newest story of a peer was a bare number until layer 216, 0 for none; that it is live cannot be told there.

use super::{NOTHING, ONE, Slots, open};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let newest = walk.int()?;
    let Some(target) = walk.version("recentStory") else { return Ok(NOTHING) };
    walk.assemble(target, &[], |walk, name| {
        if name != "max_id" || newest == 0 {
            return Ok(None);
        }
        walk.put_int(newest);
        Ok(Some(Fate::Kept))
    })?;
    Ok(ONE)
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (_, fields) = open(walk)?;
    let newest = fields.place("max_id").map_or(Ok(0), |place| walk.int_at(place))?;
    walk.put_int(newest);
    Ok(ONE)
}
