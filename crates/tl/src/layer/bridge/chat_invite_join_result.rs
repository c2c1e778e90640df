//! Joining a chat answered bare updates until layer 225; the answer that asks for a web view has no older form.

use super::{Slots, unwrap, wrap};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    wrap(walk, slots, "messages.chatInviteJoinResultOk", "updates")
}

pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    unwrap(walk, slots, "messages.chatInviteJoinResultOk", "updates")
}
