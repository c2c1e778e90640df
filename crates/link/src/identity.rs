//! The key by which one end of a link is known to the other. Source: RFC 8410 (its form), RFC 7250 (its use in TLS).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crypto::sign::{SigningKey, VerifyingKey};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::sign::{CertifiedKey, Signer, SigningKey as TlsSigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

/// What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// One end's own key. Clones are the same one.
#[derive(Clone)]
pub struct Identity(Arc<SigningKey>);

/// The public half of an end's key: what the other end is told of it, and all that it believes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pin(pub VerifyingKey);

/// A text that is no key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a key is 64 hexadecimal digits")]
pub struct NoKey;

impl Identity {
    /// An end with this key.
    #[must_use]
    pub fn new(key: Arc<SigningKey>) -> Identity {
        Identity(key)
    }

    /// What others know it by.
    #[must_use]
    pub fn pin(&self) -> Pin {
        Pin(self.0.verifying())
    }

    /// The form in which TLS takes it: the bare public key in place of a certificate.
    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        let cert = CertificateDer::from(self.pin().spki());
        Arc::new(CertifiedKey::new(vec![cert], Arc::new(self.clone())))
    }
}

impl Pin {
    /// The key as TLS writes it.
    pub(crate) fn spki(self) -> Vec<u8> {
        [&SPKI_PREFIX[..], self.0.bytes()].concat()
    }

    /// The key that TLS has read.
    pub(crate) fn of_spki(spki: &[u8]) -> Option<Pin> {
        let key = spki.strip_prefix(&SPKI_PREFIX[..])?;
        Some(Pin(VerifyingKey::from_bytes(key.try_into().ok()?)))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Pin {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Pin, NoKey> {
        let is_hexadecimal = text.bytes().all(|digit| digit.is_ascii_hexdigit());
        if text.len() != 64 || !is_hexadecimal {
            return Err(NoKey);
        }
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
            let pair = str::from_utf8(pair).map_err(|_| NoKey)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NoKey)?;
        }
        Ok(Pin(VerifyingKey::from_bytes(&key)))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl TlsSigningKey for Identity {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SignatureScheme::ED25519).then(|| -> Box<dyn Signer> { Box::new(self.clone()) })
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.pin().spki()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ED25519
    }
}

impl Signer for Identity {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.sign(message).to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_text_and_from_its_form_in_tls() {
        let pin = Identity::new(Arc::new(SigningKey::from_seed(&[7; 32]))).pin();
        assert_eq!(pin.to_string().parse(), Ok(pin));
        assert_eq!(Pin::of_spki(&pin.spki()), Some(pin));
        let spki = pin.spki();
        assert!((0..spki.len()).all(|len| Pin::of_spki(&spki[..len]).is_none()), "cut short");
        assert!(Pin::of_spki(&[&spki[..], &[0]].concat()).is_none());
        let text = pin.to_string();
        for bad in [&text[1..], &format!("{text}0"), &format!("+{}", &text[1..]), &text.replacen('d', "g", 1)]
        {
            assert_eq!(bad.parse::<Pin>(), Err(NoKey));
        }
    }
}
