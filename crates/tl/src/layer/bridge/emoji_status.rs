//! An emoji status that ends had a constructor of its own until layer 196.

use crate::layer::LayerError;
use crate::layer::walk::{Fate, Walk};
use crate::tables::Def;

pub(crate) fn raise(walk: &mut Walk<'_>, src: &'static Def, _: u16) -> Result<Fate, LayerError> {
    let fields = walk.fields(src)?;
    let Some(target) = walk.version("emojiStatus") else { return Ok(Fate::Dropped) };
    walk.assemble(target, &[&fields], |_, _| Ok(None))
}

pub(crate) fn lower(walk: &mut Walk<'_>, src: &'static Def, _: u16) -> Result<Fate, LayerError> {
    let fields = walk.fields(src)?;
    let name = if fields.has("until") { "emojiStatusUntil" } else { "emojiStatus" };
    let Some(target) = walk.version(name) else { return Ok(Fate::Dropped) };
    walk.assemble(target, &[&fields], |_, _| Ok(None))
}
