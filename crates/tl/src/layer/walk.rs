//! The place in the input and the output, and the moves between them.
//!
//! Bytes that stay the same are not copied one field at a time: `copied` marks how far the input has been copied, and
//! everything from there to `at` is copied in one piece when something has to be changed. [`Walk::cut`] does so.

use ids::limits::{LAYER_CANONICAL, VECTOR_ITEMS_MAX};

use super::LayerError;
use crate::DecodeError;
use crate::codec::VECTOR_ID;
use crate::tables::{Def, Family, by_id};

/// Whether a value has a form in the target.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It has been written.
    Kept,
    /// It has been read, but what was written of it must be undone.
    Dropped,
}

/// Which way bytes are rewritten.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toward {
    /// From any older version to the canonical one.
    Canonical,
    /// From the canonical version to that of a layer of the history.
    Layer(u16),
}

impl Toward {
    /// The layer that is written.
    pub(crate) const fn layer(self) -> u16 {
        match self {
            Self::Canonical => LAYER_CANONICAL,
            Self::Layer(layer) => layer,
        }
    }
}

/// A rewriting in progress.
pub(crate) struct Walk<'a> {
    input: &'a [u8],
    at: usize,
    copied: usize,
    out: &'a mut Vec<u8>,
    pub(super) depth: usize,
    pub(super) toward: Toward,
}

/// A place to return to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    written: usize,
    copied: usize,
    pub(super) at: usize,
}

/// Reading.
impl<'a> Walk<'a> {
    pub(super) fn new(input: &'a [u8], out: &'a mut Vec<u8>, toward: Toward) -> Self {
        Self { input, at: 0, copied: 0, out, depth: 0, toward }
    }

    /// Passes over `count` bytes.
    #[inline]
    pub(super) fn advance(&mut self, count: usize) -> Result<(), LayerError> {
        let left = self.input.len().saturating_sub(self.at);
        if count > left {
            return Err(DecodeError::UnexpectedEnd.into());
        }
        self.at += count;
        Ok(())
    }

    /// Reads four bytes.
    #[inline]
    pub(crate) fn word(&mut self) -> Result<u32, LayerError> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let head = rest.first_chunk::<4>().ok_or(DecodeError::UnexpectedEnd)?;
        self.at += 4;
        Ok(u32::from_le_bytes(*head))
    }

    /// Reads an `int`.
    pub(crate) fn int(&mut self) -> Result<i32, LayerError> {
        Ok(i32::from_le_bytes(self.word()?.to_le_bytes()))
    }

    /// Reads a `long`.
    pub(crate) fn long(&mut self) -> Result<i64, LayerError> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let head = rest.first_chunk::<8>().ok_or(DecodeError::UnexpectedEnd)?;
        self.at += 8;
        Ok(i64::from_le_bytes(*head))
    }

    /// Passes over a `string` or `bytes` and returns where it stands, its length and padding included.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<&'a [u8], LayerError> {
        let start = self.at;
        let head = self.word()?;
        let [first, a, b, c] = head.to_le_bytes();
        self.at = start;
        let bytes = match first {
            0xff => return Err(DecodeError::UnexpectedEnd.into()),
            0xfe => 4 + (usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16),
            short => 1 + usize::from(short),
        };
        self.advance(bytes.next_multiple_of(4))?;
        Ok(self.input.get(start..self.at).unwrap_or_default())
    }

    /// The `string` at `place`, its length and padding included.
    pub(crate) fn string_at(&mut self, place: usize) -> Result<&'a [u8], LayerError> {
        let here = self.pause(place);
        let string = self.string();
        self.resume(here);
        string
    }

    /// Whether the `string` that comes next is empty.
    pub(crate) fn peek_string_is_empty(&mut self) -> Result<bool, LayerError> {
        let string = self.string_at(self.at)?;
        Ok(string.first() == Some(&0))
    }

    /// Reads the head of a vector of boxed or variable items and returns how many there are. Every item takes four bytes
    /// or more, so a count that the rest cannot hold is refused (A10); so is, on the way up, one that typed code would
    /// refuse afterwards.
    #[inline]
    pub(crate) fn count(&mut self) -> Result<u32, LayerError> {
        let id = self.word()?;
        if id != VECTOR_ID {
            return Err(DecodeError::UnknownConstructor { id }.into());
        }
        let announced = self.word()?;
        let left = self.input.len().saturating_sub(self.at) / 4;
        let most = match self.toward {
            Toward::Canonical => left.min(VECTOR_ITEMS_MAX),
            Toward::Layer(_) => left,
        };
        if usize::try_from(announced).is_ok_and(|count| count <= most) {
            Ok(announced)
        } else {
            Err(DecodeError::VectorTooLong { announced }.into())
        }
    }

    /// Reads an id and finds its version.
    #[inline]
    pub(crate) fn id(&mut self) -> Result<&'static Def, LayerError> {
        let id = self.word()?;
        by_id(id).ok_or(DecodeError::UnknownConstructor { id }.into())
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Succeeds when everything has been read.
    pub(super) fn finish(&mut self) -> Result<(), LayerError> {
        self.cut(self.at);
        let left_bytes = self.input.len() - self.at;
        if left_bytes == 0 { Ok(()) } else { Err(DecodeError::TrailingBytes { left_bytes }.into()) }
    }
}

