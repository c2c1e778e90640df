//! T16: containers that break the rules, and packed objects where none may be.
//!
//! Nothing of a container against the rules runs; what may be packed is a message's body or the innermost query, once.
//! Red without any of the conditions in `mtproto::container::unpack` and `mtproto::container::read`; without
//! `!self.knows_all(session, &messages)` in `KeyState::admit` (a container id is used for another content); without
//! `if container::is_container(&body)` in `mtproto::session::receive::read` or `if unpacked` in
//! `mtproto::wrapper::peel` (packed containers, and packed in packed).
use std::io::Write;

use client::Probe;
use flate2::Compression;
use flate2::write::GzEncoder;
use ids::WireMsgId;
use mtproto::client::Crafted;
use tl::codec::{Raw, put_bytes};
use tl::{Encode, mt};

use crate::ground::Ground;
use crate::probing::{Fate, fate, fates, identity, note, notes, settled};
use crate::support::User;

const CONTAINER: u32 = 0x73f1_f8dc;

/// `gzip_packed` of an object.
fn packed(object: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(object).expect("it fits in memory");
    let mut packed = 0x3072_cfa1_u32.to_bytes();
    put_bytes(&mut packed, &encoder.finish().expect("it fits in memory"));
    packed
}

struct World {
    ground: Ground,
    alice: User,
    probe: Probe,
    notes: i64,
}

impl World {
    async fn new() -> Self {
        let ground = Ground::open(&[]).await;
        let alice = ground.user().await;
        let mut probe = ground.probe(&identity(&alice).await).await;
        settled(&mut probe).await;
        Self { ground, alice, probe, notes: 0 }
    }

    /// A message that would leave a note.
    fn note(&mut self) -> Crafted {
        self.notes += 1;
        let body = note(&format!("note {}", self.notes), self.notes).to_bytes();
        self.probe.craft(body, true)
    }

    fn container(&mut self, messages: &[Crafted]) -> Crafted {
        self.probe.craft(Crafted::container(messages), false)
    }

    async fn send(&mut self, message: &Crafted) -> Fate {
        let packet = self.probe.seal(message);
        self.probe.wire.send(&packet);
        fate(&mut self.probe, message).await
    }

    /// Sends a container that must be refused with this code, whatever is in it.
    async fn refused(&mut self, container: Crafted, code: i32, why: &str) {
        assert_eq!(self.send(&container).await, Fate::Refused(code), "{why}");
    }

    /// How many notes there are.
    async fn notes(&self) -> usize {
        notes(&self.alice).await.len()
    }
}

/// A container that says `count` and holds these bytes.
fn saying(count: u32, messages: &[Crafted]) -> Vec<u8> {
    let mut body = Crafted::container(messages);
    body[4..8].copy_from_slice(&count.to_le_bytes());
    body
}

