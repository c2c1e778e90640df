//! messages.forwardMessages: sends what others said into another dialog, or the same.
//!
//! The messages come in the order given, all or none; the same random ids again are the same messages (T7). There are no
//! games, videos or topics, so what is said of those changes nothing or is refused. Errors: PEER_ID_INVALID, MESSAGE_IDS_EMPTY,
//! LIMIT_INVALID for more than 100 numbers, RANDOM_ID_INVALID, RANDOM_ID_EMPTY, MESSAGE_ID_INVALID, QUIZ_ANSWER_MISSING, INPUT_USER_DEACTIVATED,
//! REPLY_TO_INVALID, SCHEDULE_DATE_INVALID, SEND_AS_PEER_INVALID, OPTION_NOT_SUPPORTED.
//! Source: <https://core.telegram.org/method/messages.forwardMessages>.

use domain::Allowed;
use domain::message::{self, ForwardError, NewForwards};
use ids::{MsgId, RandomId};

use crate::flood::Cost;
use crate::shape::sent_any;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ForwardMessages {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        refuse_options(&self)?;
        if self.id.len() != self.random_id.len() {
            return Err(RpcError::RandomIdInvalid);
        }
        // The call itself pays for one of them.
        ctx.charge(Cost::change(self.id.len().saturating_sub(1)))?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        // A call that is run again draws again; nobody has seen the first number then.
        let chance = ctx.rng.u64();
        let named = self.id.iter().zip(&self.random_id);
        let messages: Vec<_> = named.map(|(&id, &random_id)| (MsgId(id), RandomId(random_id))).collect();
        ctx.write(|tx, by| {
            let from = views::input_peer(sight, by, &self.from_peer)?;
            let to = views::input_peer(sight, by, &self.to_peer)?;
            let new = NewForwards {
                from,
                to: Allowed::to_write(tx, by, to)?,
                messages: messages.clone(),
                drop_author: self.drop_author,
                drop_captions: self.drop_media_captions,
                silent: self.silent,
                chance,
            };
            let forwarded = message::forward(tx, by, &new, now)?;
            sent_any(tx, sight, by, &forwarded, now)
        })
    }
}

fn refuse_options(call: &tl::messages::ForwardMessages) -> Result<(), RpcError> {
    if call.schedule_date.is_some() || call.schedule_repeat_period.is_some() {
        return Err(RpcError::ScheduleDateInvalid);
    }
    if call.send_as.is_some() {
        return Err(RpcError::SendAsPeerInvalid);
    }
    if call.reply_to.is_some() {
        return Err(RpcError::ReplyToInvalid);
    }
    let promises = call.noforwards
        || call.from_ephemeral
        || call.top_msg_id.is_some()
        || call.quick_reply_shortcut.is_some()
        || call.effect.is_some()
        || call.allow_paid_stars.is_some()
        || call.suggested_post.is_some();
    if promises { Err(RpcError::OptionNotSupported) } else { Ok(()) }
}

impl From<ForwardError> for RpcError {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::Nothing => Self::MessageIdsEmpty,
            ForwardError::TooMany => Self::LimitInvalid,
            ForwardError::RandomIdEmpty => Self::RandomIdEmpty,
            ForwardError::RandomIdTwice => Self::RandomIdInvalid,
            ForwardError::Unanswered => Self::QuizAnswerMissing,
            ForwardError::NotFound => Self::MessageIdInvalid,
            ForwardError::Append(error) => error.into(),
        }
    }
}
