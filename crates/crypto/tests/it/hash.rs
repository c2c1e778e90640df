//! Hashes and the constant-time comparison.

use crypto::{ct_eq, hmac_sha256, sha1, sha256, sha256_keyed, sha512};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha512};

use crate::support::session_key;
use crypto::Rng;
use crypto::testing::{Seeded, hex};

#[test]
fn session_key_digest_is_the_published_one() {
    assert_eq!(sha1(&[&session_key()])[..], hex("6aa0e62cd373dc2eb2bd8d9d9ed6e6ef196cc931"));
}

#[test]
fn parts_hash_like_their_concatenation() {
    let mut rng = Seeded::new(1);
    for len in (0..300).chain([1_000, 4_096, 70_001]) {
        let mut data = vec![0; len];
        rng.fill(&mut data);
        let (first, rest) = data.split_at(len / 3);
        let (second, third) = rest.split_at(rest.len() / 2);
        let parts: &[&[u8]] = &[first, second, &[], third];
        assert_eq!(sha1(parts)[..], Sha1::digest(&data)[..]);
        assert_eq!(sha256(parts)[..], Sha256::digest(&data)[..]);
        assert_eq!(sha512(parts)[..], Sha512::digest(&data)[..]);
    }
    assert_eq!(sha256(&[])[..], Sha256::digest([])[..]);
}

#[test]
fn a_block_of_two_halves_hashes_like_its_bytes() {
    let mut rng = Seeded::new(2);
    let [mut one, mut two] = [[0; 32]; 2];
    rng.fill(&mut one);
    rng.fill(&mut two);
    for len in 0..200 {
        let mut data = vec![0; len];
        rng.fill(&mut data);
        let (first, rest) = data.split_at(len / 3);
        let whole = [&one, &two, data.as_slice()].concat();
        assert_eq!(sha256_keyed([&one, &two], &[first, &[], rest])[..], Sha256::digest(&whole)[..], "{len}");
    }
}

/// RFC 2104 as it is written, of whatever length: the short ones go another way.
#[test]
fn hmac_is_a_hash_around_a_hash() {
    let mut rng = Seeded::new(3);
    let mut key = [0; 64];
    rng.fill(&mut key);
    let pad = |pad: u8| key.map(|byte| byte ^ pad);
    for len in 0..200 {
        let mut data = vec![0; len];
        rng.fill(&mut data);
        let (first, rest) = data.split_at(len / 3);
        let inner = Sha256::digest([&pad(0x36)[..], &data].concat());
        let tag = Sha256::digest([&pad(0x5c)[..], &inner].concat());
        assert_eq!(hmac_sha256(&key, &[first, rest])[..], tag[..], "{len}");
    }
}

#[test]
fn hmac_is_that_of_rfc_4231() {
    let cases: [(&[u8], &[u8], &str); 4] = [
        (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ];
    for (key, data, tag) in cases {
        let (first, second) = data.split_at(data.len() / 2);
        assert_eq!(hmac_sha256(key, &[first, second])[..], hex(tag));
    }
}

#[test]
fn comparison_sees_every_bit() {
    let tag = [0x5a; 16];
    assert!(ct_eq(&tag, &tag));
    assert!(ct_eq(&[], &[]));
    assert!(!ct_eq(&tag, &tag[..15]));
    for bit in 0..128 {
        let mut other = tag;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(!ct_eq(&tag, &other), "bit {bit}");
    }
}
