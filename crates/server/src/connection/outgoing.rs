//! Bytes on their way to a socket. Empty most of the time, and then without a buffer.
use crate::config::LimitSettings;

/// Above this many bytes sessions are told to encrypt no more for the connection.
const BLOCKED_BYTES: usize = 256 * 1024;
/// Below this many they are told to go on.
const WRITABLE_BYTES: usize = 64 * 1024;

/// What waits to be written.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
    /// Since when the peer has taken nothing, on the monotonic clock.
    stalled_since_ms: Option<u64>,
    blocked: bool,
}

/// A change in how much the peer takes, which its sessions must hear of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flow {
    Blocked,
    Writable,
}

impl Outgoing {
    /// Where to append what is to be written.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What is to be written next; empty if nothing is.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.written..).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// Whether more waits than a connection may have waiting.
    pub(super) fn overflows(&self, limits: &LimitSettings) -> bool {
        self.rest().len() > limits.write_queue_bytes
    }

    /// The peer took some.
    pub(super) fn took(&mut self, bytes: usize, now_ms: u64) {
        self.written += bytes;
        self.stalled_since_ms = Some(now_ms);
        if self.is_empty() {
            // The buffer goes: most connections write again much later.
            self.bytes = Vec::new();
            self.written = 0;
            self.stalled_since_ms = None;
        }
    }

    /// The peer takes nothing now.
    pub(super) fn note_stalled(&mut self, now_ms: u64) {
        if !self.is_empty() && self.stalled_since_ms.is_none() {
            self.stalled_since_ms = Some(now_ms);
        }
    }

    /// When a peer that takes nothing is given up (A6).
    pub(super) fn deadline_ms(&self, limits: &LimitSettings) -> Option<u64> {
        self.stalled_since_ms.map(|since_ms| since_ms + limits.write_stall_s * 1000)
    }

    /// Whether the sessions must be told to stop or to go on.
    pub(super) fn flow(&mut self) -> Option<Flow> {
        let waiting = self.rest().len();
        if !self.blocked && waiting > BLOCKED_BYTES {
            self.blocked = true;
            return Some(Flow::Blocked);
        }
        if self.blocked && waiting < WRITABLE_BYTES {
            self.blocked = false;
            return Some(Flow::Writable);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_has_no_buffer() {
        let mut outgoing = Outgoing::default();
        outgoing.buffer().extend_from_slice(b"hello");
        outgoing.took(2, 10);
        assert_eq!(outgoing.rest(), b"llo");
        outgoing.took(3, 11);
        assert!(outgoing.is_empty() && outgoing.bytes.capacity() == 0);
        assert_eq!(outgoing.deadline_ms(&LimitSettings::default()), None);
    }

    #[test]
    fn a6_a_peer_that_takes_nothing_has_a_minute_from_the_last_byte_it_took() {
        let limits = LimitSettings::default();
        let mut outgoing = Outgoing::default();
        outgoing.buffer().extend_from_slice(b"hello");
        outgoing.note_stalled(1_000);
        outgoing.note_stalled(30_000);
        assert_eq!(outgoing.deadline_ms(&limits), Some(61_000));
        outgoing.took(1, 50_000);
        assert_eq!(outgoing.deadline_ms(&limits), Some(110_000));
    }

    #[test]
    fn sessions_hear_of_a_slow_peer_once() {
        let mut outgoing = Outgoing::default();
        outgoing.buffer().resize(BLOCKED_BYTES + 1, 0);
        assert_eq!((outgoing.flow(), outgoing.flow()), (Some(Flow::Blocked), None));
        outgoing.took(BLOCKED_BYTES / 2, 0);
        assert_eq!(outgoing.flow(), None);
        outgoing.took(BLOCKED_BYTES / 2, 0);
        assert_eq!((outgoing.flow(), outgoing.flow()), (Some(Flow::Writable), None));
    }
}
