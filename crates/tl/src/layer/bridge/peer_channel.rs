//! Topics belonged to channels alone until layer 214; only channels have the older form.

use super::{Slots, unwrap, wrap};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    wrap(walk, slots, "peerChannel", "channel_id")
}

pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    unwrap(walk, slots, "peerChannel", "channel_id")
}
