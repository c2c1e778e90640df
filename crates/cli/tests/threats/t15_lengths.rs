//! T15: packets whose lengths do not fit.
//!
//! A whole number of blocks behind the header, once a padded transport's tail is dropped; 12 to 1,024 bytes of padding; a
//! body of whole words. Red without `length < 4`, without `!length.is_multiple_of(4)` or with other borders in
//! `(PADDING_BYTES_MIN..=PADDING_BYTES_MAX).contains(&padding)`, all in `mtproto::cipher::decrypt`; without
//! `framing::cut_padding(&mut payload)` in `mtproto::transport::Transport::frame` (a tail is taken for ciphertext).
use client::{Clock, Identity, Options};
use mtproto::handshake::KeyKind;
use mtproto::plain;
use mtproto::transport::Kind;
use tl::{Encode, mt};

use crate::ground::{Ground, random};
use crate::packet::{Plaintext, msg_key, open, seal};
use crate::raw::Raw;

/// Whom the packets come from.
struct Sender<'a> {
    ground: &'a Ground,
    identity: Identity,
    framing: Kind,
}

impl Sender<'_> {
    async fn new(ground: &Ground, framing: Kind) -> Sender<'_> {
        let (_, identity) = ground.key(KeyKind::Permanent).await;
        Sender { ground, identity, framing }
    }

    /// A packet: so many bytes of padding behind a body, and what the length field says of it.
    fn packet(&self, body: &[u8], padding: usize, length: u32) -> Vec<u8> {
        let plaintext = Plaintext {
            salt: self.identity.salt,
            session: u64::from_le_bytes(random()),
            msg_id: plain::request_id(Clock::start().now()).get(),
            seqno: 0,
            length,
            body: body.to_vec(),
            padding: vec![0x33; padding],
        };
        let plaintext = plaintext.bytes();
        let key = &self.identity.key;
        seal(key, msg_key(key, 0, &plaintext), &plaintext)
    }

    /// Sends a packet on a connection of its own, with a tail behind it inside the frame; whether it is answered. If it
    /// is not, the connection is closed without a byte.
    async fn is_answered(&self, packet: &[u8], tail: &[u8]) -> bool {
        let options = Options { framing: self.framing, ..self.ground.plain() };
        let mut raw = Raw::connect(&options).await;
        let length = ((packet.len() + tail.len()) as u32).to_le_bytes();
        let opening = if self.framing == Kind::Padded { [0xdd; 4] } else { [0xee; 4] };
        raw.stream.send(&[&opening, &length, packet, tail].concat());
        let Some(mut payload) = raw.payload().await else { return false };
        // A server pads its frames too.
        payload.truncate(24 + (payload.len() - 24) / 16 * 16);
        open(&self.identity.key, &payload);
        true
    }
}

/// Messages of 8, 12, 16 and 20 bytes that are all answered.
fn bodies() -> [Vec<u8>; 4] {
    let states = mt::MsgsStateReq::MsgsStateReq { msg_ids: vec![4] };
    [
        mt::GetFutureSalts { num: 1 }.to_bytes(),
        mt::Ping { ping_id: 1 }.to_bytes(),
        mt::PingDelayDisconnect { ping_id: 1, disconnect_delay: 60 }.to_bytes(),
        states.to_bytes(),
    ]
}

#[tokio::test]
async fn t15_padding_has_12_to_1024_bytes() {
    let ground = Ground::open(&[]).await;
    let sender = Sender::new(&ground, Kind::Intermediate).await;
    for body in bodies() {
        let length = body.len();
        assert!([8, 12, 16, 20].contains(&length));
        // Whatever makes whole blocks, around both borders.
        let paddings = (0..1_100_usize).filter(|padding| (length + padding).is_multiple_of(16));
        for padding in paddings.filter(|padding| *padding < 50 || *padding > 990) {
            let packet = sender.packet(&body, padding, length as u32);
            let is_right = (12..=1024).contains(&padding);
            assert_eq!(sender.is_answered(&packet, &[]).await, is_right, "{length} bytes and {padding}");
        }
    }
}

#[tokio::test]
async fn t15_a_length_that_leaves_other_padding_is_refused() {
    let ground = Ground::open(&[]).await;
    let sender = Sender::new(&ground, Kind::Intermediate).await;
    let [.., states] = bodies();
    // 20 bytes of body; the length field leaves what the first column says.
    for (left, padding) in [(11, 12), (13, 12), (1025, 1020), (1023, 1020), (1028, 1020), (0, 12), (8, 12)] {
        let length = 20 + padding as u32 - left;
        let packet = sender.packet(&states, padding, length);
        assert!(!sender.is_answered(&packet, &[]).await, "{left} bytes of padding are left");
    }
    // Nothing, too little, and more than there is: nothing is read behind the end.
    for length in [0, 1, 2, 3, 36, 40, 64, 1 << 20, i32::MAX as u32 - 3, -4_i32 as u32, -1_i32 as u32] {
        let packet = sender.packet(&states, 12, length);
        assert!(!sender.is_answered(&packet, &[]).await, "length {length}");
    }
}

#[tokio::test]
async fn t15_the_frame_is_whole_blocks_behind_the_header() {
    let ground = Ground::open(&[]).await;
    for framing in [Kind::Intermediate, Kind::Padded] {
        let sender = Sender::new(&ground, framing).await;
        for tail in 0..=33 {
            let [_, ping, ..] = bodies();
            let packet = sender.packet(&ping, 20, ping.len() as u32);
            let is_right = tail == 0 || framing == Kind::Padded && tail < 16;
            let answered = sender.is_answered(&packet, &vec![0x55; tail]).await;
            assert_eq!(answered, is_right, "{framing:?}, {tail} bytes behind");
        }
    }
}
