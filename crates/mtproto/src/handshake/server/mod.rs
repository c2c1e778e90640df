//! The server's side of the key exchange.
//!
//! `PqSent -> ParamsJob -> DhSent -> KeyJob -> Made -> Done`: each step consumes the one before, so a step cannot be
//! taken twice or left out (T5). The two expensive steps are values that any thread may run ([`Job`]). One
//! `server_nonce` sees at most one RSA decryption, and every refusal looks the same (T4).
//! Source: docs, mtproto/auth_key.

mod dh_sent;
mod done;
mod exchanges;
mod inner;
mod job;
mod keys;
mod made;
mod pq_sent;

pub(crate) use self::exchanges::{Exchanges, Finished, Reply};
pub use self::job::{Done, Job, KeyJob, ParamsJob, run_pair};
pub use self::keys::ServerKeys;

/// Why a request of the exchange is refused. Which check failed is never told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// Not due, not known, not right: -404.
    Invalid,
    /// Right in every way, but meant for another environment: -444.
    ForeignDc,
}

/// The names of one exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Nonces {
    /// Chosen by the client.
    pub(super) client: [u8; 16],
    /// Chosen by the server.
    pub(super) server: [u8; 16],
}
