//! Published bytes, computed by others from the same formulas: obfuscated headers and frames, transport errors, quick acks.

use mtproto::transport::{Kind, Obfuscation, Secret, Transport};

use crate::support::{Scripted, Seeded, hex, run};

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
    assert_eq!((server.kind(), server.dc()), (Some(Kind::Intermediate), Some(2)));
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