/// Writing.
impl Walk<'_> {
    /// Copies what is the same up to `end` of the input and leaves out what lies between there and the present place.
    #[inline]
    pub(super) fn cut(&mut self, end: usize) {
        if let Some(same) = self.input.get(self.copied..end) {
            self.out.extend_from_slice(same);
        }
        self.copied = self.at;
    }

    /// Leaves out what has been read since the last [`Walk::cut`].
    #[inline]
    pub(super) const fn omit(&mut self) {
        self.copied = self.at;
    }

    /// Appends bytes. Everything before the present place must have been copied or left out.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Appends four bytes, as [`Walk::put`].
    #[inline]
    pub(crate) fn put_word(&mut self, word: u32) {
        self.put(&word.to_le_bytes());
    }

    /// Appends an `int`, as [`Walk::put`].
    pub(crate) fn put_int(&mut self, number: i32) {
        self.put(&number.to_le_bytes());
    }

    /// Appends a `long`, as [`Walk::put`].
    pub(crate) fn put_long(&mut self, number: i64) {
        self.put(&number.to_le_bytes());
    }

    /// Appends the head of a vector, as [`Walk::put`], and returns the place of its count for [`Walk::patch`].
    pub(crate) fn put_vector(&mut self, count: u32) -> usize {
        self.put_word(VECTOR_ID);
        self.put_word(count);
        self.out.len() - 4
    }

    /// Appends the id of the version of `family` in the layer that is written; false if it has none.
    pub(crate) fn put_id(&mut self, family: Family) -> bool {
        let found = family.at(self.toward.layer());
        if let Some(def) = found {
            self.put_word(def.id);
        }
        found.is_some()
    }

    /// How many bytes have been written.
    pub(crate) const fn written(&self) -> usize {
        self.out.len()
    }

    /// Where the byte at the present place of the input will stand in the output.
    #[inline]
    pub(super) const fn place(&self) -> usize {
        self.out.len() + (self.at - self.copied)
    }

    /// Overwrites the four bytes at `place` of the output.
    pub(crate) fn patch(&mut self, place: usize, word: u32) {
        if place + 4 > self.out.len() {
            self.cut(self.at);
        }
        if let Some(bytes) = self.out.get_mut(place..place + 4) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }

    #[inline]
    pub(super) const fn mark(&self) -> Mark {
        Mark { written: self.out.len(), copied: self.copied, at: self.at }
    }

    /// Takes back what was written since `mark`, but not what was read.
    pub(super) fn undo(&mut self, mark: Mark) {
        self.out.truncate(mark.written);
        self.copied = mark.copied;
        self.cut(mark.at);
    }

    /// Takes back what was written beyond `length`.
    pub(crate) fn take_back(&mut self, length: usize) {
        self.out.truncate(length);
    }

    /// Looks at another place of the input; nothing may be written until [`Walk::resume`].
    pub(super) const fn pause(&mut self, at: usize) -> usize {
        let here = self.at;
        self.at = at;
        here
    }

    /// Comes back from [`Walk::pause`].
    pub(super) const fn resume(&mut self, here: usize) {
        self.at = here;
    }

    /// Goes to another place of the input, of which everything so far has been copied or left out.
    pub(super) const fn jump(&mut self, at: usize) {
        self.at = at;
        self.copied = at;
    }
}
