//! auth.signIn and auth.signUp as rules: what a right code leads to, or a token that was accepted.

use ids::{UnixTime, UserId};
use store::{StoreError, Tx};

use super::{Accepted, Verified};
use crate::{Authed, PersonName, account, authorization, contact};

/// Where a right code leads.
pub enum SignIn {
    /// The key is bound to the account with this number.
    Authorized(Authed),
    /// Nobody has the number: the client asks for a name and calls signUp.
    SignUpRequired,
}

/// A new account.
pub struct SignedUp {
    /// The key is bound to it.
    pub by: Authed,
    /// Who has the number in his book, by ascending id, and may be told that it has joined.
    pub holders: Vec<UserId>,
}

/// Why no account was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignUpError {
    /// Somebody has the number by now.
    #[error("the number has an account")]
    Occupied,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Logs the key of the proof in to the account with its number, if there is one.
///
/// # Errors
/// When the store fails.
pub fn sign_in(tx: &mut Tx<'_>, proof: &Verified, now: UnixTime) -> Result<SignIn, StoreError> {
    match account::by_phone(tx, proof.phone())? {
        Some(user) => Ok(SignIn::Authorized(authorization::bind(tx, proof.key(), user, now)?)),
        None => Ok(SignIn::SignUpRequired),
    }
}

/// Logs in the key whose token was accepted; nobody if the device that did so is not logged in as this user any more, be it that
/// it was thrown out or that the account is gone: whoever had it lets nobody in with it after that (A16).
///
/// # Errors
/// When the store fails.
pub fn sign_in_accepted(
    tx: &mut Tx<'_>,
    accepted: &Accepted,
    now: UnixTime,
) -> Result<Option<Authed>, StoreError> {
    let by = authorization::authenticate(tx, accepted.by())?;
    let is_valid = by.is_some_and(|by| by.user() == accepted.user());
    if !is_valid || account::find(tx, accepted.user())?.is_none() {
        return Ok(None);
    }
    authorization::bind(tx, accepted.key(), accepted.user(), now).map(Some)
}

/// Makes an account for the number of the proof, in a box that was minted ahead, and logs the key in.
///
/// # Errors
/// The [`SignUpError`].
pub fn sign_up(
    tx: &mut Tx<'_>,
    proof: &Verified,
    name: PersonName,
    now: UnixTime,
) -> Result<SignedUp, SignUpError> {
    if account::by_phone(tx, proof.phone())?.is_some() {
        return Err(SignUpError::Occupied);
    }
    let account = account::create(tx, proof.phone(), name, now)?;
    let by = authorization::bind(tx, proof.key(), account.id, now)?;
    Ok(SignedUp { by, holders: contact::holders(tx, proof.phone())? })
}
