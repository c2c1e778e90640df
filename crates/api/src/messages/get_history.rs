//! messages.getHistory: a page of one dialog, newest first.
//!
//! Errors: PEER_ID_INVALID, OFFSET_INVALID. Source: <https://core.telegram.org/method/messages.getHistory>,
//! <https://core.telegram.org/api/offsets>.

use domain::message::{self, HistoryError, HistoryPage};
use ids::{MsgId, UnixTime};
use tl::fields;
use views::Mentioned;

use crate::flood::Cost;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetHistory {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::Messages, RpcError> {
        ctx.charge(Cost::ask(1))?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let page = HistoryPage {
                offset_id: MsgId(self.offset_id),
                offset_date: UnixTime(self.offset_date.into()),
                add_offset: self.add_offset,
                limit: self.limit,
                max_id: MsgId(self.max_id),
                min_id: MsgId(self.min_id),
            };
            let history = message::history(tx, by, with, &page)?;
            let mut mentioned = Mentioned::default();
            mentioned.add_peer(with.peer());
            history.messages.iter().for_each(|message| mentioned.add_message(message));
            let users = mentioned.users(tx, sight, by.user())?;
            let count = i32::try_from(history.total).unwrap_or(i32::MAX);
            let messages: Vec<_> = history.messages.iter().map(views::message).collect();
            if messages.len() == history.total as usize {
                return Ok(fields::messages::Messages { messages, users, ..Default::default() }.into());
            }
            Ok(fields::messages::MessagesSlice { count, messages, users, ..Default::default() }.into())
        })
    }
}

impl From<HistoryError> for RpcError {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::AddOffset => Self::OffsetInvalid,
            HistoryError::Store(error) => error.into(),
        }
    }
}
