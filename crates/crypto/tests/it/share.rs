//! Sharing: against a slow implementation of the definition, which shares nothing with the fast one; that k-1 shares
//! tell nothing, exactly and by statistics; and what is refused.

use crypto::Rng;
use crypto::share::{BadThreshold, JoinError, Share, join, split};
use crypto::testing::{Filled, Scripted, Seeded};
use zeroize::Zeroizing;

/// The product in GF(2^8): polynomials over GF(2) multiplied as on paper, then the remainder by 0x11b.
fn slow_product(a: u8, b: u8) -> u8 {
    let mut product: u16 = 0;
    for i in (0..8).filter(|i| a & (1 << i) != 0) {
        product ^= u16::from(b) << i;
    }
    for degree in (8..16).rev().filter(|degree| *degree < 16) {
        if product & (1 << degree) != 0 {
            product ^= 0x11b << (degree - 8);
        }
    }
    product as u8
}

/// The polynomial with these coefficients, the constant first, at a place, power by power.
fn slow_value(coefficients: &[u8], place: u8) -> u8 {
    let mut sum = 0;
    for (degree, coefficient) in coefficients.iter().enumerate() {
        let power = (0..degree).fold(1, |power, _| slow_product(power, place));
        sum ^= slow_product(*coefficient, power);
    }
    sum
}

fn random(rng: &mut Seeded) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    bytes
}

#[test]
fn the_slow_field_is_the_published_one() {
    // FIPS 197, 4.2: {57} x {83} = {c1}, {57} x {13} = {fe}; 4.2.1 by x: {57} x {02} = {ae}.
    assert_eq!((slow_product(0x57, 0x83), slow_product(0x57, 0x13)), (0xc1, 0xfe));
    assert_eq!(slow_product(0x57, 0x02), 0xae);
}

#[test]
fn shares_are_the_values_of_the_polynomial_at_every_place() {
    let mut rng = Seeded::new(31);
    for n in 1..=15 {
        for k in 1..=n {
            let secret = random(&mut rng);
            let drawn: Vec<[u8; 32]> = (1..k).map(|_| random(&mut rng)).collect();
            let shares = split(&secret, k, n, &mut Scripted(drawn.concat())).unwrap();
            assert_eq!(shares.len(), usize::from(n));
            for (place, share) in (1..).zip(&shares) {
                assert_eq!(share.at, place);
                for i in 0..32 {
                    let coefficients: Vec<u8> =
                        [secret[i]].into_iter().chain(drawn.iter().map(|bytes| bytes[i])).collect();
                    assert_eq!(share.bytes[i], slow_value(&coefficients, place), "{k} of {n}, place {place}");
                }
            }
        }
    }
}

#[test]
fn any_k_shares_in_any_order_give_the_secret_and_fewer_do_not() {
    let mut rng = Seeded::new(32);
    for (k, n) in [(1, 1), (1, 3), (2, 3), (3, 5), (4, 7), (5, 5)] {
        let secret = random(&mut rng);
        let shares = split(&secret, k, n, &mut rng).unwrap();
        for chosen in 1..1_u32 << n {
            let mut some: Vec<Share> =
                shares.iter().filter(|share| chosen & (1 << (share.at - 1)) != 0).cloned().collect();
            if chosen % 2 == 0 {
                some.reverse();
            }
            let enough = some.len() >= usize::from(k);
            assert_eq!(*join(&some).unwrap() == secret, enough, "{k} of {n}, set {chosen:b}");
        }
    }
    let (secret, mut rng) = (random(&mut rng), Seeded::new(33));
    let shares = split(&secret, 15, 15, &mut rng).unwrap();
    assert_eq!(*join(&shares).unwrap(), secret);
    assert_ne!(*join(&shares[1..]).unwrap(), secret);
}

#[test]
fn one_wrong_share_spoils_the_secret() {
    let secret = [9; 32];
    let mut shares = split(&secret, 2, 3, &mut Seeded::new(34)).unwrap();
    shares[1].bytes[31] ^= 1;
    let joined = join(&shares[..2]).unwrap();
    assert_eq!(joined[..31], secret[..31]);
    assert_ne!(joined[31], secret[31]);
}

