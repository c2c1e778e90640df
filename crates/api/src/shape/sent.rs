//! The answer to a call that sent messages: the events it caused itself, which are pushed to all sessions but this one.

use domain::Authed;
use domain::message::Sent;
use ids::{Pts, UnixTime};
use store::{StoreError, Tx};
use tl::fields;
use views::{Mentioned, Sight};

use crate::RpcError;

/// First which random id became which message, then the messages: clients expect all of the former, also for a message that
/// was sent before and is gone by now.
fn sent(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
    all: &[Sent],
    now: UnixTime,
) -> Result<tl::Updates, StoreError> {
    let mut mentioned = Mentioned::default();
    let named =
        all.iter().map(|sent| tl::Update::UpdateMessageID { id: sent.id.0, random_id: sent.random_id.0 });
    let mut updates: Vec<_> = named.collect();
    for sent in all {
        let Some(message) = &sent.message else { continue };
        if sent.cleared_draft {
            updates.push(views::draft_update(message.peer, None, message.date));
            updates.push(views::step(Pts(sent.pts.0 - 1), 1));
        }
        mentioned.add_message(message);
        let message = views::message(message);
        updates.push(fields::UpdateNewMessage { message, pts: sent.pts.0, pts_count: 1 }.into());
    }
    Ok(views::updates(updates, mentioned.users(tx, sight, by.user())?, now))
}

/// The same for one message.
pub(crate) fn sent_one(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
    one: Sent,
    now: UnixTime,
) -> Result<tl::Updates, RpcError> {
    sent_any(tx, sight, by, &[one], now)
}

/// The same for messages of which one at least is still there. A client that repeats a call takes an answer without any message
/// for a mistake and waits for ever: when all are gone by now, it is told that its random ids were used. Not by the code 500 of
/// the docs, which would make it repeat the call again.
pub(crate) fn sent_any(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
    all: &[Sent],
    now: UnixTime,
) -> Result<tl::Updates, RpcError> {
    if !all.is_empty() && all.iter().all(|one| one.message.is_none()) {
        return Err(RpcError::RandomIdDuplicate);
    }
    Ok(sent(tx, sight, by, all, now)?)
}
