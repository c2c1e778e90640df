//! Random objects of any layer, for tests and fuzzing: well formed, and nothing else.
//!
//! Every choice comes from a source of numbers that the caller gives, so that a seed or a fuzzer's input decides all.

use ids::Layer;

use crate::Encode;
use crate::codec::{VECTOR_ID, put_bytes};
use crate::schema::Version;
use crate::tables::ops::{ALWAYS, kind};
use crate::tables::{self, Def};

/// How large random objects grow.
#[derive(Clone, Copy)]
pub struct Size {
    /// Objects nest about this deep before only the plainest constructors are taken; at most 9 keeps all below
    /// [`ids::limits::TL_DEPTH_MAX`].
    pub depth: usize,
    /// Most items of a vector.
    pub items: u64,
    /// How many of 100 optional fields are there.
    pub optional_percent: u64,
}

impl Default for Size {
    fn default() -> Self {
        Self { depth: 4, items: 2, optional_percent: 30 }
    }
}

/// Makes random objects of one layer.
pub struct Maker<'d> {
    layer: u16,
    size: Size,
    dice: &'d mut dyn FnMut() -> u64,
}

impl<'d> Maker<'d> {
    /// A maker for `layer`, which takes its choices from `dice`; none if the layer is older than the history.
    pub fn new(layer: Layer, size: Size, dice: &'d mut dyn FnMut() -> u64) -> Option<Self> {
        Some(Self { layer: tables::known_layer(layer.get())?, size, dice })
    }

    /// A random object of this constructor, or a random call of this method.
    pub fn object(&mut self, version: Version) -> Vec<u8> {
        let mut sink = Vec::new();
        self.def(version.0, 0, &mut sink);
        sink
    }

    /// A random answer to this method.
    pub fn answer(&mut self, method: Version) -> Vec<u8> {
        let mut sink = Vec::new();
        self.value(method.0.result, 0, &mut sink);
        sink
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.dice)() % limit.max(1)
    }

    fn def(&mut self, def: &Def, depth: usize, sink: &mut Vec<u8>) {
        def.id.encode(sink);
        let words = [self.flags(), self.flags()];
        let mut known = [0_u32; 2];
        for field in def.fields().filter(|field| field.bit != ALWAYS) {
            if let Some(word) = known.get_mut(usize::from(field.bit >> 5)) {
                *word |= 1 << (field.bit & 31);
            }
        }
        let [a, b] = words;
        let [c, d] = known;
        // Beyond the wanted depth nothing optional is there.
        let words = if depth < self.size.depth { [a & c, b & d] } else { [0, 0] };
        for field in def.fields() {
            if field.ty == kind::FLAGS {
                words.get(usize::from(field.word)).copied().unwrap_or_default().encode(sink);
                continue;
            }
            let word = words.get(usize::from(field.bit >> 5)).copied().unwrap_or_default();
            if field.bit == ALWAYS || word & 1 << (field.bit & 31) != 0 {
                self.value(field.ty, depth + 1, sink);
            }
        }
    }

    /// A word with each bit set as often as optional fields are wanted.
    fn flags(&mut self) -> u32 {
        (0..32).fold(0, |word, bit| {
            let is_set = self.below(100) < self.size.optional_percent;
            word | u32::from(is_set) << bit
        })
    }

    fn value(&mut self, ty: u16, depth: usize, sink: &mut Vec<u8>) {
        if ty & kind::VECTOR != 0 {
            let count = if depth < self.size.depth { self.below(self.size.items + 1) } else { 0 };
            VECTOR_ID.encode(sink);
            u32::try_from(count).unwrap_or_default().encode(sink);
            for _ in 0..count {
                self.value(ty & !kind::VECTOR, depth, sink);
            }
            return;
        }
        match ty {
            kind::TRUE | kind::FLAGS => {}
            kind::INT => sink.extend_from_slice(self.bytes(4).as_slice()),
            kind::LONG => sink.extend_from_slice(self.bytes(8).as_slice()),
            kind::DOUBLE => f64::from(u16::try_from(self.below(60_000)).unwrap_or_default()).encode(sink),
            kind::INT128 => sink.extend_from_slice(self.bytes(16).as_slice()),
            kind::INT256 => sink.extend_from_slice(self.bytes(32).as_slice()),
            kind::BOOL => (self.below(2) == 0).encode(sink),
            kind::STRING => self.text().encode(sink),
            kind::BYTES => {
                let length = self.length();
                put_bytes(sink, &self.bytes(length));
            }
            kind::REST => self.call(sink),
            ty => self.boxed(ty, depth, sink),
        }
    }

    fn boxed(&mut self, ty: u16, depth: usize, sink: &mut Vec<u8>) {
        let (families, _) = tables::ty(ty);
        let layer = self.layer;
        let versions: Vec<&'static Def> =
            families.iter().filter_map(|family| tables::family(*family).at(layer)).collect();
        let choices = if depth < self.size.depth { u64::try_from(versions.len()).unwrap_or(1) } else { 1 };
        let choice = usize::try_from(self.below(choices)).unwrap_or_default();
        if let Some(def) = versions.get(choice) {
            self.def(def, depth, sink);
        }
    }

    /// Any small call, for wrappers.
    fn call(&mut self, sink: &mut Vec<u8>) {
        let small = ["help.getConfig", "help.getNearestDc", "updates.getState"];
        let choice = usize::try_from(self.below(3)).unwrap_or_default();
        let family = small.get(choice).and_then(|name| tables::family_named(name));
        if let Some(def) = family.and_then(|family| family.at(self.layer)) {
            def.id.encode(sink);
        }
    }

    fn length(&mut self) -> usize {
        let most = if self.below(50) == 0 { 600 } else { 12 };
        usize::try_from(self.below(most)).unwrap_or_default()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.below(256)).unwrap_or_default()).collect()
    }

    fn text(&mut self) -> String {
        let length = self.length();
        let alphabet = ['a', 'Z', '0', ' ', 'ä', 'ж', '漢', '🙂'];
        (0..length)
            .map(|_| {
                let choice = usize::try_from(self.below(8)).unwrap_or_default();
                alphabet.get(choice).copied().unwrap_or(' ')
            })
            .collect()
    }
}
