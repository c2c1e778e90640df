//! The length of a video was a whole number of seconds until layer 158.

use super::{ONE, Slots};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let seconds = walk.int()?;
    walk.put(&f64::from(seconds).to_le_bytes());
    Ok(ONE)
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let seconds = f64::from_le_bytes(walk.long()?.to_le_bytes());
    #[allow(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and takes 0 for what is not a number"
    )]
    walk.put_int(seconds.round() as i32);
    Ok(ONE)
}
