//! AES-256 in infinite garble extension, the mode of every MTProto ciphertext.
//!
//! `c[i] = E(p[i] ^ c[i-1]) ^ p[i-1]`; the first half of the vector is `c[-1]`, the second `p[-1]`. The mode gives
//! no integrity: callers hash first or compare a hash after. Source: docs `mtproto/description`.

use crate::sys::{DecryptKey, EncryptKey};

/// The data is not a whole number of 16-byte blocks; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBlocks;

/// Encrypts `data` in place. The vector is `c[-1] || p[-1]`.
pub fn encrypt(key: &[u8; 32], iv: &[u8; 32], data: &mut [u8]) -> Result<(), NotBlocks> {
    let (blocks, []) = data.as_chunks_mut() else { return Err(NotBlocks) };
    encrypt_blocks(key, iv, blocks);
    Ok(())
}

/// Decrypts `data` in place. The vector is `c[-1] || p[-1]`.
pub fn decrypt(key: &[u8; 32], iv: &[u8; 32], data: &mut [u8]) -> Result<(), NotBlocks> {
    let (blocks, []) = data.as_chunks_mut() else { return Err(NotBlocks) };
    decrypt_blocks(key, iv, blocks);
    Ok(())
}

pub(crate) fn encrypt_blocks(key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
    let key = EncryptKey::new(key);
    let (mut cipher, mut plain) = halves(iv);
    for block in blocks {
        let next_plain = *block;
        xor(block, &cipher);
        key.block(block);
        xor(block, &plain);
        (cipher, plain) = (*block, next_plain);
    }
}

pub(crate) fn decrypt_blocks(key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
    let key = DecryptKey::new(key);
    let (mut cipher, mut plain) = halves(iv);
    for block in blocks {
        let next_cipher = *block;
        xor(block, &plain);
        key.block(block);
        xor(block, &cipher);
        (cipher, plain) = (next_cipher, *block);
    }
}

fn halves(iv: &[u8; 32]) -> ([u8; 16], [u8; 16]) {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    first.copy_from_slice(&iv[..16]);
    second.copy_from_slice(&iv[16..]);
    (first, second)
}

fn xor(block: &mut [u8; 16], with: &[u8; 16]) {
    *block = (u128::from_ne_bytes(*block) ^ u128::from_ne_bytes(*with)).to_ne_bytes();
}
