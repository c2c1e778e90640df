//! The built-in types on the wire: int, long, double, int128, int256, string, bytes, Bool, Vector.
//!
//! Source: <https://core.telegram.org/mtproto/serialize>.

use super::{Decode, DecodeError, Encode, FALSE_ID, Reader, TRUE_ID, VECTOR_ID};

/// Longest content that the three length bytes can announce.
const CONTENT_BYTES_MAX: usize = 0x00ff_ffff;

/// The bytes of a whole object whose type is not known here: the query inside a wrapper, the answer to a wrapper.
///
/// Decoding takes all that is left; encoding appends the bytes as they are.
#[derive(Clone, Default)]
pub struct Raw(pub Vec<u8>);

impl Encode for Raw {
    fn encode(&self, sink: &mut Vec<u8>) {
        sink.extend_from_slice(&self.0);
    }
}

impl Decode for Raw {
    const MIN_BYTES: usize = 4;

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(reader.take_rest().to_vec()))
    }
}

macro_rules! number {
    ($($type:ty, $bytes:literal;)+) => {$(
        impl Encode for $type {
            #[inline]
            fn encode(&self, sink: &mut Vec<u8>) {
                sink.extend_from_slice(&self.to_le_bytes());
            }
        }

        impl Decode for $type {
            const MIN_BYTES: usize = $bytes;

            #[inline]
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self::from_le_bytes(reader.array()?))
            }
        }
    )+};
}

number! {
    u32, 4;
    i32, 4;
    i64, 8;
    f64, 8;
}

impl<const N: usize> Encode for [u8; N] {
    #[inline]
    fn encode(&self, sink: &mut Vec<u8>) {
        sink.extend_from_slice(self);
    }
}

impl<const N: usize> Decode for [u8; N] {
    const MIN_BYTES: usize = N;

    #[inline]
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array()
    }
}

impl Encode for bool {
    #[inline]
    fn encode(&self, sink: &mut Vec<u8>) {
        let id = if *self { TRUE_ID } else { FALSE_ID };
        id.encode(sink);
    }
}

impl Decode for bool {
    const MIN_BYTES: usize = 4;

    #[inline]
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.bool()
    }
}

impl Encode for String {
    fn encode(&self, sink: &mut Vec<u8>) {
        put_bytes(sink, self.as_bytes());
    }
}

impl Decode for String {
    const MIN_BYTES: usize = 4;

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let content = str::from_utf8(reader.bytes()?).map_err(|_| DecodeError::NotUtf8)?;
        Ok(content.to_owned())
    }
}

impl Encode for Vec<u8> {
    fn encode(&self, sink: &mut Vec<u8>) {
        put_bytes(sink, self);
    }
}

impl Decode for Vec<u8> {
    const MIN_BYTES: usize = 4;

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(reader.bytes()?.to_vec())
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, sink: &mut Vec<u8>) {
        VECTOR_ID.encode(sink);
        put_count(sink, self.len());
        for item in self {
            item.encode(sink);
        }
    }
}

impl<T: Decode> Decode for Vec<T> {
    const MIN_BYTES: usize = 8;

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.vector()
    }
}

impl<T: Encode> Encode for Box<T> {
    #[inline]
    fn encode(&self, sink: &mut Vec<u8>) {
        (**self).encode(sink);
    }
}

impl<T: Decode> Decode for Box<T> {
    const MIN_BYTES: usize = T::MIN_BYTES;

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        T::decode(reader).map(Self::new)
    }
}

/// Appends a count of items. No vector in memory comes near the 32 bits of the wire.
#[inline]
pub(crate) fn put_count(sink: &mut Vec<u8>, count: usize) {
    u32::try_from(count).unwrap_or(u32::MAX).encode(sink);
}

/// Appends `content` as `bytes` or `string`: length, content, zeros up to a multiple of four.
///
/// Three length bytes are all the wire has, so content beyond 16 MiB - 1 is cut there; no frame could carry it.
pub fn put_bytes(sink: &mut Vec<u8>, content: &[u8]) {
    let content = content.get(..CONTENT_BYTES_MAX).unwrap_or(content);
    let [a, b, c, ..] = content.len().to_le_bytes();
    let header = if content.len() < 254 {
        sink.push(a);
        1
    } else {
        sink.extend_from_slice(&[0xfe, a, b, c]);
        4
    };
    sink.extend_from_slice(content);
    let padding = (header + content.len()).wrapping_neg() & 3;
    sink.extend_from_slice([0_u8; 3].get(..padding).unwrap_or_default());
}

/// Appends a bare vector: the count and each item as `write` writes it.
pub(crate) fn put_bare<T>(sink: &mut Vec<u8>, items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
    put_count(sink, items.len());
    for item in items {
        write(item, sink);
    }
}
