//! The price of a gift on sale was a number of stars until layer 210; since then there may be several, of stars and TON.

use super::{Slots, first_of, stars_amount};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    walk.put_vector(1);
    stars_amount::raise(walk, slots)
}

/// The first price in stars.
pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    first_of(walk, |walk| stars_amount::lower(walk, slots))
}
