//! messages.sendMessage: accepts a text into a dialog.
//!
//! Both copies, both events and the random id are one commit; the same random id again is the same message (T7).
//! Options without a meaning here yet are refused, never passed over. Errors: PEER_ID_INVALID, MESSAGE_EMPTY,
//! MESSAGE_TOO_LONG, ENTITY_BOUNDS_INVALID, ENTITIES_TOO_LONG, ENTITY_MENTION_USER_INVALID, RANDOM_ID_EMPTY,
//! REPLY_MESSAGE_ID_INVALID, REPLY_TO_INVALID, QUOTE_TEXT_INVALID, REPLY_MARKUP_INVALID, SCHEDULE_DATE_INVALID, SEND_AS_PEER_INVALID,
//! INPUT_USER_DEACTIVATED, YOU_BLOCKED_USER, OPTION_NOT_SUPPORTED.
//! Source: <https://core.telegram.org/method/messages.sendMessage>.

use domain::message::{self, FormattedText, NewMessage, Quote, Reply, SendError};
use domain::{AccessHashes, Allowed, Authed, Known, Refusal};
use ids::{MsgId, RandomId};
use tl::fields;

use crate::shape::sent;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::SendMessage {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        refuse_options(&self)?;
        let (hashes, now) = (&ctx.env.hashes, ctx.now.unix());
        ctx.write(|tx, by| {
            let known = views::input_peer(hashes, by, &self.peer)?;
            let entities = views::parse_entities(hashes, by, self.entities.as_deref().unwrap_or_default())?;
            let text = FormattedText::new(self.message.clone(), entities)?;
            let new = NewMessage {
                to: Allowed::to_write(tx, by, known)?,
                random_id: RandomId(self.random_id),
                text,
                media: None,
                reply: reply_to(hashes, by, known, self.reply_to.as_ref())?,
                silent: self.silent,
                clear_draft: self.clear_draft,
            };
            let message = message::send(tx, by, new, now)?;
            Ok(sent(tx, hashes, by, &[message], now)?)
        })
    }
}

/// The message of the dialog that is answered.
pub(super) fn reply_to(
    hashes: &AccessHashes,
    by: Authed,
    known: Known,
    input: Option<&tl::InputReplyTo>,
) -> Result<Option<Reply>, RpcError> {
    match input {
        None => Ok(None),
        Some(tl::InputReplyTo::InputReplyToMessage(reply)) => {
            if let Some(peer) = &reply.reply_to_peer_id {
                let other = views::input_peer(hashes, by, peer)?;
                if other != known {
                    return Err(RpcError::ReplyToInvalid);
                }
            }
            let unsupported = reply.monoforum_peer_id.is_some()
                || reply.todo_item_id.is_some()
                || reply.poll_option.is_some();
            if unsupported {
                return Err(RpcError::ReplyToInvalid);
            }
            let quote = reply.quote_text.as_ref().map(|text| quote(hashes, by, text, reply)).transpose()?;
            Ok(Some(Reply { to: MsgId(reply.reply_to_msg_id), quote }))
        }
        Some(
            tl::InputReplyTo::InputReplyToEphemeralMessage { .. }
            | tl::InputReplyTo::InputReplyToMonoForum { .. }
            | tl::InputReplyTo::InputReplyToStory { .. },
        ) => Err(RpcError::ReplyToInvalid),
    }
}

fn quote(
    hashes: &AccessHashes,
    by: Authed,
    text: &str,
    reply: &fields::InputReplyToMessage,
) -> Result<Quote, RpcError> {
    let entities = views::parse_entities(hashes, by, reply.quote_entities.as_deref().unwrap_or_default())?;
    let text = FormattedText::new(text.to_owned(), entities)?;
    let offset_units = u16::try_from(reply.quote_offset.unwrap_or_default()).unwrap_or(u16::MAX);
    Ok(Quote { text, offset_units })
}

/// Hints about drafts, previews and sticker order change nothing where there are none; everything else would be a
/// promise.
fn refuse_options(call: &tl::messages::SendMessage) -> Result<(), RpcError> {
    if call.reply_markup.is_some() {
        return Err(RpcError::ReplyMarkupInvalid);
    }
    if call.schedule_date.is_some() || call.schedule_repeat_period.is_some() {
        return Err(RpcError::ScheduleDateInvalid);
    }
    if call.send_as.is_some() {
        return Err(RpcError::SendAsPeerInvalid);
    }
    let promises = call.noforwards
        || call.quick_reply_shortcut.is_some()
        || call.effect.is_some()
        || call.allow_paid_stars.is_some()
        || call.suggested_post.is_some()
        || call.rich_message.is_some();
    if promises { Err(RpcError::OptionNotSupported) } else { Ok(()) }
}

impl From<Refusal> for RpcError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Gone => Self::InputUserDeactivated,
            Refusal::Blocked => Self::YouBlockedUser,
            Refusal::Store(error) => error.into(),
        }
    }
}

impl From<SendError> for RpcError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::RandomIdEmpty => Self::RandomIdEmpty,
            SendError::ReplyTo => Self::ReplyMessageIdInvalid,
            SendError::Quote => Self::QuoteTextInvalid,
            SendError::Mention => Self::EntityMentionUserInvalid,
            SendError::Append(error) => error.into(),
        }
    }
}
