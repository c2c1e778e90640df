//! Record values: a version byte, then the fields one after another, each in an explicit encoding.
//!
//! Unsigned numbers are LEB128 varints, signed ones zigzag varints, `bool` one byte, text and bytes a length and the
//! bytes, an option one byte and the value, a list a count and the items. Nothing is implied by a Rust type's layout
//! and nothing is derived, so a field cannot reach the disk by accident. Decoding takes all bytes or fails; any
//! bytes whatever give a value or a [`Fault`], never a panic, and allocate no more than their own length calls for.

use ids::{AuthKeyId, BoxId, Layer, MsgId, Pts, Qts, RandomId, UnixTime, UserId};

use crate::Plain;

/// What is wrong with the bytes of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// A version this build does not know.
    #[error("unknown record version")]
    Version,
    /// The bytes end inside a field.
    #[error("record too short")]
    Short,
    /// Bytes follow the last field.
    #[error("record too long")]
    Long,
    /// A number is out of its type's range.
    #[error("number out of range")]
    Number,
    /// A tag that names no variant.
    #[error("unknown tag")]
    Tag,
    /// Text that is not UTF-8, or that its type does not allow.
    #[error("invalid text")]
    Text,
    /// The row key is not one of this table.
    #[error("invalid row key")]
    Key,
    /// The value was not sealed for this row: changed, moved, or of another owner (P16).
    #[error("not sealed for this row")]
    Forged,
    /// The value's number was cut out of its tree: the row came back after its deletion.
    #[error("sealed under a number that is dead")]
    Dead,
}

/// A value of a table. Made by [`record!`](crate::record).
pub trait Record: Sized {
    /// The version that is written, the first byte.
    const VERSION: u8;

    /// Appends the fields.
    fn put_fields(&self, out: &mut Plain);

    /// Takes the fields.
    ///
    /// # Errors
    /// When the bytes are not such fields.
    fn take_fields(reader: &mut Reader<'_>) -> Result<Self, Fault>;

    /// The whole record.
    fn encode(&self) -> Plain {
        let mut out = Plain::new();
        out.push(Self::VERSION);
        self.put_fields(&mut out);
        out
    }

    /// Reads a whole record.
    ///
    /// # Errors
    /// When the bytes are not one.
    fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != Self::VERSION {
            return Err(Fault::Version);
        }
        let record = Self::take_fields(&mut reader)?;
        if reader.is_empty() { Ok(record) } else { Err(Fault::Long) }
    }
}

/// A value that can be a field.
pub trait Field: Sized {
    /// Appends it.
    fn put(&self, out: &mut Plain);

    /// Takes it off the front.
    ///
    /// # Errors
    /// When the bytes are not such a value.
    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault>;
}

/// Bytes being decoded.
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the front.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`Fault::Short`] at the end.
    pub fn byte(&mut self) -> Result<u8, Fault> {
        let (&byte, rest) = self.bytes.split_first().ok_or(Fault::Short)?;
        self.bytes = rest;
        Ok(byte)
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// [`Fault::Short`] when there are fewer.
    pub fn slice(&mut self, n: usize) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.bytes.split_at_checked(n).ok_or(Fault::Short)?;
        self.bytes = rest;
        Ok(head)
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(Fault::Number);
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Fault::Number)
    }

    /// A length or count; what it counts must still fit in the rest, at a byte each.
    fn length(&mut self) -> Result<usize, Fault> {
        let length = usize::try_from(self.varint()?).map_err(|_| Fault::Number)?;
        if length > self.bytes.len() { Err(Fault::Short) } else { Ok(length) }
    }
}

fn put_varint(mut number: u64, out: &mut Plain) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

macro_rules! unsigned {
    ($($inner:ty),*) => {$(
        impl Field for $inner {
            fn put(&self, out: &mut Plain) {
                put_varint(u64::from(*self), out);
            }

            fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
                Self::try_from(reader.varint()?).map_err(|_| Fault::Number)
            }
        }
    )*};
}
unsigned!(u16, u32, u64);

