//! T6: whoever saw a packet pass sends it once more.
//!
//! The effect counted here is one that nothing but the message id protects: the other side sees the caller write. Red
//! without the arm `Place::Known(fate) => return self.repeat(..)` in `mtproto::session::receive::Session::take` (a replay
//! runs), without `Err(_) if id.0 <= self.floor => Place::Below` in `Seen::place` (so does one that fell out of the
//! window), without `self.ended.may_begin(session, msg_id)` in `KeyState::admit` (so does one of a session that was
//! destroyed), and without any of the four conditions in `mtproto::server::admission::check_id`.
//!
//! After a restart no packet of before is right any more, though its key is known: the salts of the former process are
//! gone, and what it remembered of ids with them. There is one process, so no other gateway.
use client::{Identity, Probe};
use ids::WireMsgId;
use mtproto::client::Crafted;
use tl::{Encode, mt};

use crate::ground::Ground;
use crate::probing::{Fate, acquaint, ask, fate, fates, identity, settled, text_to, texts};
use crate::support::{User, within};

/// `bad_server_salt`.
const WRONG_SALT: i32 = 48;

/// Two people: what one does the other sees.
struct Pair {
    ground: Ground,
    alice: User,
    bob: User,
    /// Bob, as Alice addresses him.
    to_bob: tl::InputPeer,
    identity: Identity,
    marks: i64,
}

impl Pair {
    async fn meet() -> Self {
        let ground = Ground::open(&[]).await;
        let (alice, bob) = (ground.user().await, ground.user().await);
        let to_bob = acquaint(&alice, &bob).await;
        let identity = identity(&alice).await;
        Self { ground, alice, bob, to_bob, identity, marks: 0 }
    }

    async fn probe(&self) -> Probe {
        let mut probe = self.ground.probe(&self.identity).await;
        settled(&mut probe).await;
        probe
    }

    /// The call whose effect is counted.
    fn typing(&self) -> Vec<u8> {
        let action = tl::SendMessageAction::SendMessageTypingAction;
        tl::messages::SetTyping { peer: self.to_bob.clone(), top_msg_id: None, action }.to_bytes()
    }

    /// How often Bob has seen Alice write since the last time he was asked.
    async fn seen(&mut self) -> usize {
        self.marks += 1;
        let mark = format!("mark {}", self.marks);
        let send = text_to(self.to_bob.clone(), &mark, self.marks);
        within(self.alice.client.call(&send)).await.expect("a message");
        let mut seen = 0;
        loop {
            let update = within(self.bob.client.update()).await.expect("an update");
            let tl::Updates::UpdateShort(short) = &update else {
                if texts(&update).contains(&mark) {
                    return seen;
                }
                continue;
            };
            seen += usize::from(matches!(short.update, tl::Update::UpdateUserTyping(_)));
        }
    }
}

/// Sends a packet as it is, and waits until whatever runs because of it has run.
async fn replay(probe: &mut Probe, packet: &[u8]) {
    probe.wire.send(packet);
    ask(probe, tl::updates::GetState {}.to_bytes()).await.result::<tl::updates::State>();
}

/// An id that is so many seconds from now.
fn shifted(msg_id: WireMsgId, seconds: i64) -> WireMsgId {
    WireMsgId(msg_id.get().wrapping_add_signed(seconds << 32))
}

#[tokio::test]
async fn t6_a_packet_runs_once_however_often_it_comes() {
    let mut pair = Pair::meet().await;
    let mut probe = pair.probe().await;
    let call = probe.craft(pair.typing(), true);
    let inner = probe.craft(pair.typing(), true);
    let container = probe.craft(Crafted::container(std::slice::from_ref(&inner)), false);
    let (bare, contained) = (probe.seal(&call), probe.seal(&container));
    // Twice in one piece: the second comes while the first runs.
    for packet in [&bare, &bare, &contained, &contained] {
        probe.wire.send(packet);
    }
    for fate in fates(&mut probe, &[&call, &inner]).await {
        assert!(fate.result::<bool>());
    }
    assert_eq!(pair.seen().await, 2);
    for _ in 0..10 {
        // On its own connection, on one that its session does not use, and on one of another session.
        let mut stranger = pair.ground.probe(&pair.identity).await;
        let mut other = pair.probe().await;
        for packet in [&bare, &contained] {
            replay(&mut probe, packet).await;
            replay(&mut stranger, packet).await;
            replay(&mut other, packet).await;
        }
    }
    // The same message in another packet: the id is what counts.
    let again = probe.craft(Crafted::container(&[call.clone(), inner.clone()]), false);
    let again = probe.seal(&again);
    replay(&mut probe, &again).await;
    assert_eq!(pair.seen().await, 0);
}

