//! Who has blocked whom.
//!
//! The list lies in its owner's box; what others need while he is away, that he blocked this very person, in pages of the
//! directory. An account that blocked nobody says so itself, so that a message to it reads no page. What somebody blocked
//! sends is accepted and reaches nobody: he is not told. Source: docs, contacts.block, contacts.getBlocked.

use ids::limits::BLOCKED_MAX;
use ids::{UnixTime, UserId};
use store::{Directory, Masked, Page, StoreError, Tx, Window, record};

use crate::account;
use crate::tables::{BLOCKED, BLOCKS};
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

record! {
    /// Somebody whom the box's owner blocked.
    #[derive(Copy)]
    pub struct BlockedRow v1 {
        pub(crate) user: UserId,
        pub(crate) date: UnixTime,
    }
}

record! {
    /// A page of who blocked whom.
    pub struct BlockPage v1 {
        pub(crate) blocks: Vec<Block>,
    }
}

store::fields! {
    /// That one user blocked another.
    #[derive(Copy)]
    pub struct Block {
        pub(crate) by: UserId,
        pub(crate) whom: UserId,
    }
}

/// A page of the caller's list.
pub struct BlockedList {
    /// Whom, and when, newest first.
    pub blocked: Vec<(UserId, UnixTime)>,
    /// How many in all.
    pub total: u32,
}

/// Why nobody was blocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BlockError {
    /// The caller named himself.
    #[error("nobody can block himself")]
    Oneself,
    /// The list is full.
    #[error("too many are blocked")]
    TooMany,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Blocks somebody, or lifts the block; whether that changed anything.
///
/// # Errors
/// The [`BlockError`].
pub fn set(
    tx: &mut Tx<'_>,
    by: Authed,
    whom: Known,
    blocked: bool,
    now: UnixTime,
) -> Result<bool, BlockError> {
    let (own, user) = (by.own_box(), whom.user());
    if user == by.user() {
        return Err(BlockError::Oneself);
    }
    tx.enter(&[own])?;
    let is_blocked = tx.get(&BLOCKED, own, &masked(user))?.is_some();
    if is_blocked == blocked {
        return Ok(false);
    }
    let mut account = account::own(tx, by)?;
    let at = page_of(tx, by.user(), user);
    let mut page = load(tx, at)?;
    page.blocks.retain(|block| (block.by, block.whom) != (by.user(), user));
    if blocked {
        if account.blocks >= BLOCKED_MAX {
            return Err(BlockError::TooMany);
        }
        account.blocks += 1;
        page.blocks.push(Block { by: by.user(), whom: user });
        tx.put(&BLOCKED, own, &masked(user), &BlockedRow { user, date: now })?;
    } else {
        account.blocks = account.blocks.saturating_sub(1);
        tx.delete(&BLOCKED, own, &masked(user))?;
    }
    if page.blocks.is_empty() {
        tx.delete(&BLOCKS, Directory, &at)?;
    } else {
        tx.put(&BLOCKS, Directory, &at, &page)?;
    }
    account::put(tx, &account)?;
    update::log(tx, own, now, Event::Blocked { peer: Peer::User(user) })?;
    Ok(true)
}

/// A page of the caller's list.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &Tx<'_>, by: Authed, offset: usize, limit: usize) -> Result<BlockedList, StoreError> {
    let rows = tx.range(&BLOCKED, by.own_box(), .., Window::first(usize::MAX))?;
    let total = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let mut blocked: Vec<_> = rows.into_iter().map(|((), row)| (row.user, row.date)).collect();
    blocked.sort_unstable_by_key(|&(user, date)| (std::cmp::Reverse(date), user));
    Ok(BlockedList { blocked: blocked.into_iter().skip(offset).take(limit).collect(), total })
}

/// Whether the caller blocked somebody.
///
/// # Errors
/// When the store fails.
pub fn is_blocked(tx: &Tx<'_>, by: Authed, whom: UserId) -> Result<bool, StoreError> {
    Ok(tx.get(&BLOCKED, by.own_box(), &masked(whom))?.is_some())
}

/// Whether an account that blocked somebody blocked this very person. Only the directory is read.
pub(crate) fn has_blocked(tx: &Tx<'_>, account: &account::Account, whom: UserId) -> Result<bool, StoreError> {
    if !account.has_blocks() {
        return Ok(false);
    }
    let page = load(tx, page_of(tx, account.id, whom))?;
    Ok(page.blocks.iter().any(|block| (block.by, block.whom) == (account.id, whom)))
}

fn page_of(tx: &Tx<'_>, by: UserId, whom: UserId) -> Page {
    tx.page(&[b"block".as_slice(), &by.0.to_le_bytes(), &whom.0.to_le_bytes()].concat())
}

fn load(tx: &Tx<'_>, at: Page) -> Result<BlockPage, StoreError> {
    Ok(tx.get(&BLOCKS, Directory, &at)?.unwrap_or(BlockPage { blocks: Vec::new() }))
}

fn masked(user: UserId) -> Masked {
    Masked(user.0.cast_unsigned())
}

impl From<StoreError> for BlockError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
