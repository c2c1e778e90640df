//! Message ids of one side: strictly growing, near the clock, of the right residue modulo 4.
//!
//! Invariant: an id is never ahead of the clock but by the few units of 2^-32 s that keep ids of one tick apart;
//! TDLib takes its own clock from them. Source: docs, mtproto/description, "Message identifier".

use ids::limits::MSG_ID_FUTURE_S_MAX;
use ids::{Now, WireMsgId};

use crate::plain;

/// What an id says of its message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// From a client.
    Request,
    /// From the server, in answer to a message.
    Answer,
    /// From the server, of its own accord.
    Push,
}

/// The last id that was given out.
#[derive(Default)]
pub(crate) struct MsgIds {
    last: u64,
}

impl MsgIds {
    /// The next id. If the clock was set back, ids go on from the last one.
    pub(crate) fn next(&mut self, now: Now, class: Class) -> WireMsgId {
        let residue = match class {
            Class::Request => 0,
            Class::Answer => 1,
            Class::Push => 3,
        };
        let mut tick = plain::request_id(now).0.max((self.last & !3) + 4);
        if tick.is_multiple_of(1 << 32) {
            // A whole second is suspected of being made without a clock (docs: the lower half must not be empty).
            tick += 4;
        }
        self.last = tick | residue;
        WireMsgId(self.last)
    }

    /// Whether the clock was set back so far that clients would refuse the next id.
    pub(crate) fn is_ahead_of(&self, now: Now) -> bool {
        let ahead = MSG_ID_FUTURE_S_MAX.cast_unsigned() << 32;
        self.last > plain::request_id(now).0.saturating_add(ahead)
    }

    /// Lets all further ids be above this one.
    pub(crate) fn pass(&mut self, id: WireMsgId) {
        self.last = self.last.max(id.0);
    }
}

#[cfg(test)]
mod tests {
    use ids::Now;

    use super::{Class, MsgIds};

    #[test]
    fn ids_grow_by_four_within_a_tick_and_keep_their_class() {
        let now = Now { wall_ns: 1_700_000_000_500_000_000, mono_ms: 0 };
        let mut ids = MsgIds::default();
        let mut last = 0;
        for round in 0..1000_u64 {
            let class = [Class::Request, Class::Answer, Class::Push][(round % 3) as usize];
            let id = ids.next(now, class).0;
            assert!(id > last);
            assert_eq!(id % 4, [0, 1, 3][(round % 3) as usize]);
            last = id;
        }
        let ahead = last - (1_700_000_000_u64 << 32 | 1 << 31);
        assert!(ahead <= 4000, "{ahead} units ahead of the clock");
        assert!(ids.next(now.plus_ms(1), Class::Answer).0 - last > 4_000_000);
    }

    #[test]
    fn no_id_has_an_empty_lower_half() {
        let now = Now { wall_ns: 1_700_000_000_000_000_000, mono_ms: 0 };
        assert_eq!(MsgIds::default().next(now, Class::Request).0, 1_700_000_000 << 32 | 4);
    }

    #[test]
    fn ids_grow_when_the_clock_is_set_back() {
        let now = Now { wall_ns: 1_700_000_000_000_000_000, mono_ms: 0 };
        let mut ids = MsgIds::default();
        let first = ids.next(now, Class::Push);
        let earlier = Now { wall_ns: 1_600_000_000_000_000_000, mono_ms: 1 };
        assert!(ids.next(earlier, Class::Push) > first);
    }
}
