//! After step 2: the client's secret is known, `g_a` is sent, `g_b` is awaited.
//!
//! Everything secret here is erased when the state goes, at the latest
//! [`crate::server::Patience::exchange_ms`] after step 1.
//! Source: docs, mtproto/auth_key, steps 5 to 7.

use crypto::dh::{self, PublicValue, Secret};
use crypto::{Rng, ige};
use ids::Now;
use tl::{Decode as _, Encode as _, Reader, mt};

use super::inner::Inner;
use super::{KeyJob, Nonces, Refusal};
use crate::handshake::derived::TmpAes;
use crate::plain;

/// Bytes of the SHA-1 in front of the encrypted objects.
const HASH_BYTES: usize = 20;
/// The exponent and `new_nonce`, on the heap.
const SECRETS_BYTES: usize = 256 + 32;

/// The request of step 2 is right and `g_a` is computed; nothing was answered yet.
pub(super) struct Agreed {
    pub(super) nonces: Nonces,
    pub(super) inner: Inner,
    pub(super) secret: Secret,
    pub(super) g_a: PublicValue,
    pub(super) digest: [u8; 32],
}

/// An exchange whose `server_DH_params_ok` was sent.
pub(super) struct DhSent {
    pub(super) nonces: Nonces,
    pub(super) inner: Inner,
    pub(super) secret: Secret,
    /// Step 2's request and the packet that answered it: a repetition gets the same bytes.
    digest: [u8; 32],
    packet: Vec<u8>,
    /// The last try of step 3 that was told to retry.
    pub(super) retried: Option<Retried>,
    pub(super) retries: u32,
}

/// A try of step 3 whose key could not be used.
pub(super) struct Retried {
    pub(super) digest: [u8; 32],
    pub(super) packet: Vec<u8>,
    pub(super) aux_hash: [u8; 8],
}

/// What to do with a request of step 3.
pub(super) enum Step3 {
    Answer(Vec<u8>),
    Job(KeyJob),
}

impl Agreed {
    /// Builds the answer with the clock as it is now: clients set theirs by it.
    pub(super) fn answer(self, now: Now, rng: &mut dyn Rng) -> DhSent {
        let tmp_aes = TmpAes::new(&self.inner.new_nonce, &self.nonces.server);
        let object = mt::ServerDHInnerData::ServerDHInnerData {
            nonce: self.nonces.client,
            server_nonce: self.nonces.server,
            g: dh::G,
            dh_prime: dh::PRIME.to_vec(),
            g_a: self.g_a.as_bytes().to_vec(),
            server_time: now.unix().as_int(),
        }
        .to_bytes();
        let encrypted_answer = seal(&object, &tmp_aes, rng);
        let answer = mt::ServerDHParams::ServerDHParamsOk {
            nonce: self.nonces.client,
            server_nonce: self.nonces.server,
            encrypted_answer,
        };
        let packet = plain::wrap(plain::answer_id(now), &answer.to_bytes());
        let Self { nonces, inner, secret, digest, .. } = self;
        DhSent { nonces, inner, secret, digest, packet, retried: None, retries: 0 }
    }
}

impl DhSent {
    /// The packet that answered step 2, for the request that it answered.
    pub(super) fn repeated(&self, digest: &[u8; 32]) -> Option<Vec<u8>> {
        (self.digest == *digest).then(|| self.packet.clone())
    }

    pub(super) fn packet(&self) -> Vec<u8> {
        self.packet.clone()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let retried = self.retried.as_ref().map_or(0, |retried| retried.packet.capacity());
        size_of::<Self>() + self.packet.capacity() + retried + SECRETS_BYTES
    }

    /// Takes `set_client_DH_params`.
    pub(super) fn request(
        self: Box<Self>,
        request: &mt::SetClientDHParams,
        digest: [u8; 32],
    ) -> Result<(Option<Box<Self>>, Step3), Refusal> {
        if let Some(retried) = self.retried.as_ref().filter(|retried| retried.digest == digest) {
            let packet = retried.packet.clone();
            return Ok((Some(self), Step3::Answer(packet)));
        }
        let g_b = Box::new(self.open(&request.encrypted_data).ok_or(Refusal::Invalid)?);
        Ok((None, Step3::Job(KeyJob { dh_sent: self, g_b, digest })))
    }

    /// Decrypts `client_DH_inner_data` and returns its `g_b`, in range (T8).
    fn open(&self, encrypted: &[u8]) -> Option<PublicValue> {
        let tmp_aes = TmpAes::new(&self.inner.new_nonce, &self.nonces.server);
        let mut data = encrypted.to_vec();
        ige::decrypt(&tmp_aes.key, &tmp_aes.iv, &mut data).ok()?;
        let (hash, rest) = data.split_first_chunk::<HASH_BYTES>()?;
        let mut reader = Reader::new(rest);
        let mt::ClientDHInnerData::ClientDHInnerData { nonce, server_nonce, retry_id, g_b } =
            mt::ClientDHInnerData::decode(&mut reader).ok()?;
        let (object, padding) = rest.split_at_checked(rest.len() - reader.rest().len())?;
        let expected_retry = self.retried.as_ref().map_or([0; 8], |retried| retried.aux_hash);
        let valid = crypto::ct_eq(&crypto::sha1(&[object]), hash)
            && padding.len() < 16
            && (Nonces { client: nonce, server: server_nonce }) == self.nonces
            && retry_id.to_le_bytes() == expected_retry;
        if valid { PublicValue::parse(&g_b).ok() } else { None }
    }
}

/// SHA-1, object, random bytes up to a whole block, encrypted.
fn seal(object: &[u8], tmp_aes: &TmpAes, rng: &mut dyn Rng) -> Vec<u8> {
    let mut data = Vec::with_capacity((HASH_BYTES + object.len()).next_multiple_of(16));
    data.extend_from_slice(&crypto::sha1(&[object]));
    data.extend_from_slice(object);
    let padding_at = data.len();
    data.resize(padding_at.next_multiple_of(16), 0);
    rng.fill(data.get_mut(padding_at..).unwrap_or_default());
    match ige::encrypt(&tmp_aes.key, &tmp_aes.iv, &mut data) {
        Ok(()) => data,
        // The length is a multiple of 16; were it not, nothing may leave in clear.
        Err(_) => Vec::new(),
    }
}
