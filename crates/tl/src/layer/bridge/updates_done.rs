//! phone.sendGroupCallMessage answered true in layer 216, updates since.

use super::{NOTHING, ONE, Slots, one_if, open};
use crate::codec::TRUE_ID;
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let done = walk.word()? == TRUE_ID;
    let Some(target) = walk.version("updates") else { return Ok(NOTHING) };
    let fate = walk.assemble(target, &[], |_, _| Ok(None))?;
    Ok(one_if(done && fate == Fate::Kept))
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    open(walk)?;
    walk.put_word(TRUE_ID);
    Ok(ONE)
}
