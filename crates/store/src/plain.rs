//! The bytes of a record while it is written: content that no freed block of memory may keep (P13).

use std::ops::Deref;

use zeroize::Zeroize;

/// What most records fit into.
const FIRST_BYTES: usize = 512;
/// A buffer that is too small is replaced by one so many times its size, or by one that fits.
const GROWTH: usize = 4;

/// A buffer that erases what it leaves behind: when it is dropped, and when it grows.
///
/// A `Vec` that grows copies its bytes and frees the block they were in as it is. So it never grows here: it is replaced.
///
/// It is erased as a whole: byte by byte, as a `Zeroizing<Vec<u8>>` is, it takes as long as to seal what is in it.
#[derive(PartialEq, Eq)]
pub struct Plain(Vec<u8>);

impl Plain {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(Vec::with_capacity(FIRST_BYTES))
    }

    /// Appends a byte.
    #[inline]
    pub fn push(&mut self, byte: u8) {
        self.make_room(1);
        self.0.push(byte);
    }

    /// Appends bytes.
    #[inline]
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    #[inline]
    fn make_room(&mut self, more: usize) {
        if self.0.capacity() - self.0.len() < more {
            self.replace(self.0.len().saturating_add(more));
        }
    }

    /// Most records never come here: what each of their bytes passes is short enough to be written where it is called.
    #[cold]
    fn replace(&mut self, wanted: usize) {
        let mut larger = Vec::with_capacity(wanted.max(self.0.capacity() * GROWTH));
        larger.extend_from_slice(&self.0);
        self.erase();
        self.0 = larger;
    }

    /// It never becomes shorter, so nothing lies behind its end.
    fn erase(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl Default for Plain {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Plain {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.erase();
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_BYTES, GROWTH, Plain};

    /// A `Vec` that has grown by itself has doubled; one that was replaced has a capacity of ours.
    #[test]
    fn p13_a_record_that_is_written_is_never_moved_without_being_erased() {
        for all in [0, 1, FIRST_BYTES, FIRST_BYTES + 1, 3 * FIRST_BYTES, GROWTH * FIRST_BYTES + 1, 100_000] {
            for at_once in [1, 7, 256, 5_000] {
                let (mut plain, mut wanted, mut capacity) = (Plain::new(), Vec::new(), FIRST_BYTES);
                while wanted.len() < all {
                    let next = vec![wanted.len().to_le_bytes()[0]; at_once];
                    let length = wanted.len() + at_once;
                    if length > capacity {
                        capacity = length.max(capacity * GROWTH);
                    }
                    match next[..] {
                        [byte] => plain.push(byte),
                        _ => plain.extend_from_slice(&next),
                    }
                    wanted.extend(next);
                    assert_eq!(plain.0.capacity(), capacity, "{all} bytes by {at_once}");
                }
                assert!(*plain == *wanted);
            }
        }
    }
}
