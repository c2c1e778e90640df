//! messages.getAllDrafts: what the caller has begun to write, as one update for each dialog.
//!
//! Source: <https://core.telegram.org/method/messages.getAllDrafts>.

use domain::draft;
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetAllDrafts {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.read(|tx, by| {
            let drafts = draft::all(tx, by)?;
            let mut mentioned = Mentioned::default();
            for (peer, draft) in &drafts {
                mentioned.add_peer(*peer);
                mentioned.add_draft(draft);
            }
            let updates =
                drafts.iter().map(|(peer, draft)| views::draft_update(*peer, Some(draft), draft.date));
            Ok(views::updates(updates.collect(), mentioned.users(tx, sight, by.user())?, now))
        })
    }
}
