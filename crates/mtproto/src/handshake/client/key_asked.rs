//! Step 3 is sent; the server's word on the key is awaited.
//!
//! Source: docs, mtproto/auth_key, steps 6 to 9.

use std::sync::Arc;

use crypto::dh::{self, PublicValue, Secret};
use crypto::{Rng, ige};
use ids::UnixTime;
use tl::{Encode as _, mt};

use super::{DhAsked, ExchangeError, read};
use crate::AuthKey;
use crate::handshake::NewKey;
use crate::handshake::derived::{TmpAes, Verdict, first_salt, new_nonce_hash};

/// A client that knows the key, if the server accepts it.
pub struct KeyAsked {
    before: DhAsked,
    g_a: PublicValue,
    server_time: UnixTime,
    key: AuthKey,
}

/// What the server said.
pub enum Outcome {
    /// The key is good.
    Made {
        /// The key.
        key: NewKey,
        /// The server's clock when it answered step 2.
        server_time: UnixTime,
    },
    /// The key's id is taken: another request is to be sent, with a new key.
    Again(Box<KeyAsked>, Vec<u8>),
}

impl KeyAsked {
    pub(super) fn start(
        before: DhAsked,
        g_a: PublicValue,
        server_time: UnixTime,
        rng: &mut dyn Rng,
    ) -> (Self, Vec<u8>) {
        let (key, g_b) = draw(&g_a, rng);
        let state = Self { before, g_a, server_time, key };
        let request = state.request(&g_b, [0; 8], rng);
        (state, request)
    }

    fn request(&self, g_b: &PublicValue, retry_id: [u8; 8], rng: &mut dyn Rng) -> Vec<u8> {
        let (nonce, server_nonce) = (self.before.nonces.client, self.before.nonces.server);
        let object = mt::ClientDHInnerData::ClientDHInnerData {
            nonce,
            server_nonce,
            retry_id: i64::from_le_bytes(retry_id),
            g_b: g_b.as_bytes().to_vec(),
        }
        .to_bytes();
        let mut encrypted_data = crypto::sha1(&[&object]).to_vec();
        encrypted_data.extend_from_slice(&object);
        let padding_at = encrypted_data.len();
        encrypted_data.resize(padding_at.next_multiple_of(16), 0);
        rng.fill(encrypted_data.get_mut(padding_at..).unwrap_or_default());
        let tmp_aes = TmpAes::new(&self.before.new_nonce, &server_nonce);
        if ige::encrypt(&tmp_aes.key, &tmp_aes.iv, &mut encrypted_data).is_err() {
            // The length is a multiple of 16; were it not, nothing may leave in clear.
            encrypted_data.clear();
        }
        mt::SetClientDHParams { nonce, server_nonce, encrypted_data }.to_bytes()
    }

    /// Takes `dh_gen_ok`, `dh_gen_retry` or `dh_gen_fail`.
    pub fn handle(self, body: &[u8], rng: &mut dyn Rng) -> Result<Outcome, ExchangeError> {
        let (nonces, verdict, hash) = match read(body)? {
            mt::SetClientDHParamsAnswer::DhGenOk { nonce, server_nonce, new_nonce_hash1 } => {
                ((nonce, server_nonce), Verdict::Ok, new_nonce_hash1)
            }
            mt::SetClientDHParamsAnswer::DhGenRetry { nonce, server_nonce, new_nonce_hash2 } => {
                ((nonce, server_nonce), Verdict::Retry, new_nonce_hash2)
            }
            mt::SetClientDHParamsAnswer::DhGenFail { nonce, server_nonce, new_nonce_hash3 } => {
                ((nonce, server_nonce), Verdict::Fail, new_nonce_hash3)
            }
        };
        if nonces != (self.before.nonces.client, self.before.nonces.server) {
            return Err(ExchangeError::WrongNonce);
        }
        let proof = new_nonce_hash(&self.before.new_nonce, verdict, self.key.aux_hash());
        if !crypto::ct_eq(&proof, &hash) {
            return Err(ExchangeError::WrongProof);
        }
        match verdict {
            Verdict::Ok => Ok(self.made()),
            Verdict::Retry => Ok(self.again(rng)),
            Verdict::Fail => Err(ExchangeError::Refused),
        }
    }

    fn made(self) -> Outcome {
        let first_salt = first_salt(&self.before.new_nonce, &self.before.nonces.server);
        let wanted = self.before.wanted;
        let key = NewKey { key: Arc::new(self.key), kind: wanted.kind, first_salt, dc: wanted.dc };
        Outcome::Made { key, server_time: self.server_time }
    }

    fn again(mut self, rng: &mut dyn Rng) -> Outcome {
        let retry_id = self.key.aux_hash();
        let (key, g_b) = draw(&self.g_a, rng);
        self.key = key;
        let request = self.request(&g_b, retry_id, rng);
        Outcome::Again(Box::new(self), request)
    }
}

/// A fresh exponent, the key it makes and the value to send.
fn draw(g_a: &PublicValue, rng: &mut dyn Rng) -> (AuthKey, PublicValue) {
    loop {
        let secret = Secret::random(rng);
        // Out of range once in 2^63 draws.
        if let Ok(g_b) = dh::public(&secret) {
            return (AuthKey::new(dh::shared(g_a, &secret)), g_b);
        }
    }
}
