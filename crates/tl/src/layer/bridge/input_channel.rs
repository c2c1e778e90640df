//! A channel where now any peer may stand; only channels have the older form.

use super::{Slots, renamed};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    renamed(
        walk,
        &[
            ("inputChannelEmpty", "inputPeerEmpty"),
            ("inputChannel", "inputPeerChannel"),
            ("inputChannelFromMessage", "inputPeerChannelFromMessage"),
        ],
    )
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    renamed(
        walk,
        &[
            ("inputPeerEmpty", "inputChannelEmpty"),
            ("inputPeerChannel", "inputChannel"),
            ("inputPeerChannelFromMessage", "inputChannelFromMessage"),
        ],
    )
}
