//! messages.editMessage: another text for a message of the caller, or the end of a poll that he sent.
//!
//! Media stays as it is but for that: a poll is ended by naming it as closed, and what else is said of it then is not looked
//! at. Errors: PEER_ID_INVALID, MESSAGE_ID_INVALID, MESSAGE_AUTHOR_REQUIRED, MESSAGE_EDIT_TIME_EXPIRED, MESSAGE_NOT_MODIFIED,
//! MESSAGE_EMPTY, MESSAGE_TOO_LONG, MEDIA_NEW_INVALID, MEDIA_PREV_INVALID, ENTITY_BOUNDS_INVALID, ENTITIES_TOO_LONG,
//! ENTITY_MENTION_USER_INVALID, REPLY_MARKUP_INVALID, SCHEDULE_DATE_INVALID, OPTION_NOT_SUPPORTED.
//! Source: <https://core.telegram.org/method/messages.editMessage>, <https://core.telegram.org/api/poll>.

use domain::message::{self, CloseError, EditError, FormattedText, NewText};
use domain::update::{Entry, Event};
use ids::MsgId;
use tl::fields;
use views::{Counting, Mentioned};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::EditMessage {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        refuse_options(&self)?;
        if let Some(media) = &self.media {
            return end_poll(&self, media, ctx);
        }
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

fn end_poll(
    call: &tl::messages::EditMessage,
    media: &tl::InputMedia,
    ctx: &mut Ctx<'_>,
) -> Result<tl::Updates, RpcError> {
    let tl::InputMedia::InputMediaPoll(media) = media else { return Err(RpcError::MediaNewInvalid) };
    let tl::Poll::Poll(poll) = &media.poll;
    if !poll.closed {
        return Err(RpcError::MediaNewInvalid);
    }
    if call.message.as_ref().is_some_and(|text| !text.is_empty()) {
        return Err(RpcError::OptionNotSupported);
    }
    let (sight, now) = (&ctx.sight(), ctx.now.unix());
    ctx.write(|tx, by| {
        let with = views::input_peer(sight, by, &call.peer)?;
        let (message, pts) = message::close(tx, by, with, MsgId(call.id), now)?;
        let event = Event::Poll { peer: with.peer(), id: message.id };
        let entry = Entry { pts, pts_count: 1, date: now, event };
        let news = views::news(tx, sight, by, &[(entry, Some(message))], Counting::Steps)?;
        Ok(views::updates(news.updates, news.mentioned.users(tx, sight, by.user())?, now))
    })
}

fn refuse_options(call: &tl::messages::EditMessage) -> Result<(), RpcError> {
    if call.reply_markup.is_some() {
        return Err(RpcError::ReplyMarkupInvalid);
    }
    if call.schedule_date.is_some() || call.schedule_repeat_period.is_some() {
        return Err(RpcError::ScheduleDateInvalid);
    }
    let promises = call.quick_reply_shortcut_id.is_some() || call.rich_message.is_some();
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

impl From<CloseError> for RpcError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::NotFound => Self::MessageIdInvalid,
            CloseError::Author => Self::MessageAuthorRequired,
            CloseError::NoPoll => Self::MediaPrevInvalid,
            CloseError::Ended => Self::MessageNotModified,
            CloseError::Append(error) => error.into(),
        }
    }
}
