//! A business bot had the recipients of any other business feature in layer 176; whom it leaves out cannot be said there.

use super::{Slots, renamed};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    renamed(
        walk,
        &[
            ("businessRecipients", "businessBotRecipients"),
            ("inputBusinessRecipients", "inputBusinessBotRecipients"),
        ],
    )
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    renamed(
        walk,
        &[
            ("businessBotRecipients", "businessRecipients"),
            ("inputBusinessBotRecipients", "inputBusinessRecipients"),
        ],
    )
}
