//! The whole stack over byte streams: every call runs once and is answered once, every update arrives, whatever breaks.

use std::collections::BTreeSet;

use ids::{ConnId, Now};
use mtproto::transport::Kind as Framing;

use crate::answering::{Kind, Said};
use crate::device::{Character, Device, Sent};
use crate::network::{Network, Way};
use crate::server::{Effect, Server};
use crate::start::START;
use crypto::testing::Seeded;

struct World {
    now: Now,
    rng: Seeded,
    network: Network,
    server: Server,
    devices: Vec<Device>,
    last_conn: u64,
    /// When the server notices that a line was cut.
    notices: Vec<(u64, ConnId)>,
    /// When the next line is cut.
    cut_due_ms: Option<u64>,
}

impl World {
    fn new(seed: u64, devices: Vec<Character>, latency_ms_max: u64) -> Self {
        let mut rng = Seeded::new(seed);
        let server = Server::new(&mut rng);
        let devices = devices
            .into_iter()
            .map(|character| Device::new(character, START.mono_ms + rng.below(1000), &mut rng))
            .collect();
        let network = Network::new(latency_ms_max);
        let notices = Vec::new();
        Self { now: START, rng, network, server, devices, last_conn: 0, notices, cut_due_ms: None }
    }

    /// Runs until all calls are answered and nothing is under way, and `quiet_ms` longer.
    fn run(&mut self, quiet_ms: u64) {
        let mut end_ms = None;
        let limit_ms = START.mono_ms + 1_800_000;
        loop {
            self.step();
            if end_ms.is_none() && self.devices.iter().all(Device::is_done) {
                self.cut_due_ms = None;
                end_ms = Some(self.now.mono_ms + quiet_ms);
            }
            let due = [self.network.due_ms(), self.server.due_ms(), self.cut_due_ms];
            let devices = self.devices.iter().filter_map(Device::due_ms);
            let notices = self.notices.iter().map(|(due_ms, _)| *due_ms);
            let next_ms = due.into_iter().flatten().chain(devices).chain(notices).min().unwrap_or(limit_ms);
            if end_ms.is_some_and(|end_ms| next_ms > end_ms) {
                return;
            }
            assert!(next_ms < limit_ms, "half an hour is not enough");
            self.now = self.now.plus_ms(next_ms.saturating_sub(self.now.mono_ms).max(1));
        }
    }

    fn step(&mut self) {
        while let Some((conn, way, bytes)) = self.network.arrived(self.now) {
            match way {
                Way::Up => self.server.input(conn, &bytes, self.now, &mut self.rng),
                Way::Down => {
                    let device = self.devices.iter_mut().find(|device| device.conn() == Some(conn));
                    let sent = device.map(|device| device.input(&bytes, self.now, &mut self.rng));
                    self.send(sent.unwrap_or_default());
                }
            }
            self.take_effects();
        }
        self.server.tick(self.now, &mut self.rng);
        self.take_effects();
        for at in 0..self.devices.len() {
            let sent = self.devices[at].tick(self.now, &mut self.rng);
            self.send(sent);
            if self.devices[at].dials_ms().is_some_and(|due_ms| due_ms <= self.now.mono_ms) {
                self.last_conn += 1;
                let conn = ConnId(self.last_conn);
                self.server.accept(conn, self.now);
                let sent = self.devices[at].dial(conn, self.now, &mut self.rng);
                self.send(sent);
            }
        }
        self.cut_lines();
    }

    fn send(&mut self, sent: Sent) {
        for (conn, bytes) in sent {
            self.network.send(conn, Way::Up, bytes, self.now, &mut self.rng);
        }
    }

    fn take_effects(&mut self) {
        for effect in std::mem::take(&mut self.server.effects) {
            match effect {
                Effect::Bytes(conn, bytes) => {
                    self.network.send(conn, Way::Down, bytes, self.now, &mut self.rng);
                }
                Effect::Closed(conn) => self.cut(conn, true),
            }
        }
    }

    /// Cuts a line now and then. The client notices at once and dials again; the server notices some time later.
    fn cut_lines(&mut self) {
        let noticed: Vec<ConnId> = self
            .notices
            .iter()
            .filter(|(due_ms, _)| *due_ms <= self.now.mono_ms)
            .map(|(_, conn)| *conn)
            .collect();
        self.notices.retain(|(due_ms, _)| *due_ms > self.now.mono_ms);
        for conn in noticed {
            self.server.close(conn, self.now, &mut self.rng);
            self.take_effects();
        }
        if self.cut_due_ms.is_some_and(|due_ms| due_ms <= self.now.mono_ms) {
            self.cut_due_ms = Some(self.now.mono_ms + 200 + self.rng.below(3000));
            let at = self.rng.index(self.devices.len());
            if let Some(conn) = self.devices[at].conn()
                && self.devices[at].session.is_some()
            {
                self.cut(conn, false);
            }
        }
    }

    fn cut(&mut self, conn: ConnId, server_knows: bool) {
        self.network.cut(conn);
        if !server_knows {
            self.notices.push((self.now.mono_ms + self.rng.below(6000), conn));
        }
        let until_ms = self.now.mono_ms + self.rng.below(4000);
        if let Some(device) = self.devices.iter_mut().find(|device| device.conn() == Some(conn)) {
            device.hang_up(until_ms);
        }
    }
}

