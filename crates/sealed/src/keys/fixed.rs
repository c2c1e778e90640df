//! Keys that do not depend on a number: of a device, of a day, of the system. Source: docs/keys.md 4.2.

use std::sync::Arc;

use crypto::arena::{Arena, Full, Slot};
use crypto::hkdf;

use crate::{AtRest, Header, OpenError, Plaintext, RowKey, value};

/// A key in locked memory, and the header of what lies under it.
#[derive(Clone)]
struct Fixed {
    header: Header,
    key: Arc<Slot>,
}

impl Fixed {
    fn keep(arena: &Arena, header: Header, key: &[u8; 32]) -> Result<Self, Full> {
        Ok(Self { header, key: Arc::new(arena.keep(key)?) })
    }

    fn seal(&self, row: &RowKey, plain: &[u8], rng: &mut dyn crypto::Rng) -> AtRest {
        self.key.expose(|key| value::seal(key, self.header, row, plain, rng))
    }

    fn open(&self, row: &RowKey, at_rest: &AtRest) -> Result<Plaintext, OpenError> {
        let (header, header_bytes) = Header::split(at_rest.as_bytes()).ok_or(OpenError::Forged)?;
        if header != self.header {
            return Err(OpenError::OtherKind);
        }
        self.key.expose(|key| value::open(key, header_bytes, row, at_rest))
    }

    /// Whether somebody else holds it too.
    fn is_pinned(&self) -> bool {
        Arc::strong_count(&self.key) > 1
    }
}

macro_rules! fixed_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Fixed);

        impl $name {
            /// Seals a value for its row.
            pub fn seal(&self, row: &RowKey, plain: &[u8], rng: &mut dyn crypto::Rng) -> AtRest {
                self.0.seal(row, plain, rng)
            }

            /// Opens a value of this row.
            ///
            /// # Errors
            /// `Forged`, or `OtherKind` for what lies under a key of another kind or day.
            pub fn open(&self, row: &RowKey, at_rest: &AtRest) -> Result<Plaintext, OpenError> {
                self.0.open(row, at_rest)
            }
        }
    };
}

fixed_key! {
    /// The key of a device: kind 3. Holding one pins it: it is not dropped for idleness meanwhile.
    DeviceKey
}
fixed_key! {
    /// The key of a day: kind 4. It opens values of its own day only.
    DayKey
}
fixed_key! {
    /// The system key: kind 5. Nothing that names or describes a person lies under it.
    SystemKey
}

impl DeviceKey {
    pub(crate) fn keep(arena: &Arena, shared: &[u8; 32]) -> Result<Self, Full> {
        Fixed::keep(arena, Header::Device, &hkdf::derive(shared, b"", &[b"heliograph device"])).map(Self)
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.0.is_pinned()
    }
}

impl DayKey {
    pub(crate) fn keep(arena: &Arena, day: u32, shared: &[u8; 32]) -> Result<Self, Full> {
        Fixed::keep(arena, Header::Day(day), &hkdf::derive(shared, b"", &[b"heliograph day"])).map(Self)
    }
}

impl SystemKey {
    pub(crate) fn keep(arena: &Arena, root: &[u8; 32]) -> Result<Self, Full> {
        Fixed::keep(arena, Header::System, &hkdf::derive(root, b"", &[b"heliograph system"])).map(Self)
    }
}
