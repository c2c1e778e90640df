//! The server's RSA key.

use std::sync::LazyLock;

use crypto::Rng;
use crypto::rsa::{BadPem, PrivateKey, PublicKey, TooLarge};
use num_bigint::BigUint;

use crypto::testing::Seeded;

pub(crate) static KEY: LazyLock<PrivateKey> = LazyLock::new(PrivateKey::generate);

/// The public keys built into clients; they are printed in many places.
const PRODUCTION: &str = "-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEA6LszBcC1LGzyr992NzE0ieY+BSaOW622Aa9Bd4ZHLl+TuFQ4lo4g
5nKaMBwK/BIb9xUfg0Q29/2mgIR6Zr9krM7HjuIcCzFvDtr+L0GQjae9H0pRB2OO
62cECs5HKhT5DZ98K33vmWiLowc621dQuwKWSQKjWf50XYFw42h21P2KXUGyp2y/
+aEyZ+uVgLLQbRA1dEjSDZ2iGRy12Mk5gpYc397aYp438fsJoHIgJ2lgMv5h7WY9
t6N/byY9Nw9p21Og3AoXSL2q/2IJ1WRUhebgAdGVMlV1fkuOQoEzR7EdpqtQD9Cs
5+bfo3Nhmcyvk5ftB0WkJ9z6bNZ7yxrP8wIDAQAB
-----END RSA PUBLIC KEY-----
";
const TEST: &str = "-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAyMEdY1aR+sCR3ZSJrtztKTKqigvO/vBfqACJLZtS7QMgCGXJ6XIR
yy7mx66W0/sOFa7/1mAZtEoIokDP3ShoqF4fVNb6XeqgQfaUHd8wJpDWHcR2OFwv
plUUI1PLTktZ9uW2WE23b+ixNwJjJGwBDJPQEQFBE+vfmH0JP503wr5INS1poWg/
j25sIWeYPHYeOrFp/eXaqhISP6G+q2IeTaWTXpwZj4LzXq5YOpk4bYEQ6mvRq7D1
aHWfYmlEGepfaYR8Q0YqvvhYtMte3ITnuSJs171+GDqpdKcSwHnd6FudwGO4pcCO
j4WcDuXc2CTHgH8gFTNhp/Y8/SpDOhvn9QIDAQAB
-----END RSA PUBLIC KEY-----
";

/// The integers of a PKCS#1 PEM, read without this crate's help.
fn integers(pem: &str) -> Vec<BigUint> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let sextet = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits: Vec<u8> = body
        .trim_end_matches('=')
        .bytes()
        .flat_map(|c| (0..6).rev().map(move |i| sextet(c) >> i & 1))
        .collect();
    let der: Vec<u8> =
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |acc, bit| acc << 1 | bit)).collect();
    let mut rest = &der[4..];
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        assert_eq!(rest[0], 2, "an integer");
        let (head, len) = match rest[1] {
            0x82 => (4, usize::from(rest[2]) << 8 | usize::from(rest[3])),
            0x81 => (3, usize::from(rest[2])),
            len => (2, usize::from(len)),
        };
        numbers.push(BigUint::from_bytes_be(&rest[head..head + len]));
        rest = &rest[head + len..];
    }
    numbers
}

