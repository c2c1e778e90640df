//! F5: sessions of one key, fed with containers, packed objects and service messages out of order (T2, T6, A8, T16).
//!
//! A client that never sleeps, a driver that answers some calls, closes and blocks connections, and time that passes.
//! Whatever they do: a call is handed out once and no replayed packet runs anything, every packet that leaves can be
//! opened, no outer id and no msg_key comes twice, no timer fires for ever, and in the end nothing is left.

use std::collections::{HashMap, HashSet};

use ids::limits::CONTAINER_MESSAGES_MAX;
use ids::{ConnId, Layer, Now, SessionId, WireMsgId};
use mtproto::cipher::{self, Sender};
use mtproto::salt::SaltSeed;
use mtproto::server::{KeyDestroyed, KeyEvent, KeyState, RpcFailure, RpcResult};
use mtproto::{Envelope, plain};
use tl::Reader;

use crate::bodies::{Named, body};
use crate::packets::KEY;
use crate::{Input, NOW, Seeded, words};

const MSG_CONTAINER: u32 = 0x73f1_f8dc;
const FIRST_SALT: u64 = 0x5a17;
const SESSIONS: u8 = 3;
const CONNS: u8 = 3;
const STEPS_MAX: usize = 64;
/// More packets than any of these runs can cause at once.
const PACKETS_MAX: usize = 4096;

/// A packet before encryption, as it was sent once.
struct Sent {
    salt: u64,
    session: SessionId,
    msg_id: WireMsgId,
    seqno: u32,
    body: Vec<u8>,
}

struct World {
    state: KeyState,
    rng: Seeded,
    now: Now,
    salt: u64,
    last_id: u64,
    content: [u32; SESSIONS as usize],
    sent: Vec<Sent>,
    /// Ids of the client's messages, and of the server's.
    own_ids: Vec<WireMsgId>,
    their_ids: Vec<WireMsgId>,
    /// Calls that were handed out and not answered.
    open: Vec<(SessionId, WireMsgId)>,
    /// Calls that were handed out: in sessions that live, and since their client said them last.
    handed: HashSet<(SessionId, WireMsgId)>,
    handed_since: HashSet<(SessionId, WireMsgId)>,
    destroying: Vec<(SessionId, WireMsgId)>,
    blocked: HashSet<ConnId>,
    outer_ids: HashSet<WireMsgId>,
    msg_keys: HashSet<Vec<u8>>,
    /// The number and body of each content message of the server.
    told: HashMap<(SessionId, WireMsgId), (u32, Vec<u8>)>,
}

impl World {
    fn new() -> Self {
        let mut rng = Seeded::new(0xf5);
        let seed = SaltSeed::generate(&mut rng);
        Self {
            state: KeyState::new(KEY.clone(), &seed, Some(FIRST_SALT), None, NOW),
            rng,
            now: NOW,
            salt: FIRST_SALT,
            last_id: 0,
            content: [0; SESSIONS as usize],
            sent: Vec::new(),
            own_ids: Vec::new(),
            their_ids: Vec::new(),
            open: Vec::new(),
            handed: HashSet::new(),
            handed_since: HashSet::new(),
            destroying: Vec::new(),
            blocked: HashSet::new(),
            outer_ids: HashSet::new(),
            msg_keys: HashSet::new(),
            told: HashMap::new(),
        }
    }

    /// Mostly a fresh id, else a former one or one that is off the clock.
    fn id(&mut self, input: &mut Input<'_>) -> WireMsgId {
        let how = input.byte();
        let clock = plain::request_id(self.now).get();
        let former = self.own_ids.len().checked_sub(usize::from(how)).and_then(|at| self.own_ids.get(at));
        let id = match how {
            0xf0.. => clock.wrapping_add_signed(i64::from(input.u16().cast_signed()) << 24) & !3,
            1.. if former.is_some() => former.map_or(0, |id| id.get()),
            _ => {
                self.last_id = clock.max(self.last_id + 4);
                self.last_id
            }
        };
        self.own_ids.push(WireMsgId(id));
        WireMsgId(id)
    }

    /// The right number or any.
    fn seqno(&mut self, session: u8, input: &mut Input<'_>) -> u32 {
        let how = input.byte();
        let content = &mut self.content[usize::from(session)];
        match how {
            0xf0.. => u32::from_le_bytes(input.array()),
            odd if odd & 1 == 0 => {
                *content = content.wrapping_add(1 + u32::from(odd >> 6));
                *content * 2 - 1
            }
            _ => *content * 2,
        }
    }

