//! Marks of rows: what sums over them make a hash of a set of rows, so that a row which was removed, or put back in an
//! older version, is found (P16). Source: docs/keys.md 4.4.

use std::ops::{Add, AddAssign, Sub, SubAssign};

use sealed::{AtRest, RowKey, RowNames};

use crate::{Fault, Field, Plain, Reader};

/// The mark of a version of a row, or a sum of such marks: sums do not depend on the order. No two versions have the same
/// mark, and nobody without the key of row names can make one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mark(u128);

impl Mark {
    /// The sum of no rows.
    pub const ZERO: Self = Self(0);

    /// The mark of what lies under a key.
    pub(crate) fn of(names: &RowNames, row: &RowKey, at_rest: &AtRest) -> Self {
        Self(names.mark(row, at_rest).map_or(0, u128::from_be_bytes))
    }
}

impl Add for Mark {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

impl Sub for Mark {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }
}

impl AddAssign for Mark {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Mark {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Field for Mark {
    fn put(&self, out: &mut Plain) {
        self.0.to_be_bytes().put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        <[u8; 16]>::take(reader).map(|bytes| Self(u128::from_be_bytes(bytes)))
    }
}
