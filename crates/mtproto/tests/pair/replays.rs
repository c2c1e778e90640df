//! Captured packets that are sent again, at every time and to every server (T6, T10), and a client that goes on
//! whatever its server forgets.

use std::sync::Arc;

use ids::{ConnId, Now, SessionId, WireMsgId};
use mtproto::client::{Crafted, Event, Session, SessionStart};
use mtproto::salt::SaltSeed;
use mtproto::server::{Call, KeyEvent, KeyState, RpcResult, Transmit};
use mtproto::{AuthKey, cipher};
use tl::codec::Encode as _;

use crate::answering::{Kind, query, tag_of};
use crate::middleman::some_key;
use crate::start::START;
use crypto::testing::Seeded;

const C1: ConnId = ConnId(1);

struct World {
    now: Now,
    rng: Seeded,
    key: Arc<AuthKey>,
    state: KeyState,
    client: Session,
    /// Calls that ran.
    ran: Vec<WireMsgId>,
    /// All that went to the server.
    captured: Vec<Vec<u8>>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = Seeded::new(seed);
        let key = some_key(&mut rng);
        let state = KeyState::new(Arc::clone(&key), &SaltSeed::generate(&mut rng), None, None, START);
        let client = session(&key, 1, 0);
        Self { now: START, rng, key, state, client, ran: Vec::new(), captured: Vec::new() }
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.state.handle_timeout(self.now);
        self.client.handle_timeout(self.now);
    }

    /// A new process with the same keys: everything else is forgotten.
    fn restart(&mut self) {
        self.pass(1000);
        let salts = SaltSeed::generate(&mut self.rng);
        self.state = KeyState::new(Arc::clone(&self.key), &salts, None, None, self.now);
    }

    fn carry_up(&mut self, conn: ConnId, packet: &[u8]) {
        let opened = cipher::decrypt(&self.key, cipher::Sender::Client, packet).ok().unwrap();
        self.state.handle_message(conn, opened.message, self.now, &mut self.rng);
    }

    /// Runs calls and carries packets until nobody has anything to say.
    fn settle(&mut self) {
        loop {
            let mut is_quiet = true;
            while let Some(packet) = self.client.poll_transmit(self.now, &mut self.rng) {
                is_quiet = false;
                self.captured.push(packet.clone());
                self.carry_up(C1, &packet);
            }
            for Call { session, msg_id, body, .. } in self.calls() {
                is_quiet = false;
                self.ran.push(msg_id);
                let tag = u32::from_le_bytes(body[4..8].try_into().unwrap());
                let result = [0x0a11_ce00, tag].map(u32::to_le_bytes).concat();
                self.state.handle_result(session, msg_id, RpcResult::Answer(result), self.now);
            }
            while let Some(Transmit { conn, packet }) = self.state.poll_transmit(self.now, &mut self.rng) {
                if conn == C1 {
                    is_quiet = false;
                    self.client.handle_packet(&packet, self.now).expect("a good server's packet is taken");
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    fn calls(&mut self) -> Vec<Call> {
        let mut calls = Vec::new();
        while let Some(event) = self.state.poll_event() {
            if let KeyEvent::Call(call) = event {
                calls.push(call);
            }
        }
        calls
    }

    fn answers(&mut self) -> Vec<u32> {
        let mut tags = Vec::new();
        while let Some(event) = self.client.poll_event() {
            if let Event::Answer { result, .. } = event {
                tags.push(tag_of(&result.unwrap()));
            }
        }
        tags
    }

    /// Sends everything that was captured again, on this connection; what it made run.
    fn replay(&mut self, conn: ConnId) -> usize {
        for packet in self.captured.clone() {
            self.carry_up(conn, &packet);
        }
        while self.state.poll_transmit(self.now, &mut self.rng).is_some() {}
        self.calls().len()
    }
}

fn session(key: &Arc<AuthKey>, id: u64, salt: u64) -> Session {
    Session::new(SessionStart { key: Arc::clone(key), session: SessionId(id), salt, ahead_ns: 0 })
}

#[test]
fn t6_replays_run_nothing_at_any_time() {
    for conn in [C1, ConnId(2)] {
        let mut world = World::new(1);
        for tag in 0..20 {
            world.client.call(query(tag, Kind::Echo));
            world.settle();
            world.pass(40);
        }
        assert_eq!((world.ran.len(), world.answers().len()), (20, 20));
        assert_eq!(world.replay(conn), 0, "at once");
        world.pass(298_000);
        assert_eq!(world.replay(conn), 0, "just before their time is over");
        world.pass(3_000);
        assert_eq!(world.replay(conn), 0, "just after");
    }
}

#[test]
fn t6_replays_run_nothing_after_the_session_is_destroyed() {
    let mut world = World::new(2);
    for tag in 0..5 {
        world.client.call(query(tag, Kind::Echo));
        world.settle();
    }
    let mut other = session(&world.key, 2, world.client.salt());
    other.service(tl::mt::DestroySession { session_id: 1 }.to_bytes(), false);
    let packet = other.poll_transmit(world.now, &mut world.rng).unwrap();
    world.carry_up(ConnId(2), &packet);
    let mut ended = false;
    while let Some(event) = world.state.poll_event() {
        ended |= matches!(event, KeyEvent::SessionEnded(SessionId(1)));
    }
    assert!(ended);
    for _ in 0..4 {
        assert_eq!(world.replay(ConnId(3)), 0);
        world.pass(100_000);
    }
}

#[test]
fn t6_replays_run_nothing_after_a_restart_and_the_client_goes_on() {
    let mut world = World::new(3);
    for tag in 0..5 {
        world.client.call(query(tag, Kind::Echo));
        world.settle();
    }
    world.answers();
    world.restart();
    assert_eq!(world.replay(ConnId(2)), 0, "every salt is dead");
    world.client.call(query(5, Kind::Echo));
    world.settle();
    world.pass(50);
    world.settle();
    assert_eq!(world.answers(), [5], "it costs one bad_server_salt");
    assert_eq!(world.replay(ConnId(2)), 0);
}

#[test]
fn a_client_goes_on_when_its_session_is_forgotten() {
    let mut world = World::new(4);
    world.client.call(query(0, Kind::Echo));
    world.settle();
    world.state.end_sessions(None, world.now);
    world.client.call(query(1, Kind::Echo));
    world.settle();
    world.pass(50);
    world.settle();
    assert_eq!(world.answers(), [0, 1]);
    assert_eq!(world.ran.len(), 2);
}

#[test]
fn a_client_with_a_wrong_clock_and_salt_is_put_right() {
    for ahead_s in [-100_000, -301, -299, 29, 31, 100_000] {
        let mut world = World::new(5);
        world.client = Session::new(SessionStart {
            key: Arc::clone(&world.key),
            session: SessionId(1),
            salt: 12345,
            ahead_ns: ahead_s * 1_000_000_000,
        });
        for tag in 0..3 {
            world.client.call(query(tag, Kind::Echo));
            world.settle();
            world.pass(50);
        }
        world.settle();
        assert_eq!(world.answers(), [0, 1, 2], "{ahead_s} s ahead");
        assert_eq!(world.ran.len(), 3);
    }
}

#[test]
fn t10_an_expired_salt_costs_one_round_and_no_call() {
    let mut world = World::new(6);
    world.client.call(query(0, Kind::Echo));
    world.settle();
    world.pass(3_601_000);
    world.client.handle_connected();
    world.client.call(query(1, Kind::Echo));
    world.settle();
    assert_eq!(world.answers(), [0, 1]);
    assert_eq!(world.ran.len(), 2);
}

#[test]
fn crafted_packets_are_what_they_say() {
    let mut world = World::new(7);
    world.client.call(query(0, Kind::Echo));
    world.settle();
    world.answers();
    let good = world.client.crafted(query(9, Kind::Echo), true, world.now);
    let bad = [
        Crafted { salt: good.salt ^ 1, ..good.clone() },
        Crafted { msg_id: WireMsgId(good.msg_id.0 + 1), ..good.clone() },
        Crafted { msg_id: WireMsgId(good.msg_id.0 + (31 << 32)), ..good.clone() },
        Crafted { seqno: 2, ..good.clone() },
        Crafted { body: Crafted::container(std::slice::from_ref(&good)), ..good.clone() },
    ];
    for crafted in bad {
        let packet = world.client.seal(&crafted, &mut world.rng);
        world.carry_up(C1, &packet);
        assert!(world.calls().is_empty());
    }
    let packet = world.client.seal(&good, &mut world.rng);
    world.carry_up(C1, &packet);
    assert_eq!(world.calls().len(), 0, "its id was used up by the one with an even seqno");
    let fresh = world.client.crafted(query(9, Kind::Echo), true, world.now);
    let inner = [fresh];
    let outer = world.client.crafted(Crafted::container(&inner), false, world.now);
    let packet = world.client.seal(&outer, &mut world.rng);
    world.carry_up(C1, &packet);
    assert_eq!(world.calls()[0].msg_id, inner[0].msg_id);
}
