//! What a session hears of its box: every event once, in order, whoever causes it and whichever way it comes, as a
//! push or as the answer to the session's own call (docs: api/updates).
//!
//! Red when `handlers/turn.rs` leaves out `tell_own`, or a lane is not held by one thread at a time.
use std::net::Ipv4Addr;

use crate::peer::{Peer, Person};
use crate::process::Server;

const MESSAGES: i64 = 40;

/// One device, and where its box stands as far as it was told.
struct Device {
    peer: Peer,
    to: tl::InputPeer,
    pts: i32,
}

impl Device {
    /// Takes one object of updates; events that concern other boxes or none have no pts.
    fn hear(&mut self, updates: tl::Updates) {
        let updates = match updates {
            tl::Updates::Updates(body) => body.updates,
            tl::Updates::UpdateShort(body) => vec![body.update],
            tl::Updates::UpdateShortSentMessage(body) => return self.step(body.pts, body.pts_count),
            tl::Updates::UpdateShortMessage(body) => return self.step(body.pts, body.pts_count),
            tl::Updates::UpdatesTooLong => panic!("nobody is that far behind"),
            tl::Updates::UpdateShortChatMessage(_) | tl::Updates::UpdatesCombined(_) => {
                panic!("not sent by this server")
            }
        };
        for update in updates {
            match update {
                tl::Update::UpdateNewMessage(body) => self.step(body.pts, body.pts_count),
                tl::Update::UpdateReadHistoryInbox(body) => self.step(body.pts, body.pts_count),
                tl::Update::UpdateReadHistoryOutbox { pts, pts_count, .. } => self.step(pts, pts_count),
                _ => {}
            }
        }
    }

    /// The event must be the very next one.
    fn step(&mut self, pts: i32, pts_count: i32) {
        assert_eq!(pts, self.pts + pts_count, "told up to {}, then {pts} of {pts_count}", self.pts);
        self.pts = pts;
    }

    fn hear_pushed(&mut self) {
        for update in std::mem::take(&mut self.peer.updates) {
            self.hear(<tl::Updates as tl::Decode>::from_bytes(&update).expect("an Updates"));
        }
    }

    /// Sends its messages, and reads now and then, while the others do the same.
    fn chat(&mut self, number: i64) {
        for index in 0..MESSAGES {
            let sent = self.peer.call(&tl::messages::SendMessage {
                peer: self.to.clone(),
                message: format!("{number} {index}"),
                random_id: (number + 1) << 32 | index,
                ..Default::default()
            });
            self.hear_pushed();
            self.hear(sent.expect("the message is taken"));
            if index % 8 == 7 {
                let read =
                    self.peer.call(&tl::messages::ReadHistory { peer: self.to.clone(), max_id: i32::MAX });
                self.hear_pushed();
                let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = read.expect("read");
                if pts_count > 0 {
                    self.step(pts, pts_count);
                }
            }
        }
    }

    /// Waits until it was told everything.
    fn finish(&mut self) {
        let state = self.peer.call(&tl::updates::GetState {}).expect("a state");
        self.hear_pushed();
        let tl::updates::State::State { pts, .. } = state;
        while self.pts < pts {
            let update = self.peer.update();
            self.hear(update);
        }
        assert_eq!(self.pts, pts);
    }
}

#[test]
fn every_session_hears_every_event_once_and_in_order() {
    let server = Server::with(&["--dev", "--set", "threads.handlers=4"]);
    let people = [
        Person { phone: "9996670001", first_name: "A", last_name: "" },
        Person { phone: "9996670002", first_name: "B", last_name: "" },
    ];
    let mut devices = Vec::new();
    for (number, person) in people.iter().enumerate() {
        let other = people[1 - number].phone;
        for device in 0..3 {
            let mut peer = Peer::introduced(&server, Ipv4Addr::new(127, 2, number as u8, device + 1));
            if device == 0 {
                peer.sign_up(&server, person);
            } else {
                peer.sign_in(&server, person.phone);
            }
            devices.push((peer, other));
        }
    }
    let mut devices: Vec<Device> = devices
        .into_iter()
        .map(|(mut peer, other)| {
            let to = peer.import(other);
            let state = peer.call(&tl::updates::GetState {}).expect("a state");
            let tl::updates::State::State { pts, .. } = state;
            peer.updates.clear();
            Device { peer, to, pts }
        })
        .collect();
    std::thread::scope(|scope| {
        for (number, device) in devices.iter_mut().enumerate() {
            scope.spawn(move || device.chat(number as i64));
        }
    });
    for device in &mut devices {
        device.finish();
    }
    // A box gets all messages of both sides: one event each, and some for what was read.
    assert!(devices.iter().all(|device| device.pts > 6 * MESSAGES as i32));
}
