//! The patience of a connection (A6): a peer that does not come to the point is closed.
//!
//! Three clocks run: for the first complete frame, for the first message under an auth key, and for each frame that
//! was begun. Once a key has been used, bytes buy time for a frame in parts (a file over a slow line), but only at a
//! pace that no idle socket keeps up.

use ids::Now;
use ids::limits;

use super::{CloseReason, Patience};

pub(super) struct Deadlines {
    opened_ms: u64,
    /// Since when a frame is incomplete.
    partial_since_ms: Option<u64>,
    any_frame: bool,
    key_used: bool,
}

impl Deadlines {
    pub(super) fn new(now: Now) -> Self {
        Self { opened_ms: now.mono_ms, partial_since_ms: None, any_frame: false, key_used: false }
    }

    /// A frame is complete; the next one's time has not begun.
    pub(super) fn note_frame(&mut self) {
        self.any_frame = true;
        self.partial_since_ms = None;
    }

    pub(super) fn note_key_used(&mut self) {
        self.key_used = true;
    }

    /// Whether the peer owes the rest of a frame.
    pub(super) fn note_partial(&mut self, partial: bool, now: Now) {
        if !partial {
            self.partial_since_ms = None;
        } else if self.partial_since_ms.is_none() {
            self.partial_since_ms = Some(now.mono_ms);
        }
    }

    /// The earliest deadline and what is held against the peer then. `unread` is what has come of the frame.
    pub(super) fn next(&self, unread: usize, patience: &Patience) -> Option<(u64, CloseReason)> {
        let first = (!self.any_frame)
            .then_some((self.opened_ms + patience.first_frame_ms, CloseReason::FirstFrameLate));
        let unused =
            (!self.key_used).then_some((self.opened_ms + patience.key_unused_ms, CloseReason::KeyUnused));
        let bought_ms = if self.key_used {
            u64::try_from(unread).unwrap_or(u64::MAX).saturating_mul(1000) / limits::FRAME_BYTES_PER_S_MIN
        } else {
            0
        };
        let partial = self
            .partial_since_ms
            .map(|since_ms| (since_ms + patience.partial_frame_ms + bought_ms, CloseReason::FrameLate));
        [first, unused, partial].into_iter().flatten().min_by_key(|(at_ms, _)| *at_ms)
    }
}
