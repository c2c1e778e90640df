//! AES-256-CTR with a key stream that goes on.

use aes::cipher::{KeyIvInit, StreamCipher};
use crypto::{Ctr, Rng, sha256};

use crypto::testing::{Seeded, hex, run};

#[test]
fn key_stream_goes_on_through_pieces_of_any_length() {
    let mut rng = Seeded::new(3);
    for _ in 0..50 {
        let (mut key, mut iv) = ([0; 32], [0; 16]);
        rng.fill(&mut key);
        rng.fill(&mut iv);
        let (mut ours, mut theirs) =
            (Ctr::new(&key, &iv), ctr::Ctr128BE::<aes::Aes256>::new(&key.into(), &iv.into()));
        for _ in 0..60 {
            let mut data = vec![0; rng.u32() as usize % 90];
            rng.fill(&mut data);
            let mut expected = data.clone();
            ours.apply(&mut data);
            theirs.apply_keystream(&mut expected);
            assert_eq!(data, expected);
        }
    }
}

#[test]
fn counter_carries_through_all_its_bytes() {
    for zeros in 0..16 {
        let mut iv = [0xff; 16];
        iv[..zeros].fill(0);
        let (mut ours, mut theirs) =
            (Ctr::new(&[7; 32], &iv), ctr::Ctr128BE::<aes::Aes256>::new(&[7; 32].into(), &iv.into()));
        let (mut data, mut expected) = ([0; 100], [0; 100]);
        ours.apply(&mut data);
        theirs.apply_keystream(&mut expected);
        assert_eq!(data, expected, "{zeros}");
    }
}

/// The obfuscated connections of the protocol notes, without and with a secret.
#[test]
fn obfuscated_connection_is_the_published_one() {
    let secret = run::<16>(0xa0);
    let cases: [(&[u8], &str, &str, &str); 2] = [
        (
            &[],
            "33bd9484f1fb4e3a",
            "f5004d2a9d4aeedc3c99effa6b5679fa239e483f419015143bf32958ba615c454311384dbc21c44b709cc135",
            "fc8d187a86e838b0",
        ),
        (
            &secret,
            "947c55b7971f251a",
            "7fa7a7b7d2865904c159add226b8ff4e9e1c39411ae45ebe5493b4935f5842821da195c62e8ab2e3a4c32625",
            "d9d2af1fc736bc93",
        ),
    ];
    for (secret, header_tail, client_frame, server_frame) in cases {
        let mut header = run::<64>(1);
        header[56..62].copy_from_slice(&hex("eeeeeeee 0200"));
        let key_of =
            |half: &[u8]| if secret.is_empty() { half.try_into().unwrap() } else { sha256(&[half, secret]) };
        let mut up = Ctr::new(&key_of(&header[8..40]), &header[40..56].try_into().unwrap());
        let reversed: Vec<u8> = header[8..56].iter().rev().copied().collect();
        let mut down = Ctr::new(&key_of(&reversed[..32]), &reversed[32..].try_into().unwrap());

        up.apply(&mut header);
        assert_eq!(header[56..], hex(header_tail));
        let mut frame = hex("28000000 0000000000000000 0000000000000000 14000000 f18e7ebe");
        frame.extend(run::<16>(0x10));
        up.apply(&mut frame);
        assert_eq!(frame, hex(client_frame));
        let mut answer = hex("04000000 6cfeffff");
        down.apply(&mut answer);
        assert_eq!(answer, hex(server_frame));
    }
}
