//! A report was answered with a Bool until layer 188. An answer that asks for more than the older report could say means
//! that nothing was reported, and the other way round.

use super::{NOTHING, ONE, Slots, one_if, open};
use crate::codec::{FALSE_ID, TRUE_ID};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let reported = walk.word()? == TRUE_ID;
    let name = if reported { "reportResultReported" } else { "reportResultChooseOption" };
    let Some(target) = walk.version(name) else { return Ok(NOTHING) };
    Ok(one_if(walk.assemble(target, &[], |_, _| Ok(None))? == Fate::Kept))
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (def, _) = open(walk)?;
    walk.put_word(if def.name() == "reportResultReported" { TRUE_ID } else { FALSE_ID });
    Ok(ONE)
}
