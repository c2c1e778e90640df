//! Bytes computed apart from this code, from the formulas of the documents: obfuscated streams, transport errors, quick
//! acks, and one whole key exchange.

use crypto::{dh, sha1, sha256, sha512};
use mtproto::handshake::KeyKind;
use mtproto::transport::{Kind, Obfuscation, Secret, Transport};
use tl::{Decode as _, Encode as _, mt};

use crate::raw_client::{Padding, Run, encrypt, plain, tmp_aes};
use crate::support::NOON;
use crate::world::{Accepted, SERVER};
use crypto::testing::{Scripted, Seeded, hex, run};

/// A plain message with msg_id 0 and `req_pq_multi` with the nonce 10..1f.
fn req_pq_multi() -> Vec<u8> {
    let mut payload = vec![0; 16];
    payload.extend_from_slice(&20_u32.to_le_bytes());
    payload.extend_from_slice(&0xbe7e_8ef1_u32.to_le_bytes());
    payload.extend_from_slice(&run::<16>(0x10));
    payload
}

fn obfuscated(secret: Option<[u8; 16]>, sealed: &str, client_frame: &str, server_frame: &str) {
    let mut rng = Scripted(run::<64>(1).to_vec());
    let obfuscation = Obfuscation { secret, dc: 2 };
    let (mut client, header) = Transport::client(Kind::Intermediate, Some(obfuscation), &mut rng).unwrap();
    assert_eq!(header[..56], run::<64>(1)[..56]);
    assert_eq!(header[56..], hex(sealed));
    let mut frame = Vec::new();
    client.send(&req_pq_multi(), &mut rng, &mut frame);
    assert_eq!(frame, hex(client_frame));

    let mut server = Transport::server(secret.map(|key| Secret { key, required: true }));
    server.receive(&header).unwrap();
    server.receive(&frame).unwrap();
    assert!(server.frame().unwrap().unwrap().payload == req_pq_multi());
    assert_eq!(
        (server.kind(), server.obfuscated_header().map(|header| header.dc)),
        (Some(Kind::Intermediate), Some(2))
    );
    let mut answer = Vec::new();
    server.send_error(-404, &mut answer);
    assert_eq!(answer, hex(server_frame));
}

#[test]
fn obfuscated_streams() {
    obfuscated(
        None,
        "33bd9484f1fb4e3a",
        "f5004d2a9d4aeedc3c99effa6b5679fa239e483f419015143bf32958ba615c454311384dbc21c44b709cc135",
        "fc8d187a86e838b0",
    );
    obfuscated(
        Some(run(0xa0)),
        "947c55b7971f251a",
        "7fa7a7b7d2865904c159add226b8ff4e9e1c39411ae45ebe5493b4935f5842821da195c62e8ab2e3a4c32625",
        "d9d2af1fc736bc93",
    );
}

/// A server of this framing, its client having said hello.
fn greeted(kind: Kind) -> Transport {
    let mut rng = Seeded::new(1);
    let (mut client, mut bytes) = Transport::client(kind, None, &mut rng).unwrap();
    client.send(&req_pq_multi(), &mut rng, &mut bytes);
    let mut server = Transport::server(None);
    server.receive(&bytes).unwrap();
    assert!(server.frame().unwrap().is_some());
    server
}

#[test]
fn quick_acks() {
    let cases = [
        (Kind::Abridged, "af5a51c0"),
        (Kind::Intermediate, "c0515aaf"),
        (Kind::Padded, "c0515aaf"),
        (Kind::Full, ""),
    ];
    for (kind, expected) in cases {
        let mut out = Vec::new();
        greeted(kind).send_quick_ack(0xaf5a_51c0, &mut out);
        assert_eq!(out, hex(expected));
    }
}

#[test]
fn transport_errors() {
    let cases = [
        (Kind::Abridged, "01 6cfeffff"),
        (Kind::Intermediate, "04000000 6cfeffff"),
        (Kind::Padded, "04000000 6cfeffff"),
        (Kind::Full, "10000000 00000000 6cfeffff 0d2f4107"),
    ];
    for (kind, expected) in cases {
        let mut out = Vec::new();
        greeted(kind).send_error(-404, &mut out);
        assert_eq!(out, hex(expected), "{kind:?}");
    }
}

/// The exponents of the exchange: SHA-512 of a letter and a counter, four times.
fn exponent(letter: u8) -> [u8; 256] {
    let blocks: Vec<u8> = (0..4).flat_map(|counter| sha512(&[&[letter, counter]])).collect();
    blocks.try_into().unwrap()
}

