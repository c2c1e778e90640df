//! F3: encrypted packets that no honest sender makes, judged by a second reading of the rules (T3, T15).
//!
//! Bytes that were not sealed with the key are never taken. Sealed plaintext is taken exactly if its length field and
//! its padding are as they must be, directly and behind every framing. Source: docs, mtproto/description.

use std::sync::{Arc, LazyLock};

use crypto::{dh, ige};
use ids::AuthKeyId;
use mtproto::bind::{self, Binding};
use mtproto::cipher::{self, Sender};
use mtproto::server::{CloseReason, Config, Conn, Dcs, KeyAnswer, Output, Patience};
use mtproto::transport::{Kind, Obfuscation, Transport};
use mtproto::{AuthKey, Envelope};

use crate::{Input, NOW, Seeded};

/// The one key that is known.
pub static KEY: LazyLock<Arc<AuthKey>> = LazyLock::new(|| {
    let secret = dh::Secret::random(&mut Seeded::new(0xf3));
    let public = dh::public(&secret).expect("this one is in range");
    Arc::new(AuthKey::new(dh::shared(&public, &secret)))
});

/// What all connections of these runs have in common.
pub fn config(fingerprints: Vec<u64>) -> Arc<Config> {
    let dcs = Dcs { ids: 1..=5, test: false };
    Arc::new(Config { fingerprints, dcs, secret: None, patience: Patience::default() })
}

/// A packet, what the server must make of it, and the token of its quick ack.
struct Packet {
    bytes: Vec<u8>,
    holds: Option<(Vec<u8>, u32)>,
}

/// Seals a plaintext of whole blocks as a client does, whatever it says.
fn seal(plaintext: &[u8]) -> Packet {
    let key = KEY.bytes();
    let large = crypto::sha256(&[&key[88..120], plaintext]);
    let msg_key = &large[8..24];
    let a = crypto::sha256(&[msg_key, &key[..36]]);
    let b = crypto::sha256(&[&key[40..76], msg_key]);
    let joined = |pieces: [&[u8]; 3]| -> [u8; 32] { pieces.concat().try_into().expect("32 bytes") };
    let (aes_key, aes_iv) = (joined([&a[..8], &b[8..24], &a[24..]]), joined([&b[..8], &a[8..24], &b[24..]]));
    let mut ciphertext = plaintext.to_vec();
    ige::encrypt(&aes_key, &aes_iv, &mut ciphertext).expect("whole blocks");
    let token = u32::from_le_bytes(large[..4].try_into().expect("4 bytes")) | 1 << 31;
    let bytes = [&KEY.id().get().to_le_bytes(), msg_key, &ciphertext].concat();
    Packet { bytes, holds: is_sound(plaintext).then(|| (plaintext.to_vec(), token)) }
}

/// The rules for a plaintext: 32 bytes of header, a body of whole words, 12 to 1,024 bytes of padding.
fn is_sound(plaintext: &[u8]) -> bool {
    let Some(length) = plaintext.get(28..32) else { return false };
    let length = i32::from_le_bytes(length.try_into().expect("4 bytes"));
    let padding = i64::try_from(plaintext.len()).expect("small") - 32 - i64::from(length);
    length >= 4 && length % 4 == 0 && (12..=1024).contains(&padding)
}

/// One packet of any sort.
fn packet(input: &mut Input<'_>) -> Packet {
    match input.below(4) {
        // Not sealed.
        0 => {
            let id = if input.byte() == 0 { input.u64() | 1 } else { KEY.id().get() };
            let mut bytes = [&id.to_le_bytes(), input.piece()].concat();
            bytes.truncate(bytes.len() & !3);
            Packet { bytes, holds: None }
        }
        // Any plaintext.
        1 => {
            let plaintext = input.piece();
            seal(&plaintext[..plaintext.len() & !15])
        }
        // A body and a length near its own.
        2 => {
            let mut plaintext = input.array::<32>().to_vec();
            plaintext.extend_from_slice(input.piece());
            let length =
                i64::try_from(plaintext.len()).expect("small") - 32 + i64::from(input.byte().cast_signed());
            plaintext[28..32].copy_from_slice(&length.to_le_bytes()[..4]);
            let padding = usize::from(input.u16()) % 1100;
            plaintext.resize((plaintext.len() + padding).next_multiple_of(16), 0xaa);
            seal(&plaintext)
        }
        // Sealed, then bent.
        _ => {
            let mut bytes = seal(&[&[7; 28][..], &[4, 0, 0, 0], &[9; 32]].concat()).bytes;
            let place = usize::from(input.byte()) % bytes.len();
            let bits = input.byte();
            bytes[place] ^= bits;
            if bits == 0 {
                bytes.truncate(place & !3);
                bytes.resize(bytes.len().max(8), 0);
            }
            Packet { bytes, holds: None }
        }
    }
}

