//! folders.editPeerFolders: moves dialogs to the archive and back.
//!
//! The answer is the event, if anything moved. Errors: FOLDER_ID_INVALID, PEER_ID_INVALID, LIMIT_INVALID.
//! Source: <https://core.telegram.org/method/folders.editPeerFolders>.

use domain::{dialog, update};
use ids::limits::PAGE_ITEMS_MAX;
use views::Counting;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::folders::EditPeerFolders {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        if self.folder_peers.len() > PAGE_ITEMS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let one = |input: &tl::InputFolderPeer| {
                let tl::InputFolderPeer::InputFolderPeer { peer, folder_id } = input;
                let folder = match folder_id {
                    0 => 0,
                    1 => dialog::ARCHIVE,
                    _ => return Err(RpcError::FolderIdInvalid),
                };
                Ok((views::input_peer(sight, by, peer)?, folder))
            };
            let moves = self.folder_peers.iter().map(one).collect::<Result<Vec<_>, _>>()?;
            let before = update::state(tx, by)?.pts;
            dialog::file(tx, by, &moves, now)?;
            let own = update::events(tx, by.own_box(), before, PAGE_ITEMS_MAX)?;
            let own = update::with_messages(tx, by, own)?;
            let news = views::news(tx, sight, by, &own, Counting::Steps)?;
            Ok(views::updates(news.updates, news.mentioned.users(tx, sight, by.user())?, now))
        })
    }
}
