//! Committed log rows to session updates.
//!
//! A push is never handed along with the commit that caused it. It means "bring this session up to its box's head":
//! whoever triggers it, [`pending`] reads the log after what the session was last told, so updates of a box reach a
//! session in order and none twice. A push that is lost loses nothing: the next one, or the client's own
//! updates.getDifference, tells the same. Source: <https://core.telegram.org/api/updates>.
#![forbid(unsafe_code)]

mod tidings;

use domain::update::{Entry, Event};
use domain::{Authed, authorization, update};
use ids::{AuthKeyId, BoxId, Layer, Pts, limits};
use sealed::Need;
use store::{Commit, Ran, Store, StoreError, Tx};
use tl::Encode;
use views::{Counting, Sight};

pub use tidings::{Tiding, audience, name, status};

/// Events that are asked for one by one.
const EACH_MAX: i32 = 8;

/// What a session has not been told yet.
pub struct Batch {
    /// An `updates` object in the session's layer; none when there is nothing to tell.
    pub body: Option<Vec<u8>>,
    /// Where the session stands when it has been told.
    pub upto: Pts,
    /// Whether there is more behind it.
    pub more: bool,
    /// The commit that must be durable before the body leaves.
    pub seen: Commit,
}

/// Which stretch of the log is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// What the session was told up to.
    pub since: Pts,
    /// The last event to tell of, one that is known to be there; none for all there are. Whatever a call is about to answer
    /// itself is left to it.
    pub until: Option<Pts>,
}

/// Why nothing was told.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PushError {
    /// The key has no user: its sessions are told nothing.
    #[error("the key is not logged in")]
    LoggedOut,
    /// The session's layer has no form for the update.
    #[error("the update cannot be lowered")]
    Layer,
    /// Keys are not in memory; the push is tried again when they are.
    #[error("keys are needed")]
    NeedKeys(Vec<Need>),
    /// The store failed; the next push tries again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The next updates of a session: at most [`limits::PUSH_EVENTS_MAX`] events.
///
/// # Errors
/// The [`PushError`].
pub fn pending(
    store: &Store,
    sight: &Sight<'_>,
    key: AuthKeyId,
    stretch: Stretch,
    layer: Layer,
) -> Result<Batch, PushError> {
    let Ran { result, seen, needs, .. } = store.read(|tx| {
        let by = authorization::authenticate(tx, key)?.ok_or(PushError::LoggedOut)?;
        read(tx, sight, by, stretch)
    });
    needed(needs)?;
    let (updates, upto, more) = result?;
    // What has no form in the layer is told as "ask for the difference": the session must not stand still for it.
    let too_long = |_no_form| tl::Updates::UpdatesTooLong.to_bytes();
    let body = updates.map(|updates| lower(&updates, layer).unwrap_or_else(too_long));
    Ok(Batch { body, upto, more, seen })
}

/// Where a key's user stands: a session is told what comes after it.
///
/// # Errors
/// The [`PushError`].
pub fn head(store: &Store, key: AuthKeyId) -> Result<Pts, PushError> {
    let head = store.read(|tx| {
        let by = authorization::authenticate(tx, key)?.ok_or(PushError::LoggedOut)?;
        Ok(update::state(tx, by)?.pts)
    });
    needed(head.needs)?;
    head.result
}

fn needed(needs: Vec<Need>) -> Result<(), PushError> {
    if needs.is_empty() { Ok(()) } else { Err(PushError::NeedKeys(needs)) }
}

/// Lowers an update of the canonical layer, such as one that is not kept.
///
/// # Errors
/// [`PushError::Layer`].
pub fn lower(canonical: &[u8], layer: Layer) -> Result<Vec<u8>, PushError> {
    let mut lowered = Vec::with_capacity(canonical.len());
    tl::layer::lower(canonical, layer, &mut lowered).map_err(|_unknown| PushError::Layer)?;
    Ok(lowered)
}

type Told = (Option<Vec<u8>>, Pts, bool);

fn read(tx: &Tx<'_>, sight: &Sight<'_>, by: Authed, stretch: Stretch) -> Result<Told, PushError> {
    let (entries, more) = entries(tx, by.own_box(), stretch)?;
    let Some(last) = entries.last() else { return Ok((None, stretch.since, false)) };
    let upto = last.pts;
    if entries.iter().any(|entry| entry.event == Event::Repaired) {
        return Ok((Some(tl::Updates::UpdatesTooLong.to_bytes()), upto, more));
    }
    let told = update::with_messages(tx, by, entries)?;
    let news = views::news(tx, sight, by, &told, Counting::Steps)?;
    let users = news.mentioned.users(tx, sight, by.user())?;
    Ok((Some(views::updates(news.updates, users, sight.now.unix()).to_bytes()), upto, more))
}

/// The events of a stretch, and whether there are more than one batch of them. Most stretches are one event.
fn entries(tx: &Tx<'_>, of: BoxId, stretch: Stretch) -> Result<(Vec<Entry>, bool), StoreError> {
    let Stretch { since, until } = stretch;
    if let Some(until) = until {
        if until <= since {
            return Ok((Vec::new(), false));
        }
        if until.0 - since.0 <= EACH_MAX {
            return Ok((update::each(tx, of, since, until)?, false));
        }
    }
    let mut entries = update::events(tx, of, since, limits::PUSH_EVENTS_MAX + 1)?;
    let more = entries.len() > limits::PUSH_EVENTS_MAX;
    entries.truncate(limits::PUSH_EVENTS_MAX);
    entries.retain(|entry| until.is_none_or(|until| entry.pts <= until));
    Ok((entries, more))
}
