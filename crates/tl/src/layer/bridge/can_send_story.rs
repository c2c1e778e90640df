//! stories.canSendStory answered a Bool until layer 202, how many are left since.

use super::{NOTHING, ONE, Slots, open};
use crate::codec::{FALSE_ID, TRUE_ID};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let can = walk.word()? == TRUE_ID;
    let Some(target) = walk.version("stories.canSendStoryCount") else { return Ok(NOTHING) };
    walk.assemble(target, &[], |walk, name| {
        if name != "count_remains" {
            return Ok(None);
        }
        walk.put_int(i32::from(can));
        Ok(Some(Fate::Kept))
    })?;
    Ok(ONE)
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (_, fields) = open(walk)?;
    let left = fields.place("count_remains").map_or(Ok(0), |place| walk.int_at(place))?;
    walk.put_word(if left > 0 { TRUE_ID } else { FALSE_ID });
    Ok(ONE)
}
