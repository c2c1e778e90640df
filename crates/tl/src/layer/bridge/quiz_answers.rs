//! The right answers of a quiz were named by their option bytes until layer 223, by their places in the poll since.
//!
//! The poll stands before them in the same constructor, so this bridge rewrites both.

use ids::limits::POLL_OPTIONS_MAX;

use super::{NOTHING, Slots, one_if};
use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};

/// An option that the poll does not have is left out.
pub(crate) fn raise(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let options = options(walk)?;
    let kept = walk.embed(slots.from_type, slots.to_type)? == Fate::Kept;
    let [_, has_answers] = slots.from;
    if !has_answers {
        return Ok(one_if(kept));
    }
    let count = walk.count()?;
    let place = walk.put_vector(0);
    let mut found = 0;
    for _ in 0..count {
        let right = walk.string()?;
        let at = options.iter().position(|option| *option == Some(right));
        if let Some(at) = at.and_then(|at| i32::try_from(at).ok()) {
            walk.put_int(at);
            found += 1;
        }
    }
    walk.patch(place, found);
    Ok(if kept { [true, true] } else { NOTHING })
}

/// An answer without option bytes, which the server would give out, cannot be named in the older form.
pub(crate) fn lower(walk: &mut Walk<'_>, slots: Slots) -> Result<[bool; 2], LayerError> {
    let options = options(walk)?;
    let kept = walk.embed(slots.from_type, slots.to_type)? == Fate::Kept;
    let [_, has_answers] = slots.from;
    if !has_answers {
        return Ok(one_if(kept));
    }
    let count = walk.count()?;
    let place = walk.put_vector(0);
    let mut found = 0;
    for _ in 0..count {
        let right = walk.int()?;
        let option = usize::try_from(right).ok().and_then(|right| options.get(right)).copied().flatten();
        if let Some(option) = option {
            walk.put(option);
            found += 1;
        }
    }
    walk.patch(place, found);
    Ok(if kept { [true, true] } else { NOTHING })
}

/// The option bytes of the answers of the poll that comes next, which is not passed over. There are few, or each right
/// answer would be looked for among as many as a frame can hold.
fn options<'a>(walk: &mut Walk<'a>) -> Result<Vec<Option<&'a [u8]>>, LayerError> {
    let poll = walk.peek_fields()?;
    let Some((answers, _)) = poll.typed("answers") else { return Ok(Vec::new()) };
    walk.list_at(answers, POLL_OPTIONS_MAX, |walk| {
        let def = walk.id()?;
        let option = walk.fields(def)?.place("option");
        option.map(|option| walk.string_at(option)).transpose()
    })
}
