//! Dialog filters: the folders that a user makes himself, as rules and lists by which clients sort dialogs.
//!
//! The server keeps them and tells the user's devices; it sorts nothing by them. All of a user's filters are one row, in their
//! order. Source: docs, Dialog folders; messages.updateDialogFilter, messages.updateDialogFiltersOrder; client
//! configuration, dialog_filters_limit, dialog_filters_chats_limit, dialogs_folder_pinned_limit.

use ids::limits::{ARCHIVED_PINS_MAX, FILTER_PEERS_MAX, FILTER_TITLE_CHARS_MAX, FILTERS_MAX};
use ids::{BoxId, UnixTime};
use store::{StoreError, Tx, record};

use crate::message::FormattedText;
use crate::tables::FILTERS;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Peer};

/// Numbers below are the server's own: 0 stands for all dialogs, in an order of filters.
pub const FIRST_ID: u8 = 2;

store::fields! {
    /// A folder of a user's own.
    pub struct Filter {
        /// Its number, from [`FIRST_ID`].
        pub id: u8,
        /// Its name.
        pub title: FormattedText,
        /// Animated emoji in the name stand still.
        pub title_noanimate: bool,
        /// An emoji that stands for it.
        pub emoticon: Option<String>,
        /// Colour of its tag.
        pub color: Option<i32>,
        /// Kinds of dialogs that are in it or not.
        pub kinds: Kinds,
        /// Dialogs at its top, in order; they are in it.
        pub pinned: Vec<Peer>,
        /// Dialogs that are in it.
        pub include: Vec<Peer>,
        /// Dialogs that are not.
        pub exclude: Vec<Peer>,
    }
}

store::fields! {
    /// Kinds of dialogs that are in a filter, and kinds that are not.
    #[derive(Copy)]
    pub struct Kinds {
        /// Contacts are in it.
        pub contacts: bool,
        /// Other users are.
        pub non_contacts: bool,
        /// Groups are.
        pub groups: bool,
        /// Channels are.
        pub broadcasts: bool,
        /// Bots are.
        pub bots: bool,
        /// Muted ones are not.
        pub exclude_muted: bool,
        /// Read ones are not.
        pub exclude_read: bool,
        /// Archived ones are not.
        pub exclude_archived: bool,
    }
}

record! {
    /// All filters of a user.
    pub struct FiltersRow v1 {
        /// In their order.
        pub(crate) filters: Vec<Filter>,
        /// How many of them stand before "all dialogs".
        pub(crate) before_all: u8,
    }
}

/// The filters of a user.
pub struct Filters {
    /// In their order.
    pub filters: Vec<Filter>,
    /// How many of them stand before "all dialogs".
    pub before_all: usize,
}

/// Why filters were not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FilterError {
    /// A number that no filter can have, or none has.
    #[error("not the number of a filter")]
    Id,
    /// It has no name.
    #[error("the name is empty")]
    TitleEmpty,
    /// Its name is too long.
    #[error("the name is too long")]
    TitleLong,
    /// Nothing can ever be in it.
    #[error("nothing is in the filter")]
    Empty,
    /// A dialog is in it and not in it.
    #[error("a dialog is included and excluded")]
    Contradiction,
    /// Too many filters, or too many dialogs in one.
    #[error("too many filters, or dialogs in one")]
    TooMany,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// The caller's filters.
///
/// # Errors
/// When the store fails.
pub fn all(tx: &Tx<'_>, by: Authed) -> Result<Filters, StoreError> {
    let FiltersRow { filters, before_all } = load(tx, by.own_box())?;
    Ok(Filters { filters, before_all: before_all.into() })
}

/// Gives the caller a filter, in the place of the one with its number, or behind all others.
///
/// # Errors
/// The [`FilterError`].
pub fn set(tx: &mut Tx<'_>, by: Authed, filter: Filter, now: UnixTime) -> Result<(), FilterError> {
    let filter = filter.checked()?;
    let (own, id) = (by.own_box(), filter.id);
    tx.enter(&[own])?;
    let mut row = load(tx, own)?;
    let is_full = row.filters.len() >= FILTERS_MAX;
    match row.filters.iter_mut().find(|there| there.id == id) {
        Some(there) if *there == filter => return Ok(()),
        Some(there) => *there = filter,
        None if is_full => return Err(FilterError::TooMany),
        None => row.filters.push(filter),
    }
    Ok(save(tx, own, &row, Event::Filter { id }, now)?)
}

