//! messages.getDialogs: the caller's dialogs, from the newest to the oldest.
//!
//! An answer to the page after the last is an empty slice with the count, since some clients end on nothing else. The archive
//! as a whole (`dialogFolder`) is in no list.
//! Errors: FOLDER_ID_INVALID, OFFSET_PEER_ID_INVALID. Source: <https://core.telegram.org/method/messages.getDialogs>.

use domain::Authed;
use domain::Peer;
use domain::dialog::{self, DialogPage, Folder};
use ids::{MsgId, UnixTime, UserId};
use tl::fields;
use views::Mentioned;

use crate::flood::Cost;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetDialogs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::Dialogs, RpcError> {
        ctx.charge(Cost::ask(1))?;
        let sight = &ctx.sight();
        let folder = folder(self.folder_id)?;
        ctx.read(|tx, by| {
            let page = DialogPage {
                offset_date: UnixTime(self.offset_date.into()),
                offset_id: MsgId(self.offset_id),
                offset_peer: offset_peer(by, &self.offset_peer)?,
                limit: self.limit,
                folder,
                exclude_pinned: self.exclude_pinned,
            };
            let list = dialog::list(tx, by, &page)?;
            let mut mentioned = Mentioned::default();
            list.dialogs.iter().for_each(|(_, top)| mentioned.add_message(top));
            let dialogs: Vec<_> = list.dialogs.iter().map(|(dialog, _)| *dialog).collect();
            let dialogs = views::dialogs(tx, by, &dialogs, &mut mentioned)?;
            let users = mentioned.users(tx, sight, by.user())?;
            let count = i32::try_from(list.total).unwrap_or(i32::MAX);
            let messages = list.dialogs.iter().map(|(_, top)| views::message(top)).collect();
            let chats = Vec::new();
            if list.whole {
                return Ok(fields::messages::Dialogs { dialogs, messages, chats, users }.into());
            }
            Ok(fields::messages::DialogsSlice { count, dialogs, messages, chats, users }.into())
        })
    }
}

fn folder(id: Option<i32>) -> Result<Folder, RpcError> {
    match id {
        None => Ok(Folder::All),
        Some(0) => Ok(Folder::Main),
        Some(1) => Ok(Folder::Archive),
        Some(_) => Err(RpcError::FolderIdInvalid),
    }
}

/// An offset only names a place in the caller's own order, so its access hash is not looked at: TDLib sends 0.
fn offset_peer(by: Authed, input: &tl::InputPeer) -> Result<Option<Peer>, RpcError> {
    match input {
        tl::InputPeer::InputPeerEmpty => Ok(None),
        tl::InputPeer::InputPeerSelf => Ok(Some(Peer::User(by.user()))),
        tl::InputPeer::InputPeerUser { user_id, .. } => Ok(Some(Peer::User(UserId(*user_id)))),
        tl::InputPeer::InputPeerUserFromMessage { .. }
        | tl::InputPeer::InputPeerChat { .. }
        | tl::InputPeer::InputPeerChannel { .. }
        | tl::InputPeer::InputPeerChannelFromMessage { .. } => Err(RpcError::OffsetPeerIdInvalid),
    }
}
