//! folders.editPeerFolders as a rule: dialogs move to the archive and back.
//!
//! A dialog that moves is pinned no more, as clients take for granted. Who is there already does not move, and when nobody
//! moves there is no event. Source: docs, folders.editPeerFolders; Dialog folders, Peer folders.

use std::collections::BTreeMap;

use ids::UnixTime;
use store::Tx;

use super::DialogRow;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

/// Moves dialogs, each to its folder; of one that is named twice the last counts.
///
/// # Errors
/// The [`AppendError`].
pub fn file(tx: &mut Tx<'_>, by: Authed, moves: &[(Known, u8)], now: UnixTime) -> Result<(), AppendError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    let targets: BTreeMap<Peer, u8> = moves.iter().map(|(with, folder)| (with.peer(), *folder)).collect();
    let mut moved = BTreeMap::<u8, Vec<Peer>>::new();
    for (peer, folder) in targets {
        let mut row = super::find(tx, own, peer)?.unwrap_or_else(|| DialogRow::empty(peer));
        if row.folder != folder {
            (row.folder, row.pin) = (folder, 0);
            super::put(tx, own, &row)?;
            moved.entry(folder).or_default().push(peer);
        }
    }
    for (folder, peers) in moved {
        let head = update::head(tx, own)?;
        update::append(tx, own, head, update::date_after(head, now), Event::Folder { peers, folder })?;
    }
    Ok(())
}
