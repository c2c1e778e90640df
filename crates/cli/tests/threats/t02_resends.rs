//! T2: somebody between server and client drops acknowledgements and watches what is encrypted again.
//!
//! What was sent before goes only into a fresh container, so no packet repeats an outer id or a msg_key; padding is
//! fresh and random. The client here never acknowledges anything and makes the server repeat itself in every way there
//! is. Red without `if !is_repeat` at `write_bare` in `mtproto::session::compose::Session::compose` (a lone message goes
//! out again under its old id), and without `rng.fill(tail)` in `mtproto::cipher::encrypt` (padding is zeros).
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use client::{Opened, Probe, Received};
use ids::WireMsgId;
use mtproto::AuthKey;
use mtproto::client::Crafted;
use tl::mt::{MsgResendReq, Ping};
use tl::{Decode, Encode};

use crate::ground::{Ground, random, runs};
use crate::packet::open;
use crate::probing::identity;
use crate::statistics::chi_square;
use crate::support::within;

/// Everything a server encrypted.
struct Overheard {
    key: Arc<AuthKey>,
    frames: usize,
    outer_ids: HashSet<WireMsgId>,
    msg_keys: HashSet<[u8; 16]>,
    padding: Vec<u8>,
    /// How often each message was seen, in whatever packet.
    messages: HashMap<WireMsgId, usize>,
}

impl Overheard {
    fn new(key: Arc<AuthKey>) -> Self {
        let (outer_ids, msg_keys, messages) = Default::default();
        Self { key, frames: 0, outer_ids, msg_keys, padding: Vec::new(), messages }
    }

    fn take(&mut self, packet: &[u8]) -> Opened {
        let plaintext = open(&self.key, packet);
        let opened = Opened::read(&self.key, packet).expect("a packet");
        self.frames += 1;
        assert!(self.outer_ids.insert(opened.outer.msg_id), "an outer id was used again");
        assert!(self.msg_keys.insert(packet[8..24].try_into().expect("16 bytes")), "a msg_key came again");
        let padding = &plaintext[32 + opened.outer.body.len()..];
        assert!((12..=1024).contains(&padding.len()), "{} bytes of padding", padding.len());
        self.padding.extend_from_slice(padding);
        for message in &opened.messages {
            *self.messages.entry(message.msg_id).or_default() += 1;
        }
        opened
    }

    /// Listens until the pong to this ping is there; which content came.
    async fn listen(&mut self, probe: &mut Probe, until: &Crafted) -> Vec<WireMsgId> {
        let mut content = Vec::new();
        loop {
            let Received::Packet(packet) = within(probe.wire.receive()).await.expect("a packet") else {
                continue;
            };
            let opened = self.take(&packet);
            content.extend(opened.messages.iter().filter(|one| one.seqno & 1 == 1).map(|one| one.msg_id));
            let is_pong = |body: &[u8]| {
                let pong = tl::mt::Pong::from_bytes(body);
                pong.is_ok_and(|tl::mt::Pong::Pong { msg_id, .. }| msg_id == until.msg_id.get().cast_signed())
            };
            if opened.messages.iter().any(|message| is_pong(&message.body)) {
                return content;
            }
        }
    }
}

fn ping(probe: &mut Probe) -> Crafted {
    probe.say(Ping { ping_id: i64::from_le_bytes(random()) }.to_bytes(), false)
}

#[tokio::test]
async fn t2_nothing_is_ever_encrypted_twice_alike() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let identity = identity(&alice).await;
    let mut probe = ground.probe(&identity).await;
    let session = probe.session();
    let mut overheard = Overheard::new(identity.key.clone());
    let frames = runs(10_000, 100_000);
    while overheard.frames < frames {
        // Calls whose answers nobody acknowledges.
        let calls: Vec<Crafted> =
            (0..4).map(|_| probe.say(tl::updates::GetState {}.to_bytes(), true)).collect();
        let until = ping(&mut probe);
        let mut content = overheard.listen(&mut probe, &until).await;
        // The answers are wanted again, one by one, and the calls come again, one by one.
        for _ in 0..8 {
            for msg_id in content.drain(..) {
                let msg_ids = vec![msg_id.get().cast_signed()];
                probe.say(MsgResendReq::MsgResendReq { msg_ids }.to_bytes(), false);
            }
            for call in &calls {
                let packet = probe.seal(call);
                probe.wire.send(&packet);
            }
            let until = ping(&mut probe);
            content = overheard.listen(&mut probe, &until).await;
        }
        // The connection breaks and the same session comes back: everything is sent again. It ends when it has shown
        // enough, since what is unacknowledged grows.
        let wire = ground.probe(&identity).await.wire;
        let session = if overheard.frames.is_multiple_of(5) {
            ids::SessionId(u64::from_le_bytes(random()))
        } else {
            session
        };
        probe = Probe::new(wire, &identity, session);
        let until = ping(&mut probe);
        overheard.listen(&mut probe, &until).await;
    }
    let again = overheard.messages.values().filter(|times| **times > 1).count();
    assert!(again > overheard.messages.len() / 10, "only {again} messages were sent again");
    let (statistic, limit) = chi_square(overheard.padding.iter().copied());
    assert!(overheard.padding.len() > 20 * frames && statistic < limit, "{statistic} > {limit}");
}
