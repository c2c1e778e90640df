//! Both paddings under the RSA key, and the one reading of both (T4).

use crypto::padding::{
    BadLength, LEGACY_OBJECT_BYTES, RSA_PAD_OBJECT_BYTES_MAX, decode, legacy_encrypt, rsa_pad_encrypt,
};

use crate::rsa::KEY;
use crate::support::hex_array;
use crypto::testing::{Scripted, Seeded, hex, run};

/// `p_q_inner_data_dc` of the protocol notes, 100 bytes.
fn object() -> Vec<u8> {
    let head = hex("955ff5a9 0817ed48941a08f981000000 04494c553b000000 0453911073000000");
    [head, run::<16>(0x10).to_vec(), run::<16>(0x20).to_vec(), run::<32>(0x40).to_vec(), hex("02000000")]
        .concat()
}

fn rsa_pad_number(object: &[u8], seed: u64) -> [u8; 256] {
    *KEY.decrypt_raw(&rsa_pad_encrypt(object, &KEY.public(), &mut Seeded::new(seed)).unwrap())
}

fn legacy_number(object: &[u8], seed: u64) -> [u8; 256] {
    *KEY.decrypt_raw(&legacy_encrypt(object, &KEY.public(), &mut Seeded::new(seed)).unwrap())
}

fn accepts(number: &[u8; 256], object_len: usize) -> bool {
    let decoded = decode(number);
    let accepts = bool::from(decoded.accepts(object_len));
    assert!(bool::from(decoded.sound()) || !accepts);
    accepts
}

#[test]
fn rsa_pad_gives_the_published_number() {
    let expected = "
        1bdaaaf7ceffd472c78e5037c71906b1809fafe6d66439a49a42d3f05685befb386d9c07b9188443ca56a5034aaf97cd
        eadddde158ca05bfb40411e8161b6526e3607f146e6412c99daf8f8e8b6d2340c1f21879f3a43bde459bf5c25289d63f
        3977a413aaffa16a5b690c3beff63255b0012558458371e94ae14c683d03d65e7f2aac0f7a795e551fcc6f061e3fdc72
        d873536e2f644c9721e497cc354bffd6643e2a8eb7e13404c3b0b0c2d4c6e71ea6368e2085bbb703693b6b052345bb67
        71f5875caed62828b4215b95a40ccb6223e40e2b0b16ed42f1c44096dd2ee69ece0b512f203ee3e5512516747cd2868d
        f7aba2ba08126eff402a265174af0e92";
    let mut rng = Scripted([vec![0x77; 92], run::<32>(0).to_vec()].concat());
    let ciphertext = rsa_pad_encrypt(&object(), &KEY.public(), &mut rng).unwrap();
    let number = KEY.decrypt_raw(&ciphertext);
    assert_eq!(*number, hex_array(expected));
    assert_eq!(decode(&number).data()[..], [object(), vec![0x77; 92]].concat());
    assert!(accepts(&number, 100));
}

#[test]
fn rsa_pad_draws_again_until_the_number_is_below_the_modulus() {
    // About every third temporary key gives too large a number: the modulus is between 2^2047 and 2^2048.
    for seed in 0..60 {
        let number = rsa_pad_number(&object(), seed);
        assert!(accepts(&number, 100));
        assert_eq!(decode(&number).data()[..100], object());
    }
}

#[test]
fn every_length_comes_back() {
    for len in 0..=RSA_PAD_OBJECT_BYTES_MAX {
        let object = vec![0xa5; len];
        let decoded = decode(&rsa_pad_number(&object, len as u64));
        assert_eq!(decoded.data()[..len], object);
        assert!(bool::from(decoded.accepts(len) & decoded.sound()));
    }
    for len in LEGACY_OBJECT_BYTES {
        let object = vec![0xa5; len];
        let decoded = decode(&legacy_number(&object, len as u64));
        assert_eq!(decoded.data()[..len], object);
        for other in 0..300 {
            assert_eq!(bool::from(decoded.accepts(other)), other == len, "{other} of {len}");
        }
    }
}

#[test]
fn lengths_no_object_has_are_refused() {
    let (key, mut rng) = (KEY.public(), Seeded::new(7));
    assert_eq!(rsa_pad_encrypt(&[0; RSA_PAD_OBJECT_BYTES_MAX + 1], &key, &mut rng), Err(BadLength));
    for len in (0..256).filter(|len| !LEGACY_OBJECT_BYTES.contains(len)) {
        assert_eq!(legacy_encrypt(&vec![0; len], &key, &mut rng), Err(BadLength), "{len}");
    }
}

/// T4: fourteen ways to damage a sound number of either padding, and none is accepted for any length of object.
#[test]
fn corrupted_numbers_are_refused() {
    type Corruption = fn(&mut [u8; 256]);
    let corruptions: [Corruption; 14] = [
        |n| n[0] ^= 0x80,
        |n| n[0] ^= 1,
        |n| n[1] ^= 1,
        |n| n[20] ^= 0x80,
        |n| n[21] ^= 1,
        |n| n[31] ^= 1,
        |n| n[32] ^= 1,
        |n| n[21 + 50] ^= 0x10,
        |n| n[21 + 99] ^= 1,
        |n| n[1..].rotate_left(1),
        |n| n[21..121].reverse(),
        |n| n[32..].rotate_right(16),
        |n| n[..121].fill(0),
        |n| n.fill(0xff),
    ];
    for sound in [rsa_pad_number(&object(), 1), legacy_number(&object(), 1)] {
        assert!(accepts(&sound, 100));
        for (which, corrupt) in corruptions.iter().enumerate() {
            let mut number = sound;
            corrupt(&mut number);
            assert!(!bool::from(decode(&number).sound()), "corruption {which}");
            assert!((0..=256).all(|len| !accepts(&number, len)), "corruption {which}");
        }
    }
    // RSA_PAD covers all its bytes; the old padding leaves those after the object open.
    for byte in 0..256 {
        let (mut new, mut old) = (rsa_pad_number(&object(), 2), legacy_number(&object(), 2));
        new[byte] ^= 4;
        old[byte] ^= 4;
        assert!(!accepts(&new, 100));
        assert_eq!(accepts(&old, 100), byte >= 121);
    }
}

#[test]
fn numbers_that_were_never_padded_are_refused() {
    for number in [[0; 256], [1; 256], [0xff; 256], run(0)] {
        assert!((0..=256).all(|len| !accepts(&number, len)));
    }
}
