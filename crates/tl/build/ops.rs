//! The steps of a plan, as numbers that the build writes and the transcoder reads.
//!
//! A plan rewrites the fields of one version of a constructor into those of another, in the order of both. A step is
//! eight bytes: op, `from`, `to`, extra, then two 16-bit arguments. `from` is the bit that says whether the field is
//! there in what is read, `to` the bit to set in what is written; [`ALWAYS`] where a field has no bit.

/// In place of a bit: the field is always there.
pub(crate) const ALWAYS: u8 = 0xff;
/// In place of a bit, for bridges: this version has no such field.
pub(crate) const NEVER: u8 = 0xfe;
/// In place of an index.
pub(crate) const NONE: u16 = 0xffff;

/// The plan is over.
pub(crate) const END: u8 = 0;
/// `a` bytes are the same in both.
pub(crate) const COPY: u8 = 1;
/// A field of type `a`, of type `b` in the target; `extra` is one of the ABSENT_ values.
pub(crate) const VALUE: u8 = 2;
/// A field of type `a` that the target lacks.
pub(crate) const SKIP: u8 = 3;
/// Flags word `from` read and flags word `to` written, both here; `a` and `b` are the halves of the mask of bits kept.
pub(crate) const FLAGS: u8 = 4;
/// Flags word `from` read; the target's stands elsewhere.
pub(crate) const TAKE_FLAGS: u8 = 5;
/// Flags word `to` written here, from the bits of word `from` under the mask, or from none.
pub(crate) const PUT_FLAGS: u8 = 6;
/// A `true` whose bit moved.
pub(crate) const BIT: u8 = 7;
/// A field of type `a` that what is read lacks: constructor family `b` or the plainest value. With a bit in `to`, only
/// if that bit is set already; with a bit in `from`, only if that one is, and then `to` is set.
pub(crate) const FILL: u8 = 8;
/// Bridge `a`; `extra` as for VALUE. The next step holds the bits of its two slots (from, to, from, to) and, as `a` and
/// `b`, the types of the first.
pub(crate) const BRIDGE: u8 = 9;
/// Added to the number of a bridge that rewrites each item of a vector.
pub(crate) const EACH: u16 = 0x8000;
/// A `Bool` that became a `true`.
pub(crate) const BOOL_TO_TRUE: u8 = 10;
/// A `true` that became a `Bool`.
pub(crate) const TRUE_TO_BOOL: u8 = 11;
/// The next `a` steps write fields that share bit `to` of the target: all or none of them.
pub(crate) const GROUP: u8 = 12;
/// The target needs a field that what is read lacks: there is no object.
pub(crate) const DROP: u8 = 13;
/// An `int` that what is read lacks; `a` and `b` are the halves of its value.
pub(crate) const FILL_INT: u8 = 14;

/// VALUE: an absent field stays absent.
pub(crate) const ABSENT_STAYS: u8 = 0;
/// VALUE: an absent field is written as the plainest value.
pub(crate) const ABSENT_PLAIN: u8 = 1;
/// VALUE: without the field there is no object.
pub(crate) const ABSENT_DROPS: u8 = 2;

/// Packs a step.
pub(crate) const fn step(op: u8, from: u8, to: u8, extra: u8, a: u16, b: u16) -> u64 {
    let ([a0, a1], [b0, b1]) = (a.to_le_bytes(), b.to_le_bytes());
    u64::from_le_bytes([op, from, to, extra, a0, a1, b0, b1])
}

/// The kinds of types without constructors, as the low numbers of a type code.
pub(crate) mod kind {
    /// A flags word.
    pub(crate) const FLAGS: u16 = 0;
    /// A bare `true`.
    pub(crate) const TRUE: u16 = 1;
    /// 32 bits.
    pub(crate) const INT: u16 = 2;
    /// 64 bits.
    pub(crate) const LONG: u16 = 3;
    /// 64 bits, IEEE 754.
    pub(crate) const DOUBLE: u16 = 4;
    /// 16 bytes.
    pub(crate) const INT128: u16 = 5;
    /// 32 bytes.
    pub(crate) const INT256: u16 = 6;
    /// Text.
    pub(crate) const STRING: u16 = 7;
    /// Bytes.
    pub(crate) const BYTES: u16 = 8;
    /// boolTrue or boolFalse.
    pub(crate) const BOOL: u16 = 9;
    /// Any function, to the end.
    pub(crate) const REST: u16 = 10;
    /// From here on, the types of the schema.
    pub(crate) const BOXED: u16 = 16;
    /// Added for a vector of the rest.
    pub(crate) const VECTOR: u16 = 0x8000;
}
