//! Sessions over a link on which a middleman loses, repeats, delays and replays single packets (T1, T6).
//!
//! No stream does that; whoever sits on the line can. What he cannot do is make a call run twice, or keep its answer
//! from a client that dials again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::Rng as _;
use ids::{ConnId, Now, SessionId};
use mtproto::client::{CallError, CallId, Event, Session, SessionStart};
use mtproto::salt::SaltSeed;
use mtproto::server::{KeyEvent, KeyState, Transmit};
use mtproto::{AuthKey, cipher};
use zeroize::Zeroizing;

use crate::answering::{Answering, Done, Kind, query, tag_of};
use crate::start::START;
use crypto::testing::Seeded;

const SESSION: SessionId = SessionId(77);

/// What the middleman does to each packet, in percent.
struct Mischief {
    loses: u64,
    repeats: u64,
    delay_ms_max: u64,
    /// Sends a packet from the past again on a connection of his own.
    replays: u64,
}

struct World {
    now: Now,
    rng: Seeded,
    mischief: Mischief,
    state: KeyState,
    answering: Answering,
    client: Session,
    conn: u64,
    /// Packets under way: when, on which connection, to the server or not.
    air: Vec<(u64, ConnId, bool, Vec<u8>)>,
    captured: Vec<Vec<u8>>,
    calls: BTreeMap<CallId, u32>,
    answers: BTreeMap<u32, u32>,
    progress_ms: u64,
}

pub(crate) fn some_key(rng: &mut Seeded) -> Arc<AuthKey> {
    let mut bytes = Box::new(Zeroizing::new([0; 256]));
    rng.fill(bytes.as_mut_slice());
    Arc::new(AuthKey::new(bytes))
}

impl World {
    fn new(seed: u64, mischief: Mischief) -> Self {
        let mut rng = Seeded::new(seed);
        let key = some_key(&mut rng);
        let salts = SaltSeed::generate(&mut rng);
        let state = KeyState::new(Arc::clone(&key), &salts, None, None, START);
        let start = SessionStart { key, session: SESSION, salt: 0, ahead_ns: 0 };
        Self {
            now: START,
            rng,
            mischief,
            state,
            answering: Answering::default(),
            client: Session::new(start),
            conn: 1,
            air: Vec::new(),
            captured: Vec::new(),
            calls: BTreeMap::new(),
            answers: BTreeMap::new(),
            progress_ms: START.mono_ms,
        }
    }

    fn call(&mut self, tag: u32, after: Option<u32>) {
        let earlier = after.and_then(|tag| self.calls.iter().find(|(_, made)| **made == tag));
        let call = match earlier.map(|(call, _)| *call) {
            Some(earlier) => self.client.call_after(earlier, query(tag, Kind::Echo)),
            None => self.client.call(query(tag, Kind::Echo)),
        };
        self.calls.insert(call, tag);
        self.answers.insert(tag, 0);
    }

    fn put_in_air(&mut self, conn: ConnId, to_server: bool, packet: Vec<u8>) {
        if to_server {
            self.captured.push(packet.clone());
        }
        let copies = if self.rng.chance(self.mischief.loses) {
            0
        } else {
            1 + u64::from(self.rng.chance(self.mischief.repeats))
        };
        for _ in 0..copies {
            let due_ms = self.now.mono_ms + 1 + self.rng.below(self.mischief.delay_ms_max);
            self.air.push((due_ms, conn, to_server, packet.clone()));
        }
        if to_server && self.rng.chance(self.mischief.replays) {
            let at = self.rng.index(self.captured.len());
            let due_ms = self.now.mono_ms + self.rng.below(40_000);
            self.air.push((due_ms, ConnId(1_000_000), true, self.captured[at].clone()));
        }
    }

    fn deliver(&mut self) {
        let now_ms = self.now.mono_ms;
        let (due, left) =
            std::mem::take(&mut self.air).into_iter().partition(|(due_ms, ..)| *due_ms <= now_ms);
        self.air = left;
        let due: Vec<(u64, ConnId, bool, Vec<u8>)> = due;
        for (_, conn, to_server, packet) in due {
            if to_server {
                let opened =
                    cipher::decrypt(self.client.key(), cipher::Sender::Client, &packet).ok().unwrap();
                self.state.handle_message(conn, opened.message, self.now, &mut self.rng);
            } else if conn == ConnId(self.conn) {
                self.client.handle_packet(&packet, self.now).expect("a good server's packet is taken");
            }
        }
    }

