//! Step 1 is sent; `resPQ` is awaited, and leads to `req_DH_params`.
//!
//! Source: docs, mtproto/auth_key, steps 1 to 4.

use crypto::rsa::PublicKey;
use crypto::{Rng, padding, pq};
use tl::{Encode as _, mt};
use zeroize::Zeroizing;

use super::{DhAsked, ExchangeError, FirstRequest, Nonces, RsaPadding, Wanted, read};
use crate::handshake::KeyKind;

/// A client that has sent its nonce.
pub struct PqAsked {
    wanted: Wanted,
    nonce: [u8; 16],
}

impl PqAsked {
    /// Begins an exchange; the bytes are the body of the first request.
    pub fn start(wanted: Wanted, rng: &mut dyn Rng) -> (Self, Vec<u8>) {
        let nonce = rng.array();
        let request = match wanted.first {
            FirstRequest::ReqPq => mt::ReqPq { nonce }.to_bytes(),
            FirstRequest::ReqPqMulti => mt::ReqPqMulti { nonce }.to_bytes(),
        };
        (Self { wanted, nonce }, request)
    }

    /// Takes `resPQ`; uses the first of the server's RSA keys that `trusted` holds.
    pub fn handle(
        self,
        body: &[u8],
        trusted: &[PublicKey],
        rng: &mut dyn Rng,
    ) -> Result<(DhAsked, Vec<u8>), ExchangeError> {
        let mt::ResPQ::ResPQ { nonce, server_nonce, pq, server_public_key_fingerprints } = read(body)?;
        if nonce != self.nonce {
            return Err(ExchangeError::WrongNonce);
        }
        let nonces = Nonces { client: nonce, server: server_nonce };
        let key = server_public_key_fingerprints
            .iter()
            .find_map(|offered| trusted.iter().find(|key| key.fingerprint() == offered.cast_unsigned()))
            .ok_or(ExchangeError::UnknownKeys)?;
        let product = *pq.as_array::<8>().ok_or(ExchangeError::BadPq)?;
        let factors = pq::factor(u64::from_be_bytes(product)).ok_or(ExchangeError::BadPq)?;
        let (p, q) = (factors.p.to_be_bytes().to_vec(), factors.q.to_be_bytes().to_vec());
        let mut new_nonce = Box::new(Zeroizing::new([0; 32]));
        rng.fill(new_nonce.as_mut_slice());
        let object = self.inner_data(&[&pq, &p, &q], nonces, &new_nonce);
        let encrypted = match self.wanted.padding {
            RsaPadding::RsaPad => padding::rsa_pad_encrypt(&object, key, rng),
            RsaPadding::Sha1 => padding::legacy_encrypt(&object, key, rng),
        };
        let encrypted_data = encrypted.map_err(|_| ExchangeError::BadPq)?.to_vec();
        let public_key_fingerprint = key.fingerprint().cast_signed();
        let request =
            mt::ReqDHParams { nonce, server_nonce, p, q, public_key_fingerprint, encrypted_data }.to_bytes();
        Ok((DhAsked { wanted: self.wanted, nonces, new_nonce }, request))
    }

    /// Written by hand, since the secret nonce must not stay behind in a TL value.
    fn inner_data(&self, numbers: &[&[u8]; 3], nonces: Nonces, new_nonce: &[u8; 32]) -> Zeroizing<Vec<u8>> {
        let expires_in = match self.wanted.kind {
            KeyKind::Permanent => None,
            KeyKind::Temporary { expires_in_s } => Some(i32::try_from(expires_in_s).unwrap_or(i32::MAX)),
        };
        let id: u32 = match (self.wanted.dc, expires_in) {
            (None, None) => 0x83c9_5aec,
            (Some(_), None) => 0xa9f5_5f95,
            (None, Some(_)) => 0x3c6a_84d4,
            (Some(_), Some(_)) => 0x56fd_df88,
        };
        // The capacity covers the longest form, so that growing leaves no copy of the secret.
        let mut object = Zeroizing::new(Vec::with_capacity(padding::RSA_PAD_OBJECT_BYTES_MAX));
        object.extend_from_slice(&id.to_le_bytes());
        for number in numbers {
            tl::codec::put_bytes(&mut object, number);
        }
        object.extend_from_slice(&nonces.client);
        object.extend_from_slice(&nonces.server);
        object.extend_from_slice(new_nonce);
        for number in [self.wanted.dc, expires_in].into_iter().flatten() {
            object.extend_from_slice(&number.to_le_bytes());
        }
        object
    }
}
