//! messages.getPeerDialogs: the dialogs with some peers; one without messages is an empty dialog.
//!
//! Errors: INPUT_PEERS_EMPTY, LIMIT_INVALID, PEER_ID_INVALID.
//! Source: <https://core.telegram.org/method/messages.getPeerDialogs>.

use domain::dialog;
use ids::limits::PAGE_ITEMS_MAX;
use tl::fields;
use views::Mentioned;

use crate::updates::state;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetPeerDialogs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::PeerDialogs, RpcError> {
        if self.peers.is_empty() {
            return Err(RpcError::InputPeersEmpty);
        }
        if self.peers.len() > PAGE_ITEMS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.read(|tx, by| {
            let known = |input| views::input_dialog_peer(sight, by, input).transpose();
            let peers = self.peers.iter().filter_map(known).collect::<Result<Vec<_>, _>>()?;
            let found = dialog::of(tx, by, &peers)?;
            let mut mentioned = Mentioned::default();
            found.iter().filter_map(|(_, top)| top.as_ref()).for_each(|top| mentioned.add_message(top));
            let dialogs: Vec<_> = found.iter().map(|(dialog, _)| *dialog).collect();
            Ok(fields::messages::PeerDialogs {
                dialogs: views::dialogs(tx, by, &dialogs, &mut mentioned)?,
                messages: found.iter().filter_map(|(_, top)| top.as_ref().map(views::message)).collect(),
                chats: Vec::new(),
                users: mentioned.users(tx, sight, by.user())?,
                state: state(tx, by, now)?,
            }
            .into())
        })
    }
}
