//! Suffixes: the part of a row key that tells one row of an owner's table from another, in an order-preserving form.
//!
//! What may stand in clear is a number that says nothing of a person (message number, pts, random id). A number that
//! does is wrapped in [`Masked`]: rows are then grouped by it, not ordered, and it cannot be read back, so the value
//! repeats it where it is needed.

use ids::{MsgId, Pts, RandomId, UnixTime};

use crate::Door;

/// A key part that must not be readable: a user, a phone, an auth key as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Masked(pub u64);

/// One page of a directory index, 0 to 4,095; [`Tx::page`](crate::Tx::page) says which one a name belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Page(pub u16);

/// A key part. `write` keeps order: for two values without masked parts, bytes compare as the values do.
pub trait Suffix {
    /// What can be read back: everything but the masked parts.
    type Clear;

    /// Appends the bytes.
    fn write(&self, out: &mut SuffixWriter<'_>);

    /// Takes the bytes off the front; `None` when they are too few.
    fn read(bytes: &mut &[u8]) -> Option<Self::Clear>;
}

/// Where a suffix is written: bytes in clear, and numbers through the door's mask.
pub struct SuffixWriter<'a> {
    pub(crate) door: Door,
    pub(crate) out: &'a mut Vec<u8>,
}

impl SuffixWriter<'_> {
    /// Appends bytes as they are.
    pub fn clear(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Appends the eight bytes that stand for a number.
    pub fn masked(&mut self, number: u64) {
        let mask = self.door.mask(number);
        self.out.extend_from_slice(&mask);
    }
}

impl Suffix for () {
    type Clear = ();

    fn write(&self, _out: &mut SuffixWriter<'_>) {}

    fn read(_bytes: &mut &[u8]) -> Option<()> {
        Some(())
    }
}

impl Suffix for Masked {
    type Clear = ();

    fn write(&self, out: &mut SuffixWriter<'_>) {
        out.masked(self.0);
    }

    fn read(bytes: &mut &[u8]) -> Option<()> {
        take::<8>(bytes).map(|_| ())
    }
}

impl<A: Suffix, B: Suffix> Suffix for (A, B) {
    type Clear = (A::Clear, B::Clear);

    fn write(&self, out: &mut SuffixWriter<'_>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self::Clear> {
        Some((A::read(bytes)?, B::read(bytes)?))
    }
}

macro_rules! unsigned {
    ($($inner:ty),*) => {$(
        impl Suffix for $inner {
            type Clear = Self;

            fn write(&self, out: &mut SuffixWriter<'_>) {
                out.clear(&self.to_be_bytes());
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                take(bytes).map(Self::from_be_bytes)
            }
        }
    )*};
}
unsigned!(u8, u16, u32, u64);

// With the sign bit turned over, two's complement sorts as unsigned bytes.
macro_rules! signed {
    ($($name:ident($inner:ty, $bits:ty)),*) => {$(
        impl Suffix for $name {
            type Clear = Self;

            fn write(&self, out: &mut SuffixWriter<'_>) {
                (self.0 ^ <$inner>::MIN).cast_unsigned().write(out);
            }

            fn read(bytes: &mut &[u8]) -> Option<Self> {
                <$bits>::read(bytes).map(|bits| $name(bits.cast_signed() ^ <$inner>::MIN))
            }
        }
    )*};
}
signed!(MsgId(i32, u32), Pts(i32, u32), RandomId(i64, u64), UnixTime(i64, u64));

impl Suffix for Page {
    type Clear = Self;

    fn write(&self, out: &mut SuffixWriter<'_>) {
        self.0.write(out);
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u16::read(bytes).map(Self)
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}
