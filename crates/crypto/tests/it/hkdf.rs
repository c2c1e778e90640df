//! HKDF and the prepared HMAC: the vectors of RFC 5869, and other ways to the same bytes.

use crypto::testing::{Seeded, hex, run};
use crypto::{HmacKey, Rng, hkdf, hmac_sha256};

#[test]
fn derivations_are_those_of_rfc_5869() {
    let cases: [([&[u8]; 3], &str); 3] = [
        (
            [&[0x0b; 22], &run::<13>(0x00), &run::<10>(0xf0)],
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
        ),
        (
            [&run::<80>(0x00), &run::<80>(0x60), &run::<80>(0xb0)],
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
        ),
        ([&[0x0b; 22], &[], &[]], "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"),
    ];
    for ([ikm, salt, info], key) in cases {
        let (first, second) = info.split_at(info.len() / 3);
        assert_eq!(hkdf::derive(ikm, salt, &[info])[..], hex(key));
        assert_eq!(hkdf::Salt::new(salt).derive(ikm, &[first, &[], second])[..], hex(key));
    }
}

/// RFC 5869 written with the plain HMAC.
#[test]
fn derivations_of_every_length_follow_the_definition() {
    let mut rng = Seeded::new(11);
    for len in 0..200 {
        let mut bytes = vec![0; 3 * len];
        rng.fill(&mut bytes);
        let (ikm, rest) = bytes.split_at(len);
        let (salt, info) = rest.split_at(len);
        let expected = hmac_sha256(&hmac_sha256(salt, &[ikm]), &[info, &[1]]);
        assert_eq!(*hkdf::derive(ikm, salt, &[info]), expected, "length {len}");
    }
}

#[test]
fn an_empty_salt_is_one_of_zeros() {
    assert_eq!(*hkdf::derive(b"key", &[], &[b"info"]), *hkdf::derive(b"key", &[0; 32], &[b"info"]));
}

/// RFC 2104 written with the plain hash.
#[test]
fn a_prepared_key_signs_again_and_again() {
    let mut rng = Seeded::new(12);
    for len in [0, 1, 31, 32, 63, 64, 65, 130] {
        let mut key = vec![0; len];
        rng.fill(&mut key);
        let mut block = if len > 64 { crypto::sha256(&[&key]).to_vec() } else { key.clone() };
        block.resize(64, 0);
        let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
        let prepared = HmacKey::new(&key);
        for message in [&b""[..], b"first", &[7; 200]] {
            let inner = crypto::sha256(&[&pad(0x36), message]);
            let expected = crypto::sha256(&[&pad(0x5c), &inner]);
            assert_eq!(prepared.sign(&[message]), expected, "key of {len}");
            assert_eq!(
                prepared.clone().sign(&[&message[..message.len() / 2], &message[message.len() / 2..]]),
                expected
            );
            assert_eq!(hmac_sha256(&key, &[message]), expected);
        }
    }
}