fn character(framing: Framing, obfuscated: bool, skew_s: i64, syncs: bool) -> Character {
    Character { framing, obfuscated, skew_s, syncs }
}

/// One of each: framings, obfuscation, clocks.
fn mixed() -> Vec<Character> {
    vec![
        character(Framing::Abridged, true, 0, true),
        character(Framing::Intermediate, false, 100_000, true),
        character(Framing::Padded, true, -700, false),
        character(Framing::Full, false, 5000, false),
    ]
}

fn plan(world: &mut World, calls: u32, gap_ms: u64) {
    for at in 0..world.devices.len() {
        let mut due_ms = START.mono_ms + 1500;
        for n in 0..calls {
            let tag = at as u32 * 1000 + n;
            let kind = match world.rng.below(6) {
                0 => Kind::Large,
                1 => Kind::Spread,
                _ => Kind::Echo,
            };
            // A chain of its own, which failing calls stay out of.
            let after = (n % 3 == 2 && (tag - 2) % 13 != 12).then(|| tag - 2);
            world.devices[at].plan(due_ms, tag, kind, after);
            due_ms += world.rng.below(gap_ms);
        }
    }
}

/// Every call ran once and was answered once; a call that follows another ran after it.
fn check_calls(world: &World, calls: u32) {
    for (at, device) in world.devices.iter().enumerate() {
        assert_eq!(device.answered.len(), calls as usize);
        for (tag, answers) in &device.answered {
            assert_eq!(*answers, 1, "answers to {tag}");
            let (runs, place) = world.server.answering.ran[tag];
            assert_eq!(runs, 1, "runs of {tag}");
            assert_eq!(device.failed.contains(tag), tag % 13 == 12);
            let n = tag - at as u32 * 1000;
            if n % 3 == 2 && (tag - 2) % 13 != 12 {
                assert!(world.server.answering.ran[&(tag - 2)].1 < place, "{tag} ran too early");
            }
        }
    }
}

/// Every update arrived once, or the client was told to ask for the difference after the last one it lacks.
fn check_updates(world: &World) {
    for device in &world.devices {
        let session = device.session.as_ref().unwrap();
        let made = world.server.answering.updates[&(device.key.as_ref().unwrap().id(), session.id())];
        let numbers = |heard: &[Said]| -> BTreeSet<u32> {
            let numbers = heard.iter().filter_map(|said| match said {
                Said::Number(number) => Some(*number),
                Said::TooLong => None,
            });
            numbers.collect()
        };
        let told_at = device.heard.iter().rposition(|said| *said == Said::TooLong);
        let (before, after) = device.heard.split_at(told_at.map_or(0, |at| at + 1));
        let missing: Vec<u32> = (1..=made).filter(|n| !numbers(&device.heard).contains(n)).collect();
        assert!(missing.is_empty() || !before.is_empty(), "{missing:?} of {made} never came");
        assert_eq!(numbers(after).len(), after.len(), "one came twice");
    }
}

#[test]
fn calm_lines_lose_nothing_and_keep_the_order() {
    for seed in 0..4 {
        let mut world = World::new(seed, mixed(), 60);
        plan(&mut world, 40, 200);
        world.run(20_000);
        check_calls(&world, 40);
        check_updates(&world);
        for device in &world.devices {
            let heard: Vec<Said> = (1..=device.heard.len() as u32).map(Said::Number).collect();
            assert!(device.heard == heard, "updates came out of order");
            assert_eq!(device.new_sessions, 1);
        }
        assert_eq!(world.server.sessions_begun.len(), 4);
        assert_eq!(world.last_conn, 4, "no connection was lost");
    }
}

#[test]
fn breaking_lines_lose_nothing_and_repeat_nothing() {
    for seed in 100..120 {
        let mut world = World::new(seed, mixed(), 400);
        plan(&mut world, 40, 1500);
        world.cut_due_ms = Some(START.mono_ms + 3000);
        world.run(20_000);
        check_calls(&world, 40);
        check_updates(&world);
        assert_eq!(world.server.sessions_begun.len(), 4, "sessions outlive their lines");
        assert!(world.last_conn > 8, "lines were cut");
    }
}

#[test]
fn a_client_that_stops_pinging_is_disconnected() {
    let mut world = World::new(7, vec![character(Framing::Abridged, false, 0, true)], 10);
    plan(&mut world, 1, 10);
    world.run(1000);
    let conn = world.devices[0].conn().unwrap();
    // The line goes dead without a word: nothing arrives any more.
    world.network.cut(conn);
    world.devices[0].hang_up(u64::MAX);
    let mut closed_after_ms = None;
    for passed_ms in 0..40_000 {
        world.now = world.now.plus_ms(1);
        world.server.tick(world.now, &mut world.rng);
        for effect in std::mem::take(&mut world.server.effects) {
            if matches!(effect, Effect::Closed(closed) if closed == conn) {
                closed_after_ms.get_or_insert(passed_ms);
            }
        }
    }
    assert!(closed_after_ms.is_some_and(|ms| ms <= 35_000));
}
