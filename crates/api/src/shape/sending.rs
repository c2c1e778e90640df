//! What sending a message of any kind has in common: what it answers, and how a refusal is told.

use domain::message::{FormattedText, Quote, Reply, SendError};
use domain::{AccessHashes, Authed, Known, Refusal};
use ids::MsgId;
use tl::fields;

use crate::RpcError;

/// Refuses what has an error of its own: buttons, which are of bots, sending at a later time, and sending as somebody else.
pub(crate) fn refuse_kinds(markup: bool, scheduled: bool, send_as: bool) -> Result<(), RpcError> {
    if markup {
        return Err(RpcError::ReplyMarkupInvalid);
    }
    if scheduled {
        return Err(RpcError::ScheduleDateInvalid);
    }
    if send_as { Err(RpcError::SendAsPeerInvalid) } else { Ok(()) }
}

/// The message of the same dialog that is answered.
pub(crate) fn reply_to(
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
