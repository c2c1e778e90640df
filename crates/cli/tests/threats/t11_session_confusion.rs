//! T11: something of one session reaches another.
//!
//! Eight keys of eight users with 64 sessions each, the sessions of all keys under the same numbers, all of them mixed
//! over the same few connections. Everything that can be told apart carries a tag, and each tag must arrive in its own
//! session and nowhere else. Red with `known.id == session` weakened to `true` in `KeyState::find`, by which updates find
//! theirs too, or in `KeyState::handle_result`.
use std::collections::HashMap;
use std::sync::Arc;

use client::{Clock, Identity, Opened, OsRng, Received, Wire};
use crypto::Rng;
use ids::{SessionId, WireMsgId};
use mtproto::client::{Session, SessionStart};
use tl::mt::Pong;
use tl::{Decode, Encode};

use crate::ground::{Ground, runs};
use crate::probing::{identity, note, texts};
use crate::support::{User, within};

const KEYS: usize = 8;
/// With the one of the user's own client a key has 64.
const SESSIONS: usize = 63;
const WIRES: usize = 4;
/// Sessions of a key that ask together: fewer than are ever turned away because the server is busy.
const AT_ONCE: usize = ids::limits::CALLS_OF_KEY_CROWDED / 2;

/// What is owed to one session.
#[derive(Default)]
struct Owed {
    pings: HashMap<i64, WireMsgId>,
    calls: HashMap<WireMsgId, i64>,
    notes: Vec<String>,
}

/// One user, with the sessions of their key.
struct Key {
    user: User,
    identity: Identity,
    sessions: Vec<(Session, Owed)>,
}

struct World {
    keys: Vec<Key>,
    wires: Vec<Wire>,
    next_tag: i64,
    clock: Clock,
}

fn number(session: usize) -> SessionId {
    SessionId(1000 + session as u64)
}

fn any(count: usize) -> usize {
    OsRng.u32() as usize % count
}

impl World {
    async fn new(ground: &Ground) -> Self {
        let mut keys = Vec::new();
        for _ in 0..KEYS {
            let user = ground.user().await;
            let identity = identity(&user).await;
            let start = |session| SessionStart {
                key: identity.key.clone(),
                session: number(session),
                salt: identity.salt,
                ahead_ns: identity.ahead_ns,
            };
            let sessions = (0..SESSIONS).map(|at| (Session::new(start(at)), Owed::default())).collect();
            keys.push(Key { user, identity, sessions });
        }
        let mut wires = Vec::new();
        for _ in 0..WIRES {
            let wire = within(Wire::connect(&ground.plain(), Clock::start())).await.expect("a connection");
            wires.push(wire);
        }
        Self { keys, wires, next_tag: 1, clock: Clock::start() }
    }

    fn tag(&mut self) -> i64 {
        self.next_tag += 1;
        self.next_tag
    }

    fn say(&mut self, key: usize, session: usize, body: Vec<u8>, is_content: bool) -> WireMsgId {
        let now = self.clock.now();
        let (session, _) = &mut self.keys[key].sessions[session];
        let mut message = session.crafted(body, is_content, now);
        // The wires cross, so numbers would only hold things back.
        message.seqno = u32::from(is_content);
        let packet = session.seal(&message, &mut OsRng);
        let wire = any(WIRES);
        self.wires[wire].send(&packet);
        message.msg_id
    }

    fn ping(&mut self, key: usize, session: usize) {
        let ping_id = self.tag();
        let msg_id = self.say(key, session, tl::mt::Ping { ping_id }.to_bytes(), false);
        self.keys[key].sessions[session].1.pings.insert(ping_id, msg_id);
    }

    /// A call that only its own user can be the answer to.
    fn call(&mut self, key: usize, session: usize) {
        let body = tl::users::GetUsers { id: vec![tl::InputUser::InputUserSelf] }.to_bytes();
        let msg_id = self.say(key, session, body, true);
        let own = self.keys[key].user.own.id;
        self.keys[key].sessions[session].1.calls.insert(msg_id, own);
    }