#[tokio::test]
async fn t16_nothing_of_a_container_against_the_rules_runs() {
    let mut world = World::new().await;
    let (first, second) = (world.note(), world.note());

    let inner = world.container(std::slice::from_ref(&first));
    let nested = world.container(&[second.clone(), inner]);
    world.refused(nested, 64, "a container in a container").await;

    let late = world.container(std::slice::from_ref(&first));
    let early = Crafted { msg_id: first.msg_id, ..late.clone() };
    world.refused(early, 64, "an inner id that is the container's").await;
    let after = Crafted { msg_id: WireMsgId(late.msg_id.get() + 4), ..first.clone() };
    let early = Crafted { body: Crafted::container(&[after]), ..late.clone() };
    world.refused(early, 64, "an inner id above the container's").await;

    let high = Crafted { seqno: late.seqno + 1, ..first.clone() };
    let high = world.probe.craft(Crafted::container(&[high]), false);
    let high = Crafted { seqno: late.seqno, ..high };
    world.refused(high, 64, "an inner number above the container's").await;

    for odd in 1..4 {
        let odd = Crafted { msg_id: WireMsgId(first.msg_id.get() + odd), ..first.clone() };
        let odd = world.container(&[second.clone(), odd]);
        world.refused(odd, 18, "an inner id that no client makes").await;
    }

    for (count, why) in [(0, "too few"), (2, "too many"), (1025, "more than are allowed"), (u32::MAX, "-1")] {
        let body = saying(count, std::slice::from_ref(&first));
        let lying = world.probe.craft(body, false);
        world.refused(lying, 64, why).await;
    }
    for cut in [4, 8, 12, 20] {
        let mut body = Crafted::container(std::slice::from_ref(&first));
        body.truncate(body.len() - cut);
        let cut = world.probe.craft(body, false);
        world.refused(cut, 64, "a container that is cut off").await;
    }
    // The length of a message inside: none, no whole words, more than there is.
    for length in [0, 2, 1 << 20, u32::MAX] {
        let mut body = Crafted::container(std::slice::from_ref(&first));
        body[20..24].copy_from_slice(&length.to_le_bytes());
        let wrong = world.probe.craft(body, false);
        world.refused(wrong, 64, "a message of no possible length").await;
    }
    // The same where the lengths are true and together whole words.
    for lengths in [[first.body.len(), 0], [6, 6]] {
        let messages = [&first, &second].into_iter().zip(lengths);
        let messages: Vec<Crafted> = messages
            .map(|(message, length)| Crafted { body: message.body[..length].to_vec(), ..message.clone() })
            .collect();
        let wrong = world.container(&messages);
        world.refused(wrong, 64, "messages of no body, or of no whole words").await;
    }
    let bare = world.probe.craft([CONTAINER.to_bytes(), vec![0; 4], vec![0; 4]].concat(), false);
    world.refused(bare, 64, "bytes behind an empty container").await;
    let only_id = world.probe.craft(CONTAINER.to_bytes(), false);
    world.refused(only_id, 64, "no count").await;
    assert_eq!(world.notes().await, 0);
}

#[tokio::test]
async fn t16_legal_containers_run() {
    let mut world = World::new().await;
    let empty = world.container(&[]);
    let packet = world.probe.seal(&empty);
    world.probe.wire.send(&packet);
    settled(&mut world.probe).await;

    let (first, second) = (world.note(), world.note());
    let both = world.container(&[second.clone(), first.clone()]);
    let packet = world.probe.seal(&both);
    world.probe.wire.send(&packet);
    for fate in fates(&mut world.probe, &[&first, &second]).await {
        fate.result::<tl::Updates>();
    }
    let pings: Vec<Crafted> =
        (0..1024_i64).map(|ping_id| world.probe.craft(mt::Ping { ping_id }.to_bytes(), false)).collect();
    let full = world.container(&pings);
    let packet = world.probe.seal(&full);
    world.probe.wire.send(&packet);
    let answered = fates(&mut world.probe, &pings.iter().collect::<Vec<_>>()).await;
    assert!(answered.iter().all(|fate| *fate == Fate::Answered(Vec::new())));
    let one_more = world.probe.craft(mt::Ping { ping_id: 0 }.to_bytes(), false);
    let crowded: Vec<Crafted> = pings.into_iter().chain([one_more]).collect();
    let crowded = world.container(&crowded);
    world.refused(crowded, 64, "1,025 messages").await;
    assert_eq!(world.notes().await, 2);
}

#[tokio::test]
async fn t16_a_container_id_is_taken_once() {
    let mut world = World::new().await;
    let (first, second) = (world.note(), world.note());
    let container = world.container(std::slice::from_ref(&first));
    let packet = world.probe.seal(&container);
    world.probe.wire.send(&packet);
    fate(&mut world.probe, &first).await.result::<tl::Updates>();
    let other = Crafted { body: Crafted::container(std::slice::from_ref(&second)), ..container.clone() };
    world.refused(other, 19, "another container under the same id").await;
    let taken = Crafted { msg_id: first.msg_id, ..container.clone() };
    let earlier = Crafted { msg_id: WireMsgId(first.msg_id.get() - (1 << 30)), ..second.clone() };
    let taken = Crafted { body: Crafted::container(&[earlier]), ..taken };
    world.refused(taken, 19, "a container under the id of a message").await;
    // The same once more is no crime, and runs nothing.
    world.probe.wire.send(&packet);
    settled(&mut world.probe).await;
    assert_eq!(world.notes().await, 1);
}