macro_rules! signed {
    ($($inner:ty),*) => {$(
        impl Field for $inner {
            fn put(&self, out: &mut Plain) {
                let wide = i64::from(*self);
                put_varint(((wide << 1) ^ (wide >> 63)).cast_unsigned(), out);
            }

            fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
                let zigzag = reader.varint()?;
                let wide = (zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed());
                Self::try_from(wide).map_err(|_| Fault::Number)
            }
        }
    )*};
}
signed!(i32, i64);

macro_rules! number {
    ($($name:ident($inner:ty)),*) => {$(
        impl Field for $name {
            fn put(&self, out: &mut Plain) {
                self.0.put(out);
            }

            fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
                <$inner>::take(reader).map($name)
            }
        }
    )*};
}
number!(UserId(i64), BoxId(i64), MsgId(i32), Pts(i32), Qts(i32), RandomId(i64), Layer(u16), UnixTime(i64));

impl Field for AuthKeyId {
    fn put(&self, out: &mut Plain) {
        out.extend_from_slice(&self.0.to_le_bytes());
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        <[u8; 8]>::take(reader).map(|bytes| Self(u64::from_le_bytes(bytes)))
    }
}

impl Field for u8 {
    fn put(&self, out: &mut Plain) {
        out.push(*self);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        reader.byte()
    }
}

impl Field for bool {
    fn put(&self, out: &mut Plain) {
        out.push(u8::from(*self));
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        match reader.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Fault::Tag),
        }
    }
}

impl<const N: usize> Field for [u8; N] {
    fn put(&self, out: &mut Plain) {
        out.extend_from_slice(self);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        reader.slice(N)?.try_into().map_err(|_| Fault::Short)
    }
}

impl Field for String {
    fn put(&self, out: &mut Plain) {
        put_varint(self.len() as u64, out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let length = reader.length()?;
        let bytes = reader.slice(length)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Fault::Text)
    }
}

impl<T: Field> Field for Option<T> {
    fn put(&self, out: &mut Plain) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        if bool::take(reader)? { T::take(reader).map(Some) } else { Ok(None) }
    }
}

impl<T: Field> Field for Box<T> {
    fn put(&self, out: &mut Plain) {
        T::put(self, out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        T::take(reader).map(Self::new)
    }
}

impl<T: Field> Field for Vec<T> {
    fn put(&self, out: &mut Plain) {
        put_varint(self.len() as u64, out);
        for item in self {
            item.put(out);
        }
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let count = reader.length()?;
        // No capacity from the count: an item may be far larger in memory than the byte that announces it.
        let mut items = Self::new();
        for _ in 0..count {
            items.push(T::take(reader)?);
        }
        items.shrink_to_fit();
        Ok(items)
    }
}

/// Declares a record: the struct, and its encoding field by field in the order written.
///
/// The number after the name is the version byte. A change of fields is a new version, and the build that makes it
/// still reads the old one. No `Debug` is derived: a record may hold what must not be printed.
#[macro_export]
macro_rules! record {
    (
        $(#[$outer:meta])*
        pub struct $name:ident $version:ident {
            $($(#[$inner:meta])* $vis:vis $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name {
            $($(#[$inner])* $vis $field: $type,)*
        }

        impl $crate::Record for $name {
            const VERSION: u8 = $crate::record!(@version $version);

            fn put_fields(&self, out: &mut $crate::Plain) {
                $(<$type as $crate::Field>::put(&self.$field, out);)*
            }

            fn take_fields(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::Fault> {
                Ok(Self { $($field: <$type as $crate::Field>::take(reader)?,)* })
            }
        }
    };
    (@version v1) => { 1 };
    (@version v2) => { 2 };
    (@version v3) => { 3 };
    (@version v4) => { 4 };
}

/// Declares a struct that is a field of a record: the same encoding without a version byte of its own, since the
/// record that holds it has one.
#[macro_export]
macro_rules! fields {
    (
        $(#[$outer:meta])*
        pub struct $name:ident {
            $($(#[$inner:meta])* $vis:vis $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name {
            $($(#[$inner])* $vis $field: $type,)*
        }

        impl $crate::Field for $name {
            fn put(&self, out: &mut $crate::Plain) {
                $(<$type as $crate::Field>::put(&self.$field, out);)*
            }

            fn take(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::Fault> {
                Ok(Self { $($field: <$type as $crate::Field>::take(reader)?,)* })
            }
        }
    };
}
