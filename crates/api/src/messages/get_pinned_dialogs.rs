//! messages.getPinnedDialogs: the pinned dialogs of a folder, from the top.
//!
//! The archive, when anything is in it, is the first entry of the main list, and the only place where it is one.
//! Errors: FOLDER_ID_INVALID. Source: <https://core.telegram.org/method/messages.getPinnedDialogs>.

use domain::dialog;
use tl::fields;
use views::Mentioned;

use crate::updates::state;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetPinnedDialogs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::PeerDialogs, RpcError> {
        let folder = folder(self.folder_id)?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.read(|tx, by| {
            let pinned = dialog::pinned(tx, by, folder)?;
            let mut mentioned = Mentioned::default();
            let tops = pinned.iter().filter_map(|(_, top)| top.as_ref());
            tops.clone().for_each(|top| mentioned.add_message(top));
            let archive = if folder == 0 { dialog::archive(tx, by, now)? } else { None };
            let archived = archive.iter().filter_map(|archive| archive.message.as_ref());
            archived.clone().for_each(|top| mentioned.add_message(top));
            let dialogs: Vec<_> = pinned.iter().map(|(dialog, _)| *dialog).collect();
            let dialogs = views::dialogs(tx, by, &dialogs, &mut mentioned)?;
            Ok(fields::messages::PeerDialogs {
                dialogs: archive.iter().map(views::archive).chain(dialogs).collect(),
                messages: archived.chain(tops).map(views::message).collect(),
                chats: Vec::new(),
                users: mentioned.users(tx, sight, by.user())?,
                state: state(tx, by, now)?,
            }
            .into())
        })
    }
}

/// 0 the main list, 1 the archive; there are no others.
pub(super) fn folder(id: i32) -> Result<u8, RpcError> {
    match id {
        0 => Ok(0),
        1 => Ok(dialog::ARCHIVE),
        _ => Err(RpcError::FolderIdInvalid),
    }
}