#[tokio::test]
async fn t16_packed_once_and_only_where_it_may_be() {
    let mut world = World::new().await;
    let plain = world.note();
    let whole = Crafted { body: packed(&plain.body), ..plain };
    world.send(&whole).await.result::<tl::Updates>();
    let plain = world.note();
    let wrapped = tl::InvokeWithoutUpdates { query: Raw(packed(&plain.body)) }.to_bytes();
    let innermost = Crafted { body: wrapped.clone(), ..plain };
    world.send(&innermost).await.result::<tl::Updates>();
    assert_eq!(world.notes().await, 2);

    let query = world.note().body;
    let contained = world.note();
    let container = Crafted::container(std::slice::from_ref(&contained));
    let twice = tl::InvokeWithoutUpdates { query: Raw(packed(&query)) }.to_bytes();
    let mut deep = query.clone();
    for _ in 0..1000 {
        deep = packed(&deep);
    }
    for (body, why) in [
        (packed(&packed(&query)), "packed in packed"),
        (packed(&twice), "a packed query in a packed call"),
        (packed(&container), "a packed container"),
        (packed(&[]), "nothing"),
        (packed(&[1, 2]), "half a word"),
        (deep, "packed a thousand times"),
        (0x3072_cfa1_u32.to_bytes(), "no bytes at all"),
        ([&0x3072_cfa1_u32.to_bytes()[..], &[4, 1, 2, 3, 4, 0, 0, 0]].concat(), "no gzip"),
    ] {
        let message = world.probe.craft(body.clone(), true);
        assert_eq!(world.send(&message).await, Fate::Failed(400, "INPUT_FETCH_ERROR".into()), "{why}");
        // What asks for no answer is refused instead.
        let silent = world.probe.craft(body, false);
        assert_eq!(world.send(&silent).await, Fate::Refused(64), "{why}");
    }
    // A container in a container that is hidden by packing it.
    let hidden = world.note();
    let inner = Crafted::container(std::slice::from_ref(&hidden));
    let inner = world.probe.craft(packed(&inner), true);
    let outer = world.container(std::slice::from_ref(&inner));
    let packet = world.probe.seal(&outer);
    world.probe.wire.send(&packet);
    assert!(fate(&mut world.probe, &inner).await.is_error("INPUT_FETCH_ERROR"));
    assert_eq!(world.notes().await, 2);
}

/// Containers within containers as deep as a frame allows: one refusal, and no recursion to overflow anything.
#[tokio::test]
async fn t16_depth_is_no_danger() {
    let mut world = World::new().await;
    for depth in [2, 100, 40_000] {
        let mut body = CONTAINER.to_bytes();
        body.extend_from_slice(&0_u32.to_le_bytes());
        let mut layers = Vec::new();
        for at in 0..depth {
            // Each holds one message: the rest of the bytes.
            let inside = body.len() + (depth - 1 - at) * 24;
            layers.extend_from_slice(&CONTAINER.to_le_bytes());
            layers.extend_from_slice(&1_u32.to_le_bytes());
            layers.extend_from_slice(&4_u64.to_le_bytes());
            layers.extend_from_slice(&0_u32.to_le_bytes());
            layers.extend_from_slice(&(inside as u32).to_le_bytes());
        }
        layers.extend_from_slice(&body);
        let deep = world.probe.craft(layers, false);
        world.refused(deep, 64, "containers all the way down").await;
    }
    assert!(world.ground.process().log().lines().count() < 1_000);
}
