//! Answers that name people.

use domain::Authed;
use domain::update::{self, Entry, Event};
use ids::{UnixTime, UserId};
use store::{StoreError, Tx};
use tl::fields;
use views::{Counting, Sight};

/// The user that a name or a number stands for.
pub(crate) fn resolved(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
    user: UserId,
) -> Result<tl::contacts::ResolvedPeer, StoreError> {
    Ok(fields::contacts::ResolvedPeer {
        peer: tl::Peer::PeerUser { user_id: user.0 },
        chats: Vec::new(),
        users: vec![views::user(tx, sight, by.user(), user)?],
    }
    .into())
}

/// Users whom the caller sees otherwise from now on, each with the event that this call logged, in this order and last of
/// all in his box.
pub(crate) fn changed_users(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    by: Authed,
    changed: &[UserId],
    now: UnixTime,
) -> Result<tl::Updates, StoreError> {
    let mut pts = update::state(tx, by)?.pts;
    let mut entries = Vec::with_capacity(changed.len());
    for &user in changed.iter().rev() {
        entries.push((Entry { pts, pts_count: 1, date: now, event: Event::User { user } }, None));
        pts.0 -= 1;
    }
    entries.reverse();
    let news = views::news(tx, sight, by, &entries, Counting::Steps)?;
    Ok(views::updates(news.updates, news.mentioned.users(tx, sight, by.user())?, now))
}
