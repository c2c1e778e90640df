//! What others are told of a user at once, and never later: that he comes or goes, and that he is called otherwise.
//!
//! Nothing of it is in a log and nothing has a counter. Whoever is away finds it in the users of whatever he asks for next.
//! Each of the updates says how it is now and not how it was changed, so that a lost one, or one told twice, does no harm.

use domain::presence::{self, Onlooker};
use ids::UserId;
use store::{Commit, Ran, Store, Tx};
use tl::{Encode, fields};
use views::Sight;

use crate::{PushError, needed};

/// An object of the canonical layer for all sessions of one user.
pub struct Tiding {
    /// The `updates`; none when there is nothing to tell.
    pub body: Option<Vec<u8>>,
    /// The commit that must be durable before it leaves.
    pub seen: Commit,
}

/// Who is told of a user, of those for whom `is_live`.
///
/// # Errors
/// The [`PushError`].
pub fn audience(
    store: &Store,
    of: UserId,
    is_live: &dyn Fn(UserId) -> bool,
) -> Result<Vec<Onlooker>, PushError> {
    read(store, |tx| Ok(presence::audience(tx, of, is_live)?)).map(|(audience, _)| audience)
}

/// Whether a user is online, for those of his [`audience`] who see that.
pub fn status(sight: &Sight<'_>, of: UserId) -> Tiding {
    let update = sight.presence.exact(of, sight.now).map(|status| {
        let update = tl::Update::UpdateUserStatus { user_id: of.0, status: views::user_status(status) };
        let date = sight.now.unix().as_int();
        tl::Updates::from(fields::UpdateShort { update, date }).to_bytes()
    });
    Tiding { body: update, seen: Commit(0) }
}

/// What a user is called and says of himself, as one viewer sees it.
///
/// # Errors
/// The [`PushError`].
pub fn name(store: &Store, sight: &Sight<'_>, viewer: UserId, of: UserId) -> Result<Tiding, PushError> {
    let (updates, seen) = read(store, |tx| Ok(views::user_changed(tx, sight, viewer, of)?))?;
    Ok(Tiding { body: updates.map(|updates| updates.to_bytes()), seen })
}

fn read<T>(
    store: &Store,
    run: impl FnOnce(&Tx<'_>) -> Result<T, PushError>,
) -> Result<(T, Commit), PushError> {
    let Ran { result, seen, needs, .. } = store.read(run);
    needed(needs)?;
    Ok((result?, seen))
}
