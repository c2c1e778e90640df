//! F1: TL objects, arbitrary, random and bent, through every reader there is, in every layer (A9, A10).
//!
//! Random objects are well formed and must pass: down to a layer and up again nothing changes, and typed code writes
//! what it read. Of other bytes it is asserted only that readers agree on them and that the output is paid for.

use std::sync::LazyLock;

use ids::Layer;
use ids::limits::{LAYER_CANONICAL, LAYER_MIN};
use tl::arbitrary::{Maker, Size};
use tl::layer::{self, LayerError};
use tl::schema::{self, Version};

use crate::typed::{METHODS, SERVICE};
use crate::{Input, Seeded, words};

const CANONICAL: Layer = Layer(LAYER_CANONICAL);
/// Output bytes that an input byte may cost: what stands for something that the other layer lacks is longer.
const GROWTH_MAX: usize = 64;
/// Random choices for one object; after these everything is absent, empty or plain.
const CHOICES_MAX: usize = 3000;

/// Every version of every constructor and method.
static VERSIONS: LazyLock<Vec<Version>> = LazyLock::new(|| {
    let schema = include_str!("../../crates/tl/schema/api.tl");
    let ids = schema.split('#').filter_map(|text| u32::from_str_radix(text.get(..8)?, 16).ok());
    ids.filter_map(schema::by_id).collect()
});

/// What does not come back as it went: lengths of time are rounded; of several constructors that became one the type
/// that is asked for tells which it was; a reaction is taken away by an empty text as well as by none.
static CHANGING: LazyLock<Vec<[u8; 4]>> = LazyLock::new(|| {
    let names = [
        "appWebViewResultUrl",
        "messageActionGiftCode",
        "messageActionGiftPremium",
        "messages.sendReaction",
        "payments.checkedGiftCode",
        "simpleWebViewResultUrl",
    ];
    let changing = VERSIONS.iter().filter(|version| names.contains(&version.name()));
    changing.map(|version| version.id().to_le_bytes()).collect()
});

/// A layer: one that is served, an older or a newer one.
pub fn any_layer(input: &mut Input<'_>) -> Layer {
    Layer(LAYER_MIN - 1 + u16::from(input.byte()) % (LAYER_CANONICAL - LAYER_MIN + 3))
}

fn any_version(input: &mut Input<'_>) -> Version {
    VERSIONS[usize::from(input.u16()) % VERSIONS.len()]
}

/// Rewrites without touching what was there; what comes out is bounded by what went in.
fn rewrite(
    bytes: &[u8],
    how: impl Fn(&[u8], &mut Vec<u8>) -> Result<(), LayerError>,
) -> Result<Vec<u8>, LayerError> {
    let mut out = vec![0xaa];
    let done = how(bytes, &mut out);
    assert!(out.len() <= 1 + GROWTH_MAX * bytes.len(), "{} bytes make {}", bytes.len(), out.len());
    assert!(out[0] == 0xaa && (done.is_ok() || out.len() == 1), "an error leaves something behind");
    out.remove(0);
    done.map(|()| out)
}

/// What a rewriter wrote must be readable; that it has no form on the way back is nobody's fault.
fn readable(read: &[u8], written: &[u8], layer: Layer, back: Result<Vec<u8>, LayerError>) {
    // Bytes of the canonical layer are passed on as they are.
    if let Err(LayerError::Malformed(error)) = back
        && !layer::is_canonical(layer)
    {
        panic!("layer {}: {error}:\n{}\nmade of\n{}", layer.get(), words(written), words(read));
    }
}

/// Any bytes as an object or a call.
pub fn object(bytes: &[u8], layer: Layer) {
    let id = bytes.first_chunk().map_or(0, |id| u32::from_le_bytes(*id));
    let lowered = rewrite(bytes, |bytes, out| layer::lower(bytes, layer, out));
    let raised = rewrite(bytes, |bytes, out| layer::raise(bytes, layer, out));
    if let Ok(lowered) = &lowered {
        readable(bytes, lowered, layer, rewrite(lowered, |bytes, out| layer::raise(bytes, layer, out)));
    }
    if let Ok(raised) = &raised {
        readable(bytes, raised, layer, rewrite(raised, |bytes, out| layer::lower(bytes, layer, out)));
    }
    if schema::by_id(id).is_some_and(Version::is_method) {
        assert!(rewrite(bytes, |bytes, out| layer::lower_request(bytes, layer, out)) == lowered);
        assert!(rewrite(bytes, |bytes, out| layer::raise_request(bytes, layer, out)) == raised);
    }
    if METHODS.iter().any(|method| method.id == id && (method.call)(bytes).is_ok()) {
        // Typed code takes nothing that the tables refuse.
        readable(bytes, bytes, layer, lowered);
    }
    for service in SERVICE {
        let _ = service(bytes);
    }
}

