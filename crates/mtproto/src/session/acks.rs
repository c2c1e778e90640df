//! Acknowledgements that are owed to the client.
//!
//! A content message is acknowledged when its answer does not follow within [`ACK_DELAY_MS`]: an answer says as much.
//! What will have no answer rides with the next packet. Source: docs, mtproto/service_messages_about_messages,
//! "Acknowledgment of receipt".

use ids::WireMsgId;
use ids::limits::{ACK_DELAY_MS, CONTAINER_MESSAGES_MAX};

struct Owed {
    msg_id: WireMsgId,
    due_ms: u64,
    /// Goes with any packet, without waiting for its time.
    rides: bool,
}

/// What is owed.
#[derive(Default)]
pub(crate) struct Acks {
    owed: Vec<Owed>,
}

impl Acks {
    /// A call: it is acknowledged only if its answer does not come soon.
    pub(crate) fn owe_unless_answered(&mut self, msg_id: WireMsgId, now_ms: u64) {
        self.push(Owed { msg_id, due_ms: now_ms + ACK_DELAY_MS, rides: false });
    }

    /// A message that gets no answer.
    pub(crate) fn owe(&mut self, msg_id: WireMsgId, now_ms: u64) {
        self.push(Owed { msg_id, due_ms: now_ms + ACK_DELAY_MS, rides: true });
    }

    /// A message its client believes lost: at once.
    pub(crate) fn owe_now(&mut self, msg_id: WireMsgId, now_ms: u64) {
        self.owed.retain(|owed| owed.msg_id != msg_id);
        self.push(Owed { msg_id, due_ms: now_ms, rides: true });
    }

    /// The answer goes out instead.
    pub(crate) fn answered(&mut self, msg_id: WireMsgId) {
        self.owed.retain(|owed| owed.msg_id != msg_id);
    }

    /// Whether something is due now.
    pub(crate) fn is_due(&self, now_ms: u64) -> bool {
        self.owed.iter().any(|owed| owed.due_ms <= now_ms)
    }

    /// When something will be due.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        self.owed.iter().map(|owed| owed.due_ms).min()
    }

    /// Takes what can go with a packet that leaves now.
    pub(crate) fn take(&mut self, now_ms: u64) -> Vec<i64> {
        let mut taken = Vec::new();
        self.owed.retain(|owed| {
            let goes = owed.rides || owed.due_ms <= now_ms;
            if goes {
                taken.push(owed.msg_id.0.cast_signed());
            }
            !goes
        });
        taken
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.owed.capacity() * size_of::<Owed>()
    }

    /// Gives back memory.
    pub(crate) fn rest(&mut self) {
        self.owed.shrink_to_fit();
    }

    /// Nobody waits for the oldest acknowledgement of a client that takes none: a state request tells as much.
    fn push(&mut self, owed: Owed) {
        if self.owed.len() >= 2 * CONTAINER_MESSAGES_MAX {
            self.owed.remove(0);
        }
        self.owed.push(owed);
    }
}

#[cfg(test)]
mod tests {
    use ids::WireMsgId;
    use ids::limits::ACK_DELAY_MS;

    use super::Acks;

    #[test]
    fn a_call_is_acknowledged_only_when_its_answer_is_late() {
        let mut acks = Acks::default();
        acks.owe_unless_answered(WireMsgId(4), 0);
        acks.owe_unless_answered(WireMsgId(8), 0);
        assert_eq!(acks.take(10), []);
        acks.answered(WireMsgId(8));
        assert_eq!(acks.due_ms(), Some(ACK_DELAY_MS));
        assert!(!acks.is_due(ACK_DELAY_MS - 1));
        assert!(acks.is_due(ACK_DELAY_MS));
        assert_eq!(acks.take(ACK_DELAY_MS), [4]);
        assert_eq!(acks.due_ms(), None);
    }

    #[test]
    fn what_has_no_answer_rides_with_the_next_packet() {
        let mut acks = Acks::default();
        acks.owe(WireMsgId(4), 0);
        assert!(!acks.is_due(1));
        assert_eq!(acks.take(1), [4]);
        acks.owe_unless_answered(WireMsgId(8), 5);
        acks.owe_now(WireMsgId(8), 6);
        assert!(acks.is_due(6));
        assert_eq!(acks.take(6), [8]);
        assert_eq!(acks.take(u64::MAX), []);
    }
}
