//! messages.getWebPagePreview answered a bare media until layer 196.

use super::{Slots, unwrap, wrap};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    wrap(walk, slots, "messages.webPagePreview", "media")
}

pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    unwrap(walk, slots, "messages.webPagePreview", "media")
}
