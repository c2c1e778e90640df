//! messages.getMessages: messages of the caller's box by their numbers.
//!
//! A number without a message is answered as `messageEmpty`, in its place; `inputMessageReplyTo` asks for the message that
//! one answers. Errors: LIMIT_INVALID for more than 100 numbers, MSG_ID_INVALID for kinds that are of channels and bots.
//! Source: <https://core.telegram.org/method/messages.getMessages>.

use domain::message;
use ids::{MsgId, limits};
use tl::fields;
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetMessages {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::Messages, RpcError> {
        if self.id.len() > limits::MESSAGE_IDS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let asked = self.id.iter().map(asked).collect::<Result<Vec<_>, _>>()?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let ids: Vec<_> = asked.iter().map(|asked| asked.id).collect();
            let found = message::by_id(tx, by, &ids)?;
            // What an answer answers is looked up in a second step; a message that answers nothing has none.
            let targets: Vec<_> =
                asked.iter().zip(&found).map(|(asked, found)| asked.target(found)).collect();
            let messages = message::by_id(tx, by, &targets)?;
            let mut mentioned = Mentioned::default();
            messages.iter().flatten().for_each(|message| mentioned.add_message(message));
            let users = mentioned.users(tx, sight, by.user())?;
            let view = |(message, id): (&Option<message::Message>, &MsgId)| match message {
                Some(message) => views::message(message),
                None => tl::Message::MessageEmpty { id: id.0, peer_id: None },
            };
            let messages = messages.iter().zip(&targets).map(view).collect();
            Ok(fields::messages::Messages { messages, users, ..Default::default() }.into())
        })
    }
}

/// One message that is asked for.
struct Asked {
    id: MsgId,
    /// Not it, but the one it answers.
    answered: bool,
}

impl Asked {
    fn target(&self, found: &Option<message::Message>) -> MsgId {
        let answered = || found.as_ref()?.reply.as_ref().map(|reply| reply.to);
        if self.answered { answered().unwrap_or(MsgId(0)) } else { self.id }
    }
}

fn asked(input: &tl::InputMessage) -> Result<Asked, RpcError> {
    match input {
        tl::InputMessage::InputMessageID { id } => Ok(Asked { id: MsgId(*id), answered: false }),
        tl::InputMessage::InputMessageReplyTo { id } => Ok(Asked { id: MsgId(*id), answered: true }),
        tl::InputMessage::InputMessagePinned | tl::InputMessage::InputMessageCallbackQuery { .. } => {
            Err(RpcError::MsgIdInvalid)
        }
    }
}
