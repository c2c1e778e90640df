//! The client's side of the key exchange: for our own client, and for every test of the server's side.
//!
//! `PqAsked -> DhAsked -> KeyAsked -> NewKey`, by value. It speaks in all ways that real clients do: either first
//! request, either padding, permanent and temporary keys, with and without a DC. It believes nothing that the security
//! guidelines tell a client to check: nonces, hashes, the published group and no other, the range of `g_a`, the proof.
//! Source: docs, mtproto/auth_key and mtproto/security_guidelines.

mod dh_asked;
mod key_asked;
mod pq_asked;

use tl::{Decode, Reader};

pub use self::dh_asked::DhAsked;
pub use self::key_asked::{KeyAsked, Outcome};
pub use self::pq_asked::PqAsked;
use super::KeyKind;

/// What kind of exchange is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Permanent or temporary.
    pub kind: KeyKind,
    /// The DC meant; `None` uses the constructors that cannot name one.
    pub dc: Option<i32>,
    /// The first request.
    pub first: FirstRequest,
    /// How the secret is padded for the server's RSA key.
    pub padding: RsaPadding,
}

/// The first request of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FirstRequest {
    /// `req_pq`: old clients, and the probes of Telegram Desktop.
    ReqPq,
    /// `req_pq_multi`.
    ReqPqMulti,
}

/// The padding of the RSA plaintext.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RsaPadding {
    /// RSA_PAD, current.
    RsaPad,
    /// A SHA-1 in front: Telethon 1, Pyrogram 2.
    Sha1,
}

/// Why a client gives an exchange up; the server is to blame for all but [`ExchangeError::UnknownKeys`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Not the TL object that was due.
    #[error("the server's answer is malformed")]
    Malformed,
    /// An answer to another exchange.
    #[error("the server's answer carries a wrong nonce")]
    WrongNonce,
    /// The server offers no RSA key that this client trusts.
    #[error("the server has none of the trusted RSA keys")]
    UnknownKeys,
    /// pq is not a product of two different primes below 2^32.
    #[error("pq cannot be factored")]
    BadPq,
    /// The encrypted answer does not carry its own hash, or too much padding.
    #[error("the server's DH parameters are not authentic")]
    WrongHash,
    /// Not the published prime with g = 3.
    #[error("the server uses a group that is not the published one")]
    ForeignGroup,
    /// `g_a` is outside 2^1984 .. p - 2^1984.
    #[error("the server's DH value is out of range")]
    OutOfRange,
    /// The final answer does not prove knowledge of the key.
    #[error("the server does not prove that it knows the key")]
    WrongProof,
    /// `dh_gen_fail`, or an old `server_DH_params_fail`.
    #[error("the server gave up")]
    Refused,
}

/// The names of one exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Nonces {
    client: [u8; 16],
    server: [u8; 16],
}

/// Reads one object; a server leaves nothing behind it but a padded transport's tail, which is cut before.
fn read<T: Decode>(body: &[u8]) -> Result<T, ExchangeError> {
    let mut reader = Reader::new(body);
    let object = T::decode(&mut reader).map_err(|_| ExchangeError::Malformed)?;
    if reader.rest().is_empty() { Ok(object) } else { Err(ExchangeError::Malformed) }
}
