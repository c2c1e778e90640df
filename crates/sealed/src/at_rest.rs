//! What may lie on a disk, and nothing else: made by sealing, or read back from where it lay.

use std::fmt;
use std::marker::PhantomData;

use crate::Header;

/// Bytes that may lie on a disk, at a vault or in a backup. Only this crate seals, so plaintext cannot become one:
///
/// ```compile_fail
/// let plain = sealed::AtRest::from(b"hello".to_vec());
/// ```
///
/// ```compile_fail
/// let plain = sealed::AtRest(b"hello".to_vec());
/// ```
///
/// ```compile_fail
/// let plain: sealed::AtRest = b"hello".to_vec().into();
/// ```
#[derive(PartialEq, Eq)]
pub struct AtRest(Vec<u8>);

impl AtRest {
    /// Only sealing calls this.
    pub(crate) fn sealed(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Bytes that an engine, a vault or a dump gives back. To be called where bytes come from a disk or a vault, and
    /// nowhere else; whatever they are, they open only if they were sealed for the row they are opened as.
    #[must_use]
    pub fn read_back(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The nonce; nothing if these bytes are no sealed value.
    #[must_use]
    pub fn nonce(&self) -> Option<[u8; 12]> {
        let (_, header_bytes) = Header::split(&self.0)?;
        self.0.get(header_bytes..)?.first_chunk().copied()
    }

    /// The bytes, for whoever stores them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Clone for AtRest {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    /// Into the same memory, if it is enough.
    fn clone_from(&mut self, source: &Self) {
        self.0.clone_from(&source.0);
    }
}

impl fmt::Debug for AtRest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AtRest({} bytes)", self.0.len())
    }
}

/// A sealed value that will be a `T` once opened: what a typed table keeps.
pub struct Sealed<T> {
    at_rest: AtRest,
    of: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    /// Says what the sealed bytes are.
    #[must_use]
    pub fn of(at_rest: AtRest) -> Self {
        Self { at_rest, of: PhantomData }
    }

    /// The sealed bytes.
    #[must_use]
    pub fn at_rest(&self) -> &AtRest {
        &self.at_rest
    }

    /// The sealed bytes, for whoever stores them.
    #[must_use]
    pub fn into_at_rest(self) -> AtRest {
        self.at_rest
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.at_rest.0.len())
    }
}
