//! The ids a session has received, and what became of each: exactly-once rests on this.
//!
//! Invariants: an id is looked up before anything else is done with its message; when the window is full its lowest
//! id falls out and no id up to that one is ever taken again (T6). Ids and fates stand in two queues, ten bytes for
//! each message. Source: docs, mtproto/security_guidelines, "Checking msg_id".

use std::collections::VecDeque;

use ids::WireMsgId;
use ids::limits::SEEN_IDS_MAX;

/// What became of a received message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// No content (even seqno), or a container: done, needs no acknowledgement.
    Service,
    /// Content without an answer that could be lost: done.
    Content,
    /// A call that is held back, waits or runs.
    Running,
    /// A call whose answer waits for its acknowledgement.
    Answered(Outcome),
    /// A call whose answer was acknowledged or dropped.
    Settled(Outcome),
    /// A call whose answer was given up before anybody acknowledged it.
    Lost(Outcome),
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// With a result.
    Succeeded,
    /// With an `rpc_error`.
    Failed,
}

/// Where an id stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In the window.
    Known(Fate),
    /// Not above an id that fell out: whether it was here cannot be told.
    Below,
    /// Never received.
    New,
}

/// The window.
#[derive(Default)]
pub(crate) struct Seen {
    ids: VecDeque<u64>,
    fates: VecDeque<Fate>,
    /// The highest id that fell out.
    floor: u64,
}

impl Seen {
    /// An empty window: everything up to `floor` has fallen out of it.
    pub(crate) fn above(floor: WireMsgId) -> Self {
        Self { floor: floor.0, ..Self::default() }
    }

    /// Looks an id up.
    pub(crate) fn place(&self, id: WireMsgId) -> Place {
        match self.ids.binary_search(&id.0) {
            Ok(at) => self.fates.get(at).map_or(Place::New, |fate| Place::Known(*fate)),
            Err(_) if id.0 <= self.floor => Place::Below,
            Err(_) => Place::New,
        }
    }

    /// Notes what became of an id, new or known.
    pub(crate) fn note(&mut self, id: WireMsgId, fate: Fate) {
        match self.ids.binary_search(&id.0) {
            Ok(at) => {
                if let Some(place) = self.fates.get_mut(at) {
                    *place = fate;
                }
            }
            Err(_) if id.0 <= self.floor => {}
            Err(at) => {
                self.ids.insert(at, id.0);
                self.fates.insert(at, fate);
                if self.ids.len() > SEEN_IDS_MAX {
                    self.drop_lowest();
                }
            }
        }
    }

    /// The lowest id still known.
    pub(crate) fn lowest(&self) -> Option<WireMsgId> {
        self.ids.front().map(|id| WireMsgId(*id))
    }

    /// The highest id received, or the floor.
    pub(crate) fn highest(&self) -> WireMsgId {
        WireMsgId(self.ids.back().copied().unwrap_or(self.floor))
    }

    /// Lets all ids below `id` fall out and gives their memory back.
    pub(crate) fn forget_below(&mut self, id: WireMsgId) {
        while self.ids.front().is_some_and(|lowest| *lowest < id.0) {
            self.drop_lowest();
        }
        self.ids.shrink_to_fit();
        self.fates.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<u64>() + self.fates.capacity() * size_of::<Fate>()
    }

    fn drop_lowest(&mut self) {
        self.floor = self.ids.pop_front().unwrap_or(self.floor);
        self.fates.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use ids::WireMsgId;
    use ids::limits::SEEN_IDS_MAX;

    use super::{Fate, Outcome, Place, Seen};

    #[test]
    fn t6_an_id_is_new_once() {
        let mut seen = Seen::default();
        for id in [40, 8, 24, 16, 32] {
            assert_eq!(seen.place(WireMsgId(id)), Place::New);
            seen.note(WireMsgId(id), Fate::Running);
            assert_eq!(seen.place(WireMsgId(id)), Place::Known(Fate::Running));
        }
        seen.note(WireMsgId(24), Fate::Settled(Outcome::Failed));
        assert_eq!(seen.place(WireMsgId(24)), Place::Known(Fate::Settled(Outcome::Failed)));
        assert_eq!(seen.place(WireMsgId(16)), Place::Known(Fate::Running));
        assert_eq!((seen.lowest(), seen.highest()), (Some(WireMsgId(8)), WireMsgId(40)));
    }

    #[test]
    fn t6_a_full_window_rejects_what_is_lower_than_all() {
        let mut seen = Seen::default();
        let first = 1_000_000;
        let ids: Vec<u64> = (0..SEEN_IDS_MAX as u64 + 10).map(|n| first + 4 * n).collect();
        for id in &ids {
            seen.note(WireMsgId(*id), Fate::Content);
        }
        for fallen in &ids[..10] {
            assert_eq!(seen.place(WireMsgId(*fallen)), Place::Below);
            seen.note(WireMsgId(*fallen), Fate::Running);
            assert_eq!(seen.place(WireMsgId(*fallen)), Place::Below);
        }
        for known in &ids[10..] {
            assert_eq!(seen.place(WireMsgId(*known)), Place::Known(Fate::Content));
        }
        assert_eq!(seen.place(WireMsgId(4)), Place::Below);
        assert_eq!(seen.ids.len(), SEEN_IDS_MAX);
    }

    #[test]
    fn forgotten_ids_stay_rejected() {
        let mut seen = Seen::default();
        for id in 1..=100 {
            seen.note(WireMsgId(id * 4), Fate::Service);
        }
        seen.forget_below(WireMsgId(240));
        assert_eq!(seen.lowest(), Some(WireMsgId(240)));
        assert_eq!(seen.place(WireMsgId(236)), Place::Below);
        seen.forget_below(WireMsgId(1000));
        assert_eq!((seen.lowest(), seen.highest()), (None, WireMsgId(400)));
        assert_eq!(seen.place(WireMsgId(400)), Place::Below);
        assert_eq!(seen.place(WireMsgId(404)), Place::New);
        assert_eq!(seen.ids.capacity(), 0);
    }

    #[test]
    fn a_message_costs_ten_bytes() {
        assert_eq!(size_of::<u64>() + size_of::<Fate>(), 10);
    }
}
