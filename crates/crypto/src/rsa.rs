//! The server's RSA key: how clients know the server they talk to before there is anything else to know it by.
//!
//! 2048 bits and the exponent 65537 are the only form, because RSA_PAD and every client count on 256 bytes. The raw
//! operations carry no padding of their own: that is [`padding`](crate::padding).
//! Source: docs `mtproto/auth_key`.

use std::fmt;

use zeroize::Zeroizing;

use crate::sys::Rsa;
use crate::{hash, pem};

const PRIVATE_LABEL: &str = "RSA PRIVATE KEY";
const PUBLIC_LABEL: &str = "RSA PUBLIC KEY";

/// The text is not a PKCS#1 PEM of a consistent RSA key with 2048 bits and the exponent 65537.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPem;

/// The number is not below the modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// The private half; it stays on the server.
pub struct PrivateKey(Rsa);

/// The public half; it is built into clients.
pub struct PublicKey(Rsa);

impl PrivateKey {
    /// A new key. AWS-LC draws it from its own generator, which the operating system seeds.
    #[must_use]
    pub fn generate() -> PrivateKey {
        PrivateKey(Rsa::generate())
    }

    /// A new key that every client can hold: drawn again until the first hex digit of its fingerprint is not zero,
    /// since some clients print and compare fingerprints without leading zeros.
    #[must_use]
    pub fn generate_for_clients() -> PrivateKey {
        loop {
            let key = PrivateKey::generate();
            if key.fingerprint() >> 60 != 0 {
                return key;
            }
        }
    }

    /// Reads a PKCS#1 PEM (`BEGIN RSA PRIVATE KEY`).
    pub fn from_pem(text: &str) -> Result<PrivateKey, BadPem> {
        let der = pem::decode(PRIVATE_LABEL, text).ok_or(BadPem)?;
        Rsa::from_private_der(&der).map(PrivateKey).ok_or(BadPem)
    }

    /// Writes a PKCS#1 PEM with 64-column lines and a final newline.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem::encode(PRIVATE_LABEL, &self.0.private_der())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.public_half())
    }

    /// The number clients name this key by.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&self.0)
    }

    /// `ciphertext^d mod n`, big-endian, blinded and in constant time.
    ///
    /// A ciphertext that is no proper residue (0, 1, `n - 1` and above) gives zeros, which neither padding accepts:
    /// to the sender it looks like any other failure (T4).
    #[must_use]
    pub fn decrypt_raw(&self, ciphertext: &[u8; 256]) -> Zeroizing<[u8; 256]> {
        let mut plain = Zeroizing::new([0; 256]);
        if !self.0.private_raw(ciphertext, &mut plain) {
            plain.fill(0);
        }
        plain
    }
}

impl PublicKey {
    /// Reads a PKCS#1 PEM (`BEGIN RSA PUBLIC KEY`).
    pub fn from_pem(text: &str) -> Result<PublicKey, BadPem> {
        let der = pem::decode(PUBLIC_LABEL, text).ok_or(BadPem)?;
        Rsa::from_public_der(&der).map(PublicKey).ok_or(BadPem)
    }

    /// Writes a PKCS#1 PEM with 64-column lines and a final newline: always 426 bytes. Without that newline it has
    /// the 425 bytes of the keys built into TDLib, and can take their place.
    #[must_use]
    pub fn to_pem(&self) -> String {
        String::from(pem::encode(PUBLIC_LABEL, &self.0.public_der()).as_str())
    }

    /// The number clients name this key by: the last 8 bytes of the SHA-1 of modulus and exponent as TL strings,
    /// little-endian.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&self.0)
    }

    /// `plain^65537 mod n`, big-endian.
    pub fn encrypt_raw(&self, plain: &[u8; 256]) -> Result<[u8; 256], TooLarge> {
        let mut ciphertext = [0; 256];
        if self.0.public_raw(plain, &mut ciphertext) { Ok(ciphertext) } else { Err(TooLarge) }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").finish_non_exhaustive()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:016x})", self.fingerprint())
    }
}

fn fingerprint(key: &Rsa) -> u64 {
    const MODULUS_LENGTH: [u8; 4] = [0xfe, 0x00, 0x01, 0x00];
    const EXPONENT: [u8; 4] = [0x03, 0x01, 0x00, 0x01];
    let [.., a, b, c, d, e, f, g, h] = hash::sha1(&[&MODULUS_LENGTH, &key.modulus(), &EXPONENT]);
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
