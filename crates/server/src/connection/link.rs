//! The protocol's side of one connection: what `mtproto` asks for, done or passed on.
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ids::limits::{HANDSHAKES_MAX, KEYS_PER_CONN_MAX};
use ids::{AuthKeyId, DcId, Now};
use mtproto::Envelope;
use mtproto::handshake::server::Job;
use mtproto::server::{Conn, KeyAnswer, Output};

use super::ending::{Carrier, Ending};
use crate::admission::Admitted;
use crate::entropy::OsRng;
use crate::keeper::Tries;
use crate::keys::{Dead, KeyEntry, Lookup};
use crate::node::Node;
use crate::slot::{Mail, Slot};
use crate::work::Task;

/// One connection without its socket.
pub(super) struct Link {
    node: Arc<Node>,
    conn: Conn,
    slot: Arc<Slot>,
    admitted: Admitted,
    /// The keys that were used here, the last one last.
    keys: Vec<Arc<KeyEntry>>,
    /// The framing is known, and that the stream is not one that was here before.
    recognised: bool,
    /// Key exchanges open here, as last counted.
    exchanges: u64,
}

/// What the connection's task must do.
pub(super) enum Step {
    /// Write these bytes as one message.
    Write(Vec<u8>),
    /// Nothing: a message was taken, which may have cost as much time as others should wait for.
    Taken,
    /// The peer speaks HTTP.
    Http,
    /// Write what waits, then close.
    Close(Ending),
}

