//! messages.searchGlobal: messages of all dialogs by words, kind and date, newest first.
//!
//! The caller's own box is looked through, as far as a search goes; beyond, the answer is marked as not exact, and what lies
//! further back is found by asking on. A page begins below the number of the last message, which is one of the whole box, so
//! rate and peer of an offset are not looked at. There are no groups and channels to search in. Errors: SEARCH_QUERY_EMPTY,
//! FOLDER_ID_INVALID, CHANNEL_INVALID. Source: <https://core.telegram.org/method/messages.searchGlobal>.

use domain::message::{self, Kind, SearchAll};
use ids::{MsgId, UnixTime};
use tl::fields;
use views::Mentioned;

use crate::flood::Cost;
use crate::shape::kind;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::SearchGlobal {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::Messages, RpcError> {
        let kind = kind(&self.filter);
        if kind == Kind::Any && self.q.trim().is_empty() {
            return Err(RpcError::SearchQueryEmpty);
        }
        if self.community.is_some() {
            return Err(RpcError::ChannelInvalid);
        }
        let folder = match self.folder_id {
            None => None,
            Some(folder @ (0 | 1)) => u8::try_from(folder).ok(),
            Some(_) => return Err(RpcError::FolderIdInvalid),
        };
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let search = SearchAll {
                words: self.q,
                kind: if self.groups_only || self.broadcasts_only { Kind::None } else { kind },
                folder,
                after: UnixTime(self.min_date.into()),
                before: UnixTime(self.max_date.into()),
                offset_id: MsgId(self.offset_id),
                limit: self.limit,
            };
            let found = message::search_all(tx, by, &search)?;
            let mut mentioned = Mentioned::default();
            found.messages.iter().for_each(|message| mentioned.add_message(message));
            let users = mentioned.users(tx, sight, by.user())?;
            let messages: Vec<_> = found.messages.iter().map(views::message).collect();
            if found.exact && messages.len() == found.total as usize {
                return Ok(fields::messages::Messages { messages, users, ..Default::default() }.into());
            }
            let last = found.messages.last().filter(|_| found.more);
            Ok(fields::messages::MessagesSlice {
                inexact: !found.exact,
                count: i32::try_from(found.total).unwrap_or(i32::MAX),
                next_rate: last.map(|last| last.date.as_int()),
                messages,
                users,
                ..Default::default()
            }
            .into())
        })
    }
}