    fn message(&mut self, session: u8, input: &mut Input<'_>) -> (WireMsgId, u32, Vec<u8>) {
        let (msg_id, seqno) = (self.id(input), self.seqno(session, input));
        self.handed_since.remove(&(SessionId(session.into()), msg_id));
        let named = Named { servers: &self.their_ids, clients: &self.own_ids };
        (msg_id, seqno, body(input, &named))
    }

    /// One message or a container of some.
    fn packet(&mut self, input: &mut Input<'_>) -> Sent {
        let session = input.below(SESSIONS);
        let salt = if input.byte() == 0xff { input.u64() } else { self.salt };
        let count = input.below(8);
        let (msg_id, seqno, body) = if count < 4 {
            self.message(session, input)
        } else {
            let mut body = [MSG_CONTAINER.to_le_bytes(), u32::from(count - 4).to_le_bytes()].concat();
            for _ in 4..count {
                let (msg_id, seqno, inner) = self.message(session, input);
                body.extend_from_slice(&msg_id.get().to_le_bytes());
                body.extend_from_slice(&seqno.to_le_bytes());
                body.extend_from_slice(&u32::try_from(inner.len()).expect("small").to_le_bytes());
                body.extend_from_slice(&inner);
            }
            let seqno = self.content[usize::from(session)] * 2;
            (self.id(input), seqno, body)
        };
        Sent { salt, session: SessionId(session.into()), msg_id, seqno, body }
    }

    fn receive(&mut self, conn: u8, packet: &Sent) {
        let Sent { salt, session, msg_id, seqno, ref body } = *packet;
        trace!(
            "conn {conn} session {} id {} seqno {seqno} salt {salt:x}: {}",
            session.0,
            msg_id.0,
            words(body)
        );
        let envelope = Envelope { key: KEY.id(), salt, session, msg_id, seqno, body: body.clone() };
        let conn = ConnId(conn.into());
        self.state.handle_message(conn, envelope, self.now, &mut self.rng);
    }

    /// Takes everything that the state wants to have done.
    fn drain(&mut self) {
        for _ in 0..PACKETS_MAX {
            while let Some(event) = self.state.poll_event() {
                self.heed(event);
            }
            let Some(transmit) = self.state.poll_transmit(self.now, &mut self.rng) else { return };
            assert!(!self.blocked.contains(&transmit.conn), "a blocked connection gets a packet");
            self.open_packet(&transmit.packet);
        }
        panic!("packets without an end");
    }

    fn heed(&mut self, event: KeyEvent) {
        match event {
            KeyEvent::Call(call) => {
                let name = (call.session, call.msg_id);
                trace!("  call {} in session {}", call.msg_id.0, call.session.0);
                assert!(self.handed.insert(name), "a call is handed out twice");
                assert!(self.handed_since.insert(name), "a replay runs a call again");
                self.open.push(name);
            }
            KeyEvent::SessionEnded(session) => {
                trace!("  the end of session {}", session.0);
                self.handed.retain(|(of, _)| *of != session);
                self.open.retain(|(of, _)| *of != session);
                self.told.retain(|(of, _), _| *of != session);
            }
            KeyEvent::DestroyKey { session, msg_id } => self.destroying.push((session, msg_id)),
            KeyEvent::SessionCreated(_) | KeyEvent::DisconnectAfter { .. } => {}
            KeyEvent::CloseConn { conn } => self.close(conn),
        }
    }

    /// What the client makes of a packet.
    fn open_packet(&mut self, packet: &[u8]) {
        let Ok(opened) = cipher::decrypt(&KEY, Sender::Server, packet) else {
            panic!("a packet cannot be opened")
        };
        let Envelope { salt, session, msg_id, seqno, body, .. } = opened.message;
        self.salt = salt;
        assert!(self.outer_ids.insert(msg_id), "an outer id comes twice");
        assert!(self.msg_keys.insert(packet[8..24].to_vec()), "a msg_key comes twice");
        let mut reader = Reader::new(&body);
        if reader.peek_id() != Ok(MSG_CONTAINER) {
            return self.hear(session, msg_id, seqno, &body);
        }
        let mut next = || reader.u32().expect("a container is whole");
        let (_, count) = (next(), next());
        assert!((1..=CONTAINER_MESSAGES_MAX).contains(&usize::try_from(count).unwrap_or_default()));
        for _ in 0..count {
            let inner_id = WireMsgId(u64::from_le_bytes(reader.array().expect("a container is whole")));
            let inner_seqno = reader.u32().expect("a container is whole");
            let length = usize::try_from(reader.u32().expect("a container is whole")).unwrap_or(usize::MAX);
            let inner = reader.take(length).expect("a container is whole");
            assert!(inner_id < msg_id && inner_seqno <= seqno, "a container is older than what it holds");
            self.hear(session, inner_id, inner_seqno, inner);
        }
        assert!(reader.rest().is_empty(), "a container is whole");
    }

