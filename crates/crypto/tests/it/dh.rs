//! Diffie-Hellman in the one group (T8), with the handshake vectors.

use crypto::dh::{self, G, OutOfRange, PRIME, PublicValue, Secret, public, shared, shared_pair};
use crypto::{ige, sha1, sha256};
use num_bigint::BigUint;

use crate::support::exponent;
use crypto::testing::{Scripted, Seeded, hex, run};

fn secret(bytes: [u8; 256]) -> Secret {
    Secret::random(&mut Scripted(bytes.to_vec()))
}

fn prime() -> BigUint {
    BigUint::from_bytes_be(&PRIME)
}

fn number(value: &BigUint) -> [u8; 256] {
    let bytes = value.to_bytes_be();
    let mut padded = [0; 256];
    padded[256 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

#[test]
fn prime_is_the_published_one() {
    assert_eq!(
        sha256(&[&PRIME])[..],
        hex("02f85e7687fc6f33ba678226a963b3c8a191b47c890cf30debe17c1d623b5af1")
    );
    assert_eq!(G, 3);
    assert_eq!(dh::check_group(), Ok(()));
}

#[test]
fn handshake_is_the_published_one() {
    let (a, b) = (secret(exponent(b'a')), secret(exponent(b'b')));
    let (g_a, g_b) = (public(&a).unwrap(), public(&b).unwrap());
    assert_eq!(
        sha256(&[g_a.as_bytes()])[..],
        hex("83cc3ddc90a8807554002e9ef83def095dc904d9e9637bc5c1c03a1768072191")
    );
    assert_eq!(
        sha256(&[g_b.as_bytes()])[..],
        hex("0adceef42eaf923effbe252da7ee271413662e45da456e7fc8479bc3e7ce4c22")
    );

    let key = shared(&g_b, &a);
    assert!(key == shared(&g_a, &b));
    assert_eq!(sha256(&[&*key])[..], hex("43dd9e8540a468fbd3a650df1cf41f79f4f2a8e8e503ba28ccd49aa5d16e221a"));
    let digest = sha1(&[&*key]);
    assert_eq!(digest[..8], hex("e815fc6b742de8ee"));
    assert_eq!(u64::from_le_bytes(digest[12..].try_into().unwrap()), 6_893_564_432_839_407_607);

    let (nonce, server_nonce, new_nonce) = (run::<16>(0x10), run::<16>(0x20), run::<32>(0x40));
    let hashes = [
        "0c0f57b3626b8a034ee6661c78812958",
        "498c8f64a186232937d759a82aa5e39a",
        "dab1b6456d4324cc6824b02ff4259542",
    ];
    for (step, expected) in (1..).zip(hashes) {
        assert_eq!(sha1(&[&new_nonce, &[step], &digest[..8]])[4..], hex(expected));
    }

    let (first, second) = (sha1(&[&new_nonce, &server_nonce]), sha1(&[&server_nonce, &new_nonce]));
    let third = sha1(&[&new_nonce, &new_nonce]);
    let tmp_key = [&first[..], &second[..12]].concat();
    let tmp_iv = [&second[12..], &third, &new_nonce[..4]].concat();
    assert_eq!(tmp_key, hex("5987926dea5d3b0b45ca05b1fcad0cb92b68f1e9c797dff0b5e7e07ab4c83fa2"));
    assert_eq!(tmp_iv, hex("8469153f4d8f4cbc22ca9e32b70872cef5e7de1112748a36fcfe743540414243"));
    let string = |bytes: &[u8]| [&hex("fe000100")[..], bytes].concat();
    let head = [&hex("ba0d89b5")[..], &nonce, &server_nonce, &G.to_le_bytes()].concat();
    let answer =
        [head, string(&PRIME), string(g_a.as_bytes()), 1_700_000_000_u32.to_le_bytes().to_vec()].concat();
    assert_eq!(answer.len(), 564);
    assert_eq!(sha1(&[&answer])[..], hex("e9b35abc3675c5b3c329e92bc4d287a44107c111"));
    let mut encrypted = [&sha1(&[&answer])[..], &answer, &[0; 8]].concat();
    ige::encrypt(&tmp_key.try_into().unwrap(), &tmp_iv.try_into().unwrap(), &mut encrypted).unwrap();
    assert_eq!(
        sha256(&[&encrypted])[..],
        hex("914d29d76eb05d0d690599a5fd06aa9fb0c8953c2e4066b2b7077a43cffdf37f")
    );
}

/// The table behind `g^a` has an entry for every bit: each is tried alone, and all of them.
#[test]
fn every_bit_of_the_exponent_counts() {
    let prime = prime();
    let mut expected = BigUint::from(3_u8);
    for bit in 0..2_048 {
        let mut bytes = [0; 256];
        bytes[255 - bit / 8] = 1 << (bit % 8);
        let in_range = PublicValue::parse(&number(&expected));
        assert!(public(&secret(bytes)) == in_range, "bit {bit}");
        expected = &expected * &expected % &prime;
    }
    let all = BigUint::from(3_u8).modpow(&BigUint::from_bytes_be(&[0xff; 256]), &prime);
    assert_eq!(*public(&secret([0xff; 256])).unwrap().as_bytes(), number(&all));
    assert!(public(&secret([0; 256])) == Err(OutOfRange), "g^0 is 1");
}

#[test]
fn powers_agree_with_another_implementation() {
    let (prime, mut rng) = (prime(), Seeded::new(8));
    for _ in 0..6 {
        let (a, b) = (Secret::random(&mut rng), Secret::random(&mut rng));
        let (g_a, g_b) = (public(&a).unwrap(), public(&b).unwrap());
        let key = shared(&g_b, &a);
        assert!(key == shared(&g_a, &b));
        let (first, second) = shared_pair((&g_b, &a), (&g_a, &a));
        assert!(first == key && second == shared(&g_a, &a) && first != second);
    }
    let bytes = exponent(b'c');
    let exponent = BigUint::from_bytes_be(&bytes);
    let power = BigUint::from(3_u8).modpow(&exponent, &prime);
    let c = secret(bytes);
    let g_c = public(&c).unwrap();
    assert_eq!(*g_c.as_bytes(), number(&power));
    assert_eq!(*shared(&g_c, &c), number(&power.modpow(&exponent, &prime)));
}

/// Exponents and bases with leading zeros take the same way as others: their width is kept.
#[test]
fn short_numbers_give_the_right_key() {
    let prime = prime();
    let base = BigUint::from(1_u8) << 1_984_u32;
    let theirs = PublicValue::parse(&base.to_bytes_be()).unwrap();
    for exponent in [1_u32, 2, 65_537] {
        let ours = number(&BigUint::from(exponent));
        let expected = number(&base.modpow(&BigUint::from(exponent), &prime));
        assert_eq!(*shared(&theirs, &secret(ours)), expected);
        let (first, second) = shared_pair((&theirs, &secret(ours)), (&theirs, &secret(ours)));
        assert_eq!((*first, *second), (expected, expected));
    }
}

/// T8: values an attacker would choose, and values of the wrong length.
#[test]
fn weak_values_are_refused() {
    let (prime, one) = (prime(), BigUint::from(1_u8));
    let lowest: BigUint = &one << 1_984_u32;
    let highest = &prime - &lowest;
    let refused = [
        BigUint::ZERO,
        one.clone(),
        &one + &one,
        &prime - &one,
        prime.clone(),
        &prime + &one,
        &lowest - &one,
        &highest + &one,
    ];
    for value in refused {
        assert!(PublicValue::parse(&number(&value)) == Err(OutOfRange), "{value}");
        assert!(PublicValue::parse(&value.to_bytes_be()) == Err(OutOfRange), "{value}");
        assert!(!dh::in_range(&number(&value)));
    }
    for value in [lowest, highest] {
        assert!(
            PublicValue::parse(&value.to_bytes_be()).is_ok_and(|parsed| *parsed.as_bytes() == number(&value))
        );
        assert!(dh::in_range(&number(&value)));
    }
    for len in (0..249).chain([257, 1_000]) {
        assert!(PublicValue::parse(&vec![0x55; len]) == Err(OutOfRange), "{len} bytes");
    }
    for len in 249..=256 {
        assert!(PublicValue::parse(&vec![0x55; len]).is_ok(), "{len} bytes");
    }
}
