//! After step 1: the client knows `server_nonce` and what to factor.
//!
//! Most connections of Telegram Desktop and many of TDLib stop here, having learnt that the server is alive; so this
//! state is a few words and no secret. Source: docs, mtproto/auth_key, steps 1 to 4.

use crypto::pq::Pq;
use crypto::{Rng, dh};
use tl::Encode as _;
use tl::mt;

use super::{Nonces, ParamsJob, Refusal};
use crate::server::Config;

/// An exchange whose `resPQ` was sent.
#[derive(Clone, Copy)]
pub(super) struct PqSent {
    pub(super) nonces: Nonces,
    pub(super) pq: Pq,
}

impl PqSent {
    /// Draws `server_nonce` and a fresh pq.
    pub(super) fn new(nonce: [u8; 16], rng: &mut dyn Rng) -> Self {
        let nonces = Nonces { client: nonce, server: rng.array() };
        Self { nonces, pq: Pq::generate(rng) }
    }

    /// The body of `resPQ`, the same each time it is asked for.
    pub(super) fn answer(&self, fingerprints: &[u64]) -> Vec<u8> {
        mt::ResPQ::ResPQ {
            nonce: self.nonces.client,
            server_nonce: self.nonces.server,
            pq: self.pq.product().to_be_bytes().to_vec(),
            server_public_key_fingerprints: fingerprints.iter().map(|one| one.cast_signed()).collect(),
        }
        .to_bytes()
    }

    /// Takes `req_DH_params`: what is in clear is checked here, what is encrypted by the job.
    pub(super) fn request(
        self,
        request: &mt::ReqDHParams,
        digest: [u8; 32],
        config: &Config,
        rng: &mut dyn Rng,
    ) -> Result<ParamsJob, Refusal> {
        let fingerprint = request.public_key_fingerprint.cast_unsigned();
        let Ok(ciphertext) = request.encrypted_data.as_slice().try_into() else {
            return Err(Refusal::Invalid);
        };
        let factors = (number(&request.p), number(&request.q));
        if factors != (Some(u64::from(self.pq.p)), Some(u64::from(self.pq.q)))
            || !config.fingerprints.contains(&fingerprint)
        {
            return Err(Refusal::Invalid);
        }
        let secret = dh::Secret::random(rng);
        let dcs = config.dcs.clone();
        Ok(ParamsJob { pq_sent: self, fingerprint, ciphertext: Box::new(ciphertext), secret, dcs, digest })
    }
}

/// A big-endian number as clients write it: shortest, or with zeros in front.
fn number(bytes: &[u8]) -> Option<u64> {
    let (zeros, last) = bytes.split_at(bytes.len().saturating_sub(8));
    let fits = zeros.iter().all(|byte| *byte == 0);
    fits.then(|| last.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
