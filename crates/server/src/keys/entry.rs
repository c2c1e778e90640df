//! One auth key in memory: its sessions, the connections that use it, and the lanes its calls wait in.
//!
//! Everything about a key happens under one lock, held for microseconds: the store is never read under it. Locks are
//! taken in the order table, entry, everything else.
mod turns;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ids::limits::{
    CONNS_PER_KEY_MAX, REFUSAL_REST_MS, REFUSAL_WINDOW_MS_MAX, REFUSALS_FREE, REST_MS_MAX,
    TEMP_KEY_WITHOUT_USER_LIFE_MS,
};
use ids::{AuthKeyId, ConnId, DcId, Layer, Now, SessionId, UnixTime, UserId, WireMsgId};
use mtproto::server::{KeyDestroyed, KeyEvent, KeyState, RpcResult};
use mtproto::{AuthKey, Envelope};

use super::device::Device;
use super::lane::{Lane, Subscription};
use crate::connection::Ending;
use crate::entropy::OsRng;
use crate::keeper::Tries;
use crate::node::Node;
use crate::slot::{Mail, Slot};
use crate::work::{Subject, Task};

/// The expiry of a permanent key.
const NEVER: i64 = i64::MAX;
/// No timer is armed.
const NOT_ARMED: u64 = u64::MAX;

/// An auth key and all that happens under it.
pub(crate) struct KeyEntry {
    id: AuthKeyId,
    key: Arc<AuthKey>,
    /// Unix time at which it ends; [`NEVER`] for a permanent one.
    expires_at: AtomicI64,
    inner: Mutex<Inner>,
}

struct Inner {
    state: KeyState,
    /// The login: its own for a permanent key, that of the permanent key for a bound one.
    device: Option<Arc<Device>>,
    slots: Vec<Arc<Slot>>,
    lanes: Vec<Lane>,
    lanes_made: u64,
    armed_ms: u64,
    /// When a temporary key is next looked at for being of use.
    review_ms: u64,
    told: Told,
    /// A request to destroy the key is under way.
    destroying: bool,
    life: Life,
}

/// What a key was told that asked for more than it may (A4).
#[derive(Clone, Copy, Default)]
struct Told {
    /// Until when it was told to wait, on the monotonic clock; for a minute at most, since a long wait is for one kind of call
    /// and the others are not to be held against it.
    until_ms: u64,
    /// Calls that were refused before that.
    again: u32,
    /// Until when nothing is read from its connections.
    rest_until_ms: u64,
}

/// Whether an entry is in use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    /// It is in the table.
    Alive,
    /// It was idle and was taken out of the table, so nothing may be added to it unless it is put back.
    Evicted,
    /// Its key was destroyed or dropped; whoever still holds the entry never gets it back.
    Gone,
}

/// The entry is no longer in the table: look the key up again.
pub(crate) struct Dead(pub(crate) Envelope);

/// Something that leaves for a session, in this order.
pub(crate) enum Said {
    /// Updates.
    Push(Vec<u8>),
    /// The answer to a call.
    Result(WireMsgId, RpcResult),
}

impl KeyEntry {
    /// A permanent key with its login.
    pub(super) fn permanent(key: Arc<AuthKey>, state: KeyState, device: Arc<Device>) -> Self {
        Self::new(key, state, NEVER, Some(device))
    }

    /// A temporary key, not bound yet.
    pub(super) fn temporary(key: Arc<AuthKey>, state: KeyState, expires_at: UnixTime) -> Self {
        Self::new(key, state, expires_at.get(), None)
    }

    fn new(key: Arc<AuthKey>, state: KeyState, expires_at: i64, device: Option<Arc<Device>>) -> Self {
        let inner = Inner {
            state,
            device,
            slots: Vec::new(),
            lanes: Vec::new(),
            lanes_made: 0,
            armed_ms: NOT_ARMED,
            review_ms: NOT_ARMED,
            told: Told::default(),
            destroying: false,
            life: Life::Alive,
        };
        Self { id: key.id(), key, expires_at: AtomicI64::new(expires_at), inner: Mutex::new(inner) }
    }

    pub(crate) fn id(&self) -> AuthKeyId {
        self.id
    }

    pub(crate) fn key(&self) -> &Arc<AuthKey> {
        &self.key
    }

    /// When a temporary key ends; `None` for a permanent one.
    pub(crate) fn expires_at(&self) -> Option<UnixTime> {
        Some(self.expires_at.load(Ordering::Relaxed)).filter(|at| *at != NEVER).map(UnixTime)
    }

