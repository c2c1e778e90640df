//! AES-256-GCM: the vectors of the GCM specification (test cases 13 to 16), and that no bit can be changed.

use crypto::Rng;
use crypto::aead::{Forged, Key, TAG_BYTES};
use crypto::testing::{Seeded, hex};

use crate::support::hex_array;

const KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const PLAIN: &str =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525
    b16aedf5aa0de657ba637b391aafd255";
const CIPHER: &str =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838
    c5f61e6393ba7a0abcc9f662898015ad";

#[test]
fn ciphertexts_are_those_of_the_specification() {
    let zeros = "00".repeat(32);
    let nonce = "cafebabefacedbaddecaf888";
    let aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    let cases = [
        (zeros.as_str(), "000000000000000000000000", 0, "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (KEY, nonce, 64, "", "b094dac5d93471bdec1a502270e3cc6c"),
        (KEY, nonce, 60, aad, "76fc6ece0f4e1768cddf8853bb2d551b"),
    ];
    for (key, nonce, len, aad, tag) in cases {
        let (key, nonce, aad) = (Key::new(&hex_array(key)), hex_array(nonce), hex(aad));
        let plain = &hex(PLAIN)[..len];
        let mut buffer = [b"head", plain].concat();
        key.seal(&nonce, &aad, &mut buffer, 4);
        assert_eq!(buffer, [b"head", &hex(CIPHER)[..len], &hex(tag)].concat());
        assert_eq!(key.open(&nonce, &aad, &mut buffer[4..]).unwrap(), plain);
    }
    let mut block = vec![0; 16];
    Key::new(&[0; 32]).seal(&[0; 12], &[], &mut block, 0);
    assert_eq!(block, hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"));
}

#[test]
fn every_length_comes_back() {
    let mut rng = Seeded::new(21);
    for len in (0..70).chain([300, 4_095, 65_536]) {
        let mut key = [0; 32];
        rng.fill(&mut key);
        let (mut plain, mut nonce, mut aad) = (vec![0; len], [0; 12], vec![0; len % 50]);
        rng.fill(&mut plain);
        rng.fill(&mut nonce);
        rng.fill(&mut aad);
        let mut buffer = plain.clone();
        Key::new(&key).seal(&nonce, &aad, &mut buffer, 0);
        assert_eq!(buffer.len(), len + TAG_BYTES);
        assert!(len < 8 || !buffer.windows(8).any(|window| window == &plain[..8]));
        assert_eq!(Key::new(&key).open(&nonce, &aad, &mut buffer).unwrap(), plain, "length {len}");
    }
}

/// P16: neither the bytes nor what they are bound to can be changed.
#[test]
fn p16_any_changed_bit_is_seen_and_nothing_is_left() {
    let (key, nonce, aad, plain) = ([3; 32], [4; 12], [5; 21], [0xaa; 33]);
    let mut sealed = plain.to_vec();
    Key::new(&key).seal(&nonce, &aad, &mut sealed, 0);
    let open = |key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], sealed: &[u8]| {
        let mut buffer = sealed.to_vec();
        let answer = Key::new(key).open(nonce, aad, &mut buffer).map(|plain| plain.to_vec());
        if answer.is_err() && buffer.len() >= TAG_BYTES {
            let end = buffer.len() - TAG_BYTES;
            assert!(buffer[..end].iter().all(|byte| *byte == 0), "a refusal leaves no plaintext");
        }
        answer
    };
    assert_eq!(open(&key, &nonce, &aad, &sealed).unwrap(), plain);
    let flipped = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    for bit in 0..sealed.len() * 8 {
        assert_eq!(open(&key, &nonce, &aad, &flipped(&sealed, bit)), Err(Forged), "sealed, bit {bit}");
    }
    for bit in 0..aad.len() * 8 {
        assert_eq!(open(&key, &nonce, &flipped(&aad, bit), &sealed), Err(Forged), "aad, bit {bit}");
    }
    for bit in 0..96 {
        let nonce = flipped(&nonce, bit).try_into().unwrap();
        assert_eq!(open(&key, &nonce, &aad, &sealed), Err(Forged), "nonce, bit {bit}");
    }
    for bit in 0..256 {
        let key = flipped(&key, bit).try_into().unwrap();
        assert_eq!(open(&key, &nonce, &aad, &sealed), Err(Forged), "key, bit {bit}");
    }
    for len in 0..sealed.len() {
        assert_eq!(open(&key, &nonce, &aad, &sealed[..len]), Err(Forged), "cut to {len}");
    }
    assert_eq!(open(&key, &nonce, &aad, &[&sealed[..], &[0]].concat()), Err(Forged));
}

#[test]
fn sealing_beyond_the_end_appends_a_tag_over_nothing() {
    let mut buffer = vec![1, 2];
    Key::new(&[1; 32]).seal(&[2; 12], b"aad", &mut buffer, 9);
    assert_eq!(buffer[..2], [1, 2]);
    assert_eq!(Key::new(&[1; 32]).open(&[2; 12], b"aad", &mut buffer[2..]), Ok(&mut [][..]));
}
