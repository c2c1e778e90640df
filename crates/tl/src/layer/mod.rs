//! From any layer to the canonical one and back, by table: bytes in, bytes out, no structs per layer.
//!
//! The server lowers what it sends and raises what it receives; a client that speaks an old layer does the opposite.
//! Rules, in this order: same id, same bytes; a field that is gone is left out, a new one is absent or plain; an object
//! without a form in the other layer clears the flag of an optional field, vanishes from a vector, and is replaced where
//! `schema/rules.txt` says so (unknown media, unknown actions); an update that carries a pts is replaced by the deletion of
//! no messages with the same pts; where meaning needs it, a bridge in `layer/bridge` does the work.
//!
//! Any input is safe: time and output are linear in the input, depth is counted (A9), counts are checked (A10). On an error
//! the output is as it was. Ids never clash between layers, so raising needs no layer to read an object.

pub(crate) mod bridge;
mod error;
mod fields;
mod object;
mod plain;
mod run;
mod skip;
mod walk;

use ids::Layer;
use ids::limits::LAYER_CANONICAL;

use bridge::{NOTHING, Slots};
pub use error::LayerError;
use object::ANY;
use walk::{Fate, Toward, Walk};

use crate::DecodeError;
use crate::tables::ops::NONE;
use crate::tables::{self, Def};

/// Whether objects of `layer` are canonical already: the canonical layer, or one that is newer than the history.
pub const fn is_canonical(layer: Layer) -> bool {
    layer.get() >= LAYER_CANONICAL
}

/// Rewrites one boxed canonical object, an update perhaps, for a peer at `layer`; appends to `out`.
pub fn lower(bytes: &[u8], layer: Layer, out: &mut Vec<u8>) -> Result<(), LayerError> {
    any(bytes, layer, Way::Lower, out)
}

/// Rewrites one boxed object of any older layer into the canonical one; appends to `out`.
pub fn raise(bytes: &[u8], layer: Layer, out: &mut Vec<u8>) -> Result<(), LayerError> {
    any(bytes, layer, Way::Raise, out)
}

/// Rewrites a canonical call for a server at `layer`.
pub fn lower_request(bytes: &[u8], layer: Layer, out: &mut Vec<u8>) -> Result<(), LayerError> {
    call(bytes)?;
    any(bytes, layer, Way::Lower, out)
}

/// Rewrites a call of `layer` into the canonical one. Versions of other layers than `layer` are taken as well; what
/// begins canonical in a canonical layer is copied without a look.
pub fn raise_request(bytes: &[u8], layer: Layer, out: &mut Vec<u8>) -> Result<(), LayerError> {
    call(bytes)?;
    any(bytes, layer, Way::Raise, out)
}

/// Rewrites the canonical answer to a call for a peer at `layer`. `function_id` is the id of the call as the peer sent
/// it, or that of the canonical method.
pub fn lower_result(
    function_id: u32,
    bytes: &[u8],
    layer: Layer,
    out: &mut Vec<u8>,
) -> Result<(), LayerError> {
    answer(function_id, bytes, layer, Way::Lower, out)
}

/// Rewrites the answer of a server at `layer` into the canonical one. `function_id` is the id of the call as it was
/// sent, or that of the canonical method.
pub fn raise_result(
    function_id: u32,
    bytes: &[u8],
    layer: Layer,
    out: &mut Vec<u8>,
) -> Result<(), LayerError> {
    answer(function_id, bytes, layer, Way::Raise, out)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Lower,
    Raise,
}

/// The layer of the tables for `layer`, or nothing if it is canonical.
fn foreign(layer: Layer) -> Result<Option<u16>, LayerError> {
    if is_canonical(layer) {
        return Ok(None);
    }
    tables::known_layer(layer.get()).map(Some).ok_or(LayerError::TooOld(layer))
}

/// Refuses what is not a call.
fn call(bytes: &[u8]) -> Result<(), LayerError> {
    let id = id(bytes)?;
    match tables::by_id(id) {
        Some(def) if def.function => Ok(()),
        _ => Err(DecodeError::UnknownConstructor { id }.into()),
    }
}

/// Whether the outermost object is of the canonical layer. A client may have told us no layer, or a newer one than its
/// library was made for, and still call an older version.
fn begins_canonical(bytes: &[u8]) -> bool {
    let def = id(bytes).ok().and_then(tables::by_id);
    let target = def.and_then(|def| tables::def(def.target));
    def.is_none() || target.is_some_and(|target| def.is_some_and(|def| def.id == target.id))
}

fn id(bytes: &[u8]) -> Result<u32, DecodeError> {
    crate::Reader::new(bytes).peek_id()
}

fn any(bytes: &[u8], layer: Layer, way: Way, out: &mut Vec<u8>) -> Result<(), LayerError> {
    rewrite(bytes, layer, way, out, |walk| walk.object(ANY, ANY))
}

fn answer(
    function_id: u32,
    bytes: &[u8],
    layer: Layer,
    way: Way,
    out: &mut Vec<u8>,
) -> Result<(), LayerError> {
    let Some(known) = foreign(layer)? else {
        out.extend_from_slice(bytes);
        return Ok(());
    };
    let asked = tables::by_id(function_id).filter(|def| def.function);
    let canonical = asked.and_then(|asked| tables::def(asked.target));
    let (Some(asked), Some(canonical)) = (asked, canonical) else {
        return Err(LayerError::NoForm { id: function_id });
    };
    let asked = if asked.id == canonical.id { version_at(canonical, known) } else { asked };
    rewrite(bytes, layer, way, out, |walk| {
        let (from, to, bridge) = match way {
            Way::Lower => (canonical.result, asked.result, asked.lower_bridge),
            Way::Raise => (asked.result, canonical.result, asked.raise_bridge),
        };
        if bridge == NONE {
            return walk.value(from, to);
        }
        let slots = Slots { from: [true, false], to: [true, false], from_type: from, to_type: to };
        let made = walk.bridged(bridge, slots)?;
        Ok(if made == NOTHING { Fate::Dropped } else { Fate::Kept })
    })
}

/// The version of a canonical method that a peer at `layer` knows; the canonical one if it knows none.
fn version_at(canonical: &'static Def, layer: u16) -> &'static Def {
    let family = tables::family(canonical.family);
    let former = || family.former().iter().find_map(|former| tables::family(*former).at(layer));
    family.at(layer).or_else(former).unwrap_or(canonical)
}

fn rewrite(
    bytes: &[u8],
    layer: Layer,
    way: Way,
    out: &mut Vec<u8>,
    root: impl FnOnce(&mut Walk<'_>) -> Result<Fate, LayerError>,
) -> Result<(), LayerError> {
    let toward = match (foreign(layer)?, way) {
        (Some(known), Way::Lower) => Toward::Layer(known),
        (None, Way::Raise) if !begins_canonical(bytes) => Toward::Canonical,
        (Some(_), Way::Raise) => Toward::Canonical,
        (None, Way::Lower | Way::Raise) => {
            out.extend_from_slice(bytes);
            return Ok(());
        }
    };
    let before = out.len();
    let mut walk = Walk::new(bytes, out, toward);
    let done = root(&mut walk).and_then(|fate| {
        walk.finish()?;
        match fate {
            Fate::Kept => Ok(()),
            Fate::Dropped => Err(LayerError::NoForm { id: id(bytes)? }),
        }
    });
    if done.is_err() {
        out.truncate(before);
    }
    done
}