    pub(super) fn has_expired(&self, now: UnixTime) -> bool {
        self.expires_at.load(Ordering::Relaxed) <= now.get()
    }

    /// The login this key acts for.
    pub(crate) fn device(&self) -> Option<Arc<Device>> {
        self.lock().device.clone()
    }

    /// Whether a connection uses it.
    pub(crate) fn is_connected(&self) -> bool {
        !self.lock().slots.is_empty()
    }

    /// The layer a session's answers and updates must be in.
    pub(crate) fn layer(&self, session: SessionId) -> Option<Layer> {
        self.lock().state.layer(session)
    }

    /// Whether somebody is logged in with this key, or with the one it is bound to.
    pub(crate) fn has_user(&self) -> bool {
        self.lock().has_user()
    }

    /// The data centre that the client of one of its connections believes to talk to, if it said so.
    pub(crate) fn dc(&self, conn: ConnId) -> Option<DcId> {
        self.lock().slots.iter().find(|slot| slot.id() == conn)?.dc()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic under this lock is a bug in the session's state; the key goes on with what is left of it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What connections and timers tell a key.
impl KeyEntry {
    /// A message that was decrypted with this key.
    pub(crate) fn receive(
        self: &Arc<Self>,
        node: &Node,
        slot: &Arc<Slot>,
        envelope: Envelope,
        now: Now,
    ) -> Result<(), Dead> {
        let mut inner = self.lock();
        if inner.life != Life::Alive {
            return Err(Dead(envelope));
        }
        if !inner.slots.iter().any(|known| known.id() == slot.id()) {
            inner.make_room(now);
            inner.slots.push(slot.clone());
        }
        inner.state.handle_message(slot.id(), envelope, now, &mut OsRng);
        self.settle(&mut inner, node, now);
        Ok(())
    }

    /// A connection is gone.
    pub(crate) fn disconnect(self: &Arc<Self>, node: &Node, conn: ConnId, now: Now) {
        let mut inner = self.lock();
        inner.slots.retain(|slot| slot.id() != conn);
        inner.slots.shrink_to_fit();
        inner.state.handle_closed(conn, now);
        self.settle(&mut inner, node, now);
        let idle = inner.is_idle();
        drop(inner);
        if idle {
            node.keys.evict(self, now);
        }
    }

    /// A connection takes no more packets for now, or takes them again.
    pub(crate) fn set_blocked(self: &Arc<Self>, node: &Node, conn: ConnId, blocked: bool, now: Now) {
        let mut inner = self.lock();
        if blocked {
            inner.state.handle_blocked(conn);
        } else {
            inner.state.handle_writable(conn);
            self.settle(&mut inner, node, now);
        }
    }

    /// The time that was armed has come.
    pub(crate) fn timeout(self: &Arc<Self>, node: &Node, now: Now) {
        let mut inner = self.lock();
        if inner.armed_ms <= now.mono_ms {
            inner.armed_ms = NOT_ARMED;
        }
        inner.state.handle_timeout(now);
        self.settle(&mut inner, node, now);
        let useless = self.has_expired(now.unix()) || inner.is_useless(now);
        let idle = inner.is_idle();
        drop(inner);
        if useless {
            node.keys.remove(self.id, node, now);
        } else if idle {
            node.keys.evict(self, now);
        }
        self.review(node, now);
    }

    /// The end of a request to destroy this key.
    pub(crate) fn destroyed(
        self: &Arc<Self>,
        node: &Node,
        (session, msg_id): (SessionId, WireMsgId),
        end: KeyDestroyed,
        now: Now,
    ) {
        let mut inner = self.lock();
        inner.destroying = false;
        inner.state.handle_key_destroyed(session, msg_id, end);
        self.settle(&mut inner, node, now);
    }

    /// Sees to it that a temporary key is looked at when it ends, and until somebody logs in, when it may have become
    /// useless.
    pub(super) fn review(self: &Arc<Self>, node: &Node, now: Now) {
        let Some(expires_at) = self.expires_at() else { return };
        let mut inner = self.lock();
        if inner.life != Life::Alive || (now.mono_ms < inner.review_ms && inner.review_ms != NOT_ARMED) {
            return;
        }
        // A second more, since the wall clock is compared in whole ones.
        let left_ms = u64::try_from(expires_at.get() - now.unix().get() + 1).unwrap_or(1) * 1000;
        let wait_ms = if inner.has_user() { left_ms } else { left_ms.min(TEMP_KEY_WITHOUT_USER_LIFE_MS) };
        inner.review_ms = now.mono_ms + wait_ms;
        node.timers.arm(inner.review_ms, Arc::downgrade(self));
    }
}

/// What refusals do to a key.
impl KeyEntry {
    /// A call was answered with FLOOD_WAIT. Who goes on asking within the time he was told is read from more slowly: what he
    /// sends then waits with him, and costs nobody else a thing. Who waits as he was told never comes here twice.
    pub(crate) fn told_to_wait(&self, seconds: u32, now: Now) {
        let mut inner = self.lock();
        if let Some(until_ms) = inner.told.refuse(seconds, now.mono_ms) {
            inner.slots.iter().for_each(|slot| slot.post(Mail::RestUntil(until_ms)));
        }
    }
}

impl Told {
    /// Until when its connections rest, if they do.
    fn refuse(&mut self, seconds: u32, now_ms: u64) -> Option<u64> {
        if self.until_ms <= now_ms {
            self.until_ms = now_ms + (u64::from(seconds) * 1000).min(REFUSAL_WINDOW_MS_MAX);
            self.again = 0;
            return None;
        }
        self.again = self.again.saturating_add(1);
        if self.again <= REFUSALS_FREE {
            return None;
        }
        let rest_until_ms = self.rest_until_ms.max(now_ms) + REFUSAL_REST_MS;
        self.rest_until_ms = rest_until_ms.min(now_ms + REST_MS_MAX);
        Some(self.rest_until_ms)
    }
}

/// What logins do to a key.
impl KeyEntry {
    /// From now on this temporary key acts for `device`, until `until` at most.
    pub(super) fn bind(self: &Arc<Self>, device: Arc<Device>, until: UnixTime) {
        self.expires_at.fetch_min(until.get(), Ordering::Relaxed);
        let mut inner = self.lock();
        if let Some(layer) = device.lock().layer {
            inner.state.set_layer(layer);
        }
        inner.device = Some(device);
    }

    /// Ends its sessions but one, with their subscriptions (A16).
    pub(crate) fn end_sessions(self: &Arc<Self>, node: &Node, keep: Option<SessionId>, now: Now) {
        let mut inner = self.lock();
        inner.state.end_sessions(keep, now);
        self.settle(&mut inner, node, now);
    }

    /// Marks it as taken out of the table for lack of use, if nothing happens under it. Held by the table while it
    /// removes the entry.
    pub(super) fn rest(&self) -> bool {
        let mut inner = self.lock();
        let is_idle = inner.is_idle();
        if is_idle && inner.life == Life::Alive {
            inner.life = Life::Evicted;
        }
        is_idle
    }

    /// Marks it as taken out of the table for good.
    pub(super) fn die(&self) {
        self.lock().life = Life::Gone;
    }

    /// Puts an entry back into use that was taken out for lack of it. False if its key is no more.
    pub(super) fn revive(&self) -> bool {
        let mut inner = self.lock();
        if inner.life == Life::Evicted {
            inner.life = Life::Alive;
        }
        inner.life == Life::Alive
    }
}

impl KeyEntry {
    /// Does what the session's state asks for, until it asks for nothing more.
    fn settle(self: &Arc<Self>, inner: &mut Inner, node: &Node, now: Now) {
        loop {
            while let Some(event) = inner.state.poll_event() {
                self.heed(inner, event, node, now);
            }
            let Some(transmit) = inner.state.poll_transmit(now, &mut OsRng) else { break };
            inner.post(transmit.conn, Mail::Packet(transmit.packet));
        }
        if let Some(at_ms) = inner.state.poll_timeout()
            && at_ms < inner.armed_ms
        {
            inner.armed_ms = at_ms;
            node.timers.arm(at_ms, Arc::downgrade(self));
        }
    }

    fn heed(self: &Arc<Self>, inner: &mut Inner, event: KeyEvent, node: &Node, now: Now) {
        match event {
            KeyEvent::Call(call) => self.enqueue(inner, call, node, now),
            KeyEvent::SessionCreated(session) => {
                inner.lanes_made += 1;
                let lane = Lane::new(session, inner.lanes_made);
                // Most keys have one session, and there are many keys.
                inner.lanes.reserve_exact(1);
                inner.lanes.push(lane);
            }
            KeyEvent::SessionEnded(session) => {
                let ended = inner.lanes.extract_if(.., |lane| lane.session == session);
                for lane in ended {
                    lane.calls.iter().for_each(|call| node.work.forget_call(call.body.capacity()));
                    if let Some(Subscription { user, .. }) = lane.subscription {
                        node.subscribers.remove(user, self.id, session);
                    }
                }
                inner.lanes.shrink_to_fit();
            }
            KeyEvent::DestroyKey { session, msg_id } => {
                // One request at a time: a packet has room for a thousand, and each of them is work.
                if std::mem::replace(&mut inner.destroying, true) {
                    return inner.state.handle_key_destroyed(session, msg_id, KeyDestroyed::Failed);
                }
                let (of, request) = (inner.subject(), (session, msg_id));
                node.work.submit(Task::DestroyKey(self.clone(), of, request, Tries::default()));
            }
            KeyEvent::DisconnectAfter { conn, delay_ms } => {
                inner.post(conn, Mail::DisconnectAt(now.mono_ms.saturating_add(delay_ms)));
            }
            KeyEvent::CloseConn { conn } => inner.post(conn, Mail::Close(Ending::Session)),
        }
    }
}

impl Inner {
    fn post(&self, conn: ConnId, mail: Mail) {
        if let Some(slot) = self.slots.iter().find(|slot| slot.id() == conn) {
            slot.post(mail);
        }
    }

    /// Closes the oldest connection of a key that has as many as it may have.
    fn make_room(&mut self, now: Now) {
        if self.slots.len() >= CONNS_PER_KEY_MAX {
            let oldest = self.slots.remove(0);
            self.state.handle_closed(oldest.id(), now);
            oldest.post(Mail::Close(Ending::Session));
        }
    }

    /// Whether somebody is logged in with this key, or with the one it is bound to.
    fn has_user(&self) -> bool {
        self.user().is_some()
    }

    fn user(&self) -> Option<UserId> {
        self.device.as_ref().and_then(|device| device.user())
    }

    /// For whom its turns are run.
    fn subject(&self) -> Subject {
        self.user().map_or(Subject::Strangers, Subject::User)
    }

    /// Whether this is a temporary key with which nobody logged in and that nobody is connected with. Its client makes
    /// another one without a word to its user.
    fn is_useless(&self, now: Now) -> bool {
        !self.has_user() && self.slots.is_empty() && self.review_ms <= now.mono_ms
    }

    /// Whether forgetting this state loses nothing.
    fn is_idle(&self) -> bool {
        self.slots.is_empty() && self.lanes.iter().all(|lane| !lane.busy) && self.state.is_forgettable()
    }
}

#[cfg(test)]
mod tests {
    use mtproto::salt::SaltSeed;
    use zeroize::Zeroizing;

    use super::*;
    use crate::keys::KeyTable;

    #[test]
    fn a4_all_keys_without_a_user_are_one_subject_and_all_of_a_user_are_another() {
        let (table, now) = (KeyTable::new(SaltSeed::generate(&mut OsRng)), Now::default());
        let subject = |byte: u8, user| {
            let key = Arc::new(AuthKey::new(Box::new(Zeroizing::new([byte; 256]))));
            let entry = table.take_permanent(key, None, (user, None), now);
            entry.lock().subject()
        };
        assert_eq!([subject(1, None), subject(2, None)], [Subject::Strangers; 2]);
        assert_eq!([3, 4].map(|key| subject(key, Some(UserId(7)))), [Subject::User(UserId(7)); 2]);
    }

    #[test]
    fn a4_who_goes_on_asking_is_read_more_slowly_and_who_waits_is_not() {
        let mut told = Told::default();
        let many = REFUSALS_FREE + 10;
        assert!((0..=REFUSALS_FREE).all(|_| told.refuse(3, 1_000).is_none()), "he did not know yet");
        assert_eq!(told.refuse(3, 1_000), Some(1_000 + REFUSAL_REST_MS));
        assert_eq!(told.refuse(3, 1_000), Some(1_000 + 2 * REFUSAL_REST_MS));
        let longest = (0..1_000).filter_map(|_| told.refuse(3, 3_999)).max();
        assert_eq!(longest, Some(3_999 + REST_MS_MAX));
        // The time that he was told is over, and what he may ask then is little.
        assert!(told.refuse(3, 4_000).is_none() && told.refuse(3, 7_000).is_none());
        assert!((0..many).all(|turn| told.refuse(1, 20_000 + 1_000 * u64::from(turn)).is_none()));
    }

    /// Waits of other kinds of calls that are told one after another, and obeyed, cost nothing for a day.
    #[test]
    fn a4_one_long_wait_is_not_held_against_calls_of_other_kinds() {
        let mut told = Told::default();
        assert!(told.refuse(86_400, 0).is_none());
        assert!((1..1_000).all(|turn| told.refuse(3, 5_000 * turn).is_none()));
    }
}
