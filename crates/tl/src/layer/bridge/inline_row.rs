//! A row of buttons under a message, which had the type of any row until layer 228. A row without buttons is dropped.

use super::{NOTHING, Slots, keyboard_button, one_if};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};
use crate::tables::{Def, KEYBOARD_BUTTON, KEYBOARD_INLINE_BUTTON};

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    row(walk, "keyboardInlineButtonRow", KEYBOARD_INLINE_BUTTON, keyboard_button::raise)
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    row(walk, "keyboardButtonRow", KEYBOARD_BUTTON, keyboard_button::lower)
}

fn row(
    walk: &mut Walk<'_>,
    name: &str,
    to: u16,
    button: fn(&mut Walk<'_>, &'static Def, u16) -> Result<Fate, LayerError>,
) -> Result<[bool; 2], LayerError> {
    walk.id()?;
    let count = walk.count()?;
    let Some(target) = walk.version(name) else { return Ok(NOTHING) };
    walk.put_word(target.id);
    let place = walk.put_vector(0);
    let mut kept = 0;
    for _ in 0..count {
        let before = walk.written();
        let src = walk.id()?;
        if button(walk, src, to)? == Fate::Kept {
            kept += 1;
        } else {
            walk.take_back(before);
        }
    }
    walk.patch(place, kept);
    Ok(one_if(kept > 0))
}
