//! Known answers for the packet cipher, and the borders of its length checks.

use crypto::testing::{Filled, Seeded, hex};
use ids::{SessionId, WireMsgId};
use zeroize::Zeroizing;

use super::{Body, Head, Padding, Sender, Undecryptable, decrypt, encrypt, padded_len};
use crate::AuthKey;

/// The key of the known answers: byte i is 7 i + 3 modulo 256.
pub(crate) fn vector_key() -> AuthKey {
    let mut bytes = Box::new(Zeroizing::new([0; 256]));
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = (7 * i + 3) as u8;
    }
    AuthKey::new(bytes)
}

fn head(msg_id: u64) -> Head {
    Head {
        salt: 0x1111_1111_1111_1111,
        session: SessionId(0x2222_2222_2222_2222),
        msg_id: WireMsgId(msg_id),
        seqno: 0,
    }
}

const PING: &str = "ec77be7a 0807060504030201";
const PONG: &str = "c5737734 04000000 00f15365 0807060504030201";
const PING_PACKET: &str = "
    9ed6e6ef196cc9310b5273db7be6ab3ff52f10d4b1a1c63fdb35b384d13114ece4e3a87d687714a3
    81fa561e37ed94fccd6b1bed5da7bdd502a13a314171f416d40432dbd0a46a3f6da71bbc422f22e1
    dd73a3767f9c3fe7";
const PONG_PACKET: &str = "
    9ed6e6ef196cc9317f84ee4431698cef000f42d8ec3a6223d8496fcef53aedca2c1f6511c14b2160
    7ddc670532bec52794ffbaa26be900b8e4ca6f7c0bd58b181bd85f6bfee3b89419ddfe163ec37490
    5280cc059d7a558a";

#[test]
fn client_packet_is_the_known_one() {
    let key = vector_key();
    let body = Body::new(&hex(PING));
    let packet =
        encrypt(&key, Sender::Client, head(0x6553_f100_0000_0004), body, Padding::Short, &mut Filled(0xaa));
    assert_eq!(packet, hex(PING_PACKET));
}

#[test]
fn server_packet_is_the_known_one() {
    let key = vector_key();
    let body = Body::new(&hex(PONG));
    let packet =
        encrypt(&key, Sender::Server, head(0x6553_f100_0000_0001), body, Padding::Short, &mut Filled(0xbb));
    assert_eq!(packet, hex(PONG_PACKET));
}

#[test]
fn known_packets_open_with_their_quick_ack() {
    let key = vector_key();
    let opened = decrypt(&key, Sender::Client, &hex(PING_PACKET)).ok().unwrap();
    assert_eq!(opened.quick_ack, 0x9599_ba18);
    assert_eq!(opened.message.body, hex(PING));
    assert_eq!(opened.message.salt, 0x1111_1111_1111_1111);
    assert_eq!(opened.message.session, SessionId(0x2222_2222_2222_2222));
    assert_eq!(opened.message.msg_id, WireMsgId(0x6553_f100_0000_0004));
    assert_eq!(opened.message.key, key.id());
    let opened = decrypt(&key, Sender::Server, &hex(PONG_PACKET)).ok().unwrap();
    assert_eq!(opened.message.body, hex(PONG));
}

#[test]
fn quick_ack_is_the_known_one() {
    let key = vector_key();
    let data: Vec<u8> = (0..96).collect();
    let large = super::KeyParts::of(&key, Sender::Client).large_msg_key(&data);
    assert_eq!(super::quick_ack_token(&large), 0xaf5a_51c0);
}

#[test]
fn t3_every_flipped_bit_and_the_wrong_direction_are_one_error() {
    let key = vector_key();
    let packet = hex(PING_PACKET);
    assert_eq!(decrypt(&key, Sender::Server, &packet).err(), Some(Undecryptable));
    for bit in 0..packet.len() * 8 {
        let mut bad = packet.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(decrypt(&key, Sender::Client, &bad).err(), Some(Undecryptable), "bit {bit}");
    }
}

