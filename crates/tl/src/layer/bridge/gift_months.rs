//! The length of a gift subscription was in months until layer 216, in days since; a month has 30.

use super::{ONE, Slots};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

const DAYS_PER_MONTH: i32 = 30;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let months = walk.int()?;
    walk.put_int(months.saturating_mul(DAYS_PER_MONTH));
    Ok(ONE)
}

/// Rounded, and at least one month if there is anything.
pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let days = walk.int()?;
    let months = days.saturating_add(DAYS_PER_MONTH / 2) / DAYS_PER_MONTH;
    walk.put_int(months.max(days.signum()));
    Ok(ONE)
}
