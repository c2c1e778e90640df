//! One value where now several may stand: raised as a vector of one, lowered to the first that has a form.

use super::{Slots, first_of, one_if};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};
use crate::tables::ops::kind;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    walk.put_vector(1);
    let fate = walk.embed(slots.from_type, slots.to_type & !kind::VECTOR)?;
    Ok(one_if(fate == Fate::Kept))
}

pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    first_of(walk, |walk| {
        let fate = walk.embed(slots.from_type & !kind::VECTOR, slots.to_type)?;
        Ok(one_if(fate == Fate::Kept))
    })
}