/// Takes a filter of the caller away; one that is not there is gone already.
///
/// # Errors
/// The [`FilterError`].
pub fn remove(tx: &mut Tx<'_>, by: Authed, id: u8, now: UnixTime) -> Result<(), FilterError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    let mut row = load(tx, own)?;
    let Some(at) = row.filters.iter().position(|there| there.id == id) else { return Ok(()) };
    row.filters.remove(at);
    if at < usize::from(row.before_all) {
        row.before_all -= 1;
    }
    Ok(save(tx, own, &row, Event::Filter { id }, now)?)
}

/// Gives the caller's filters another order, in which 0 stands for all dialogs. Those not named follow behind.
///
/// # Errors
/// The [`FilterError`].
pub fn reorder(tx: &mut Tx<'_>, by: Authed, order: &[u8], now: UnixTime) -> Result<(), FilterError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    let FiltersRow { mut filters, before_all } = load(tx, own)?;
    if order.iter().any(|id| *id != 0 && filters.iter().all(|filter| filter.id != *id)) {
        return Err(FilterError::Id);
    }
    let before: Vec<_> = filters.iter().map(|filter| filter.id).collect();
    let place = |id: u8| order.iter().position(|named| *named == id);
    // The sort is stable, and whoever is named stands before whoever is not.
    filters.sort_by_key(|filter| place(filter.id).map_or((1, 0), |place| (0, place)));
    let all = place(0).unwrap_or(0);
    let ahead = filters.iter().filter(|filter| place(filter.id).is_some_and(|at| at < all)).count();
    let ahead = u8::try_from(ahead).unwrap_or(u8::MAX);
    if ahead == before_all && filters.iter().map(|filter| filter.id).eq(before) {
        return Ok(());
    }
    let row = FiltersRow { filters, before_all: ahead };
    Ok(save(tx, own, &row, Event::FilterOrder, now)?)
}

fn load(tx: &Tx<'_>, of: BoxId) -> Result<FiltersRow, StoreError> {
    Ok(tx.get(&FILTERS, of, &())?.unwrap_or(FiltersRow { filters: Vec::new(), before_all: 0 }))
}

fn save(
    tx: &mut Tx<'_>,
    of: BoxId,
    row: &FiltersRow,
    event: Event,
    now: UnixTime,
) -> Result<(), AppendError> {
    if row.filters.is_empty() {
        tx.delete(&FILTERS, of, &())?
    } else {
        tx.put(&FILTERS, of, &(), row)?
    }
    let head = update::head(tx, of)?;
    update::append(tx, of, head, update::date_after(head, now), event)?;
    Ok(())
}

impl Filters {
    /// The numbers in their order, 0 for all dialogs.
    pub fn order(&self) -> Vec<u8> {
        let mut order: Vec<_> = self.filters.iter().map(|filter| filter.id).collect();
        order.insert(self.before_all.min(order.len()), 0);
        order
    }
}

impl Filter {
    /// The filter without repetitions, if it can be one.
    fn checked(mut self) -> Result<Self, FilterError> {
        if self.id < FIRST_ID {
            return Err(FilterError::Id);
        }
        let title = self.title.text();
        if title.trim().is_empty() {
            return Err(FilterError::TitleEmpty);
        }
        let emoticon_bytes = self.emoticon.as_ref().map_or(0, String::len);
        if title.chars().count() > FILTER_TITLE_CHARS_MAX || emoticon_bytes > 4 * FILTER_TITLE_CHARS_MAX {
            return Err(FilterError::TitleLong);
        }
        dedup(&mut self.pinned);
        self.include.retain(|peer| !self.pinned.contains(peer));
        dedup(&mut self.include);
        dedup(&mut self.exclude);
        if self.pinned.len() > ARCHIVED_PINS_MAX
            || self.pinned.len() + self.include.len() > FILTER_PEERS_MAX
            || self.exclude.len() > FILTER_PEERS_MAX
        {
            return Err(FilterError::TooMany);
        }
        if self.exclude.iter().any(|peer| self.pinned.contains(peer) || self.include.contains(peer)) {
            return Err(FilterError::Contradiction);
        }
        let Kinds { contacts, non_contacts, groups, broadcasts, bots, .. } = self.kinds;
        let any_kind = contacts || non_contacts || groups || broadcasts || bots;
        if !any_kind && self.pinned.is_empty() && self.include.is_empty() {
            return Err(FilterError::Empty);
        }
        Ok(self)
    }
}

/// Leaves each where it stands first.
fn dedup(peers: &mut Vec<Peer>) {
    let mut seen = std::collections::BTreeSet::new();
    peers.retain(|peer| seen.insert(*peer));
}

impl From<StoreError> for FilterError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