#[tokio::test]
async fn t6_a_packet_is_taken_for_300_seconds() {
    let mut pair = Pair::meet().await;
    for (seconds, expected) in [
        (-299, Fate::Answered(true.to_bytes())),
        (-301, Fate::Refused(16)),
        (-3600, Fate::Refused(16)),
        (29, Fate::Answered(true.to_bytes())),
        (31, Fate::Refused(17)),
        (3600, Fate::Refused(17)),
    ] {
        let mut probe = pair.probe().await;
        let call = probe.craft(pair.typing(), true);
        let call = Crafted { msg_id: shifted(call.msg_id, seconds), seqno: 1, ..call };
        let packet = probe.seal(&call);
        probe.wire.send(&packet);
        assert_eq!(fate(&mut probe, &call).await, expected, "{seconds} s");
        replay(&mut probe, &packet).await;
        let times = usize::from(matches!(expected, Fate::Answered(_)));
        assert_eq!(pair.seen().await, times, "{seconds} s");
    }
}

#[tokio::test]
async fn t6_ids_that_no_client_makes_run_nothing() {
    let mut pair = Pair::meet().await;
    let mut probe = pair.probe().await;
    let call = probe.craft(pair.typing(), true);
    let id = call.msg_id.get();
    for (msg_id, code) in
        [(id + 1, 18), (id + 2, 18), (id + 3, 18), (id >> 32 << 32, 16), (0, 16), (u64::MAX - 3, 17)]
    {
        let call = Crafted { msg_id: WireMsgId(msg_id), ..call.clone() };
        let packet = probe.seal(&call);
        probe.wire.send(&packet);
        assert_eq!(fate(&mut probe, &call).await, Fate::Refused(code), "{msg_id:x}");
    }
    assert_eq!(pair.seen().await, 0);
}

#[tokio::test]
async fn t6_what_fell_out_of_the_window_runs_no_more() {
    let mut pair = Pair::meet().await;
    let mut probe = pair.probe().await;
    let (unsent, call) = (probe.craft(pair.typing(), true), probe.craft(pair.typing(), true));
    let (unsent, call) = (Crafted { seqno: 1, ..unsent }, Crafted { seqno: 1, ..call });
    let (late, packet) = (probe.seal(&unsent), probe.seal(&call));
    probe.wire.send(&packet);
    assert!(fate(&mut probe, &call).await.result::<bool>());
    assert_eq!(pair.seen().await, 1);
    for _ in 0..3 {
        let pings: Vec<_> =
            (0..500).map(|ping_id| probe.craft(mt::Ping { ping_id }.to_bytes(), false)).collect();
        let container = probe.craft(Crafted::container(&pings), false);
        let container = probe.seal(&container);
        probe.wire.send(&container);
        settled(&mut probe).await;
    }
    for (packet, crafted) in [(packet, call), (late, unsent)] {
        probe.wire.send(&packet);
        assert_eq!(fate(&mut probe, &crafted).await, Fate::Refused(20));
        replay(&mut probe, &packet).await;
    }
    assert_eq!(pair.seen().await, 0);
}

#[tokio::test]
async fn t6_a_destroyed_session_does_not_come_back() {
    let mut pair = Pair::meet().await;
    let mut probe = pair.probe().await;
    let (first, call) = (probe.craft(pair.typing(), true), probe.craft(pair.typing(), true));
    let packets = [probe.seal(&first), probe.seal(&call)];
    packets.iter().for_each(|packet| probe.wire.send(packet));
    for fate in fates(&mut probe, &[&first, &call]).await {
        assert!(fate.result::<bool>());
    }
    let mut destroyer = pair.probe().await;
    let session_id = probe.session().get().cast_signed();
    let destroyed = destroyer.say(mt::DestroySession { session_id }.to_bytes(), true);
    settled(&mut destroyer).await;
    drop(destroyed);
    assert_eq!(pair.seen().await, 2);
    let mut thief = pair.ground.probe(&pair.identity).await;
    for (packet, crafted) in packets.iter().zip([&first, &call]) {
        thief.wire.send(packet);
        // The refusal is encrypted for the session that was destroyed, and nothing else follows.
        assert_eq!(fate(&mut thief, crafted).await, Fate::Refused(16));
    }
    replay(&mut thief, &packets[1]).await;
    assert_eq!(pair.seen().await, 0);
    // Its owner may begin it again, with messages that are newer.
    assert!(ask(&mut probe, pair.typing()).await.result::<bool>());
    assert_eq!(pair.seen().await, 1);
}

#[tokio::test]
async fn t6_a_restart_is_the_end_of_all_packets() {
    let mut pair = Pair::meet().await;
    let mut probe = pair.probe().await;
    let call = probe.craft(pair.typing(), true);
    let packet = probe.seal(&call);
    probe.wire.send(&packet);
    assert!(fate(&mut probe, &call).await.result::<bool>());
    let identity = pair.identity.clone();
    pair.ground.power_cut();
    for _ in 0..3 {
        let mut thief = pair.ground.probe(&identity).await;
        thief.wire.send(&packet);
        assert_eq!(fate(&mut thief, &call).await, Fate::Refused(WRONG_SALT));
    }
}
