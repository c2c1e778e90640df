//! The answer to a search in one dialog.

use domain::message::Found;
use domain::{Authed, Peer};
use store::{StoreError, Tx};
use tl::fields;
use views::{Mentioned, Sight};

/// All that was found, or a part of it with the number of all.
pub(crate) fn found(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
    with: Peer,
    found: &Found,
) -> Result<tl::messages::Messages, StoreError> {
    let mut mentioned = Mentioned::default();
    mentioned.add_peer(with);
    found.messages.iter().for_each(|message| mentioned.add_message(message));
    let users = mentioned.users(tx, sight, by.user())?;
    let messages: Vec<_> = found.messages.iter().map(views::message).collect();
    if found.exact && messages.len() == found.total as usize {
        return Ok(fields::messages::Messages { messages, users, ..Default::default() }.into());
    }
    let count = i32::try_from(found.total).unwrap_or(i32::MAX);
    let inexact = !found.exact;
    Ok(fields::messages::MessagesSlice { inexact, count, messages, users, ..Default::default() }.into())
}
