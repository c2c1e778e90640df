//! The bounded reader: every length is checked before it is believed.
//!
//! Source of the string and vector forms: <https://core.telegram.org/mtproto/serialize>.

use ids::limits::{TL_DEPTH_MAX, VECTOR_ITEMS_MAX};
use thiserror::Error;

use super::{Decode, FALSE_ID, TRUE_ID, VECTOR_ID};

/// First allocation for a vector; it grows beyond only as items really arrive (A10).
const VECTOR_FIRST_BYTES_MAX: usize = 64 << 10;

/// Why bytes are not a value. The sender is to blame for all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum DecodeError {
    /// The bytes end inside the value.
    #[error("the bytes end inside the value")]
    UnexpectedEnd,
    /// Bytes are left after the value.
    #[error("{left_bytes} bytes are left after the value")]
    TrailingBytes {
        /// How many.
        left_bytes: usize,
    },
    /// No constructor with this id is possible here.
    #[error("constructor {id:#010x} is not possible here")]
    UnknownConstructor {
        /// The id that was read.
        id: u32,
    },
    /// Objects nest deeper than [`TL_DEPTH_MAX`].
    #[error("objects nest deeper than {TL_DEPTH_MAX}")]
    TooDeep,
    /// A vector announces more items than the bytes could hold or than [`VECTOR_ITEMS_MAX`].
    #[error("a vector announces {announced} items")]
    VectorTooLong {
        /// The announced number, read as unsigned.
        announced: u32,
    },
    /// A `string` is not UTF-8.
    #[error("a string is not UTF-8")]
    NotUtf8,
}

/// A place in a byte string, with the nesting depth reached so far.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, depth: 0 }
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Succeeds when everything has been read.
    pub const fn finish(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::TrailingBytes { left_bytes: self.rest.len() })
        }
    }

    /// Takes all that is left.
    pub const fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.rest = &[];
        rest
    }

    /// Takes the next `count` bytes.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(DecodeError::UnexpectedEnd)?;
        self.rest = rest;
        Ok(head)
    }

    /// Takes the next `N` bytes as an array.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::UnexpectedEnd)?;
        self.rest = rest;
        Ok(*head)
    }

    /// The next four bytes as a little-endian number: an id, a flags word or a count.
    #[inline]
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// The id that comes next, without taking it.
    pub fn peek_id(&self) -> Result<u32, DecodeError> {
        let head = self.rest.first_chunk::<4>().ok_or(DecodeError::UnexpectedEnd)?;
        Ok(u32::from_le_bytes(*head))
    }

    /// Takes the next four bytes, which must be `id`.
    #[inline]
    pub fn expect_id(&mut self, id: u32) -> Result<(), DecodeError> {
        let found = self.u32()?;
        if found == id { Ok(()) } else { Err(DecodeError::UnknownConstructor { id: found }) }
    }

    /// Opens a boxed object: counts the depth and takes the id. [`Reader::close`] ends it.
    #[inline]
    pub fn open(&mut self) -> Result<u32, DecodeError> {
        if self.depth >= TL_DEPTH_MAX {
            return Err(DecodeError::TooDeep);
        }
        self.depth += 1;
        self.u32()
    }

    /// Ends the object that [`Reader::open`] began.
    #[inline]
    pub const fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// A `bytes` or `string` value: a length in one or four bytes, the content, padding to four.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let [first] = self.array()?;
        let (length, header) = if first == 0xff {
            return Err(DecodeError::UnexpectedEnd);
        } else if first == 0xfe {
            let [a, b, c] = self.array()?;
            (usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16, 4)
        } else {
            (usize::from(first), 1)
        };
        let content = self.take(length)?;
        self.take((header + length).wrapping_neg() & 3)?;
        Ok(content)
    }

    /// A `Bool`.
    #[inline]
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.u32()? {
            TRUE_ID => Ok(true),
            FALSE_ID => Ok(false),
            id => Err(DecodeError::UnknownConstructor { id }),
        }
    }

    /// A count of items of at least `min_bytes` each, believed only if the rest can hold them (A10).
    pub fn count(&mut self, min_bytes: usize) -> Result<usize, DecodeError> {
        let announced = self.u32()?;
        let too_long = DecodeError::VectorTooLong { announced };
        let count = usize::try_from(announced).map_err(|_| too_long)?;
        let possible = self.rest.len().checked_div(min_bytes).unwrap_or(0).min(VECTOR_ITEMS_MAX);
        if count <= possible { Ok(count) } else { Err(too_long) }
    }

    /// A boxed vector whose items are read by `item`.
    pub fn vector<T: Decode>(&mut self) -> Result<Vec<T>, DecodeError> {
        self.expect_id(VECTOR_ID)?;
        self.items(T::MIN_BYTES, T::decode)
    }

    /// A count and that many items of at least `min_bytes` each: a bare vector.
    pub fn items<T>(
        &mut self,
        min_bytes: usize,
        item: impl Fn(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.count(min_bytes)?;
        let first = VECTOR_FIRST_BYTES_MAX / size_of::<T>().max(1);
        let mut items = Vec::with_capacity(count.min(first));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A field that is there only if bit `bit` of `flags` is set.
    #[inline]
    pub fn optional<T: Decode>(&mut self, flags: u32, bit: u32) -> Result<Option<T>, DecodeError> {
        if flags & (1 << bit) == 0 { Ok(None) } else { T::decode(self).map(Some) }
    }
}