impl Link {
    pub(super) fn new(node: Arc<Node>, carrier: Carrier, admitted: Admitted) -> Self {
        let now = node.clock.now();
        let conn = match carrier {
            Carrier::Tcp => Conn::new(node.config.clone(), now),
            Carrier::Websocket => Conn::websocket(node.config.clone(), now),
        };
        let slot = Arc::new(Slot::new(node.next_conn(), node.limits.write_queue_bytes));
        Self { node, conn, slot, admitted, keys: Vec::new(), recognised: false, exchanges: 0 }
    }

    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(super) fn wants_input(&self) -> bool {
        self.conn.wants_input()
    }

    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.conn.poll_timeout()
    }

    pub(super) fn input(&mut self, bytes: &[u8], now: Now) {
        self.conn.handle_input(bytes, now, &mut OsRng);
        if !self.recognised && self.conn.kind().is_some() {
            self.recognised = true;
            let fingerprint = self.conn.header_fingerprint();
            if fingerprint.is_some_and(|fingerprint| !self.node.openings.is_new(fingerprint)) {
                self.conn.refuse_replay();
            }
        }
    }

    pub(super) fn timeout(&mut self, now: Now) {
        self.conn.handle_timeout(now);
    }

    /// Passes on what other threads posted; what only the task can do comes back.
    pub(super) fn mail(&mut self, mail: Mail, now: Now) -> Option<Order> {
        match mail {
            Mail::Packet(packet) => self.conn.send(&packet, &mut OsRng),
            Mail::Key(id, answer) => self.conn.handle_key(id, answer, now, &mut OsRng),
            Mail::Job(done) => self.conn.handle_job(done, now, &mut OsRng),
            Mail::Stored(id, stored) => self.conn.handle_stored(id, stored, now, &mut OsRng),
            Mail::RestUntil(at_ms) => return Some(Order::RestUntil(at_ms)),
            Mail::DisconnectAt(at_ms) => return Some(Order::DisconnectAt(at_ms)),
            Mail::Close(why) => return Some(Order::Close(why)),
        }
        None
    }

    /// Does what the protocol asks for, up to the next thing that concerns the socket.
    pub(super) fn step(&mut self, now: Now) -> Option<Step> {
        while let Some(output) = self.conn.poll_output() {
            match output {
                Output::Transmit(bytes) => return Some(Step::Write(bytes)),
                Output::NeedAuthKey(id) => self.find_key(id, now),
                Output::Job(job) => {
                    if !self.start(job, now) {
                        return Some(Step::Close(Ending::Refused));
                    }
                }
                Output::KeyCreated(key) => {
                    self.node.work.submit(Task::KeepKey(key, self.slot.clone(), Tries::default()));
                }
                Output::Message(envelope) => {
                    if !self.receive(envelope, now) {
                        return Some(Step::Close(Ending::UnknownKey));
                    }
                    return Some(Step::Taken);
                }
                Output::Http(_) => return Some(Step::Http),
                Output::Close(why) => return Some(Step::Close(why.into())),
            }
        }
        self.count_exchanges();
        None
    }

    /// Tells the keys of this connection that it takes no more, or takes more again.
    pub(super) fn set_blocked(&self, blocked: bool, now: Now) {
        for key in &self.keys {
            key.set_blocked(&self.node, self.slot.id(), blocked, now);
        }
    }

    /// The socket is of no more use; the place it was admitted to is given up later, with the link.
    pub(super) fn end(&mut self) {
        self.slot.close();
        let now = self.node.clock.now();
        for key in self.keys.drain(..) {
            key.disconnect(&self.node, self.slot.id(), now);
        }
        self.node.exchanges.fetch_sub(self.exchanges, Ordering::Relaxed);
        self.exchanges = 0;
    }

    fn find_key(&mut self, id: AuthKeyId, now: Now) {
        match self.node.keys.look_up(id, now.unix()) {
            Lookup::Found(entry) => {
                let key = entry.key().clone();
                self.conn.handle_key(id, KeyAnswer::Known(key), now, &mut OsRng);
            }
            Lookup::Absent => self.conn.handle_key(id, KeyAnswer::Unknown, now, &mut OsRng),
            Lookup::Ask => {
                self.node.work.submit(Task::LoadKey(id, self.slot.clone(), Tries::default()));
            }
        }
    }

    /// Starts a step of a key exchange, if there is room for it.
    fn start(&mut self, job: Job, now: Now) -> bool {
        // The second step is the first that costs anything; the third was paid for with it.
        let charged = match &job {
            Job::Params(_) => true,
            Job::Key(_) => false,
        };
        if charged && !self.admitted.may_exchange_keys(now) {
            return false;
        }
        let taken = self.node.handshakes.submit(job, self.slot.clone()).is_ok();
        if charged && !taken {
            self.admitted.exchanges_no_keys();
        }
        taken
    }

    /// Hands a message to its key. False if the key is gone.
    fn receive(&mut self, envelope: Envelope, now: Now) -> bool {
        if let Some(dc) = self.conn.header_dc().and_then(known_dc) {
            self.slot.set_dc(dc);
        }
        let mut envelope = envelope;
        // A key may be taken out of memory between lookup and use, again and again in theory.
        for _ in 0..4 {
            let Some(entry) = self.use_key(envelope.key, now) else { return false };
            // A key alone is worth nothing: everybody can make one.
            if !self.admitted.is_authenticated() && entry.has_user() {
                self.admitted.authenticated();
            }
            match entry.receive(&self.node, &self.slot, envelope, now) {
                Ok(()) => return true,
                Err(Dead(back)) => envelope = back,
            }
            let dead = self.keys.pop();
            let Some(living) = dead.and_then(|dead| self.node.keys.revive(&dead, now.unix())) else {
                return false;
            };
            self.keys.push(living);
        }
        false
    }

    /// The entry of a key that was just looked up, moved to the end of the list.
    fn use_key(&mut self, id: AuthKeyId, now: Now) -> Option<Arc<KeyEntry>> {
        if let Some(index) = self.keys.iter().position(|key| key.id() == id) {
            let key = self.keys.remove(index);
            self.keys.push(key);
        } else if let Lookup::Found(entry) = self.node.keys.look_up(id, now.unix()) {
            if self.keys.len() == KEYS_PER_CONN_MAX {
                self.keys.remove(0).disconnect(&self.node, self.slot.id(), now);
            }
            self.keys.push(entry);
        }
        self.keys.last().filter(|key| key.id() == id).cloned()
    }

    /// Keeps the sum of all open exchanges under its limit (A7): whoever opens one too many loses his own.
    fn count_exchanges(&mut self) {
        let own = self.conn.open_exchanges() as u64;
        if own == self.exchanges {
            return;
        }
        let others = self.node.exchanges.fetch_sub(self.exchanges, Ordering::Relaxed) - self.exchanges;
        if others + own > HANDSHAKES_MAX as u64 {
            self.conn.forget_exchanges();
        }
        self.exchanges = self.conn.open_exchanges() as u64;
        self.node.exchanges.fetch_add(self.exchanges, Ordering::Relaxed);
    }
}

/// A bug in the connection's task must not leave it behind in its keys.
impl Drop for Link {
    fn drop(&mut self) {
        self.end();
    }
}

/// The data centre that an obfuscated header names: negative for its media side, 10,000 higher for the test
/// environment. Some clients put noise there, which is none.
fn known_dc(header: i16) -> Option<DcId> {
    let dc = i32::from(header.unsigned_abs());
    Some(DcId(if dc > 10_000 { dc - 10_000 } else { dc })).filter(|dc| (1..=5).contains(&dc.get()))
}

/// What only the connection's task can do.
pub(super) enum Order {
    /// Read nothing more until this time.
    RestUntil(u64),
    /// Close at this time, unless a later one is set before.
    DisconnectAt(u64),
    /// Write what waits, then close.
    Close(Ending),
}