    fn settle(&mut self) {
        let key = self.client.key().id();
        while let Some(event) = self.state.poll_event() {
            if let KeyEvent::Call(call) = event {
                self.answering.begin(key, call, self.now, &mut self.rng);
            }
        }
        while let Some(Transmit { conn, packet }) = self.state.poll_transmit(self.now, &mut self.rng) {
            self.put_in_air(conn, false, packet);
        }
        while let Some(packet) = self.client.poll_transmit(self.now, &mut self.rng) {
            self.put_in_air(ConnId(self.conn), true, packet);
        }
        let mut is_stalled = false;
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Answer { call, result } => {
                    let tag = self.calls[&call];
                    *self.answers.get_mut(&tag).unwrap() += 1;
                    self.progress_ms = self.now.mono_ms;
                    match result {
                        Ok(result) => assert_eq!(tag_of(&result), tag),
                        Err(CallError::Rpc { .. }) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
                Event::Stalled => is_stalled = true,
                Event::Update(_) | Event::NewSession { .. } | Event::Pong { .. } | Event::Service(_) => {}
            }
        }
        if is_stalled || self.now.mono_ms > self.progress_ms + 60_000 {
            self.progress_ms = self.now.mono_ms;
            self.state.handle_closed(ConnId(self.conn), self.now);
            self.conn += 1;
            self.client.handle_connected();
        }
    }

    fn run(&mut self) {
        while self.client.pending_calls() > 0 || !self.air.is_empty() {
            assert!(self.now.mono_ms < START.mono_ms + 3_600_000, "an hour is not enough");
            let state = self.state.poll_timeout();
            let due = [self.client.poll_timeout(), state, self.answering.due_ms()];
            let air = self.air.iter().map(|(due_ms, ..)| *due_ms);
            let next_ms = due.into_iter().flatten().chain(air).min().unwrap_or(u64::MAX);
            let watch_ms = self.progress_ms + 60_001;
            let step_ms = next_ms.min(watch_ms).saturating_sub(self.now.mono_ms).max(1);
            self.now = self.now.plus_ms(step_ms);
            self.deliver();
            self.state.handle_timeout(self.now);
            self.client.handle_timeout(self.now);
            for done in self.answering.finish(self.now) {
                match done {
                    Done::Result((_, session), msg_id, result) => {
                        self.state.handle_result(session, msg_id, result, self.now);
                    }
                    Done::Update((_, session), update) => drop(self.state.push(session, update)),
                }
            }
            self.settle();
        }
    }
}

#[test]
fn t6_a_call_runs_once_whatever_a_middleman_does_to_packets() {
    for seed in 0..60 {
        let mischief = Mischief { loses: 15, repeats: 20, delay_ms_max: 400, replays: 40 };
        let mut world = World::new(seed, mischief);
        for tag in 0..60 {
            world.call(tag, None);
            if tag % 7 == 0 {
                world.settle();
            }
        }
        world.run();
        for (tag, answers) in &world.answers {
            assert_eq!(*answers, 1, "seed {seed}: answers to {tag}");
            assert_eq!(world.answering.ran[tag].0, 1, "seed {seed}: runs of {tag}");
        }
    }
}

#[test]
fn t1_a_middleman_who_exchanges_packets_within_50_ms_changes_no_order() {
    for seed in 0..100 {
        let mischief = Mischief { loses: 0, repeats: 10, delay_ms_max: 45, replays: 0 };
        let mut world = World::new(seed, mischief);
        // The session begins before he starts.
        world.call(0, None);
        world.run();
        for tag in 1..101 {
            world.call(tag, None);
            world.settle();
        }
        world.run();
        for tag in 1..100 {
            let (earlier, later) = (world.answering.ran[&tag].1, world.answering.ran[&(tag + 1)].1);
            assert!(earlier < later, "seed {seed}: {} ran before {tag}", tag + 1);
        }
    }
}

#[test]
fn t1_invoke_after_msg_is_never_violated() {
    for seed in 200..240 {
        let mischief = Mischief { loses: 0, repeats: 10, delay_ms_max: 450, replays: 10 };
        let mut world = World::new(seed, mischief);
        for tag in 0..11 {
            world.call(tag, tag.checked_sub(1));
            world.settle();
        }
        world.run();
        let places: Vec<usize> = world.answering.ran.values().map(|(_, place)| *place).collect();
        assert!(places.is_sorted(), "seed {seed}: {places:?}");
        assert_eq!(world.answering.ran[&0].0, 1);
    }
}
