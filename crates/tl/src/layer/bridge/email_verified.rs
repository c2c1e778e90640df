//! account.verifyEmail answered true until layer 144.

use super::{ONE, Slots, one_if, open};
use crate::codec::TRUE_ID;
use crate::layer::LayerError;
use crate::layer::walk::Walk;
use crate::tables::family_named;

/// The address is the one that was sent, and unknown here.
pub(crate) fn raise(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    let verified = walk.word()? == TRUE_ID;
    let known = family_named("account.emailVerified").is_some_and(|family| walk.put_id(family));
    walk.put_word(0);
    Ok(one_if(known && verified))
}

pub(crate) fn lower(walk: &mut Walk<'_>, _: Slots) -> Result<[bool; 2], LayerError> {
    open(walk)?;
    walk.put_word(TRUE_ID);
    Ok(ONE)
}
