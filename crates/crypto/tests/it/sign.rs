//! Ed25519: the vectors of RFC 8032 (7.1), and that no bit can be changed.

use crypto::sign::{BadSignature, SigningKey, VerifyingKey};
use crypto::testing::hex;

use crate::support::hex_array;

#[test]
fn signatures_are_those_of_rfc_8032() {
    let cases = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589
             09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ];
    for (seed, public, message, signature) in cases {
        let key = SigningKey::from_seed(&hex_array(seed));
        assert_eq!(key.verifying().bytes()[..], hex(public));
        assert_eq!(key.sign(&hex(message))[..], hex(signature));
        let verifying = VerifyingKey::from_bytes(&hex_array(public));
        assert_eq!(verifying.verify(&hex(message), &hex_array(signature)), Ok(()));
        assert!(verifying == key.verifying());
    }
}

#[test]
fn any_changed_bit_is_seen() {
    let (key, message) = (SigningKey::from_seed(&[7; 32]), *b"receipt 12");
    let (verifying, signature) = (key.verifying(), key.sign(&message));
    assert_eq!(verifying.verify(&message, &signature), Ok(()));
    for bit in 0..512 {
        let mut other = signature;
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verifying.verify(&message, &other), Err(BadSignature), "signature, bit {bit}");
    }
    for bit in 0..80 {
        let mut other = message;
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verifying.verify(&other, &signature), Err(BadSignature), "message, bit {bit}");
    }
    for bit in 0..256 {
        let mut other = *verifying.bytes();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            VerifyingKey::from_bytes(&other).verify(&message, &signature),
            Err(BadSignature),
            "key, bit {bit}"
        );
    }
    assert_eq!(verifying.verify(&message[..9], &signature), Err(BadSignature));
    assert_eq!(SigningKey::from_seed(&[8; 32]).verifying().verify(&message, &signature), Err(BadSignature));
}

#[test]
fn bytes_that_are_no_key_verify_nothing() {
    for byte in [0x00, 0x02, 0xff] {
        let verifying = VerifyingKey::from_bytes(&[byte; 32]);
        assert_eq!(verifying.verify(b"", &SigningKey::from_seed(&[1; 32]).sign(b"")), Err(BadSignature));
    }
}
