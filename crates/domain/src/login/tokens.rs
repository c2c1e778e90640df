//! Login tokens (A15): what a client shows as a QR code, and another device that is logged in accepts. In memory only.
//!
//! A token has 32 random bytes, lives 30 seconds and belongs to the key that asked for it: nobody else gets in by it. It is accepted
//! once, and whoever asked has a minute to fetch the login, as long as the device that accepted it is logged in itself. Asked for
//! again while it lives it is the same one, since clients ask every few seconds. Everything is bounded: when there are too many,
//! the oldest that nobody accepted goes. Source: docs, Login via QR code.

use std::collections::{BTreeMap, VecDeque};

use ids::limits::{CODES_ALIVE_MAX, LOGIN_TOKEN_FETCH_S, LOGIN_TOKEN_LIFE_S};
use ids::{AuthKeyId, SessionId, UnixTime, UserId};
use zeroize::Zeroizing;

use crate::{Authed, KeyedHash};

/// Bytes of a token.
const TOKEN_BYTES: usize = 32;

/// The tokens that are alive.
pub struct Tokens {
    key: Box<dyn KeyedHash>,
    of_keys: BTreeMap<AuthKeyId, Waiting>,
    /// By a keyed hash, so that how long a look-up takes says nothing of a token.
    by_token: BTreeMap<[u8; 32], AuthKeyId>,
    /// When each that was shown may be forgotten, oldest first; an entry whose token is gone or was accepted is passed over.
    shown: VecDeque<(UnixTime, AuthKeyId)>,
    /// The same for those that were accepted.
    accepted: VecDeque<(UnixTime, AuthKeyId)>,
}

struct Waiting {
    token: Zeroizing<[u8; TOKEN_BYTES]>,
    ends: UnixTime,
    session: SessionId,
    except: Vec<UserId>,
    accepted: Option<Authed>,
}

/// Who asks for a token.
pub struct Asking {
    /// The key that is to be logged in.
    pub key: AuthKeyId,
    /// The session that is told when the token was accepted.
    pub session: SessionId,
    /// Whom the client has logged in already, and does not want once more.
    pub except: Vec<UserId>,
}

/// What whoever asks gets.
pub enum Exported {
    /// A token to show.
    Shown {
        /// Its bytes.
        token: Zeroizing<[u8; TOKEN_BYTES]>,
        /// When it ends.
        ends: UnixTime,
    },
    /// The one it had was accepted.
    Accepted(Accepted),
}

/// A logged-in device wants this key to be logged in as its own user.
#[derive(Clone, Copy)]
pub struct Accepted {
    key: AuthKeyId,
    by: Authed,
}

/// Too many tokens were accepted and not fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("too many login tokens wait to be fetched")]
pub struct TokensFull;

/// Why a token was not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AcceptError {
    /// There is no such token.
    #[error("no such login token")]
    Invalid,
    /// Its time is over.
    #[error("the login token has ended")]
    Expired,
    /// Somebody was faster, or it is the same one again.
    #[error("the login token was accepted before")]
    AlreadyAccepted,
    /// The client has this user already.
    #[error("the client does not want this user")]
    Excepted,
}

impl Tokens {
    /// No tokens yet. `key` must be drawn for this process and kept nowhere.
    pub fn new(key: Box<dyn KeyedHash>) -> Self {
        Self {
            key,
            of_keys: BTreeMap::new(),
            by_token: BTreeMap::new(),
            shown: VecDeque::new(),
            accepted: VecDeque::new(),
        }
    }

    /// A token for a key, or what became of the one it had.
    ///
    /// # Errors
    /// [`TokensFull`].
    pub fn export(
        &mut self,
        asking: Asking,
        now: UnixTime,
        draw: &mut dyn FnMut() -> u64,
    ) -> Result<Exported, TokensFull> {
        self.forget_old(now);
        let Asking { key, session, except } = asking;
        if let Some(waiting) = self.of_keys.get_mut(&key).filter(|waiting| now < waiting.ends) {
            if let Some(by) = waiting.accepted {
                return Ok(Exported::Accepted(Accepted { key, by }));
            }
            (waiting.session, waiting.except) = (session, except);
            return Ok(Exported::Shown { token: waiting.token.clone(), ends: waiting.ends });
        }
        self.remove(key);
        while self.of_keys.len() >= CODES_ALIVE_MAX {
            let (end, oldest) = self.shown.pop_front().ok_or(TokensFull)?;
            self.remove_shown(oldest, end);
        }
        let mut token = Zeroizing::new([0; TOKEN_BYTES]);
        for piece in token.as_chunks_mut::<8>().0 {
            *piece = draw().to_le_bytes();
        }
        let ends = UnixTime(now.0 + LOGIN_TOKEN_LIFE_S);
        self.by_token.insert(self.closed(token.as_slice()), key);
        let waiting = Waiting { token: token.clone(), ends, session, except, accepted: None };
        self.of_keys.insert(key, waiting);
        self.shown.push_back((forgotten(ends), key));
        Ok(Exported::Shown { token, ends })
    }

