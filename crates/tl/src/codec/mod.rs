//! Bytes to values and back: the bounded [`Reader`] and the traits [`Encode`] and [`Decode`].
//!
//! Invariants: nothing read from outside can panic, recurse without the depth counter (A9) or allocate by an
//! announced count alone (A10). Source: <https://core.telegram.org/mtproto/serialize>.

mod reader;
mod value;

pub use reader::{DecodeError, Reader};
pub(crate) use value::put_bare;
pub use value::{Raw, put_bytes};

/// Id of the boxed vector that every `Vector<T>` begins with.
pub const VECTOR_ID: u32 = 0x1cb5_c415;
/// Id of `boolTrue`.
pub const TRUE_ID: u32 = 0x9972_75b5;
/// Id of `boolFalse`.
pub const FALSE_ID: u32 = 0xbc79_9737;

/// A value that has a form on the wire.
pub trait Encode {
    /// Appends the value's bytes, a multiple of four.
    fn encode(&self, sink: &mut Vec<u8>);

    /// The value's bytes in a buffer of their own.
    fn to_bytes(&self) -> Vec<u8> {
        let mut sink = Vec::new();
        self.encode(&mut sink);
        sink
    }
}

/// A value that can be read from the wire.
pub trait Decode: Sized {
    /// Fewest bytes a value can take; a vector's announced length is checked against it (A10).
    const MIN_BYTES: usize;

    /// Reads one value and leaves the reader behind it. After an error the reader's place is undefined.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads one value that must fill `bytes` to the end.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

/// A call: its parameters are the value, its answer is `Result`.
pub trait Function: Encode + Decode {
    /// The constructor id of the canonical layer.
    const ID: u32;
    /// The name in the schema, as in `messages.sendMessage`.
    const NAME: &'static str;
    /// What a successful answer holds.
    type Result: Encode + Decode;
}
