//! users.getIsPremiumRequiredToContact answered Bools until layer 199; whoever asks for stars instead asks for something too.

use super::{ONE, Slots, one_if, open};
use crate::codec::{FALSE_ID, TRUE_ID};
use crate::layer::LayerError;
use crate::layer::walk::Walk;
use crate::tables::family_named;

pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let premium = walk.word()? == TRUE_ID;
    let name = if premium { "requirementToContactPremium" } else { "requirementToContactEmpty" };
    Ok(one_if(family_named(name).is_some_and(|family| walk.put_id(family))))
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let (def, _) = open(walk)?;
    walk.put_word(if def.name() == "requirementToContactEmpty" { FALSE_ID } else { TRUE_ID });
    Ok(ONE)
}
