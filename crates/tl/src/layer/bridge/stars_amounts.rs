//! The price of a gift on sale was a number of stars until layer 210; since then there may be several, of stars and TON.

use super::{NOTHING, Slots, stars_amount};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    walk.put_vector(1);
    stars_amount::raise(walk, slots)
}

/// The first price in stars.
pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let mut made = NOTHING;
    for _ in 0..walk.count()? {
        let before = walk.written();
        let again = stars_amount::lower(walk, slots)?;
        if made == NOTHING {
            made = again;
        } else {
            walk.take_back(before);
        }
    }
    Ok(made)
}