    fn hear(&mut self, session: SessionId, msg_id: WireMsgId, seqno: u32, body: &[u8]) {
        assert!(matches!(msg_id.get() % 4, 1 | 3) && body.len() >= 4 && body.len().is_multiple_of(4));
        self.their_ids.push(msg_id);
        if seqno & 1 == 1 {
            let told = self.told.entry((session, msg_id)).or_insert_with(|| (seqno, body.to_vec()));
            assert!(told.0 == seqno && told.1 == body, "a message changes when it is sent again");
        }
    }

    fn close(&mut self, conn: ConnId) {
        self.blocked.remove(&conn);
        self.state.handle_closed(conn, self.now);
    }

    fn pass_ms(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        trace!("{ms} ms pass");
        self.state.handle_timeout(self.now);
    }

    /// The wall clock is set forth or back. Ids of a time that comes again may come again.
    fn set_clock(&mut self, seconds: i16) {
        trace!("the clock is set by {seconds} s");
        self.now.wall_ns = self.now.wall_ns.wrapping_add_signed(i64::from(seconds) * 1_000_000_000);
        self.outer_ids.clear();
        self.last_id = 0;
    }

    /// The answer to an open call.
    fn answer(&mut self, input: &mut Input<'_>) {
        if self.open.is_empty() {
            return;
        }
        let (session, msg_id) = self.open.swap_remove(usize::from(input.byte()) % self.open.len());
        let result = match input.below(8) {
            0 => RpcResult::Error(RpcFailure::new(400, "FUZZ")),
            large @ 1..3 => RpcResult::Answer(vec![large; 40_000]),
            _ => RpcResult::Answer(vec![7; 8]),
        };
        self.state.handle_result(session, msg_id, result, self.now);
    }

    fn step(&mut self, input: &mut Input<'_>) {
        match input.below(32) {
            0..14 => {
                let conn = input.below(CONNS);
                let packet = self.packet(input);
                self.receive(conn, &packet);
                self.sent.push(packet);
            }
            14..16 => {
                let conn = input.below(CONNS);
                let at = usize::from(input.byte());
                if let Some(packet) = at.checked_rem(self.sent.len()).map(|at| self.sent.swap_remove(at)) {
                    self.receive(conn, &packet);
                    self.sent.push(packet);
                }
            }
            16..21 => self.answer(input),
            21 | 22 => {
                let update = vec![input.byte(); 4 << input.below(14)];
                self.state.push(SessionId(input.below(SESSIONS).into()), update);
            }
            23 => self.close(ConnId(input.below(CONNS).into())),
            24 => {
                let conn = ConnId(input.below(CONNS).into());
                self.blocked.insert(conn);
                self.state.handle_blocked(conn);
            }
            25 => {
                let conn = ConnId(input.below(CONNS).into());
                self.blocked.remove(&conn);
                self.state.handle_writable(conn);
            }
            26 | 27 => self.pass_ms(u64::from(input.byte()) * 10),
            28 => self.pass_ms(u64::from(input.u16()) * 20),
            29 => match self.destroying.pop() {
                Some((session, msg_id)) => {
                    self.state.handle_key_destroyed(session, msg_id, KeyDestroyed::None)
                }
                None => self.state.set_layer(Layer(input.u16())),
            },
            30 => self.state.end_sessions(Some(SessionId(input.below(SESSIONS).into())), self.now),
            _ => self.set_clock(input.u16().cast_signed()),
        }
        self.drain();
    }

    /// Everybody hangs up, and time passes until nothing is due any more.
    fn finish(mut self) {
        for conn in 0..CONNS {
            self.close(ConnId(conn.into()));
        }
        self.drain();
        for _ in 0..PACKETS_MAX {
            let Some(due_ms) = self.state.poll_timeout() else { break };
            self.pass_ms(due_ms.saturating_sub(self.now.mono_ms));
            self.drain();
        }
        assert!(self.state.poll_timeout().is_none(), "a timer fires for ever");
        assert!(self.state.is_forgettable() && self.state.heap_bytes() <= 4096, "something is left for ever");
    }
}

/// Steps of a client and a driver in any order.
pub fn run(input: &mut Input<'_>) {
    let mut world = World::new();
    for _ in 0..STEPS_MAX {
        if input.is_over() {
            break;
        }
        world.step(input);
        if world.state.poll_timeout().is_some_and(|due_ms| due_ms <= world.now.mono_ms) {
            world.pass_ms(0);
            world.drain();
            let due_ms = world.state.poll_timeout();
            assert!(due_ms.is_none_or(|due_ms| due_ms > world.now.mono_ms), "a timer fires for ever");
        }
    }
    world.finish();
}
