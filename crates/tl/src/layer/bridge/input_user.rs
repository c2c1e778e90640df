//! A user where now any peer may stand; only users have the older form.

use super::{Slots, renamed};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    renamed(
        walk,
        &[
            ("inputUserEmpty", "inputPeerEmpty"),
            ("inputUserSelf", "inputPeerSelf"),
            ("inputUser", "inputPeerUser"),
            ("inputUserFromMessage", "inputPeerUserFromMessage"),
        ],
    )
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    renamed(
        walk,
        &[
            ("inputPeerEmpty", "inputUserEmpty"),
            ("inputPeerSelf", "inputUserSelf"),
            ("inputPeerUser", "inputUser"),
            ("inputPeerUserFromMessage", "inputUserFromMessage"),
        ],
    )
}