    /// A note, of which all other sessions of the key are told.
    fn note(&mut self, key: usize, session: usize) {
        let tag = self.tag();
        let text = format!("tag {tag}");
        let msg_id = self.say(key, session, note(&text, tag).to_bytes(), true);
        for (other, (_, owed)) in self.keys[key].sessions.iter_mut().enumerate() {
            if other == session {
                owed.calls.insert(msg_id, 0);
            } else {
                owed.notes.push(text.clone());
            }
        }
    }

    fn is_owed(&self) -> bool {
        let sessions = self.keys.iter().flat_map(|key| &key.sessions);
        sessions
            .map(|(_, owed)| owed)
            .any(|owed| !owed.pings.is_empty() || !owed.calls.is_empty() || !owed.notes.is_empty())
    }

    /// Listens on all wires until nothing is owed.
    async fn settle(&mut self) {
        while self.is_owed() {
            let [a, b, c, d] = &mut self.wires[..] else { unreachable!("four wires") };
            let received = within(async {
                tokio::select! {
                    received = a.receive() => received,
                    received = b.receive() => received,
                    received = c.receive() => received,
                    received = d.receive() => received,
                }
            });
            if let Received::Packet(packet) = received.await.expect("a packet") {
                self.take(&packet);
            }
        }
    }

    fn take(&mut self, packet: &[u8]) {
        let id = u64::from_le_bytes(*packet.first_chunk().expect("a key id"));
        let key =
            self.keys.iter_mut().find(|key| key.identity.key.id().get() == id).expect("one of the keys");
        let opened = Opened::read(&key.identity.key, packet).expect("a packet of this key");
        let session =
            (0..SESSIONS).find(|at| number(*at) == opened.outer.session).expect("one of the sessions");
        let own = key.user.own.id;
        let (_, owed) = &mut key.sessions[session];
        for message in opened.messages {
            if let Ok(Pong::Pong { msg_id, ping_id }) = Pong::from_bytes(&message.body) {
                let asked = owed.pings.remove(&ping_id).expect("a pong to a ping of this session");
                assert_eq!(asked.get(), msg_id.cast_unsigned());
            } else if let Some((call, result)) = message.result() {
                let expected = owed.calls.remove(&call).expect("an answer to a call of this session");
                if let Ok(users) = Vec::<tl::User>::from_bytes(&result) {
                    let [tl::User::User(user)] = &users[..] else { panic!("one user") };
                    assert_eq!((user.id, expected), (own, own));
                }
            } else if let Ok(updates) = tl::Updates::from_bytes(&message.body) {
                for text in texts(&updates) {
                    let at = owed.notes.iter().position(|owed| *owed == text);
                    owed.notes.swap_remove(at.expect("a note of another session of this key, once"));
                }
            }
        }
    }
}

#[tokio::test]
async fn t11_each_tag_arrives_in_its_own_session_only() {
    let ground = Ground::open(&[]).await;
    let mut world = World::new(&ground).await;
    // A session hears of updates from its first answer on, and nobody who asks for little at once is refused one.
    for session in 0..SESSIONS {
        (0..KEYS).for_each(|key| world.call(key, session));
        if session % AT_ONCE == 0 {
            world.settle().await;
        }
    }
    world.settle().await;
    for _ in 0..runs(40, 10_000) {
        for _ in 0..150 {
            let (key, session) = (any(KEYS), any(SESSIONS));
            if any(4) == 0 { world.call(key, session) } else { world.ping(key, session) }
        }
        let (key, session) = (any(KEYS), any(SESSIONS));
        world.note(key, session);
        world.settle().await;
    }
    let keys = world.keys.iter().map(|key| Arc::as_ptr(&key.identity.key));
    assert_eq!(keys.collect::<std::collections::HashSet<_>>().len(), KEYS);
}
