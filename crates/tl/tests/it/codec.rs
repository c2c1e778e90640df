//! The codec from outside: known bytes, limits (A9, A10), no panic.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use tl::codec::VECTOR_ID;
use tl::{Decode, DecodeError, Encode, mt};

#[test]
fn future_salts_is_a_bare_vector_of_bare_salts() {
    let salts = mt::FutureSalts::FutureSalts {
        req_msg_id: 1,
        now: 2,
        salts: vec![mt::FutureSalt::FutureSalt { valid_since: 3, valid_until: 4, salt: 5 }],
    };
    let bytes = salts.to_bytes();
    let words: Vec<u32> = bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    assert_eq!(words, [0xae50_0895, 1, 0, 2, 1, 3, 4, 5, 0]);
    let mt::FutureSalts::FutureSalts { salts, .. } = mt::FutureSalts::from_bytes(&bytes).unwrap();
    assert_eq!(salts.len(), 1);
}

#[test]
fn a_string_is_padded_in_both_forms() {
    for length in [0, 1, 3, 4, 253, 254, 255, 256, 70_000] {
        let text = "x".repeat(length);
        let bytes = text.to_bytes();
        assert_eq!(bytes.len() % 4, 0);
        assert!(String::from_bytes(&bytes).unwrap() == text, "{length}");
    }
}

/// A10: the announced count is compared with the bytes before anything is allocated.
#[test]
fn a10_an_impossible_count_is_refused() {
    for announced in [u32::MAX, 0x7fff_ffff, 4] {
        let mut bytes = Vec::new();
        (0x62d6_b459_u32).encode(&mut bytes);
        VECTOR_ID.encode(&mut bytes);
        announced.encode(&mut bytes);
        bytes.extend_from_slice(&[0; 3 * 8]);
        let refused = mt::MsgsAck::from_bytes(&bytes).err();
        assert_eq!(refused, Some(DecodeError::VectorTooLong { announced }));
    }
}

#[test]
fn types_are_small() {
    assert!(size_of::<tl::Update>() <= 64, "{}", size_of::<tl::Update>());
    assert!(size_of::<tl::Updates>() <= 64, "{}", size_of::<tl::Updates>());
    assert!(size_of::<tl::Message>() <= 64, "{}", size_of::<tl::Message>());
    assert!(size_of::<tl::User>() <= 64, "{}", size_of::<tl::User>());
}
