//! messages.getAvailableReactions: the emoji that can be put on messages, each with its drawings.
//!
//! Clients offer and set what is listed here and nothing else, and leave out what lacks one of the first five drawings.
//! Source: <https://core.telegram.org/method/messages.getAvailableReactions>.

use tl::fields;

use crate::drawings::{self, Reaction};
use crate::shape::{document, list_hash};
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetAvailableReactions {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AvailableReactions, RpcError> {
        let (sight, dc) = (&ctx.sight(), ctx.caller.dc);
        let viewer = ctx.read(|_, by| Ok(by.user()))?;
        let hash = hash();
        if self.hash == hash {
            return Ok(tl::messages::AvailableReactions::AvailableReactionsNotModified);
        }
        let one = |reaction: &Reaction| {
            let document = |drawing| document(drawing, sight, viewer, dc);
            fields::AvailableReaction {
                inactive: false,
                premium: false,
                reaction: reaction.emoji.to_owned(),
                title: reaction.title.to_owned(),
                static_icon: document(&reaction.still),
                appear_animation: document(&reaction.appear),
                select_animation: document(&reaction.select),
                activate_animation: document(&reaction.activate),
                effect_animation: document(&reaction.effect),
                around_animation: Some(document(&reaction.around)),
                center_icon: Some(document(&reaction.centre)),
            }
            .into()
        };
        let reactions = drawings::reactions().iter().map(one).collect();
        Ok(tl::messages::AvailableReactions::AvailableReactions { hash, reactions })
    }
}

/// Which version of the list this is: it changes with every drawing.
fn hash() -> i32 {
    let ids = drawings::reactions().iter().flat_map(Reaction::drawings).map(|drawing| drawing.id.0);
    let [a, b, c, d, ..] = list_hash(ids).to_le_bytes();
    i32::from_le_bytes([a, b, c, d | 1])
}
