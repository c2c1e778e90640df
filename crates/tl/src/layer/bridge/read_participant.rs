//! messages.getMessageReadParticipants answered bare user ids until layer 152; raised, the date is unknown.

use super::{Slots, unwrap, wrap};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    wrap(walk, slots, "readParticipantDate", "user_id")
}

pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    unwrap(walk, slots, "readParticipantDate", "user_id")
}
