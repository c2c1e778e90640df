//! messages.sendReaction took one emoji until layer 144, and the empty string to take a reaction back.

use super::{Slots, first_of, reaction};
use crate::layer::LayerError;
use crate::layer::walk::Walk;

pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let place = walk.put_vector(1);
    let empty = walk.peek_string_is_empty()?;
    let made = reaction::raise(walk, slots)?;
    if empty {
        walk.take_back(place + 4);
        walk.patch(place, 0);
    }
    Ok(made)
}

/// The first emoji.
pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    first_of(walk, |walk| reaction::lower(walk, slots))
}
