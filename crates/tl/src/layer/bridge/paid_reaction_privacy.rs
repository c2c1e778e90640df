//! Whether a paid reaction is anonymous was a Bool until layer 198; one in another peer's name has no older form.

use super::{NOTHING, ONE, Slots, one_if, open};
use crate::codec::{FALSE_ID, TRUE_ID};
use crate::layer::LayerError;
use crate::layer::walk::Walk;
use crate::tables::family_named;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let anonymous = walk.word()? == TRUE_ID;
    let name = if anonymous { "paidReactionPrivacyAnonymous" } else { "paidReactionPrivacyDefault" };
    Ok(one_if(family_named(name).is_some_and(|family| walk.put_id(family))))
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (def, _) = open(walk)?;
    match def.name() {
        "paidReactionPrivacyAnonymous" => walk.put_word(TRUE_ID),
        "paidReactionPrivacyDefault" => walk.put_word(FALSE_ID),
        _ => return Ok(NOTHING),
    }
    Ok(ONE)
}
