//! phone.createConferenceCall answered the call it was made from until layer 201, updates since: neither can be told from
//! the other, so there is no form.

use super::{NOTHING, Slots};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    walk.skip_value(slots.from_type)?;
    Ok(NOTHING)
}

pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    walk.skip_value(slots.from_type)?;
    Ok(NOTHING)
}