/// Any bytes as the answer to a method.
fn answer(method: u32, bytes: &[u8], layer: Layer) {
    let lower = |bytes: &[u8], out: &mut Vec<u8>| layer::lower_result(method, bytes, layer, out);
    let raise = |bytes: &[u8], out: &mut Vec<u8>| layer::raise_result(method, bytes, layer, out);
    let (lowered, raised) = (rewrite(bytes, lower), rewrite(bytes, raise));
    if let Ok(lowered) = &lowered {
        readable(bytes, lowered, layer, rewrite(lowered, raise));
    }
    if let Ok(raised) = &raised {
        readable(bytes, raised, layer, rewrite(raised, lower));
    }
    if METHODS.iter().any(|typed| typed.id == method && (typed.answer)(bytes).is_ok()) {
        readable(bytes, bytes, layer, lowered);
    }
}

/// Any bytes as the answer to any method.
pub fn any_answer(input: &mut Input<'_>, layer: Layer) {
    answer(any_version(input).id(), input.rest(), layer);
}

/// A random value of `layer`: the input decides first, then a seed, and at last everything is plain.
fn make(
    input: &mut Input<'_>,
    layer: Layer,
    what: impl FnOnce(&mut Maker<'_>) -> Vec<u8>,
) -> Option<Vec<u8>> {
    let depth = usize::from(1 + input.below(5));
    let size = Size { depth, items: input.below(4).into(), optional_percent: input.below(97).into() };
    let mut seeded = Seeded::new(u64::from(input.u16()));
    let chosen = input.piece().iter().map(|byte| u64::from(*byte));
    let mut choices = chosen.chain(std::iter::repeat_with(move || seeded.number()).take(CHOICES_MAX));
    // 96 of 100 is above any share of optional fields, and no remainder by the number of items.
    let mut dice = || choices.next().unwrap_or(96);
    Maker::new(layer, size, &mut dice).map(|mut maker| what(&mut maker))
}

/// A random object or call, from one layer to another and back and there again.
pub fn there_and_back(input: &mut Input<'_>, layer: Layer) {
    let down = input.byte() & 1 != 0;
    let version = any_version(input);
    let (from, version) = match down {
        true => (CANONICAL, version.canonical()),
        false => (layer, schema::by_name(version.name(), layer)),
    };
    let Some(version) = version else { return };
    let Some(bytes) = make(input, from, |maker| maker.object(version)) else { return };
    let lower = |bytes: &[u8], out: &mut Vec<u8>| layer::lower(bytes, layer, out);
    let raise = |bytes: &[u8], out: &mut Vec<u8>| layer::raise(bytes, layer, out);
    let there = |bytes: &[u8]| if down { rewrite(bytes, lower) } else { rewrite(bytes, raise) };
    let back = |bytes: &[u8]| if down { rewrite(bytes, raise) } else { rewrite(bytes, lower) };
    let first = match there(&bytes) {
        Ok(first) => first,
        Err(LayerError::Malformed(error)) => panic!("{} is well formed: {error}", version.name()),
        Err(LayerError::NoForm { .. } | LayerError::TooOld(_)) => return,
    };
    if bytes.as_chunks::<4>().0.iter().any(|word| CHANGING.contains(word)) {
        return;
    }
    let returned = back(&first);
    let again = returned.clone().and_then(|returned| there(&returned));
    let show =
        |result: Result<Vec<u8>, LayerError>| result.map_or_else(|error| error.to_string(), |it| words(&it));
    assert!(
        again.as_ref() == Ok(&first),
        "layer {}:\n{}\nbecomes\n{}\nthen\n{}\nthen\n{}",
        layer.get(),
        words(&bytes),
        words(&first),
        show(returned),
        show(again)
    );
}

/// A random call of a typed method, or an answer to it: typed code writes what it read.
pub fn typed(input: &mut Input<'_>) {
    let method = &METHODS[usize::from(input.byte()) % METHODS.len()];
    let Some(version) = schema::by_id(method.id) else { unreachable!("typed methods are in the schema") };
    let is_answer = input.byte() & 1 != 0;
    let what = |maker: &mut Maker<'_>| if is_answer { maker.answer(version) } else { maker.object(version) };
    let Some(bytes) = make(input, CANONICAL, what) else { return };
    let read = if is_answer { (method.answer)(&bytes) } else { (method.call)(&bytes) };
    assert!(read.as_ref() == Ok(&bytes), "{}: {:?}", version.name(), read.err());
}

/// A random object, call or answer of any layer, bent at a few places.
pub fn bent(input: &mut Input<'_>, layer: Layer) {
    let is_answer = input.byte() & 1 != 0;
    let version = any_version(input);
    let from = if version.is_canonical() { CANONICAL } else { layer };
    let what = |maker: &mut Maker<'_>| if is_answer { maker.answer(version) } else { maker.object(version) };
    let Some(mut bytes) = make(input, from, what) else { return };
    while !input.is_over() && !bytes.is_empty() {
        let place = usize::from(input.u16()) % bytes.len();
        match input.byte() {
            0 => bytes.truncate(place),
            bits => bytes[place] ^= bits,
        }
    }
    if is_answer { answer(version.id(), &bytes, layer) } else { object(&bytes, layer) }
}
