//! account.getNotifyExceptions: the dialogs with notification settings of their own, as one update each.
//!
//! With a peer only those of that dialog, or of that kind; all dialogs are with users. Errors: PEER_ID_INVALID.
//! Source: <https://core.telegram.org/method/account.getNotifyExceptions>.

use domain::notify::{self, Compared};
use domain::update::NotifyScope;
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::account::GetNotifyExceptions {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        let compared = Compared { sound: self.compare_sound, stories: self.compare_stories };
        ctx.read(|tx, by| {
            let scope =
                self.peer.as_ref().map(|peer| views::input_notify_peer(sight, by, peer)).transpose()?;
            let mut exceptions = notify::exceptions(tx, by, compared)?;
            exceptions.retain(|(with, _)| match scope {
                None | Some(NotifyScope::Users) => true,
                Some(NotifyScope::Peer { peer }) => peer == *with,
                Some(NotifyScope::Chats | NotifyScope::Broadcasts) => false,
            });
            let mut mentioned = Mentioned::default();
            exceptions.iter().for_each(|(with, _)| mentioned.add_peer(*with));
            let updates = exceptions
                .iter()
                .map(|(peer, settings)| views::notify_update(NotifyScope::Peer { peer: *peer }, settings));
            Ok(views::updates(updates.collect(), mentioned.users(tx, sight, by.user())?, now))
        })
    }
}