fn number(value: &BigUint) -> [u8; 256] {
    let bytes = value.to_bytes_be();
    let mut padded = [0; 256];
    padded[256 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

#[test]
fn fingerprints_of_well_known_keys() {
    for (pem, fingerprint) in [(PRODUCTION, 0xd09d_1d85_de64_fd85), (TEST, 0xb258_98df_208d_2603)] {
        let key = PublicKey::from_pem(pem).unwrap();
        assert_eq!(key.fingerprint(), fingerprint);
        assert_eq!(key.to_pem(), pem);
        assert_eq!(PublicKey::from_pem(pem.trim_end()).unwrap().fingerprint(), fingerprint);
    }
}

/// TDLib's own key is a string of 425 bytes; ours must fit in its place.
#[test]
fn public_pem_has_the_length_of_the_one_in_tdlib() {
    let key = PrivateKey::generate_for_clients();
    let pem = key.public().to_pem();
    assert_eq!(pem.trim_end().len(), 425);
    assert_eq!(pem.len(), 426);
    assert!(pem.ends_with("-----END RSA PUBLIC KEY-----\n"));
    assert!(pem.lines().skip(1).take(5).all(|line| line.len() == 64));
    assert_ne!(format!("{:016x}", key.fingerprint()).as_bytes()[0], b'0');
    assert_eq!(key.fingerprint(), PublicKey::from_pem(&pem).unwrap().fingerprint());
}

#[test]
fn private_pem_is_a_consistent_pkcs1_key_and_comes_back() {
    let pem = KEY.to_pem();
    let [version, n, e, d, p, q, d_p, d_q, q_inverse] = &integers(&pem)[..] else { panic!("nine integers") };
    let one = BigUint::from(1_u8);
    assert_eq!((version.bits(), n.bits(), e), (0, 2048, &BigUint::from(65_537_u32)));
    assert_eq!(&(p * q), n);
    assert_eq!((&(d % (p - &one)), &(d % (q - &one))), (d_p, d_q));
    assert_eq!(e * d_p % (p - &one), one);
    assert_eq!(e * d_q % (q - &one), one);
    assert_eq!(q * q_inverse % p, one);
    assert_eq!(integers(&KEY.public().to_pem()), [n.clone(), e.clone()]);

    let again = PrivateKey::from_pem(&pem).unwrap();
    assert_eq!(again.to_pem(), pem);
    assert_eq!(again.fingerprint(), KEY.fingerprint());
}

#[test]
fn raw_operations_agree_with_plain_exponentiation() {
    let [_, n, e, d, ..] = &integers(&KEY.to_pem())[..] else { panic!("nine integers") };
    let mut rng = Seeded::new(6);
    for _ in 0..4 {
        let mut bytes = [0; 256];
        rng.fill(&mut bytes);
        let plain = BigUint::from_bytes_be(&bytes) % n;
        let ciphertext = KEY.public().encrypt_raw(&number(&plain)).unwrap();
        assert_eq!(ciphertext, number(&plain.modpow(e, n)));
        assert_eq!(*KEY.decrypt_raw(&ciphertext), number(&plain));
        assert_eq!(*KEY.decrypt_raw(&number(&plain)), number(&plain.modpow(d, n)));
    }
}

#[test]
fn one_key_serves_many_threads() {
    let ciphertext = KEY.public().encrypt_raw(&[3; 256]);
    let ciphertext = ciphertext.or_else(|TooLarge| KEY.public().encrypt_raw(&[1; 256])).unwrap();
    let expected = KEY.decrypt_raw(&ciphertext);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..8).for_each(|_| assert_eq!(KEY.decrypt_raw(&ciphertext), expected)));
        }
    });
}

/// T4: what is no residue cannot be told from a wrong padding.
#[test]
fn improper_ciphertexts_decrypt_to_zeros() {
    let n = &integers(&KEY.public().to_pem())[0];
    let one = BigUint::from(1_u8);
    let improper = [BigUint::ZERO, one.clone(), n - &one, n.clone(), n + &one];
    for ciphertext in improper.iter().map(number).chain([[0xff; 256]]) {
        assert_eq!(*KEY.decrypt_raw(&ciphertext), [0; 256]);
    }
    for plain in [n, &(n + &one)] {
        assert_eq!(KEY.public().encrypt_raw(&number(plain)), Err(TooLarge));
    }
}

#[test]
fn other_texts_and_other_keys_are_refused() {
    let private = KEY.to_pem();
    let public = KEY.public().to_pem();
    assert_eq!(PrivateKey::from_pem(&public).err(), Some(BadPem));
    assert_eq!(PublicKey::from_pem(&private).err(), Some(BadPem));
    for text in
        ["", "-----BEGIN RSA PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY----------END RSA PUBLIC KEY-----"]
    {
        assert_eq!(PublicKey::from_pem(text).err(), Some(BadPem));
    }
    // Another length, another exponent (65539), and a private key whose numbers no longer belong together.
    assert_eq!(PublicKey::from_pem(&public.replacen("MIIBCg", "MIIBCQ", 1)).err(), Some(BadPem));
    assert_eq!(PublicKey::from_pem(&public.replacen("IDAQAB", "IDAQAD", 1)).err(), Some(BadPem));
    let mut broken: Vec<u8> = private.bytes().collect();
    broken[900] = if broken[900] == b'A' { b'B' } else { b'A' };
    assert_eq!(PrivateKey::from_pem(str::from_utf8(&broken).unwrap()).err(), Some(BadPem));
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", *KEY), "PrivateKey { .. }");
    assert_eq!(format!("{:?}", PublicKey::from_pem(PRODUCTION).unwrap()), "PublicKey(d09d1d85de64fd85)");
}
