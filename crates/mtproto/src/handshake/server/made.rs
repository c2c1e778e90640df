//! After step 3's work: the key exists, and the driver says whether it can be kept.
//!
//! A key is stored before its `dh_gen_ok` leaves, so a client never holds a key that a restart would forget. An id that
//! another key has is answered by `dh_gen_retry`, five times, then by `dh_gen_fail` (T9).
//! Source: docs, mtproto/auth_key, step 9.

use std::sync::Arc;

use ids::Now;
use ids::limits::DH_RETRIES_MAX;
use tl::{Encode as _, mt};

use super::dh_sent::{DhSent, Retried};
use super::done::Done;
use crate::handshake::NewKey;
use crate::handshake::derived::{Verdict, first_salt, new_nonce_hash};
use crate::{AuthKey, plain};

/// A key that is not yet stored.
pub(super) struct Made {
    pub(super) dh_sent: Box<DhSent>,
    pub(super) key: Arc<AuthKey>,
    pub(super) digest: [u8; 32],
}

/// What follows when a key cannot be used.
pub(super) enum Unusable {
    Retry(Box<DhSent>),
    Failed(Done),
}

impl Made {
    /// What the driver has to store.
    pub(super) fn new_key(&self) -> NewKey {
        let DhSent { nonces, inner, .. } = &*self.dh_sent;
        NewKey {
            key: Arc::clone(&self.key),
            kind: inner.kind,
            first_salt: first_salt(&inner.new_nonce, &nonces.server),
            dc: (inner.dc != 0).then_some(inner.dc),
        }
    }

    /// The key is kept: `dh_gen_ok`. Every secret of the exchange goes here.
    pub(super) fn kept(self, now: Now) -> Done {
        let packet = self.packet(Verdict::Ok, now);
        Done { digest: self.digest, packet, key: Some(self.key.id()) }
    }

    /// The key's id is taken, or 0: `dh_gen_retry`, or `dh_gen_fail` after too many.
    pub(super) fn unusable(mut self, now: Now) -> Unusable {
        if self.dh_sent.retries >= DH_RETRIES_MAX {
            let packet = self.packet(Verdict::Fail, now);
            return Unusable::Failed(Done { digest: self.digest, packet, key: None });
        }
        let packet = self.packet(Verdict::Retry, now);
        self.dh_sent.retries += 1;
        self.dh_sent.retried = Some(Retried { digest: self.digest, packet, aux_hash: self.key.aux_hash() });
        Unusable::Retry(self.dh_sent)
    }

    fn packet(&self, verdict: Verdict, now: Now) -> Vec<u8> {
        let nonces = self.dh_sent.nonces;
        let (nonce, server_nonce) = (nonces.client, nonces.server);
        let hash = new_nonce_hash(&self.dh_sent.inner.new_nonce, verdict, self.key.aux_hash());
        let answer = match verdict {
            Verdict::Ok => {
                mt::SetClientDHParamsAnswer::DhGenOk { nonce, server_nonce, new_nonce_hash1: hash }
            }
            Verdict::Retry => {
                mt::SetClientDHParamsAnswer::DhGenRetry { nonce, server_nonce, new_nonce_hash2: hash }
            }
            Verdict::Fail => {
                mt::SetClientDHParamsAnswer::DhGenFail { nonce, server_nonce, new_nonce_hash3: hash }
            }
        };
        plain::wrap(plain::answer_id(now), &answer.to_bytes())
    }
}
