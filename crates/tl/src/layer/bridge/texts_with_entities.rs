//! messages.translateText took and gave one plain text until layer 151, several with entities since.

use super::{NOTHING, Slots, text_with_entities};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    walk.put_vector(1);
    text_with_entities::raise(walk, slots)
}

/// The first text.
pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let mut made = NOTHING;
    for _ in 0..walk.count()? {
        let before = walk.written();
        let again = text_with_entities::lower(walk, slots)?;
        if made == NOTHING {
            made = again;
        } else {
            walk.take_back(before);
        }
    }
    Ok(made)
}
