//! `Peer`, and the inputs that name one: `InputPeer`, `InputUser`, `InputDialogPeer`.
//!
//! An input becomes a proof ([`Known`]) or an error; nothing is looked up before its access hash has been checked.
//! Source: <https://core.telegram.org/api/peers>.

use domain::{AccessHashes, Authed, Known, Peer};
use ids::UserId;

/// Why an input names nobody the caller may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeerError {
    /// A user with a wrong access hash, or a form that needs min users, which are never sent.
    User,
    /// A basic group: there is none.
    Chat,
    /// A channel: there is none.
    Channel,
    /// Nothing at all.
    Empty,
}

/// A peer as clients know it.
pub fn peer(peer: Peer) -> tl::Peer {
    tl::Peer::PeerUser { user_id: peer.user().0 }
}

/// A peer as one of a list of dialogs.
pub fn dialog_peer(of: Peer) -> tl::DialogPeer {
    tl::DialogPeer::DialogPeer { peer: peer(of) }
}

/// Whom an `InputPeer` means.
///
/// # Errors
/// The [`PeerError`].
pub fn input_peer(hashes: &AccessHashes, by: Authed, input: &tl::InputPeer) -> Result<Known, PeerError> {
    match input {
        tl::InputPeer::InputPeerSelf => Ok(Known::own(by)),
        tl::InputPeer::InputPeerUser { user_id, access_hash } => known(hashes, by, *user_id, *access_hash),
        tl::InputPeer::InputPeerUserFromMessage { .. } => Err(PeerError::User),
        tl::InputPeer::InputPeerChat { .. } => Err(PeerError::Chat),
        tl::InputPeer::InputPeerChannel { .. } | tl::InputPeer::InputPeerChannelFromMessage { .. } => {
            Err(PeerError::Channel)
        }
        tl::InputPeer::InputPeerEmpty => Err(PeerError::Empty),
    }
}

/// Whom an `InputUser` means.
///
/// # Errors
/// The [`PeerError`].
pub fn input_user(hashes: &AccessHashes, by: Authed, input: &tl::InputUser) -> Result<Known, PeerError> {
    match input {
        tl::InputUser::InputUserSelf => Ok(Known::own(by)),
        tl::InputUser::InputUser { user_id, access_hash } => known(hashes, by, *user_id, *access_hash),
        tl::InputUser::InputUserFromMessage { .. } => Err(PeerError::User),
        tl::InputUser::InputUserEmpty => Err(PeerError::Empty),
    }
}

/// Whom an `InputDialogPeer` means; `None` for a folder or a community, of which there are none.
///
/// # Errors
/// The [`PeerError`].
pub fn input_dialog_peer(
    hashes: &AccessHashes,
    by: Authed,
    input: &tl::InputDialogPeer,
) -> Result<Option<Known>, PeerError> {
    match input {
        tl::InputDialogPeer::InputDialogPeer { peer } => input_peer(hashes, by, peer).map(Some),
        tl::InputDialogPeer::InputDialogPeerFolder { .. }
        | tl::InputDialogPeer::InputDialogPeerCommunity(_) => Ok(None),
    }
}

/// A client may name himself by id as well, with his own access hash.
fn known(hashes: &AccessHashes, by: Authed, user: i64, access_hash: i64) -> Result<Known, PeerError> {
    hashes.known(by, UserId(user), access_hash).map_err(|_wrong| PeerError::User)
}
