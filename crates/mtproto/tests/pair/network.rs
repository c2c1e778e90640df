//! Byte streams that take their time and break.

use std::collections::{BTreeMap, VecDeque};

use ids::{ConnId, Now};

use crypto::testing::Seeded;

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Way {
    Up,
    Down,
}

/// Bytes under way in one direction of one connection, in their order.
#[derive(Default)]
struct Stream {
    chunks: VecDeque<(u64, Vec<u8>)>,
    last_ms: u64,
}

/// All of them.
pub(crate) struct Network {
    streams: BTreeMap<(ConnId, Way), Stream>,
    /// Slowest a chunk can be.
    latency_ms_max: u64,
}

impl Network {
    pub(crate) fn new(latency_ms_max: u64) -> Self {
        Self { streams: BTreeMap::new(), latency_ms_max }
    }

    pub(crate) fn send(&mut self, conn: ConnId, way: Way, bytes: Vec<u8>, now: Now, rng: &mut Seeded) {
        let stream = self.streams.entry((conn, way)).or_default();
        stream.last_ms = stream.last_ms.max(now.mono_ms + 1 + rng.below(self.latency_ms_max));
        // A stream has no borders: pieces come as they like.
        let at = rng.index(bytes.len() + 1);
        let (first, second) = bytes.split_at(at);
        for piece in [first, second] {
            if !piece.is_empty() {
                stream.chunks.push_back((stream.last_ms, piece.to_vec()));
            }
        }
    }

    pub(crate) fn due_ms(&self) -> Option<u64> {
        self.streams.values().filter_map(|stream| stream.chunks.front()).map(|(due_ms, _)| *due_ms).min()
    }

    /// A chunk that has arrived.
    pub(crate) fn arrived(&mut self, now: Now) -> Option<(ConnId, Way, Vec<u8>)> {
        let found = self
            .streams
            .iter_mut()
            .find(|(_, stream)| stream.chunks.front().is_some_and(|(due_ms, _)| *due_ms <= now.mono_ms));
        let ((conn, way), stream) = found?;
        let (_, bytes) = stream.chunks.pop_front()?;
        Some((*conn, *way, bytes))
    }

    /// The line is cut: what is under way is lost.
    pub(crate) fn cut(&mut self, conn: ConnId) {
        self.streams.remove(&(conn, Way::Up));
        self.streams.remove(&(conn, Way::Down));
    }
}
