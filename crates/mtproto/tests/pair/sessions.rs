//! Many sessions of several keys on the same lines: nothing reaches the wrong one (T11).

use std::collections::BTreeMap;
use std::sync::Arc;

use ids::{ConnId, SessionId};
use mtproto::client::{Event, PacketError, Session, SessionStart};
use mtproto::salt::SaltSeed;
use mtproto::server::{KeyEvent, KeyState, RpcResult, Transmit};
use mtproto::{AuthKey, cipher};

use crate::middleman::some_key;
use crate::start::START;
use crypto::testing::Seeded;

const KEYS: usize = 8;
const SESSIONS: usize = 64;

/// One key: its state at the server, its sessions at the client.
struct Device {
    key: Arc<AuthKey>,
    state: KeyState,
    sessions: Vec<Session>,
}

fn tagged(device: usize, session: usize, round: u32) -> Vec<u8> {
    [0x7a67_0001, device as u32, session as u32, round].map(u32::to_le_bytes).concat()
}

#[test]
fn t11_64_sessions_of_8_keys_hear_only_what_is_theirs() {
    let mut rng = Seeded::new(11);
    let salts = SaltSeed::generate(&mut rng);
    let mut devices: Vec<Device> = (0..KEYS)
        .map(|_| {
            let key = some_key(&mut rng);
            let state = KeyState::new(Arc::clone(&key), &salts, Some(5), None, START);
            let sessions = (0..SESSIONS).map(|n| {
                // The same session numbers under every key.
                let session = SessionId(n as u64);
                Session::new(SessionStart { key: Arc::clone(&key), session, salt: 5, ahead_ns: 0 })
            });
            let sessions = sessions.collect();
            Device { key, state, sessions }
        })
        .collect();
    let mut heard: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    let mut now = START;
    for round in 0..400 {
        now = now.plus_ms(7);
        let (at, session) = (rng.index(KEYS), rng.index(SESSIONS));
        let device = &mut devices[at];
        device.sessions[session].call(tagged(at, session, round));
        while let Some(packet) = device.sessions[session].poll_transmit(now, &mut rng) {
            let opened = cipher::decrypt(&device.key, cipher::Sender::Client, &packet).ok().unwrap();
            // All keys and sessions share two lines.
            device.state.handle_message(ConnId(rng.below(2)), opened.message, now, &mut rng);
        }
        let pushed = rng.index(SESSIONS);
        device.state.push(SessionId(pushed as u64), tagged(at, pushed, round));
        while let Some(event) = device.state.poll_event() {
            if let KeyEvent::Call(call) = event {
                let answer = RpcResult::Answer(call.body);
                device.state.handle_result(call.session, call.msg_id, answer, now);
            }
        }
        while let Some(Transmit { packet, .. }) = devices[at].state.poll_transmit(now, &mut rng) {
            let mut takers = Vec::new();
            for (other, device) in devices.iter_mut().enumerate() {
                for (n, session) in device.sessions.iter_mut().enumerate() {
                    match session.handle_packet(&packet, now) {
                        Ok(()) => takers.push((other, n)),
                        Err(PacketError::ForeignSession) => assert_eq!(other, at),
                        Err(error) => assert_eq!(error, PacketError::Undecryptable),
                    }
                }
            }
            let [(owner, n)] = takers[..] else { panic!("one session takes a packet") };
            while let Some(event) = devices[owner].sessions[n].poll_event() {
                let body = match event {
                    Event::Answer { result, .. } => result.unwrap(),
                    Event::Update(body) => body,
                    Event::NewSession { .. } => continue,
                    Event::Pong { .. } | Event::Service(_) | Event::Stalled => panic!("not asked for"),
                };
                assert_eq!(body[..12], tagged(owner, n, 0)[..12], "meant for somebody else");
                *heard.entry((owner, n)).or_default() += 1;
            }
        }
    }
    assert!(heard.values().sum::<u32>() >= 400);
}
