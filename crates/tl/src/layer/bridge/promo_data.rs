//! help.promoData had its fields in another order until layer 202, and always a peer.

use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};
use crate::tables::Def;

pub(crate) fn raise(walk: &mut Walk<'_>, src: &'static Def, _: u16) -> Result<Fate, LayerError> {
    let fields = walk.fields(src)?;
    let Some(target) = walk.version("help.promoData") else { return Ok(Fate::Dropped) };
    walk.assemble(target, &[&fields], |_, _| Ok(None))
}

/// Without a peer there is nothing that an older client could show.
pub(crate) fn lower(walk: &mut Walk<'_>, src: &'static Def, _: u16) -> Result<Fate, LayerError> {
    let fields = walk.fields(src)?;
    let name = if fields.has("peer") { "help.promoData" } else { "help.promoDataEmpty" };
    let Some(target) = walk.version(name) else { return Ok(Fate::Dropped) };
    walk.assemble(target, &[&fields], |_, _| Ok(None))
}
