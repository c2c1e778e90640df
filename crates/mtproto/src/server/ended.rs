//! Sessions that ended not long ago: a packet captured from one of them must not begin it anew (T6).
//!
//! A packet is accepted for 330 s at most, even if the wall clock is set back meanwhile ([`crate::set_back`]), so an ended session is remembered for that long by its id and the highest
//! message id it received. When there are too many, the oldest is replaced by a border below which no session begins.

use std::collections::VecDeque;

use ids::limits::{ENDED_SESSION_MEMORY_MS, ENDED_SESSIONS_MAX};
use ids::{Now, SessionId, WireMsgId};

struct Ended {
    session: SessionId,
    highest: WireMsgId,
    until_ms: u64,
}

/// The sessions that ended.
#[derive(Default)]
pub(super) struct EndedSessions {
    ended: VecDeque<Ended>,
    /// No session begins with an id up to this one...
    border: WireMsgId,
    /// ...until then.
    border_until_ms: u64,
}

impl EndedSessions {
    /// Notes the end of a session.
    pub(super) fn note(&mut self, session: SessionId, highest: WireMsgId, now: Now) {
        if self.ended.len() >= ENDED_SESSIONS_MAX
            && let Some(oldest) = self.ended.pop_front()
        {
            self.border = self.border.max(oldest.highest);
            self.border_until_ms = self.border_until_ms.max(oldest.until_ms);
        }
        let until_ms = now.mono_ms + ENDED_SESSION_MEMORY_MS;
        self.ended.push_back(Ended { session, highest, until_ms });
    }

    /// Whether a packet with this id may begin this session.
    pub(super) fn may_begin(&self, session: SessionId, msg_id: WireMsgId) -> bool {
        msg_id > self.floor(session)
    }

    /// Up to this id messages of the session were received before it ended, or may have been.
    pub(super) fn floor(&self, session: SessionId) -> WireMsgId {
        let own = self.ended.iter().filter(|ended| ended.session == session).map(|ended| ended.highest);
        own.fold(self.border, WireMsgId::max)
    }

    /// Forgets what no packet can be a replay of any more.
    pub(super) fn expire(&mut self, now: Now) {
        self.ended.retain(|ended| ended.until_ms > now.mono_ms);
        self.ended.shrink_to_fit();
        if self.border_until_ms <= now.mono_ms {
            self.border = WireMsgId(0);
        }
    }

    /// When [`EndedSessions::expire`] has something to do.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let border = (self.border.0 > 0).then_some(self.border_until_ms);
        self.ended.front().map(|ended| ended.until_ms).into_iter().chain(border).min()
    }

    /// Whether nothing is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.ended.is_empty() && self.border.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use ids::limits::{ENDED_SESSION_MEMORY_MS, ENDED_SESSIONS_MAX};
    use ids::{Now, SessionId, WireMsgId};

    use super::EndedSessions;

    const NOW: Now = Now { wall_ns: 0, mono_ms: 1000 };

    #[test]
    fn t6_an_ended_session_begins_only_with_a_newer_message() {
        let mut ended = EndedSessions::default();
        ended.note(SessionId(1), WireMsgId(400), NOW);
        assert!(!ended.may_begin(SessionId(1), WireMsgId(396)));
        assert!(!ended.may_begin(SessionId(1), WireMsgId(400)));
        assert!(ended.may_begin(SessionId(1), WireMsgId(404)));
        assert!(ended.may_begin(SessionId(2), WireMsgId(396)));
        assert_eq!(ended.due_ms(), Some(1000 + ENDED_SESSION_MEMORY_MS));
        ended.expire(NOW.plus_ms(ENDED_SESSION_MEMORY_MS - 1));
        assert!(!ended.is_empty());
        ended.expire(NOW.plus_ms(ENDED_SESSION_MEMORY_MS));
        assert!(ended.is_empty());
    }

    #[test]
    fn t6_the_oldest_of_too_many_leave_a_border() {
        let mut ended = EndedSessions::default();
        for n in 0..=ENDED_SESSIONS_MAX as u64 {
            ended.note(SessionId(n), WireMsgId(100 + 4 * n), NOW.plus_ms(n));
        }
        assert!(!ended.may_begin(SessionId(999), WireMsgId(100)));
        assert!(ended.may_begin(SessionId(999), WireMsgId(104)));
        assert!(!ended.may_begin(SessionId(1), WireMsgId(104)));
        ended.expire(NOW.plus_ms(ENDED_SESSION_MEMORY_MS));
        assert!(ended.may_begin(SessionId(999), WireMsgId(100)));
    }
}
