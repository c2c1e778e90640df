//! The mailbox of a connection: what other threads want from the task that owns the socket.
//!
//! Bounded: a connection that does not take its packets is told to close, and what it missed is sent again on its
//! next one, because no packet counts as delivered before it is acknowledged.
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ids::{AuthKeyId, ConnId, DcId};
use mtproto::handshake::server::Done;
use mtproto::server::{KeyAnswer, Stored};
use tokio::sync::Notify;

use crate::connection::Ending;

/// One thing for the connection's task to do.
pub(crate) enum Mail {
    /// Send this encrypted packet.
    Packet(Vec<u8>),
    /// The answer to a question for an auth key.
    Key(AuthKeyId, KeyAnswer),
    /// A step of the key exchange was computed.
    Job(Done),
    /// What became of a new key.
    Stored(AuthKeyId, Stored),
    /// Read nothing more until this monotonic time in milliseconds.
    RestUntil(u64),
    /// Close at this monotonic time in milliseconds, unless a later time comes before.
    DisconnectAt(u64),
    /// Write what is waiting, then close.
    Close(Ending),
}

/// The mailbox.
pub(crate) struct Slot {
    id: ConnId,
    packet_bytes_max: usize,
    /// The data centre its client believes to talk to; 0 until it is known.
    dc: AtomicI32,
    inbox: Mutex<Inbox>,
    posted: Notify,
}

#[derive(Default)]
struct Inbox {
    mail: Vec<Mail>,
    packet_bytes: usize,
    overflown: bool,
    closed: bool,
}

impl Slot {
    /// An empty mailbox that takes so many bytes of packets.
    pub(crate) fn new(id: ConnId, packet_bytes_max: usize) -> Self {
        Self { id, packet_bytes_max, dc: AtomicI32::new(0), inbox: Mutex::default(), posted: Notify::new() }
    }

    /// The connection's number.
    pub(crate) fn id(&self) -> ConnId {
        self.id
    }

    /// The data centre its client believes to talk to, if it said so.
    pub(crate) fn dc(&self) -> Option<DcId> {
        Some(DcId(self.dc.load(Ordering::Relaxed))).filter(|dc| dc.get() != 0)
    }

    /// Notes the data centre.
    pub(crate) fn set_dc(&self, dc: DcId) {
        self.dc.store(dc.get(), Ordering::Relaxed);
    }

    /// Puts mail in; ignored once the connection is gone.
    pub(crate) fn post(&self, mail: Mail) {
        let mut inbox = self.lock();
        if inbox.closed || inbox.overflown {
            return;
        }
        if let Mail::Packet(packet) = &mail {
            inbox.packet_bytes += packet.len();
            if inbox.packet_bytes > self.packet_bytes_max {
                inbox.overflown = true;
                inbox.mail = vec![Mail::Close(Ending::Overflow)];
                drop(inbox);
                return self.posted.notify_one();
            }
        }
        inbox.mail.push(mail);
        drop(inbox);
        self.posted.notify_one();
    }

    /// Takes all mail out; an empty mailbox owns no memory.
    pub(crate) fn take(&self) -> Vec<Mail> {
        let mut inbox = self.lock();
        inbox.packet_bytes = 0;
        std::mem::take(&mut inbox.mail)
    }

    /// Takes no more mail.
    pub(crate) fn close(&self) {
        let mut inbox = self.lock();
        *inbox = Inbox { closed: true, ..Inbox::default() };
    }

    /// Waits until there is mail.
    pub(crate) async fn mail(&self) {
        self.posted.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_that_overflows_says_close_and_nothing_else() {
        let slot = Slot::new(ConnId(1), 10);
        slot.post(Mail::Packet(vec![0; 6]));
        slot.post(Mail::DisconnectAt(7));
        slot.post(Mail::Packet(vec![0; 6]));
        slot.post(Mail::Packet(vec![0; 1]));
        let mail = slot.take();
        assert!(matches!(mail.as_slice(), [Mail::Close(Ending::Overflow)]));
    }

    #[test]
    fn taking_makes_room() {
        let slot = Slot::new(ConnId(1), 10);
        for _ in 0..3 {
            slot.post(Mail::Packet(vec![0; 10]));
            assert_eq!(slot.take().len(), 1);
        }
        slot.close();
        slot.post(Mail::DisconnectAt(7));
        assert!(slot.take().is_empty());
    }
}
