//! updates.getDifference: everything that happened in the caller's box since a counter value.
//!
//! Never `differenceTooLong`, which one official client cannot read: a long way is told in slices. Errors:
//! PERSISTENT_TIMESTAMP_EMPTY, PERSISTENT_TIMESTAMP_INVALID.
//! Source: <https://core.telegram.org/method/updates.getDifference>.

use domain::Authed;
use domain::message::Message;
use domain::update::{Difference, DifferenceError, Since, difference};
use ids::{Pts, UnixTime};
use store::{StoreError, Tx};
use tl::fields;
use views::{Counting, Sight};

use crate::flood::Cost;
use crate::updates::get_state::told;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::updates::GetDifference {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::updates::Difference, RpcError> {
        ctx.charge(Cost::ask(1))?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.read(|tx, by| {
            let since = Since { pts: Pts(self.pts), limit: self.pts_limit };
            let difference = difference(tx, by, since)?;
            if difference.state.pts.0 == self.pts {
                return Ok(tl::updates::Difference::DifferenceEmpty { date: now.as_int(), seq: 0 });
            }
            Ok(answer(tx, sight, by, difference, now)?)
        })
    }
}

fn answer(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
    difference: Difference,
    now: UnixTime,
) -> Result<tl::updates::Difference, StoreError> {
    let news = views::news(tx, sight, by, &difference.others, Counting::InAnswer)?;
    let mut mentioned = news.mentioned;
    difference.messages.iter().for_each(|message| mentioned.add_message(message));
    let sent = difference.sent.iter();
    let ids = sent.map(|&(id, random)| tl::Update::UpdateMessageID { id: id.0, random_id: random.0 });
    let others = news.updates.into_iter().map(|update| counted(update, &difference.messages));
    let other_updates = ids.chain(others).collect();
    let new_messages = difference.messages.iter().map(views::message).collect();
    let new_encrypted_messages = Vec::new();
    let users = mentioned.users(tx, sight, by.user())?;
    let chats = Vec::new();
    let state = told(difference.state, now);
    Ok(if difference.complete {
        fields::updates::Difference {
            new_messages,
            new_encrypted_messages,
            other_updates,
            chats,
            users,
            state,
        }
        .into()
    } else {
        fields::updates::DifferenceSlice {
            new_messages,
            new_encrypted_messages,
            other_updates,
            chats,
            users,
            intermediate_state: state,
        }
        .into()
    })
}

/// A client takes the messages of a difference before its marks of what was read: what came after such a mark is unread as well.
fn counted(update: tl::Update, messages: &[Message]) -> tl::Update {
    let tl::Update::UpdateReadHistoryInbox(mut mark) = update else { return update };
    let tl::Peer::PeerUser { user_id } = mark.peer else { return (*mark).into() };
    let came_later = |message: &&Message| {
        message.peer.user().0 == user_id
            && !message.out
            && message.id.0 > mark.pts
            && message.id.0 > mark.max_id
    };
    let later = i32::try_from(messages.iter().filter(came_later).count()).unwrap_or(i32::MAX);
    mark.still_unread_count = mark.still_unread_count.saturating_add(later);
    (*mark).into()
}

impl From<DifferenceError> for RpcError {
    fn from(error: DifferenceError) -> Self {
        match error {
            DifferenceError::Empty => Self::PersistentTimestampEmpty,
            DifferenceError::Invalid => Self::PersistentTimestampInvalid,
            DifferenceError::Store(error) => error.into(),
        }
    }
}
