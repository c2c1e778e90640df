//! How rare a part of a gift is was a number per mille until layer 221; the newer words for it have none and become 0.

use super::{ONE, Slots, open, wrap};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    wrap(walk, slots, "starGiftAttributeRarity", "permille")
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (_, fields) = open(walk)?;
    let permille = fields.place("permille").map_or(Ok(0), |place| walk.int_at(place))?;
    walk.put_int(permille);
    Ok(ONE)
}
