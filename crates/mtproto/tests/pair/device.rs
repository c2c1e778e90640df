//! A client's device: one session over one connection after another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crypto::Rng as _;
use ids::{ConnId, Now, SessionId};
use mtproto::AuthKey;
use mtproto::client::{CallError, CallId, Conn, Event, Output, Session, SessionStart};
use mtproto::handshake::KeyKind;
use mtproto::handshake::client::{FirstRequest, RsaPadding, Wanted};
use mtproto::transport::{Kind as Framing, Obfuscation};

use crate::answering::{Kind, Said, query, said, tag_of};
use crate::server::RSA;
use crypto::testing::Seeded;

/// How a device is.
pub(crate) struct Character {
    pub(crate) framing: Framing,
    pub(crate) obfuscated: bool,
    /// Its clock less the true one, in seconds.
    pub(crate) skew_s: i64,
    /// Whether it takes the server's clock from the key exchange.
    pub(crate) syncs: bool,
}

/// Where its connection stands.
enum Line {
    Off { until_ms: u64 },
    On { id: ConnId, conn: Box<Conn> },
}

pub(crate) struct Device {
    character: Character,
    line: Line,
    pub(crate) session: Option<Session>,
    /// Calls to be made, with the time of each.
    plan: Vec<(u64, u32, Kind, Option<u32>)>,
    calls: BTreeMap<u32, CallId>,
    /// Tags of calls and how often each was answered.
    pub(crate) answered: BTreeMap<u32, u32>,
    pub(crate) failed: BTreeSet<u32>,
    pub(crate) heard: Vec<Said>,
    pub(crate) new_sessions: u32,
    ping_due_ms: u64,
    session_id: SessionId,
    pub(crate) key: Option<Arc<AuthKey>>,
}

/// Bytes for the server.
pub(crate) type Sent = Vec<(ConnId, Vec<u8>)>;

impl Device {
    pub(crate) fn new(character: Character, starts_ms: u64, rng: &mut Seeded) -> Self {
        Self {
            character,
            line: Line::Off { until_ms: starts_ms },
            session: None,
            plan: Vec::new(),
            calls: BTreeMap::new(),
            answered: BTreeMap::new(),
            failed: BTreeSet::new(),
            heard: Vec::new(),
            new_sessions: 0,
            ping_due_ms: 0,
            session_id: SessionId(rng.u64()),
            key: None,
        }
    }

    /// Plans a call; `after` is the tag of a call it must follow.
    pub(crate) fn plan(&mut self, at_ms: u64, tag: u32, kind: Kind, after: Option<u32>) {
        self.plan.push((at_ms, tag, kind, after));
        self.answered.insert(tag, 0);
    }

    pub(crate) fn is_done(&self) -> bool {
        self.plan.is_empty() && self.session.as_ref().is_some_and(|session| session.pending_calls() == 0)
    }

    pub(crate) fn conn(&self) -> Option<ConnId> {
        match &self.line {
            Line::On { id, .. } => Some(*id),
            Line::Off { .. } => None,
        }
    }

    /// When it wants a new connection.
    pub(crate) fn dials_ms(&self) -> Option<u64> {
        match self.line {
            Line::Off { until_ms } => Some(until_ms),
            Line::On { .. } => None,
        }
    }

    pub(crate) fn due_ms(&self) -> Option<u64> {
        let plan = self.plan.iter().map(|(at_ms, ..)| *at_ms).filter(|_| self.session.is_some());
        let session = self.session.as_ref().and_then(Session::poll_timeout);
        let ping = self.session.as_ref().and(self.conn()).map(|_| self.ping_due_ms);
        plan.chain(session).chain(ping).chain(self.dials_ms()).min()
    }

    pub(crate) fn dial(&mut self, id: ConnId, now: Now, rng: &mut Seeded) -> Sent {
        let obfuscation = self.character.obfuscated.then(Obfuscation::default);
        let trusted = Arc::clone(&RSA.public);
        let mut conn = Conn::new(self.character.framing, obfuscation, trusted, rng).unwrap();
        match &mut self.session {
            Some(session) => session.handle_connected(),
            None => {
                let wanted = Wanted {
                    kind: KeyKind::Permanent,
                    dc: Some(2),
                    first: FirstRequest::ReqPqMulti,
                    padding: RsaPadding::RsaPad,
                };
                conn.make_key(wanted, self.own(now), rng);
            }
        }
        self.line = Line::On { id, conn: Box::new(conn) };
        self.flush(now, rng)
    }

