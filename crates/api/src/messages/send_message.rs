//! messages.sendMessage: accepts a text into a dialog.
//!
//! Both copies, both events and the random id are one commit; the same random id again is the same message (T7).
//! Options without a meaning here yet are refused, never passed over. Errors: PEER_ID_INVALID, MESSAGE_EMPTY,
//! MESSAGE_TOO_LONG, ENTITY_BOUNDS_INVALID, ENTITIES_TOO_LONG, ENTITY_MENTION_USER_INVALID, RANDOM_ID_EMPTY, RANDOM_ID_DUPLICATE,
//! REPLY_MESSAGE_ID_INVALID, REPLY_TO_INVALID, QUOTE_TEXT_INVALID, REPLY_MARKUP_INVALID, SCHEDULE_DATE_INVALID, SEND_AS_PEER_INVALID,
//! INPUT_USER_DEACTIVATED, YOU_BLOCKED_USER, OPTION_NOT_SUPPORTED.
//! Source: <https://core.telegram.org/method/messages.sendMessage>.

use domain::Allowed;
use domain::message::{self, FormattedText, NewMessage};
use ids::RandomId;

use crate::shape::{refuse_kinds, reply_to, sent_one};
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::SendMessage {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        refuse_options(&self)?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let known = views::input_peer(sight, by, &self.peer)?;
            let entities = views::parse_entities(sight, by, self.entities.as_deref().unwrap_or_default())?;
            let text = FormattedText::new(self.message.clone(), entities)?;
            let new = NewMessage {
                to: Allowed::to_write(tx, by, known)?,
                random_id: RandomId(self.random_id),
                text,
                media: None,
                reply: reply_to(sight, by, known, self.reply_to.as_ref())?,
                silent: self.silent,
                clear_draft: self.clear_draft,
            };
            let message = message::send(tx, by, new, now)?;
            sent_one(tx, sight, by, message, now)
        })
    }
}

/// Hints about drafts, previews and sticker order change nothing where there are none; everything else would be a
/// promise.
fn refuse_options(call: &tl::messages::SendMessage) -> Result<(), RpcError> {
    refuse_kinds(
        call.reply_markup.is_some(),
        call.schedule_date.is_some() || call.schedule_repeat_period.is_some(),
        call.send_as.is_some(),
    )?;
    let promises = call.noforwards
        || call.quick_reply_shortcut.is_some()
        || call.effect.is_some()
        || call.allow_paid_stars.is_some()
        || call.suggested_post.is_some()
        || call.rich_message.is_some();
    if promises { Err(RpcError::OptionNotSupported) } else { Ok(()) }
}
