//! Secrets under a passphrase that somebody types: scrypt (RFC 7914) makes each guess take 128 MiB and a third of a second.
//!
//! What a thief has of it he can try for as long as he likes, so the passphrase must be a good one; nothing here judges it.

use zeroize::Zeroizing;

use crate::{Rng, aead, sys};

/// Bytes that lie before the sealed secret and after it, in all.
pub const OVERHEAD_BYTES: usize = SALT_BYTES + aead::NONCE_BYTES + aead::TAG_BYTES;

const SALT_BYTES: usize = 16;
/// log2 of the blocks of 1 KiB, which fill the memory.
const LOG_N: u32 = 17;

/// Seals a secret for one purpose: salt(16) ‖ nonce ‖ AEAD, aad = purpose ‖ salt.
#[must_use]
pub fn seal(passphrase: &[u8], purpose: &str, secret: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
    let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; aead::NONCE_BYTES]);
    rng.fill(&mut salt);
    rng.fill(&mut nonce);
    let mut sealed = Vec::with_capacity(secret.len() + OVERHEAD_BYTES);
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(secret);
    let from = SALT_BYTES + aead::NONCE_BYTES;
    key(passphrase, &salt).seal(&nonce, &[purpose.as_bytes(), &salt].concat(), &mut sealed, from);
    sealed
}

/// Opens what was sealed for a purpose; nothing if the passphrase is another one, or what is there is damaged.
#[must_use]
pub fn open(passphrase: &[u8], purpose: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (salt, rest) = sealed.split_first_chunk::<SALT_BYTES>()?;
    let (nonce, sealed) = rest.split_first_chunk::<{ aead::NONCE_BYTES }>()?;
    let mut room = Zeroizing::new(sealed.to_vec());
    let opened = key(passphrase, salt).open(nonce, &[purpose.as_bytes(), salt].concat(), &mut room).ok()?;
    Some(Zeroizing::new(opened.to_vec()))
}

fn key(passphrase: &[u8], salt: &[u8; SALT_BYTES]) -> aead::Key {
    aead::Key::new(&sys::scrypt(passphrase, salt, LOG_N))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    #[test]
    fn p08_a_secret_opens_with_its_passphrase_for_its_purpose_and_not_otherwise() {
        let sealed = seal(b"correct horse", "here", &[7; 32], &mut Seeded::new(1));
        assert_eq!(sealed.len(), 32 + OVERHEAD_BYTES);
        assert!(open(b"correct horse", "here", &sealed).is_some_and(|secret| *secret == [7; 32]));
        assert!(open(b"correct house", "here", &sealed).is_none());
        assert!(open(b"correct horse", "there", &sealed).is_none());
        for at in [0, SALT_BYTES, SALT_BYTES + aead::NONCE_BYTES, sealed.len() - 1] {
            let mut turned = sealed.clone();
            turned[at] ^= 1;
            assert!(open(b"correct horse", "here", &turned).is_none(), "byte {at}");
        }
        assert!(open(b"correct horse", "here", &sealed[..20]).is_none());
    }

    /// Made with OpenSSL's: N = 1,024, r = 8, p = 1.
    #[test]
    fn the_function_is_scrypt() {
        let expected = [
            0x02, 0xe8, 0x21, 0x5b, 0xd3, 0x90, 0x74, 0x88, 0xdb, 0xf1, 0x8e, 0xd6, 0xdf, 0x21, 0x99, 0x5c,
            0x4e, 0x44, 0x5f, 0x9f, 0x22, 0xd1, 0xc8, 0x92, 0x5d, 0x9c, 0x6d, 0x12, 0x95, 0x89, 0xbd, 0xd5,
        ];
        assert_eq!(*sys::scrypt(b"password", b"NaClNaClNaClNaCl", 10), expected);
    }
}
