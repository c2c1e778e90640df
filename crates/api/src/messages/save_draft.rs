//! messages.saveDraft: keeps what is being written in a dialog, for all devices of the caller.
//!
//! Nothing at all clears the draft. A preview of a link is a hint that changes nothing where there are none; other media would
//! be a promise. Errors: PEER_ID_INVALID, MSG_ID_INVALID, MESSAGE_TOO_LONG, ENTITY_BOUNDS_INVALID, ENTITIES_TOO_LONG,
//! ENTITY_MENTION_USER_INVALID, REPLY_TO_INVALID, OPTION_NOT_SUPPORTED.
//! Source: <https://core.telegram.org/method/messages.saveDraft>.

use domain::draft::{self, DraftError, NewDraft};
use domain::message::FormattedText;

use crate::shape::reply_to;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::SaveDraft {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        refuse_options(&self)?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let entities = views::parse_entities(sight, by, self.entities.as_deref().unwrap_or_default())?;
            let new = NewDraft {
                with,
                text: FormattedText::caption(self.message.clone(), entities)?,
                reply: reply_to(sight, by, with, self.reply_to.as_ref())?,
                no_webpage: self.no_webpage,
                invert_media: self.invert_media,
            };
            draft::save(tx, by, new, now)?;
            Ok(true)
        })
    }
}

fn refuse_options(call: &tl::messages::SaveDraft) -> Result<(), RpcError> {
    let is_preview =
        call.media.as_ref().is_none_or(|media| matches!(media, tl::InputMedia::InputMediaWebPage { .. }));
    let promises =
        !is_preview || call.effect.is_some() || call.suggested_post.is_some() || call.rich_message.is_some();
    if promises { Err(RpcError::OptionNotSupported) } else { Ok(()) }
}

impl From<DraftError> for RpcError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::ReplyTo => Self::MsgIdInvalid,
            DraftError::Mention => Self::EntityMentionUserInvalid,
            DraftError::Append(error) => error.into(),
        }
    }
}
