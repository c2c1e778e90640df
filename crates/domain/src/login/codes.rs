//! Login codes (A1): in memory only, lost at a restart, on purpose.
//!
//! A code has 5 digits, lives 5 minutes and dies with the third wrong try; a number gets at most 5 a day, so a
//! guesser has at most 15 tries a day at it. Neither number nor code is kept: both are keyed hashes under a key that
//! lives as long as the process. Everything is bounded.

use std::collections::BTreeMap;

use ids::{AuthKeyId, UnixTime};
use zeroize::Zeroizing;

use crate::{KeyedHash, PhoneNumber};

/// The codes that are alive.
pub struct Codes {
    key: Box<dyn KeyedHash>,
    alive: BTreeMap<[u8; 16], ()>,
}

/// The handle of a code (`phone_code_hash`): random, worth something only with the auth key and number it was issued
/// for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeHash([u8; 16]);

/// The digits of a code; wiped when dropped, never printed.
pub struct Code(Zeroizing<String>);

/// A code to be delivered.
pub struct Issued {
    /// Its handle.
    pub hash: CodeHash,
    /// Its digits.
    pub code: Code,
    /// How long it lives, in seconds.
    pub life_s: i64,
}

/// This auth key has shown the code of this number.
#[derive(Clone, Copy)]
pub struct Verified {
    key: AuthKeyId,
    phone: PhoneNumber,
}

/// Why no code was issued.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestError {
    /// Too many codes for this number, or the last one is too fresh; ask again after so many seconds.
    #[error("too many codes for one number")]
    Flood {
        /// Seconds to wait.
        wait_s: i64,
    },
    /// Too many codes are alive in all.
    #[error("too many codes in all")]
    Busy,
}

/// Why a code was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    /// No digits at all; not counted.
    #[error("no code given")]
    Empty,
    /// Wrong, and counted.
    #[error("wrong code")]
    Invalid,
    /// There is no such code, or no more: of another key or number, too old, or tried too often.
    #[error("no such code")]
    Expired,
}

impl Codes {
    /// No codes yet. `key` must be drawn for this process and kept nowhere.
    pub fn new(key: Box<dyn KeyedHash>) -> Self {
        Self { key, alive: BTreeMap::new() }
    }

    /// Issues a code for `phone` to the client of `by`. Asked again within the life of a code, the handle stays and
    /// the code is a new one.
    ///
    /// # Errors
    /// The [`RequestError`].
    pub fn request(
        &mut self,
        by: AuthKeyId,
        phone: PhoneNumber,
        now: UnixTime,
        draw: &mut dyn FnMut() -> u64,
    ) -> Result<Issued, RequestError> {
        todo!()
    }

    /// Tries a code. A right one stays right for this handle until [`finish`](Self::finish) or its time is over.
    ///
    /// # Errors
    /// The [`CheckError`].
    pub fn check(
        &mut self,
        by: AuthKeyId,
        phone: PhoneNumber,
        hash: &str,
        typed: &str,
        now: UnixTime,
    ) -> Result<Verified, CheckError> {
        todo!()
    }

    /// The proof again, for signUp, which brings no code.
    ///
    /// # Errors
    /// [`CheckError::Expired`] unless this very handle was verified and is still alive.
    pub fn verified(
        &mut self,
        by: AuthKeyId,
        phone: PhoneNumber,
        hash: &str,
        now: UnixTime,
    ) -> Result<Verified, CheckError> {
        todo!()
    }

    /// Forgets the code behind a proof, once it has led to a login.
    pub fn finish(&mut self, done: &Verified) {
        todo!()
    }

    /// Forgets a code (auth.cancelCode); whether there was one.
    pub fn cancel(&mut self, by: AuthKeyId, phone: PhoneNumber, hash: &str, now: UnixTime) -> bool {
        todo!()
    }
}

impl Code {
    /// The digits, for delivery.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl CodeHash {
    /// As the client is told it: 32 hexadecimal digits.
    pub fn to_text(self) -> String {
        todo!()
    }
}

impl Verified {
    /// The key that showed the code.
    pub const fn key(&self) -> AuthKeyId {
        self.key
    }

    /// The number.
    pub const fn phone(&self) -> PhoneNumber {
        self.phone
    }
}
