//! messages.editMessage: another text for a message of the caller.
//!
//! Media stays as it is: there is none yet that could be put in the place of another. Errors: PEER_ID_INVALID,
//! MESSAGE_ID_INVALID, MESSAGE_AUTHOR_REQUIRED, MESSAGE_EDIT_TIME_EXPIRED, MESSAGE_NOT_MODIFIED, MESSAGE_EMPTY,
//! MESSAGE_TOO_LONG, ENTITY_BOUNDS_INVALID, ENTITIES_TOO_LONG, ENTITY_MENTION_USER_INVALID, REPLY_MARKUP_INVALID,
//! SCHEDULE_DATE_INVALID, OPTION_NOT_SUPPORTED. Source: <https://core.telegram.org/method/messages.editMessage>.

use domain::message::{self, EditError, FormattedText, NewText};
use ids::MsgId;
use tl::fields;
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::EditMessage {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        refuse_options(&self)?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let entities = views::parse_entities(sight, by, self.entities.as_deref().unwrap_or_default())?;
            let text = FormattedText::caption(self.message.clone().unwrap_or_default(), entities)?;
            let edited = message::edit(tx, by, NewText { with, id: MsgId(self.id), text }, now)?;
            let mut mentioned = Mentioned::default();
            mentioned.add_message(&edited.message);
            let message = views::message(&edited.message);
            let update = fields::UpdateEditMessage { message, pts: edited.pts.0, pts_count: 1 };
            Ok(views::updates(vec![update.into()], mentioned.users(tx, sight, by.user())?, now))
        })
    }
}

fn refuse_options(call: &tl::messages::EditMessage) -> Result<(), RpcError> {
    if call.reply_markup.is_some() {
        return Err(RpcError::ReplyMarkupInvalid);
    }
    if call.schedule_date.is_some() || call.schedule_repeat_period.is_some() {
        return Err(RpcError::ScheduleDateInvalid);
    }
    let promises =
        call.media.is_some() || call.quick_reply_shortcut_id.is_some() || call.rich_message.is_some();
    if promises { Err(RpcError::OptionNotSupported) } else { Ok(()) }
}

impl From<EditError> for RpcError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound | EditError::Fixed => Self::MessageIdInvalid,
            EditError::Author => Self::MessageAuthorRequired,
            EditError::TooLate => Self::MessageEditTimeExpired,
            EditError::Unchanged => Self::MessageNotModified,
            EditError::Empty => Self::MessageEmpty,
            EditError::Mention => Self::EntityMentionUserInvalid,
            EditError::Append(error) => error.into(),
        }
    }
}
