//! messages.translateText took and gave one plain text until layer 151, several with entities since.

use super::{Slots, first_of, text_with_entities};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    walk.put_vector(1);
    text_with_entities::raise(walk, slots)
}

/// The first text.
pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    first_of(walk, |walk| text_with_entities::lower(walk, slots))
}
