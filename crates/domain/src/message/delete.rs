//! messages.deleteMessages as a rule: my copies, and with `revoke` the other side's as well.
//!
//! Without `revoke` nothing of the other side is touched, read or counted, so neither can tell from anything that the other
//! deleted (P38, P40). With it each side's copy dies under its own numbers. Source: docs, messages.deleteMessages.

use std::collections::{BTreeMap, BTreeSet};

use ids::sabotage::{self, Fault};
use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx};

use super::copy;
use crate::tables::MESSAGES;
use crate::update::{self, AppendError};
use crate::{Authed, Peer, account};

/// What a deletion changed in the caller's box: `messages.affectedMessages`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deleted {
    /// The caller's counter afterwards.
    pub pts: Pts,
    /// How many messages went.
    pub pts_count: i32,
}

/// Deletes messages of the caller's box by their numbers; numbers without a message are passed over.
///
/// # Errors
/// The [`AppendError`].
pub fn delete(
    tx: &mut Tx<'_>,
    by: Authed,
    ids: &[MsgId],
    revoke: bool,
    now: UnixTime,
) -> Result<Deleted, AppendError> {
    let own = by.own_box();
    let revoke = revoke || sabotage::is(Fault::DeletedForBoth);
    tx.enter(&[own])?;
    let mut places = BTreeMap::<Peer, BTreeSet<MsgId>>::new();
    for message in super::by_id(tx, by, ids)?.into_iter().flatten() {
        places.entry(message.peer).or_default().insert(message.id);
    }
    let others = if revoke { others(tx, own, places.keys())? } else { Vec::new() };
    tx.enter(&others)?;
    let before = update::head(tx, own)?.pts;
    for (peer, ids) in places {
        let ids: Vec<_> = ids.into_iter().collect();
        let twins = if others.contains(&peer.other_box()) { twins(tx, own, peer, &ids)? } else { Vec::new() };
        copy::remove(tx, own, peer, &ids, now)?;
        copy::remove(tx, peer.other_box(), Peer::User(by.user()), &twins, now)?;
    }
    let pts = update::head(tx, own)?.pts;
    Ok(Deleted { pts, pts_count: pts.0 - before.0 })
}

/// The boxes on the other side. An account that is gone has no box any more, and who writes to himself has one copy.
pub(super) fn others<'a>(
    tx: &Tx<'_>,
    own: BoxId,
    peers: impl Iterator<Item = &'a Peer>,
) -> Result<Vec<BoxId>, StoreError> {
    let users: Vec<_> = peers.map(|peer| peer.user()).filter(|&user| BoxId::from(user) != own).collect();
    let accounts = account::find_all(tx, &users)?;
    Ok(accounts.into_iter().flatten().map(|account| account.id.into()).collect())
}

/// The numbers of the other side's copies.
pub(super) fn twins(tx: &Tx<'_>, own: BoxId, peer: Peer, ids: &[MsgId]) -> Result<Vec<MsgId>, StoreError> {
    let keys: Vec<_> = ids.iter().map(|&id| super::key(peer, id)).collect();
    Ok(tx.multi_get(&MESSAGES, own, &keys)?.into_iter().flatten().filter_map(|row| row.twin).collect())
}
