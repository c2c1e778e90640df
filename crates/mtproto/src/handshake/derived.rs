//! What both sides compute from the nonces: the keys of the two encrypted messages, the proofs, the first salt.
//!
//! Source: docs, mtproto/auth_key, steps 5, 6 and 9.

use zeroize::Zeroizing;

/// AES key and IV of the DH messages, made of `new_nonce`, which the client chose, and `server_nonce`.
pub(super) struct TmpAes {
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) iv: Zeroizing<[u8; 32]>,
}

impl TmpAes {
    pub(super) fn new(new_nonce: &[u8; 32], server_nonce: &[u8; 16]) -> Self {
        let new_server = Zeroizing::new(crypto::sha1(&[new_nonce, server_nonce]));
        let server_new = Zeroizing::new(crypto::sha1(&[server_nonce, new_nonce]));
        let new_new = Zeroizing::new(crypto::sha1(&[new_nonce, new_nonce]));
        let mut key = Zeroizing::new([0; 32]);
        let mut iv = Zeroizing::new([0; 32]);
        copy(key.as_mut(), new_server.iter().chain(server_new.iter().take(12)));
        copy(iv.as_mut(), server_new.iter().skip(12).chain(new_new.iter()).chain(new_nonce.iter().take(4)));
        Self { key, iv }
    }
}

fn copy<'a>(to: &mut [u8], from: impl Iterator<Item = &'a u8>) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Which of the three answers a `new_nonce_hash` proves.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    Ok = 1,
    Retry = 2,
    Fail = 3,
}

/// `new_nonce_hash1..3`: shows the client that the server knows `new_nonce` and the key.
pub(super) fn new_nonce_hash(new_nonce: &[u8; 32], verdict: Verdict, aux_hash: [u8; 8]) -> [u8; 16] {
    let [_, _, _, _, hash @ ..] = crypto::sha1(&[new_nonce, &[verdict as u8], &aux_hash]);
    hash
}

/// The first salt of a key: the nonces' first eight bytes, one XOR the other.
pub(super) fn first_salt(new_nonce: &[u8; 32], server_nonce: &[u8; 16]) -> u64 {
    let [a0, a1, a2, a3, a4, a5, a6, a7, ..] = *new_nonce;
    let [b0, b1, b2, b3, b4, b5, b6, b7, ..] = *server_nonce;
    u64::from_le_bytes([a0, a1, a2, a3, a4, a5, a6, a7])
        ^ u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7])
}

#[cfg(test)]
mod tests {
    use crypto::testing::{hex, run};

    use super::{TmpAes, Verdict, first_salt, new_nonce_hash};

    /// Known answers, computed apart from this code: new_nonce 40..5f, server_nonce 20..2f.
    #[test]
    fn known_answers() {
        let tmp_aes = TmpAes::new(&run(0x40), &run(0x20));
        assert_eq!(tmp_aes.key[..], hex("5987926dea5d3b0b45ca05b1fcad0cb92b68f1e9c797dff0b5e7e07ab4c83fa2"));
        assert_eq!(tmp_aes.iv[..], hex("8469153f4d8f4cbc22ca9e32b70872cef5e7de1112748a36fcfe743540414243"));
        let aux_hash = [0xe8, 0x15, 0xfc, 0x6b, 0x74, 0x2d, 0xe8, 0xee];
        let hashes = [
            (Verdict::Ok, "0c0f57b3626b8a034ee6661c78812958"),
            (Verdict::Retry, "498c8f64a186232937d759a82aa5e39a"),
            (Verdict::Fail, "dab1b6456d4324cc6824b02ff4259542"),
        ];
        for (verdict, expected) in hashes {
            assert_eq!(new_nonce_hash(&run(0x40), verdict, aux_hash)[..], hex(expected));
        }
        assert_eq!(first_salt(&run(0x40), &run(0x20)), 0x6060_6060_6060_6060);
    }
}
