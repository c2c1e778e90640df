//! The two expensive steps as values: the driver runs them on a pool of its own, beside the reactor (A5).
//!
//! Step 2 costs one RSA private operation and one power of g, step 3 one power of g_b. Two of the latter cost hardly
//! more than one when they are run together ([`run_pair`]). A job carries the state of its exchange with it: while it is
//! away there is nothing on the connection that a second request could use.

use std::sync::Arc;

use crypto::dh::{self, PublicValue, SharedKey};
use crypto::padding;

use super::dh_sent::{Agreed, DhSent};
use super::inner;
use super::keys::ServerKeys;
use super::made::Made;
use super::pq_sent::PqSent;
use super::{Nonces, Refusal};
use crate::AuthKey;
use crate::server::Dcs;

/// Work for the pool.
pub enum Job {
    /// Step 2.
    Params(ParamsJob),
    /// Step 3; see [`run_pair`].
    Key(KeyJob),
}

/// Step 2: the RSA decryption and `g_a`.
pub struct ParamsJob {
    pub(super) pq_sent: PqSent,
    pub(super) fingerprint: u64,
    pub(super) ciphertext: Box<[u8; 256]>,
    pub(super) secret: dh::Secret,
    pub(super) dcs: Dcs,
    pub(super) digest: [u8; 32],
}

/// Step 3: the key itself.
pub struct KeyJob {
    pub(super) dh_sent: Box<DhSent>,
    pub(super) g_b: Box<PublicValue>,
    pub(super) digest: [u8; 32],
}

/// What a job brings back, for [`crate::server::Conn::handle_job`] of the connection it came from.
pub struct Done {
    pub(super) nonces: Nonces,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    Params(Result<Box<Agreed>, Refusal>),
    Key(Box<Made>),
}

impl Job {
    /// Does the work. Measured on one core with AVX-512-IFMA: 0.8 ms for step 2, 1.8 ms for step 3 alone, 0.8 ms for
    /// each of a pair.
    pub fn run(self, keys: &ServerKeys) -> Done {
        match self {
            Self::Params(job) => job.run(keys),
            Self::Key(job) => job.run(),
        }
    }
}

impl ParamsJob {
    fn run(self, keys: &ServerKeys) -> Done {
        let nonces = self.pq_sent.nonces;
        Done { nonces, outcome: Outcome::Params(self.agree(keys).map(Box::new)) }
    }

    fn agree(self, keys: &ServerKeys) -> Result<Agreed, Refusal> {
        let key = keys.key(self.fingerprint).ok_or(Refusal::Invalid)?;
        let decoded = padding::decode(&key.decrypt_raw(&self.ciphertext));
        let inner = inner::judge(&decoded, &self.pq_sent).ok_or(Refusal::Invalid)?;
        if !self.dcs.serves(inner.dc) {
            return Err(Refusal::ForeignDc);
        }
        // Out of range once in 2^63 runs: the client begins again.
        let g_a = dh::public(&self.secret).map_err(|_| Refusal::Invalid)?;
        Ok(Agreed { nonces: self.pq_sent.nonces, inner, secret: self.secret, g_a, digest: self.digest })
    }
}

impl KeyJob {
    /// Does the work of one.
    pub fn run(self) -> Done {
        let key = dh::shared(&self.g_b, &self.dh_sent.secret);
        self.made(key)
    }

    fn made(self, key: SharedKey) -> Done {
        let nonces = self.dh_sent.nonces;
        let made = Made { dh_sent: self.dh_sent, key: Arc::new(AuthKey::new(key)), digest: self.digest };
        Done { nonces, outcome: Outcome::Key(Box::new(made)) }
    }
}

/// Runs two at once, usually of two connections.
pub fn run_pair(first: KeyJob, second: KeyJob) -> (Done, Done) {
    let (key_1, key_2) =
        dh::shared_pair((&first.g_b, &first.dh_sent.secret), (&second.g_b, &second.dh_sent.secret));
    (first.made(key_1), second.made(key_2))
}
