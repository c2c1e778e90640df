//! A long plaintext as a row of segments, each sealed alone, so that any range can be read without the rest (STREAM:
//! Hoang, Reyhanitabar, Rogaway, Vizar, 2015), over AES-256-GCM.
//!
//! The nonce of a segment is prefix (7) || index (4, big-endian) || last (1 if it is the last, else 0). So a segment in
//! another place, of another stream, or one that a truncation made the last, does not open. All segments but the last
//! are full; the last is not empty, unless the whole is. Under one key, a prefix names one stream only.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::aead::{Forged, Key, NONCE_BYTES, TAG_BYTES};

/// Bytes of what tells streams under one key apart.
pub const PREFIX_BYTES: usize = 7;

const TAG: u64 = TAG_BYTES as u64;

/// A length that no stream of such segments has: something was cut off or added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLength;

/// Where the segments of a stream lie. It follows from its length alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    segment: NonZeroU32,
    plain: u64,
}

/// Seals the segments of one stream.
pub struct Sealer(Stream);

/// Opens the segments of one stream, in any order.
pub struct Opener(Stream);

struct Stream {
    key: Key,
    prefix: [u8; PREFIX_BYTES],
    layout: Layout,
}

impl Layout {
    /// That of `plain` bytes in segments of `segment` bytes; there are at most 2^32 segments.
    pub fn of_plain(plain: u64, segment: NonZeroU32) -> Result<Layout, BadLength> {
        let layout = Layout { segment, plain };
        if layout.last() > u64::from(u32::MAX) { Err(BadLength) } else { Ok(layout) }
    }

    /// That of a stream whose sealed form has `sealed` bytes.
    pub fn of_sealed(sealed: u64, segment: NonZeroU32) -> Result<Layout, BadLength> {
        let segments = sealed.div_ceil(u64::from(segment.get()) + TAG);
        let plain = sealed.checked_sub(segments * TAG).ok_or(BadLength)?;
        let layout = Layout::of_plain(plain, segment)?;
        if layout.sealed_bytes() == sealed { Ok(layout) } else { Err(BadLength) }
    }

    /// Bytes of the whole plaintext.
    #[must_use]
    pub fn plain_bytes(&self) -> u64 {
        self.plain
    }

    /// Bytes of the whole sealed form.
    #[must_use]
    pub fn sealed_bytes(&self) -> u64 {
        self.plain + (self.last() + 1) * TAG
    }

    /// The index of the last segment.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.plain.saturating_sub(1) / u64::from(self.segment.get())
    }

    /// The segment in which the plaintext byte at `offset` lies, and where in that segment.
    #[must_use]
    pub fn find(&self, offset: u64) -> (u64, u64) {
        let segment = u64::from(self.segment.get());
        (offset / segment, offset % segment)
    }

    /// Where a segment's plaintext lies in the whole; empty beyond the last.
    #[must_use]
    pub fn plain_range(&self, index: u64) -> Range<u64> {
        let at = |index: u64| index.saturating_mul(u64::from(self.segment.get())).min(self.plain);
        at(index)..at(index.saturating_add(1))
    }

    /// Where a segment lies in the sealed form; empty beyond the last.
    #[must_use]
    pub fn sealed_range(&self, index: u64) -> Range<u64> {
        let end = self.sealed_bytes();
        let at = |index: u64| index.saturating_mul(u64::from(self.segment.get()) + TAG).min(end);
        at(index)..at(index.saturating_add(1))
    }
}

impl Stream {
    /// The nonce of a segment that there is, of `bytes` plaintext bytes.
    fn nonce(&self, index: u64, bytes: usize) -> Option<[u8; NONCE_BYTES]> {
        let range = self.layout.plain_range(index);
        let whole = u64::try_from(bytes) == Ok(range.end - range.start) && index <= self.layout.last();
        let counter = u32::try_from(index).ok().filter(|_| whole)?;
        let mut nonce = [0; NONCE_BYTES];
        let last = [u8::from(index == self.layout.last())];
        let parts = self.prefix.into_iter().chain(counter.to_be_bytes()).chain(last);
        nonce.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        Some(nonce)
    }
}

impl Sealer {
    /// Under `key`, no other stream may have this prefix.
    #[must_use]
    pub fn new(key: &[u8; 32], prefix: [u8; PREFIX_BYTES], layout: Layout) -> Sealer {
        Sealer(Stream { key: Key::new(key), prefix, layout })
    }

    /// Encrypts segment `index` in place and appends its tag; each index once. An error, and nothing done, if the
    /// layout has no such segment or another length for it.
    pub fn seal(&self, index: u64, aad: &[u8], segment: &mut Vec<u8>) -> Result<(), BadLength> {
        let nonce = self.0.nonce(index, segment.len()).ok_or(BadLength)?;
        self.0.key.seal(&nonce, aad, segment, 0);
        Ok(())
    }
}

impl Opener {
    /// The layout is that of the sealed form's length as it is found.
    #[must_use]
    pub fn new(key: &[u8; 32], prefix: [u8; PREFIX_BYTES], layout: Layout) -> Opener {
        Opener(Stream { key: Key::new(key), prefix, layout })
    }

    /// Decrypts segment `index`, ciphertext and tag, in place and gives its plaintext.
    pub fn open<'a>(&self, index: u64, aad: &[u8], sealed: &'a mut [u8]) -> Result<&'a mut [u8], Forged> {
        let plain = sealed.len().checked_sub(TAG_BYTES).ok_or(Forged)?;
        let nonce = self.0.nonce(index, plain).ok_or(Forged)?;
        self.0.key.open(&nonce, aad, sealed)
    }
}
