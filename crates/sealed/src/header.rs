//! The first bytes of a value: under what it lies. Source: docs/keys.md 4.2.

use crate::{AtRest, Number};

/// Under what a value lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Header {
    /// The record key of the owner's tree.
    Record(Version),
    /// A record key with a leaf of the short-lived tree.
    Short(Number),
    /// A device key.
    Device,
    /// The day key of this day (unix time / 86,400).
    Day(u32),
    /// The system key.
    System,
    /// X of an epoch (a sheet) or a page key (a page).
    State,
}

/// One version of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// Its leaf. Versions that hold content have a number each.
    pub number: Number,
    /// How many writes there were under this number before; less than [`Version::WRITES_MAX`].
    pub write: u32,
}

impl Version {
    /// Writes under one number; the next one takes a fresh number.
    pub const WRITES_MAX: u32 = 1 << 20;

    /// The first write under a number.
    #[must_use]
    pub const fn first(number: Number) -> Self {
        Self { number, write: 0 }
    }

    /// The next write under the same number, or nothing: then a fresh one is due.
    #[must_use]
    pub const fn again(self) -> Option<Self> {
        if self.write + 1 < Self::WRITES_MAX {
            Some(Self { number: self.number, write: self.write + 1 })
        } else {
            None
        }
    }
}

impl Header {
    /// Reads the header of a value; nothing if it has none.
    #[must_use]
    pub fn of(value: &AtRest) -> Option<Self> {
        Self::split(value.as_bytes()).map(|(header, _)| header)
    }

    /// The header, and how many bytes it has.
    pub(crate) fn split(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&kind, rest) = bytes.split_first()?;
        Some(match kind {
            1 => {
                let (number, rest) = rest.split_first_chunk::<8>()?;
                let &[a, b, c] = rest.first_chunk::<3>()?;
                let write = u32::from_be_bytes([0, a, b, c]);
                (Self::Record(Version { number: Number(u64::from_be_bytes(*number)), write }), 12)
            }
            2 => (Self::Short(Number(u64::from_be_bytes(*rest.first_chunk()?))), 9),
            3 => (Self::Device, 1),
            4 => (Self::Day(u32::from_be_bytes(*rest.first_chunk()?)), 5),
            5 => (Self::System, 1),
            6 => (Self::State, 1),
            _ => return None,
        })
    }

    /// Appends the header's bytes.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Record(Version { number, write }) => {
                out.push(1);
                out.extend_from_slice(&number.0.to_be_bytes());
                let [_, a, b, c] = write.to_be_bytes();
                out.extend_from_slice(&[a, b, c]);
            }
            Self::Short(number) => {
                out.push(2);
                out.extend_from_slice(&number.0.to_be_bytes());
            }
            Self::Device => out.push(3),
            Self::Day(day) => {
                out.push(4);
                out.extend_from_slice(&day.to_be_bytes());
            }
            Self::System => out.push(5),
            Self::State => out.push(6),
        }
    }
}