    /// The key that a token would log in.
    ///
    /// # Errors
    /// The [`AcceptError`].
    pub fn asked_by(&self, by: Authed, token: &[u8], now: UnixTime) -> Result<AuthKeyId, AcceptError> {
        let key = *self.by_token.get(&self.closed(token)).ok_or(AcceptError::Invalid)?;
        let waiting = self.of_keys.get(&key).ok_or(AcceptError::Invalid)?;
        if waiting.accepted.is_some() {
            return Err(AcceptError::AlreadyAccepted);
        }
        if waiting.ends <= now {
            return Err(AcceptError::Expired);
        }
        if waiting.except.contains(&by.user()) {
            return Err(AcceptError::Excepted);
        }
        if key == by.key() { Err(AcceptError::Invalid) } else { Ok(key) }
    }

    /// Accepts a token; the key and the session that wait to hear of it.
    ///
    /// # Errors
    /// The [`AcceptError`].
    pub fn accept(
        &mut self,
        by: Authed,
        token: &[u8],
        now: UnixTime,
    ) -> Result<(AuthKeyId, SessionId), AcceptError> {
        let key = self.asked_by(by, token, now)?;
        let waiting = self.of_keys.get_mut(&key).ok_or(AcceptError::Invalid)?;
        waiting.accepted = Some(by);
        waiting.ends = UnixTime(now.0 + LOGIN_TOKEN_FETCH_S);
        self.accepted.push_back((waiting.ends, key));
        Ok((key, waiting.session))
    }

    /// Forgets a token, once it has led to a login.
    pub fn finish(&mut self, done: &Accepted) {
        self.remove(done.key);
    }

    fn remove(&mut self, key: AuthKeyId) {
        if let Some(waiting) = self.of_keys.remove(&key) {
            let closed = self.closed(waiting.token.as_slice());
            self.by_token.remove(&closed);
        }
    }

    /// Forgets a token that nobody accepted, if it is the one of this entry.
    fn remove_shown(&mut self, key: AuthKeyId, end: UnixTime) {
        let is_it = |waiting: &Waiting| waiting.accepted.is_none() && forgotten(waiting.ends) == end;
        if self.of_keys.get(&key).is_some_and(is_it) {
            self.remove(key);
        }
    }

    fn forget_old(&mut self, now: UnixTime) {
        while let Some((end, key)) = self.shown.pop_front_if(|(end, _)| *end <= now) {
            self.remove_shown(key, end);
        }
        while let Some((_, key)) = self.accepted.pop_front_if(|(end, _)| *end <= now) {
            let is_over = |waiting: &Waiting| waiting.accepted.is_some() && waiting.ends <= now;
            if self.of_keys.get(&key).is_some_and(is_over) {
                self.remove(key);
            }
        }
    }

    /// A token as it is looked up.
    fn closed(&self, token: &[u8]) -> [u8; 32] {
        self.key.hash(&[b"login token", token])
    }
}

impl Accepted {
    /// The key to be logged in.
    pub const fn key(&self) -> AuthKeyId {
        self.key
    }

    /// As whom.
    pub const fn user(&self) -> UserId {
        self.by.user()
    }

    /// The key of the device that accepted it.
    pub(super) const fn by(&self) -> AuthKeyId {
        self.by.key()
    }
}

/// When a token is forgotten that ended unaccepted: as long again it is known that it has ended.
const fn forgotten(ends: UnixTime) -> UnixTime {
    UnixTime(ends.0 + LOGIN_TOKEN_LIFE_S)
}