fn check(message: &Envelope, plaintext: &[u8]) {
    let head =
        [message.salt.to_le_bytes(), message.session.get().to_le_bytes(), message.msg_id.get().to_le_bytes()];
    assert!(head.concat() == plaintext[..24] && message.seqno.to_le_bytes() == plaintext[24..28]);
    assert!(message.key == KEY.id() && plaintext[32..].starts_with(&message.body));
    assert_eq!(
        u32::try_from(message.body.len()).ok().map(u32::to_le_bytes).as_ref(),
        plaintext[28..].first_chunk()
    );
}

/// Packets to the cipher, and on one connection, until one is refused.
pub fn run(input: &mut Input<'_>) {
    let kind = [Kind::Abridged, Kind::Intermediate, Kind::Padded, Kind::Full][usize::from(input.below(4))];
    let obfuscation = (input.byte() & 1 != 0).then(Obfuscation::default);
    let mut rng = Seeded::new(u64::from(input.byte()));
    let Ok((mut client, opening)) = Transport::client(kind, obfuscation, &mut rng) else { return };
    let mut conn = Conn::new(config(vec![1]), NOW);
    conn.handle_input(&opening, NOW, &mut rng);
    while !input.is_over() {
        let Packet { bytes, holds } = packet(input);
        let opened = cipher::decrypt(&KEY, Sender::Client, &bytes);
        assert_eq!(opened.is_ok(), holds.is_some(), "the rules say otherwise");
        if let (Ok(opened), Some((plaintext, token))) = (&opened, &holds) {
            check(&opened.message, plaintext);
            assert_eq!(opened.quick_ack, *token);
        }
        assert!(cipher::decrypt(&KEY, Sender::Server, &bytes).is_err(), "taken in the other direction");
        refused_as_binding(&bytes);
        let asks = input.byte() & 1 != 0;
        let mut frame = Vec::new();
        if asks {
            client.send_asking_quick_ack(&bytes, &mut rng, &mut frame);
        } else {
            client.send(&bytes, &mut rng, &mut frame);
        }
        conn.handle_input(&frame, NOW, &mut rng);
        let Some((plaintext, token)) = holds else { return expect_close(&mut conn, &mut rng) };
        answer_key(&mut conn, &mut rng);
        if asks && kind != Kind::Full {
            let Some(Output::Transmit(ack)) = conn.poll_output() else { panic!("no quick ack") };
            client.receive(&ack).expect("ours is understood");
            let heard = client.incoming().expect("ours is understood");
            assert!(matches!(heard, Some(mtproto::transport::Incoming::QuickAck(heard)) if heard == token));
        }
        let Some(Output::Message(message)) = conn.poll_output() else { panic!("a sound packet is refused") };
        check(&message, &plaintext);
        assert!(conn.poll_output().is_none() && conn.wants_input());
    }
}

fn answer_key(conn: &mut Conn, rng: &mut Seeded) {
    let Some(Output::NeedAuthKey(id)) = conn.poll_output() else { panic!("no key is asked for") };
    let answer = if id == KEY.id() { KeyAnswer::Known(KEY.clone()) } else { KeyAnswer::Unknown };
    conn.handle_key(id, answer, NOW, rng);
}

/// What is not sound ends the connection: in silence, or with -404 if its key is unknown.
fn expect_close(conn: &mut Conn, rng: &mut Seeded) {
    let mut closed = None;
    let mut said = 0;
    while let Some(output) = conn.poll_output() {
        match output {
            Output::NeedAuthKey(id) => {
                let answer = if id == KEY.id() { KeyAnswer::Known(KEY.clone()) } else { KeyAnswer::Unknown };
                conn.handle_key(id, answer, NOW, rng);
            }
            Output::Transmit(_) => said += 1,
            Output::Close(reason) => closed = Some(reason),
            Output::Job(_) | Output::KeyCreated(_) | Output::Message(_) | Output::Http(_) => {
                panic!("an unsound packet has an effect")
            }
        }
    }
    match closed {
        Some(CloseReason::UnknownKey) => assert_eq!(said, 1),
        Some(CloseReason::Message | CloseReason::Transport(_)) => assert_eq!(said, 0),
        _ => panic!("an unsound packet closes with {closed:?}"),
    }
    assert!(!conn.wants_input() && conn.poll_timeout().is_none());
}

/// The old encryption of auth.bindTempAuthKey: nothing of this is made by it (T12).
fn refused_as_binding(packet: &[u8]) {
    let expected = Binding {
        nonce: 1,
        temp_key: AuthKeyId(2),
        temp_session: ids::SessionId(3),
        expires_at: 4,
        msg_id: ids::WireMsgId(5),
    };
    assert!(bind::check(&KEY, packet, expected).is_err());
    let _ = bind::permanent_key_id(packet);
}
