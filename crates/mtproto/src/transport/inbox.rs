//! Bytes that were received and not yet cut into frames.
//!
//! Grows with what has really arrived, never with what was announced, and gives its memory back when the last
//! byte is consumed: tens of thousands of idle connections must cost nothing here (A7).

/// A queue of bytes that is read from the front.
#[derive(Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    consumed: usize,
}

impl Inbox {
    /// Appends and returns the appended part, for decryption in place.
    pub(super) fn push(&mut self, input: &[u8]) -> &mut [u8] {
        if self.consumed > 0 {
            self.bytes.drain(..self.consumed);
            self.consumed = 0;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(input);
        self.bytes.get_mut(start..).unwrap_or_default()
    }

    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(self.consumed..).unwrap_or_default()
    }

    pub(super) fn unread_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.consumed..).unwrap_or_default()
    }

    /// Drops `count` bytes from the front, or all there are.
    pub(super) fn consume(&mut self, count: usize) {
        self.consumed = (self.consumed + count).min(self.bytes.len());
        if self.consumed == self.bytes.len() {
            *self = Self::default();
        }
    }

    /// Drops `before` bytes, returns the next `count`, drops `after` more. The buffer itself is handed out when
    /// nothing else is in it, so that a large payload is not copied.
    pub(super) fn take(&mut self, before: usize, count: usize, after: usize) -> Vec<u8> {
        let start = self.consumed + before;
        if start + count + after == self.bytes.len() {
            let mut bytes = std::mem::take(self).bytes;
            bytes.truncate(start + count);
            bytes.drain(..start);
            return bytes;
        }
        let taken = self.bytes.get(start..start + count).unwrap_or_default().to_vec();
        self.consume(before + count + after);
        taken
    }

    pub(super) fn into_unread(mut self) -> Vec<u8> {
        self.bytes.drain(..self.consumed);
        self.bytes
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}
