//! After the exchange: nothing is left but the last answer, for a client that asks for it again.

use ids::AuthKeyId;

/// A finished exchange, kept until its key is used or its time is over.
pub(super) struct Done {
    /// The request of step 3 that was answered.
    pub(super) digest: [u8; 32],
    pub(super) packet: Vec<u8>,
    /// `None` after `dh_gen_fail`.
    pub(super) key: Option<AuthKeyId>,
}
