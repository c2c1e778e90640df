//! What a call asks of the driver, to be done once its commit stands and never when the call failed.

use domain::PhoneNumber;
use domain::login::Code;
use ids::{AuthKeyId, SessionId, UnixTime, UserId};

/// What others see of a user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Change {
    /// Whether he is online.
    Status,
    /// What he is called, or says of himself.
    Name,
}

/// One thing to do outside the store. The values are private: no `Debug`.
pub enum Effect {
    /// Bring a login code to whoever holds the number.
    SendCode {
        /// The number.
        phone: PhoneNumber,
        /// The digits.
        code: Code,
    },
    /// From now on a temporary key acts for a permanent one.
    BindTempKey {
        /// The temporary key, the one the call came with.
        temp: AuthKeyId,
        /// The permanent key it acts for.
        perm: AuthKeyId,
        /// When the binding ends.
        expires_at: UnixTime,
    },
    /// Forget the temporary keys of a permanent key, but for some.
    DropTempKeys {
        /// The permanent key.
        perm: AuthKeyId,
        /// The ones to keep.
        except: Vec<AuthKeyId>,
    },
    /// A key has a user now: what its sessions did before does not count any more (A16).
    SignedIn {
        /// The permanent key.
        key: AuthKeyId,
        /// Its user.
        user: UserId,
    },
    /// A login token was accepted: the session that shows it is told to fetch the login, if it is there.
    TokenAccepted {
        /// The permanent key that asked for the token.
        key: AuthKeyId,
        /// Its session.
        session: SessionId,
        /// An `updateShort` of the canonical layer.
        update: Vec<u8>,
    },
    /// A key has no user any more.
    SignedOut {
        /// The permanent key.
        key: AuthKeyId,
    },
    /// Others see a user otherwise from now on: those who know him and are connected are told, nobody else ever is.
    Changed {
        /// Who.
        user: UserId,
        /// What of him.
        what: Change,
    },
    /// An update that is not kept: whoever is connected gets it, nobody else ever does.
    Ephemeral {
        /// Whose sessions get it.
        to: UserId,
        /// An `updateShort` of the canonical layer.
        update: Vec<u8>,
    },
}
