//! Peers, and the proofs that a caller may use one (A13).
//!
//! A client names a user by id and access hash. The hash is a keyed hash of (viewer, target), so it needs no row,
//! is the same for all sessions of the viewer, and says nothing to anybody else. A wrong one is refused before any
//! row is read. Source: docs, Peers; access hashes.

use std::sync::Arc;

use ids::{AuthKeyId, BoxId, UserId};
use store::{Fault, Field, Plain, Reader, StoreError, Tx};

use crate::{Authed, KeyedHash, account, block};

/// Whom a dialog is with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Peer {
    /// A user; the viewer himself for saved messages.
    User(UserId),
}

/// The caller knows this peer: he gave the right access hash, or it is himself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known(Peer);

/// The caller may write to this peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowed {
    peer: Peer,
    reaches: bool,
}

/// The access hash is not the caller's hash of this user.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("wrong access hash")]
pub struct WrongHash;

/// Why a message may not be written to a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such account, or no more.
    #[error("the account is gone")]
    Gone,
    /// The caller himself has blocked him.
    #[error("the caller has blocked the account")]
    Blocked,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The access hashes of all users and files for all viewers. Cheap to clone.
#[derive(Clone)]
pub struct AccessHashes(pub(crate) Arc<dyn KeyedHash>);

impl AccessHashes {
    /// Hashes under a key; it must stay the same for as long as clients keep hashes, which is for ever.
    pub fn new(key: Arc<dyn KeyedHash>) -> Self {
        Self(key)
    }

    /// What `viewer` must show to use `target`.
    pub fn of(&self, viewer: UserId, target: UserId) -> i64 {
        let hash = self.0.hash(&[b"access hash of a user", &viewer.0.to_le_bytes(), &target.0.to_le_bytes()]);
        let [a, b, c, d, e, f, g, h, ..] = hash;
        i64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// How `viewer` calls one of the devices he is logged in on.
    pub fn of_device(&self, viewer: UserId, key: AuthKeyId) -> i64 {
        let hash = self.0.hash(&[b"hash of a device", &viewer.0.to_le_bytes(), &key.0.to_le_bytes()]);
        let [a, b, c, d, e, f, g, h, ..] = hash;
        i64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// Checks what the caller showed.
    ///
    /// # Errors
    /// [`WrongHash`], whether or not such a user exists.
    pub fn known(&self, by: Authed, target: UserId, access_hash: i64) -> Result<Known, WrongHash> {
        // One comparison of whole words: there is no prefix to learn from its time.
        if self.of(by.user(), target) == access_hash { Ok(Known(Peer::User(target))) } else { Err(WrongHash) }
    }
}

impl Known {
    /// The caller himself: `inputPeerSelf`, `inputUserSelf`.
    pub const fn own(by: Authed) -> Self {
        Self(Peer::User(by.user()))
    }

    /// The peer.
    pub const fn peer(self) -> Peer {
        self.0
    }

    /// The user, for a peer that is one.
    pub const fn user(self) -> UserId {
        self.0.user()
    }
}

impl Allowed {
    /// Asks whether `by` may write to `to`.
    ///
    /// # Errors
    /// The [`Refusal`].
    pub fn to_write(tx: &Tx<'_>, by: Authed, to: Known) -> Result<Self, Refusal> {
        if to.user() == by.user() {
            return Ok(Self { peer: to.0, reaches: true });
        }
        let account = account::find(tx, to.user())?.ok_or(Refusal::Gone)?;
        if account::own(tx, by)?.has_blocks() && block::is_blocked(tx, by, to.user())? {
            return Err(Refusal::Blocked);
        }
        // Whoever is blocked is not told: his messages are his, and reach nobody.
        Ok(Self { peer: to.0, reaches: !block::has_blocked(tx, &account, by.user())? })
    }

    /// The peer.
    pub const fn peer(self) -> Peer {
        self.peer
    }
}

impl Allowed {
    /// Whether what is written arrives.
    pub const fn reaches(self) -> bool {
        self.reaches
    }
}

impl Peer {
    /// The user, for a peer that is one.
    pub const fn user(self) -> UserId {
        let Self::User(user) = self;
        user
    }

    /// The box on the other side.
    pub(crate) fn other_box(self) -> BoxId {
        self.user().into()
    }

    /// The peer as the number that stands in row keys, masked: kind (1 byte), id (7 bytes).
    pub(crate) fn number(self) -> u64 {
        let Self::User(user) = self;
        user.0.cast_unsigned()
    }
}

impl Field for Peer {
    fn put(&self, out: &mut Plain) {
        let Self::User(user) = self;
        0_u8.put(out);
        user.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        match u8::take(reader)? {
            0 => UserId::take(reader).map(Self::User),
            _ => Err(Fault::Tag),
        }
    }
}
