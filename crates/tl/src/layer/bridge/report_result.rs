//! A report was answered with a Bool until layer 188. An answer that asks for more than the older report could say means
//! that nothing was reported.

use super::{ONE, Slots, one_if, open};
use crate::codec::{FALSE_ID, TRUE_ID};
use crate::layer::LayerError;
use crate::layer::walk::Walk;
use crate::tables::family_named;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let reported = walk.word()? == TRUE_ID;
    let known = family_named("reportResultReported").is_some_and(|family| walk.put_id(family));
    Ok(one_if(known && reported))
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (def, _) = open(walk)?;
    walk.put_word(if def.name() == "reportResultReported" { TRUE_ID } else { FALSE_ID });
    Ok(ONE)
}