    /// The line is cut.
    pub(crate) fn hang_up(&mut self, until_ms: u64) {
        self.line = Line::Off { until_ms };
    }

    pub(crate) fn input(&mut self, bytes: &[u8], now: Now, rng: &mut Seeded) -> Sent {
        let own = self.own(now);
        if let Line::On { conn, .. } = &mut self.line {
            conn.handle_input(bytes, own, rng);
        }
        self.flush(now, rng)
    }

    pub(crate) fn tick(&mut self, now: Now, rng: &mut Seeded) -> Sent {
        let Some(session) = &mut self.session else { return Vec::new() };
        let mut later = Vec::new();
        for (at_ms, tag, kind, after) in std::mem::take(&mut self.plan) {
            if at_ms > now.mono_ms {
                later.push((at_ms, tag, kind, after));
                continue;
            }
            let call = match after.and_then(|tag| self.calls.get(&tag)) {
                Some(earlier) => session.call_after(*earlier, query(tag, kind)),
                None => session.call(query(tag, kind)),
            };
            self.calls.insert(tag, call);
        }
        self.plan = later;
        if matches!(self.line, Line::On { .. }) && self.ping_due_ms <= now.mono_ms {
            session.ping_delay_disconnect(7, 35);
            self.ping_due_ms = now.mono_ms + 20_000;
        }
        session.handle_timeout(now);
        self.flush(now, rng)
    }

    fn own(&self, now: Now) -> Now {
        Now { wall_ns: now.wall_ns.saturating_add_signed(self.character.skew_s * 1_000_000_000), ..now }
    }

    /// Hands packets from connection to session and back, and everything else out.
    fn flush(&mut self, now: Now, rng: &mut Seeded) -> Sent {
        let own = self.own(now);
        let mut sent = Vec::new();
        let Line::On { id, conn } = &mut self.line else { return sent };
        let id = *id;
        loop {
            while let Some(output) = conn.poll_output() {
                match output {
                    Output::Transmit(bytes) => sent.push((id, bytes)),
                    Output::Packet(packet) => {
                        let session = self.session.as_mut().unwrap();
                        session.handle_packet(&packet, own).expect("a good server's packet is taken");
                    }
                    Output::KeyMade { key, server_time } => {
                        let ahead_ns = if self.character.syncs {
                            server_time.get() * 1_000_000_000 - own.wall_ns as i64
                        } else {
                            0
                        };
                        self.key = Some(Arc::clone(&key.key));
                        self.session = Some(Session::new(SessionStart {
                            key: key.key,
                            session: self.session_id,
                            salt: key.first_salt,
                            ahead_ns,
                        }));
                    }
                    Output::QuickAck(_) | Output::ServerError(_) => panic!("not asked for"),
                    Output::ExchangeFailed(_) => panic!("the exchange failed"),
                    Output::Close(_) => panic!("the stream is broken"),
                }
            }
            let Some(session) = &mut self.session else { break };
            match session.poll_transmit(own, rng) {
                Some(packet) => conn.send(&packet, rng),
                None => break,
            }
        }
        self.note_events();
        sent
    }

    fn note_events(&mut self) {
        while let Some(event) = self.session.as_mut().and_then(Session::poll_event) {
            match event {
                Event::Answer { call, result } => {
                    let tag = *self.calls.iter().find(|(_, made)| **made == call).unwrap().0;
                    *self.answered.get_mut(&tag).unwrap() += 1;
                    match result {
                        Ok(result) => assert_eq!(tag_of(&result), tag, "somebody else's answer"),
                        Err(CallError::Rpc { .. }) => drop(self.failed.insert(tag)),
                        Err(error) => panic!("{error:?} for {tag}"),
                    }
                }
                Event::Update(update) => self.heard.push(said(&update)),
                Event::NewSession { .. } => self.new_sessions += 1,
                Event::Pong { ping_id } => assert_eq!(ping_id, 7),
                Event::Service(_) => panic!("nobody asked for that"),
                Event::Stalled => panic!("an answer was promised and did not come"),
            }
        }
    }
}
