//! Passing over values by the tables, and the sizes and bits that this takes.

use ids::limits::TL_DEPTH_MAX;

use super::LayerError;
use super::object::ANY;
use super::walk::Walk;
use crate::DecodeError;
use crate::tables::ops::{self, ALWAYS, NEVER, kind};
use crate::tables::{self, Def};

impl Walk<'_> {
    /// Passes over a value.
    pub(crate) fn skip_value(&mut self, ty: u16) -> Result<(), LayerError> {
        if ty & kind::VECTOR != 0 {
            let item = ty & !kind::VECTOR;
            let count = self.count()?;
            let fixed = if item < kind::BOXED { scalar_bytes(item) } else { 0 };
            if fixed > 0 {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                return self.advance(count.saturating_mul(fixed));
            }
            return (0..count).try_for_each(|_| self.skip_value(item));
        }
        match ty {
            kind::STRING | kind::BYTES => self.string().map(|_| ()),
            kind::REST => self.skip_object(ANY),
            scalar if scalar < kind::BOXED => self.advance(scalar_bytes(scalar)),
            ty => self.skip_object(ty),
        }
    }

    fn skip_object(&mut self, ty: u16) -> Result<(), LayerError> {
        if self.depth >= TL_DEPTH_MAX {
            return Err(DecodeError::TooDeep.into());
        }
        self.depth += 1;
        let src = self.id()?;
        if ty != ANY && (src.result != ty || src.function) {
            return Err(DecodeError::UnknownConstructor { id: src.id }.into());
        }
        self.skip_fields(src)?;
        self.depth -= 1;
        Ok(())
    }

    /// Passes over the fields of an object whose id has been read.
    pub(super) fn skip_fields(&mut self, src: &Def) -> Result<(), LayerError> {
        let mut words = [0; 2];
        for step in tables::plan(src.same) {
            let [op, from, _, _, a0, a1, _, _] = step.to_le_bytes();
            let a = u16::from_le_bytes([a0, a1]);
            match op {
                ops::COPY => self.advance(usize::from(a))?,
                ops::VALUE if has(words, from) => self.skip_value(a)?,
                ops::FLAGS => store(&mut words, from, self.word()?),
                ops::END => break,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether `bit` is set in the flags words; [`ALWAYS`] is, [`NEVER`] is not.
#[inline]
pub(super) const fn has(words: [u32; 2], bit: u8) -> bool {
    let [first, second] = words;
    match bit {
        ALWAYS => true,
        NEVER => false,
        0..32 => first & 1 << bit != 0,
        bit => second & 1 << (bit & 31) != 0,
    }
}

pub(super) fn store(words: &mut [u32; 2], word: u8, value: u32) {
    if let Some(place) = words.get_mut(usize::from(word)) {
        *place = value;
    }
}

/// Bytes of a scalar; 0 for what is not one.
#[inline]
pub(crate) const fn scalar_bytes(ty: u16) -> usize {
    match ty {
        kind::INT | kind::BOOL => 4,
        kind::LONG | kind::DOUBLE => 8,
        kind::INT128 => 16,
        kind::INT256 => 32,
        _ => 0,
    }
}
