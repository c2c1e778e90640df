//! AES-256 in infinite garble extension, the mode of every MTProto ciphertext.
//!
//! `c[i] = E(p[i] ^ c[i-1]) ^ p[i-1]`; the first half of the vector is `c[-1]`, the second `p[-1]`. The mode gives
//! no integrity: callers hash first or compare a hash after. Source: docs `mtproto/description`.
//!
//! On x86-64 the AES instructions are used directly where the processor has them; elsewhere each block is a call to
//! AWS-LC, which has constant-time code for every processor.

use crate::sys::{self, DecryptKey, EncryptKey};

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
    #[cfg(target_arch = "x86_64")]
    if let Some(instructions) = sys::AesNi::detect() {
        return instructions.ige_encrypt(key, iv, blocks);
    }
    portable_encrypt(key, iv, blocks);
}

pub(crate) fn decrypt_blocks(key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(instructions) = sys::AesNi::detect() {
        return instructions.ige_decrypt(key, iv, blocks);
    }
    portable_decrypt(key, iv, blocks);
}

fn portable_encrypt(key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
    let key = EncryptKey::new(key);
    let [mut cipher, mut plain] = halves(iv);
    for block in blocks {
        let this_plain = *block;
        xor(block, &cipher);
        key.block(block);
        xor(block, &plain);
        (cipher, plain) = (*block, this_plain);
    }
}

fn portable_decrypt(key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
    let key = DecryptKey::new(key);
    let [mut cipher, mut plain] = halves(iv);
    for block in blocks {
        let this_cipher = *block;
        xor(block, &plain);
        key.block(block);
        xor(block, &cipher);
        (cipher, plain) = (this_cipher, *block);
    }
}

fn halves(iv: &[u8; 32]) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    halves.as_flattened_mut().copy_from_slice(iv);
    halves
}

fn xor(block: &mut [u8; 16], with: &[u8; 16]) {
    *block = (u128::from_ne_bytes(*block) ^ u128::from_ne_bytes(*with)).to_ne_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public functions are checked against another implementation in `tests/`; here the two ways are compared.
    #[test]
    fn portable_and_native_agree() {
        let (key, iv) = (crate::sha256(&[b"key"]), crate::sha256(&[b"iv"]));
        for count in 0..20_u8 {
            let plain: Vec<[u8; 16]> = (0..count).map(|block| [block; 16]).collect();
            let (mut native, mut portable) = (plain.clone(), plain.clone());
            encrypt_blocks(&key, &iv, &mut native);
            portable_encrypt(&key, &iv, &mut portable);
            assert_eq!(native, portable);
            portable_decrypt(&key, &iv, &mut native);
            decrypt_blocks(&key, &iv, &mut portable);
            assert_eq!((&native, &portable), (&plain, &plain));
        }
    }
}