/// Abridged frames of a server that says one thing at a time.
fn body_of(mut sent: Vec<Vec<u8>>) -> Vec<u8> {
    let (1, Some(frame)) = (sent.len(), sent.pop()) else { panic!("one answer was due") };
    let header = if frame[0] == 0x7f { 4 } else { 1 };
    frame[header + 20..].to_vec()
}

/// One exchange with every random number written down.
#[test]
fn key_exchange() {
    let (nonce, server_nonce, new_nonce): ([u8; 16], [u8; 16], [u8; 32]) = (run(0x10), run(0x20), run(0x40));
    let factors = [0x4000_0000_u32, 0x7000_0000].map(u32::to_le_bytes).concat();
    let mut script = Scripted([&server_nonce[..], &factors, &exponent(b'a'), &[0; 8]].concat());
    let mut server = Accepted::new(NOON);
    let (mut client, mut bytes) = Transport::client(Kind::Abridged, None, &mut Seeded::new(1)).unwrap();
    let mut say = |server: &mut Accepted, bytes: &mut Vec<u8>, body: &[u8]| {
        client.send(&plain(body), &mut Seeded::new(1), bytes);
        server.input(&std::mem::take(bytes), NOON, &mut script);
        body_of(std::mem::take(&mut server.sent))
    };

    let answer = say(&mut server, &mut bytes, &mt::ReqPqMulti { nonce }.to_bytes());
    let Ok(mt::ResPQ::ResPQ { pq, server_nonce: told, .. }) = mt::ResPQ::from_bytes(&answer) else {
        panic!("resPQ was due")
    };
    assert_eq!(told, server_nonce);
    let pq = u64::from_be_bytes(pq.try_into().unwrap());
    let crypto::pq::Pq { p, q } = crypto::pq::factor(pq).unwrap();
    let run = Run { nonce, server_nonce, new_nonce, pq, p, q };
    let ciphertext =
        encrypt(&run.inner().bytes(), Padding::RsaPad, &SERVER.public[0], &mut Seeded::new(2), &|_| {});

    let answer = say(&mut server, &mut bytes, &run.request(ciphertext).to_bytes());
    let (g_a, server_time) = run.open(&answer);
    assert_eq!(server_time, 1_700_000_000);
    assert_eq!(
        sha256(&[g_a.as_bytes()])[..],
        hex("83cc3ddc90a8807554002e9ef83def095dc904d9e9637bc5c1c03a1768072191")
    );
    let encrypted_answer = &answer[40..];
    assert_eq!(encrypted_answer.len(), 592);
    assert_eq!(
        sha256(&[encrypted_answer])[..],
        hex("914d29d76eb05d0d690599a5fd06aa9fb0c8953c2e4066b2b7077a43cffdf37f")
    );
    let (key, iv) = tmp_aes(&new_nonce, &server_nonce);
    assert_eq!(key[..], hex("5987926dea5d3b0b45ca05b1fcad0cb92b68f1e9c797dff0b5e7e07ab4c83fa2"));
    assert_eq!(iv[..], hex("8469153f4d8f4cbc22ca9e32b70872cef5e7de1112748a36fcfe743540414243"));

    let g_b = dh::public(&dh::Secret::random(&mut Scripted(exponent(b'b').to_vec()))).unwrap();
    let answer = say(&mut server, &mut bytes, &run.step_3(g_b.as_bytes(), 0));
    assert_eq!(answer[..4], 0x3bcb_f734_u32.to_le_bytes());
    assert_eq!(answer[4..36], [nonce, server_nonce].concat());
    assert_eq!(answer[36..], hex("0c0f57b3626b8a034ee6661c78812958"));

    let created = &server.created[0];
    let key = created.key.bytes();
    assert_eq!(sha256(&[key])[..], hex("43dd9e8540a468fbd3a650df1cf41f79f4f2a8e8e503ba28ccd49aa5d16e221a"));
    assert_eq!(sha1(&[key])[..8], created.key.aux_hash());
    assert_eq!(created.key.aux_hash()[..], hex("e815fc6b742de8ee"));
    assert_eq!(created.key.id().get(), 6_893_564_432_839_407_607);
    assert_eq!(created.first_salt, 0x6060_6060_6060_6060);
    assert_eq!((created.kind, created.dc), (KeyKind::Permanent, Some(2)));
}
