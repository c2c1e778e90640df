//! The key exchange, both roles: typed states by value, nothing of it outlives the connection it runs on (T5).
//!
//! Three requests make a key: `req_pq(_multi)`, `req_DH_params`, `set_client_DH_params`. Permanent and temporary keys
//! differ in one constructor. Source: docs, mtproto/auth_key.

pub mod client;
mod derived;
pub mod server;

use std::sync::Arc;

use crate::AuthKey;

/// How long a key may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// The identity of a login, kept until log-out.
    Permanent,
    /// In memory only, to be bound to a permanent key (docs: api/pfs).
    Temporary {
        /// Seconds from now that the client asked for, at least 1 and at most
        /// [`ids::limits::TEMP_KEY_LIFE_S_MAX`].
        expires_in_s: u32,
    },
}

/// The outcome of an exchange.
#[derive(Clone)]
pub struct NewKey {
    /// The key.
    pub key: Arc<AuthKey>,
    /// What it may be used for.
    pub kind: KeyKind,
    /// The key's first server salt, valid from now.
    pub first_salt: u64,
    /// The DC the client means to talk to; `None` if it did not say (old constructors, or 0).
    pub dc: Option<i32>,
}
