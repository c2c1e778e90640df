//! Step 2 is sent; `server_DH_params_ok` is awaited, and leads to `set_client_DH_params`.
//!
//! Source: docs, mtproto/auth_key, steps 5 to 7, and mtproto/security_guidelines.

use crypto::dh::{self, PublicValue};
use crypto::{Rng, ige};
use ids::UnixTime;
use tl::{Decode as _, Reader, mt};
use zeroize::Zeroizing;

use super::{ExchangeError, KeyAsked, Nonces, Wanted, read};
use crate::handshake::derived::TmpAes;

/// A client whose secret nonce is with the server.
pub struct DhAsked {
    pub(super) wanted: Wanted,
    pub(super) nonces: Nonces,
    pub(super) new_nonce: Box<Zeroizing<[u8; 32]>>,
}

impl DhAsked {
    /// Takes `server_DH_params_ok`.
    pub fn handle(self, body: &[u8], rng: &mut dyn Rng) -> Result<(KeyAsked, Vec<u8>), ExchangeError> {
        let encrypted = match read(body)? {
            mt::ServerDHParams::ServerDHParamsOk { nonce, server_nonce, encrypted_answer } => {
                self.check(nonce, server_nonce)?;
                encrypted_answer
            }
            mt::ServerDHParams::ServerDHParamsFail { .. } => return Err(ExchangeError::Refused),
        };
        let (g_a, server_time) = self.open(encrypted)?;
        Ok(KeyAsked::start(self, g_a, server_time, rng))
    }

    fn open(&self, mut data: Vec<u8>) -> Result<(PublicValue, UnixTime), ExchangeError> {
        let tmp_aes = TmpAes::new(&self.new_nonce, &self.nonces.server);
        ige::decrypt(&tmp_aes.key, &tmp_aes.iv, &mut data).map_err(|_| ExchangeError::Malformed)?;
        let (hash, rest) = data.split_first_chunk::<20>().ok_or(ExchangeError::Malformed)?;
        let mut reader = Reader::new(rest);
        let object = mt::ServerDHInnerData::decode(&mut reader).map_err(|_| ExchangeError::WrongHash)?;
        let (hashed, padding) =
            rest.split_at_checked(rest.len() - reader.rest().len()).ok_or(ExchangeError::Malformed)?;
        if !crypto::ct_eq(&crypto::sha1(&[hashed]), hash) || padding.len() >= 16 {
            return Err(ExchangeError::WrongHash);
        }
        let mt::ServerDHInnerData::ServerDHInnerData { nonce, server_nonce, g, dh_prime, g_a, server_time } =
            object;
        self.check(nonce, server_nonce)?;
        if g != dh::G || dh_prime != dh::PRIME {
            return Err(ExchangeError::ForeignGroup);
        }
        let g_a = PublicValue::parse(&g_a).map_err(|_| ExchangeError::OutOfRange)?;
        Ok((g_a, UnixTime(i64::from(server_time))))
    }

    fn check(&self, client: [u8; 16], server: [u8; 16]) -> Result<(), ExchangeError> {
        if self.nonces == (Nonces { client, server }) { Ok(()) } else { Err(ExchangeError::WrongNonce) }
    }
}
