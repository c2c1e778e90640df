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