#[test]
fn thresholds_and_places_that_make_no_sense_are_refused() {
    for (k, n) in [(0, 0), (0, 3), (4, 3), (1, 16), (16, 16), (1, 255)] {
        assert_eq!(split(&[1; 32], k, n, &mut Filled(1)).err(), Some(BadThreshold), "{k} of {n}");
    }
    let share = |at| Share { at, bytes: Zeroizing::new([at; 32]) };
    assert_eq!(join(&[]).err(), Some(JoinError::NoShares));
    assert_eq!(join(&[share(1), share(0)]).err(), Some(JoinError::NoSuchPlace));
    assert_eq!(join(&[share(16), share(1)]).err(), Some(JoinError::NoSuchPlace));
    assert_eq!(join(&[share(3), share(1), share(3)]).err(), Some(JoinError::SamePlace));
}

/// A coefficient that may not be zero would tell: the share of a place could never be the secret itself.
#[test]
fn a_coefficient_may_be_zero() {
    let shares = split(&[5; 32], 3, 4, &mut Filled(0)).unwrap();
    assert!(shares.iter().all(|share| *share.bytes == [5; 32]));
}

/// P09, exactly: of 2 of 3, whatever the secret, each share takes each value for exactly one coefficient. So one share
/// says nothing at all. 32 coefficients are tried at a time, one in each byte.
#[test]
fn p09_one_share_of_two_is_any_byte_whatever_the_secret() {
    for secret in 0..=255_u8 {
        let mut seen = [[0_u32; 256]; 3];
        for first in (0..256).step_by(32) {
            let coefficients = (first..first + 32).map(|coefficient| coefficient as u8).collect();
            for (seen, share) in
                seen.iter_mut().zip(split(&[secret; 32], 2, 3, &mut Scripted(coefficients)).unwrap())
            {
                share.bytes.iter().for_each(|byte| seen[usize::from(*byte)] += 1);
            }
        }
        assert!(seen.iter().flatten().all(|count| *count == 1), "secret {secret}");
    }
}

/// P09, exactly: of 3 of 4, every pair of shares takes each pair of values for exactly one pair of coefficients.
#[test]
fn p09_two_shares_of_three_are_any_pair_whatever_the_secret() {
    for secret in [0, 1, 0x5a, 0xff] {
        let mut seen = vec![[0_u8; 6]; 1 << 16];
        for first in (0..1_u32 << 16).step_by(32) {
            let low = (first..first + 32).map(|both| both as u8);
            let high = (first..first + 32).map(|both| (both >> 8) as u8);
            let shares = split(&[secret; 32], 3, 4, &mut Scripted(low.chain(high).collect())).unwrap();
            let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
            for (pair, (a, b)) in pairs.into_iter().enumerate() {
                for (a, b) in shares[a].bytes.iter().zip(shares[b].bytes.iter()) {
                    seen[usize::from(*a) << 8 | usize::from(*b)][pair] += 1;
                }
            }
        }
        assert!(seen.iter().flatten().all(|count| *count == 1), "secret {secret}");
    }
}

/// P09 by statistics, on all bytes at once: with 255 degrees of freedom, chi-square passes 380 once in two million
/// times, and 320 tables are looked at; the seed is fixed.
#[test]
fn p09_every_share_byte_is_uniform_and_independent_of_the_secret() {
    const SPLITS: u32 = 25_600;
    let chi_square = |counts: &[u32]| -> f64 {
        let expected = f64::from(SPLITS) / counts.len() as f64;
        counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
    };
    let mut rng = Seeded::new(35);
    for secret in [[0; 32], random(&mut rng)] {
        let mut bytes = vec![[[0_u32; 256]; 32]; 5];
        // The low half of one share's byte beside that of another: independent of each other as well (k - 1 = 2).
        let mut pairs = vec![[0_u32; 256]; 32];
        for _ in 0..SPLITS {
            let shares = split(&secret, 3, 5, &mut rng).unwrap();
            for (counts, share) in bytes.iter_mut().zip(&shares) {
                counts
                    .iter_mut()
                    .zip(share.bytes.iter())
                    .for_each(|(counts, byte)| counts[usize::from(*byte)] += 1);
            }
            for (i, counts) in pairs.iter_mut().enumerate() {
                counts[usize::from((shares[1].bytes[i] & 15) << 4 | shares[4].bytes[i] & 15)] += 1;
            }
        }
        for (place, counts) in bytes.iter().enumerate() {
            for (byte, counts) in counts.iter().enumerate() {
                let chi_square = chi_square(counts);
                assert!(chi_square < 380.0, "place {}, byte {byte}: {chi_square:.0}", place + 1);
            }
        }
        for (byte, counts) in pairs.iter().enumerate() {
            let chi_square = chi_square(counts);
            assert!(chi_square < 380.0, "places 2 and 5, byte {byte}: {chi_square:.0}");
        }
    }
}
