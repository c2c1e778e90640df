//! messages.getSearchResultsCalendar: on which days messages of a kind came, the newest day first, in UTC.
//!
//! At most 100 days, each with its newest message; older ones are asked for below an older number. Errors: PEER_ID_INVALID,
//! FILTER_NOT_SUPPORTED for all messages and mentions.
//! Source: <https://core.telegram.org/method/messages.getSearchResultsCalendar>.

use domain::message;
use ids::limits::PAGE_ITEMS_MAX;
use ids::{MsgId, UnixTime};
use tl::fields;
use views::Mentioned;

use crate::flood::Cost;
use crate::shape::{kind_with_places, saved_from};
use crate::{Access, Ctx, Method, RpcError};

const DAY_S: i64 = 86_400;

impl Method for tl::messages::GetSearchResultsCalendar {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::SearchResultsCalendar, RpcError> {
        let kind = kind_with_places(&self.filter)?;
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let from = saved_from(sight, by, with, self.saved_peer_id.as_ref())?;
            let found = message::places(tx, by, with, from, kind)?;
            let is_below = |&&(id, date): &&(MsgId, UnixTime)| {
                (self.offset_id <= 0 || id.0 < self.offset_id)
                    && (self.offset_date <= 0 || date.0 < i64::from(self.offset_date))
            };
            let below: Vec<_> = found.all.iter().filter(is_below).copied().collect();
            let days = below.chunk_by(|(_, a), (_, b)| a.0 / DAY_S == b.0 / DAY_S).take(PAGE_ITEMS_MAX);
            let (mut periods, mut newest) = (Vec::new(), Vec::new());
            for day in days {
                let (Some(&(max, date)), Some(&(min, _))) = (day.first(), day.last()) else { continue };
                newest.push(max);
                periods.push(tl::SearchResultsCalendarPeriod::SearchResultsCalendarPeriod {
                    date: UnixTime(date.0 - date.0 % DAY_S).as_int(),
                    min_msg_id: min.0,
                    max_msg_id: max.0,
                    count: i32::try_from(day.len()).unwrap_or(i32::MAX),
                });
            }
            let messages: Vec<_> = message::by_id(tx, by, &newest)?.into_iter().flatten().collect();
            let mut mentioned = Mentioned::default();
            messages.iter().for_each(|message| mentioned.add_message(message));
            let oldest = found.all.last();
            Ok(fields::messages::SearchResultsCalendar {
                inexact: !found.exact,
                count: i32::try_from(found.all.len()).unwrap_or(i32::MAX),
                min_date: oldest.map_or(0, |(_, date)| date.as_int()),
                min_msg_id: oldest.map_or(0, |(id, _)| id.0),
                offset_id_offset: None,
                periods,
                messages: messages.iter().map(views::message).collect(),
                chats: Vec::new(),
                users: mentioned.users(tx, sight, by.user())?,
            }
            .into())
        })
    }
}