/// Encrypts a plaintext whose length field and padding are chosen freely.
fn forge(length: u32, body_and_padding: usize) -> Vec<u8> {
    let key = vector_key();
    let mut plaintext = super::head_bytes(head(4), length).to_vec();
    plaintext.resize(32 + body_and_padding, 0x5a);
    let parts = super::KeyParts::of(&key, Sender::Client);
    let msg_key = super::msg_key(&parts.large_msg_key(&plaintext));
    let (aes_key, aes_iv) = parts.aes(&msg_key);
    crypto::ige::encrypt(&aes_key, &aes_iv, &mut plaintext).unwrap();
    [&key.id().0.to_le_bytes()[..], &msg_key, &plaintext].concat()
}

#[test]
fn t15_length_and_padding_borders() {
    let key = vector_key();
    // (length field, bytes behind the head, accepted)
    let table = [
        (4, 16, true),       // padding 12
        (20, 32, true),      // padding 12
        (8, 16, false),      // padding 8
        (4, 1024, true),     // padding 1020
        (1024, 2048, true),  // padding 1024
        (1012, 2048, false), // padding 1036
        (0, 16, false),
        (2, 16, false),
        (5, 32, false),
        (32, 32, false), // padding 0
        (36, 32, false), // beyond the end
        (0x8000_0000, 32, false),
        (u32::MAX, 32, false),
        (u32::MAX - 3, 32, false),
    ];
    for (length, behind, accepted) in table {
        let result = decrypt(&key, Sender::Client, &forge(length, behind));
        assert_eq!(result.is_ok(), accepted, "length {length}, {behind} bytes");
    }
}

#[test]
fn t15_lengths_that_are_no_packet() {
    let key = vector_key();
    let packet = forge(4, 1024);
    for length in 0..packet.len() {
        assert!(decrypt(&key, Sender::Client, &packet[..length]).is_err());
    }
    let mut longer = packet;
    longer.extend_from_slice(&[0; 15]);
    assert!(decrypt(&key, Sender::Client, &longer).is_err());
}

#[test]
fn padding_is_always_within_the_limits() {
    for padding in [Padding::Short, Padding::SizeClass] {
        for message in (36..4096).step_by(4) {
            let added = padded_len(message, padding) - message;
            assert_eq!(padded_len(message, padding) % 16, 0);
            assert!((12..=1024).contains(&added), "{message} bytes get {added}");
        }
    }
    assert_eq!(padded_len(36, Padding::SizeClass), 64);
    assert_eq!(padded_len(1269, Padding::SizeClass), 1280 + 448);
}

#[test]
fn t2_the_same_message_is_padded_afresh_and_evenly_each_time() {
    let key = vector_key();
    let parts = super::KeyParts::of(&key, Sender::Server);
    let mut rng = Seeded::new(0);
    let mut msg_keys = std::collections::BTreeSet::new();
    let mut counts = [0_u32; 256];
    let rounds = 3000;
    for _ in 0..rounds {
        let mut packet =
            encrypt(&key, Sender::Server, head(1), Body::new(&[7; 100]), Padding::SizeClass, &mut rng);
        let msg_key: [u8; 16] = packet[8..24].try_into().unwrap();
        assert!(msg_keys.insert(msg_key), "a msg_key came twice");
        let (aes_key, aes_iv) = parts.aes(&msg_key);
        crypto::ige::decrypt(&aes_key, &aes_iv, &mut packet[24..]).unwrap();
        for byte in &packet[24 + 32 + 100..] {
            counts[usize::from(*byte)] += 1;
        }
    }
    let total: u32 = counts.iter().sum();
    assert_eq!(total, rounds * (192 - 132));
    let expected = f64::from(total) / 256.0;
    let chi_square: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    assert!(chi_square < 380.0, "{chi_square} with 255 degrees of freedom: p < 1e-6");
}
