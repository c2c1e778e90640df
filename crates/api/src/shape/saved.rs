//! Saved messages by where they come from: whom a call means, and the answers that list them.

use domain::message::SavedDialog;
use domain::{AccessHashes, Authed, Known};
use store::{StoreError, Tx};
use tl::fields;
use views::{Mentioned, Sight};

use crate::RpcError;

/// From whom what is asked for was saved; only the dialog with oneself has such parts.
pub(crate) fn saved_from(
    hashes: &AccessHashes,
    by: Authed,
    with: Known,
    input: Option<&tl::InputPeer>,
) -> Result<Option<Known>, RpcError> {
    let Some(input) = input else { return Ok(None) };
    let from = views::input_peer(hashes, by, input)?;
    if with == Known::own(by) { Ok(Some(from)) } else { Err(RpcError::PeerIdInvalid) }
}

/// Dialogs of saved messages as a list: the whole one, or a part of so many.
pub(crate) fn saved_dialogs(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
    all: &[SavedDialog],
    part_of: Option<u32>,
) -> Result<tl::messages::SavedDialogs, StoreError> {
    let mut mentioned = Mentioned::default();
    for of in all {
        mentioned.add_peer(of.peer);
        mentioned.add_message(&of.top);
    }
    let users = mentioned.users(tx, sight, by.user())?;
    let messages = all.iter().map(|of| views::message(&of.top)).collect();
    let dialogs = all.iter().map(views::saved_dialog).collect();
    let chats = Vec::new();
    Ok(match part_of {
        None => fields::messages::SavedDialogs { dialogs, messages, chats, users }.into(),
        Some(total) => {
            let count = i32::try_from(total).unwrap_or(i32::MAX);
            fields::messages::SavedDialogsSlice { count, dialogs, messages, chats, users }.into()
        }
    })
}
