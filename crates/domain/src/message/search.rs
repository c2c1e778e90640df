//! messages.search as a rule, in one dialog: messages of a kind, with all the words asked for somewhere in their text.
//!
//! There is no index of words: the dialog is read, newest messages first, and the work has a bound. What a dialog holds beyond
//! it is not looked at, and the answer says that it is not exact; a page below an offset looks from there on. Only pinned
//! messages have an index. Words are compared without case, as parts of words too. Source: docs, messages.search.

use std::ops::Bound;

use ids::limits::{SEARCH_MESSAGES_MAX, SEARCH_TEXT_BYTES_MAX, SEARCH_WORDS_MAX};
use ids::{BoxId, MsgId, UnixTime, UserId};
use store::{StoreError, Tx, Window};

use super::{EntityKind, HistoryPage, Media, Message, MessageRow, page_items, pin};
use crate::tables::MESSAGES;
use crate::{Authed, Known, Peer};

/// Rows read in one go.
pub(super) const STEP: usize = 512;

/// Which messages are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// All but those that say what happened.
    Any,
    /// Pinned ones.
    Pinned,
    /// With an address of the web.
    Link,
    /// With somebody's card.
    Contact,
    /// With a place.
    Geo,
    /// With a poll.
    Poll,
    /// Of a kind that does not exist here.
    None,
}

/// What is searched for.
pub struct Search {
    /// The dialog.
    pub with: Known,
    /// Words, all of which must be there; empty: any text.
    pub words: String,
    /// Which messages.
    pub kind: Kind,
    /// Only what he wrote.
    pub from: Option<UserId>,
    /// Only later than this; 0 or less: all.
    pub after: UnixTime,
    /// Only earlier than this; 0 or less: all.
    pub before: UnixTime,
    /// In the dialog with oneself: only what was saved from this peer.
    pub saved_from: Option<Known>,
    /// Which page of what is found.
    pub page: HistoryPage,
}

/// A page of what was found.
pub struct Found {
    /// The messages, newest first.
    pub messages: Vec<Message>,
    /// How many were found in all.
    pub total: u32,
    /// Whether the whole dialog was looked at.
    pub exact: bool,
}

/// Where everything of a kind lies.
pub struct Places {
    /// Numbers and dates, newest first.
    pub all: Vec<(MsgId, UnixTime)>,
    /// Whether the whole dialog was looked at.
    pub exact: bool,
}

/// Searches one dialog of the caller.
///
/// # Errors
/// When the store fails.
pub fn search(tx: &Tx<'_>, by: Authed, search: &Search) -> Result<Found, StoreError> {
    let (own, peer, page) = (by.own_box(), search.with.peer(), &search.page);
    let offset = if page.offset_id.0 > 0 { page.offset_id } else { MsgId(i32::MAX) };
    // A page that begins before its offset needs what is newer.
    let from = if page.add_offset < 0 { MsgId(i32::MAX) } else { offset };
    let places = scan(tx, own, peer, from, &Wanted::of(own, peer, search))?;
    page_of(tx, own, peer, &places, offset, page)
}

/// The page of what was found in a dialog that begins below a number.
pub(super) fn page_of(
    tx: &Tx<'_>,
    own: BoxId,
    peer: Peer,
    Places { all, exact }: &Places,
    offset: MsgId,
    page: &HistoryPage,
) -> Result<Found, StoreError> {
    let newer = all.partition_point(|&(id, _)| id >= offset);
    // What lies before the list's begin is not there.
    let start =
        isize::try_from(newer).unwrap_or(isize::MAX).saturating_add(page.add_offset.try_into().unwrap_or(0));
    let end = start.saturating_add_unsigned(page_items(page.limit)).max(0).unsigned_abs();
    let start = start.max(0).unsigned_abs();
    let wanted =
        |id: MsgId| (page.max_id.0 <= 0 || id < page.max_id) && (page.min_id.0 <= 0 || id > page.min_id);
    let of_page = all.iter().take(end).skip(start);
    let places: Vec<_> = of_page.filter(|&&(id, _)| wanted(id)).map(|&(id, _)| Some((peer, id))).collect();
    let messages = super::at(tx, own, &places)?.into_iter().flatten().collect();
    Ok(Found { messages, total: u32::try_from(all.len()).unwrap_or(u32::MAX), exact: *exact })
}

/// Where the messages of a kind lie in a dialog of the caller; in that with himself, those saved from a peer if one is named.
///
/// # Errors
/// When the store fails.
pub fn places(
    tx: &Tx<'_>,
    by: Authed,
    with: Known,
    saved_from: Option<Known>,
    kind: Kind,
) -> Result<Places, StoreError> {
    let origin = saved_from.map(|from| (with.peer(), from.peer()));
    scan(tx, by.own_box(), with.peer(), MsgId(i32::MAX), &Wanted { kind, origin, ..Wanted::ANY })
}

/// What a message must be.
pub(super) struct Wanted {
    kind: Kind,
    /// Those that say what happened are wanted as well.
    with_services: bool,
    /// The dialog with oneself, and whence a message of it was saved.
    origin: Option<(Peer, Peer)>,
    words: Vec<String>,
    /// Written by the box's owner, or by the other side.
    out: Option<bool>,
    after: UnixTime,
    before: UnixTime,
}

impl Wanted {
    const ANY: Self = Self {
        kind: Kind::Any,
        with_services: false,
        origin: None,
        words: Vec::new(),
        out: None,
        after: UnixTime(0),
        before: UnixTime(0),
    };

    /// All that the owner of a box saved from a peer.
    pub(super) fn saved_from(own: Peer, from: Peer) -> Self {
        Self { with_services: true, origin: Some((own, from)), ..Self::ANY }
    }

    /// In whatever dialog.
    pub(super) fn anywhere(kind: Kind, query: &str, after: UnixTime, before: UnixTime) -> Self {
        Self { kind, words: words(query), after, before, ..Self::ANY }
    }

    fn of(own: BoxId, peer: Peer, search: &Search) -> Self {
        let out = search.from.map(|from| BoxId::from(from) == own);
        let is_there = search.from.is_none_or(|from| BoxId::from(from) == own || from == peer.user());
        Self {
            kind: if is_there { search.kind } else { Kind::None },
            with_services: false,
            origin: search.saved_from.map(|from| (peer, from.peer())),
            words: words(&search.words),
            out,
            after: search.after,
            before: search.before,
        }
    }

    pub(super) fn holds(&self, row: &MessageRow) -> bool {
        (self.with_services || row.action.is_none())
            && self.origin.is_none_or(|(own, from)| row.origin(own) == from)
            && self.out.is_none_or(|out| out == row.out)
            && (self.after.0 <= 0 || row.date > self.after)
            && (self.before.0 <= 0 || row.date < self.before)
            && self.is_of_kind(row)
            && self.has_words(row)
    }

    fn is_of_kind(&self, row: &MessageRow) -> bool {
        match self.kind {
            Kind::Any => true,
            Kind::Pinned => row.pinned,
            Kind::Link => row.text.entities().iter().any(|entity| is_link(&entity.kind)),
            Kind::Contact | Kind::Geo | Kind::Poll => row.media.as_ref().map(kind_of) == Some(self.kind),
            Kind::None => false,
        }
    }

    fn has_words(&self, row: &MessageRow) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let mut folded = row.text.text().to_lowercase();
        if let Some(Media::Poll { poll }) = &row.media {
            folded.push('\n');
            folded.push_str(&poll.question.text().to_lowercase());
        }
        self.words.iter().all(|word| folded.contains(word.as_str()))
    }
}

/// The words of a query.
fn words(query: &str) -> Vec<String> {
    let folded = query.to_lowercase();
    let words = folded.trim().splitn(SEARCH_WORDS_MAX, char::is_whitespace).map(str::trim);
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn is_link(kind: &EntityKind) -> bool {
    matches!(kind, EntityKind::Url | EntityKind::TextUrl { .. })
}

/// As what media is searched for.
const fn kind_of(media: &Media) -> Kind {
    match media {
        Media::Dice { .. } => Kind::Any,
        Media::Contact { .. } => Kind::Contact,
        Media::Geo { .. } | Media::Venue { .. } => Kind::Geo,
        Media::Poll { .. } => Kind::Poll,
    }
}

/// Looks through a dialog from its newest message on; if that is not all of it, through what is below a number instead.
pub(super) fn scan(
    tx: &Tx<'_>,
    own: BoxId,
    peer: Peer,
    from: MsgId,
    wanted: &Wanted,
) -> Result<Places, StoreError> {
    match wanted.kind {
        Kind::None => return Ok(Places { all: Vec::new(), exact: true }),
        Kind::Pinned => return pinned(tx, own, peer, wanted),
        Kind::Any | Kind::Link | Kind::Contact | Kind::Geo | Kind::Poll => {}
    }
    let newest = scan_below(tx, own, peer, MsgId(i32::MAX), wanted)?;
    if newest.exact || from == MsgId(i32::MAX) {
        return Ok(newest);
    }
    let below = scan_below(tx, own, peer, from, wanted)?;
    Ok(Places { exact: false, ..below })
}

fn scan_below(
    tx: &Tx<'_>,
    own: BoxId,
    peer: Peer,
    below: MsgId,
    wanted: &Wanted,
) -> Result<Places, StoreError> {
    let mut all = Vec::new();
    let exact = look_through(tx, own, peer, below, |id, row| {
        if wanted.holds(row) {
            all.push((id, row.date));
        }
    })?;
    Ok(Places { all, exact })
}

/// Looks at the messages of a dialog below a number, newest first, as far as one search goes; whether that was all of them.
pub(super) fn look_through(
    tx: &Tx<'_>,
    own: BoxId,
    peer: Peer,
    below: MsgId,
    mut look: impl FnMut(MsgId, &MessageRow),
) -> Result<bool, StoreError> {
    let mut bound = Bounded::default();
    walk(tx, own, peer, below, |id, row| {
        if !bound.has_room_for(row) {
            return false;
        }
        look(id, row);
        true
    })
}

/// Looks at the messages of a dialog below a number, newest first, for as long as more are wanted; whether that was all.
pub(super) fn walk(
    tx: &Tx<'_>,
    own: BoxId,
    peer: Peer,
    mut below: MsgId,
    mut look: impl FnMut(MsgId, &MessageRow) -> bool,
) -> Result<bool, StoreError> {
    loop {
        let span = (Bound::Included(super::key(peer, MsgId(0))), Bound::Excluded(super::key(peer, below)));
        let rows = tx.range(&MESSAGES, own, span, Window::last(STEP))?;
        let Some(&(((), oldest), _)) = rows.last() else { return Ok(true) };
        below = oldest;
        if !rows.iter().all(|(((), id), row)| look(*id, row)) {
            return Ok(false);
        }
    }
}

/// How far one search has looked.
#[derive(Default)]
pub(super) struct Bounded {
    seen: usize,
    bytes: usize,
}

impl Bounded {
    pub(super) fn has_room_for(&mut self, row: &MessageRow) -> bool {
        if self.seen >= SEARCH_MESSAGES_MAX || self.bytes >= SEARCH_TEXT_BYTES_MAX {
            return false;
        }
        self.seen += 1;
        self.bytes += super::text_bytes(&row.text, row.media.as_ref());
        true
    }
}

fn pinned(tx: &Tx<'_>, own: BoxId, peer: Peer, wanted: &Wanted) -> Result<Places, StoreError> {
    let ids = pin::pins(tx, own, peer, Window::last(SEARCH_MESSAGES_MAX))?;
    let keys: Vec<_> = ids.iter().map(|&id| super::key(peer, id)).collect();
    let rows = tx.multi_get(&MESSAGES, own, &keys)?;
    let there = ids.iter().zip(rows).filter_map(|(&id, row)| row.map(|row| (id, row)));
    let all = there.filter(|(_, row)| wanted.holds(row)).map(|(id, row)| (id, row.date)).collect();
    Ok(Places { all, exact: ids.len() < SEARCH_MESSAGES_MAX })
}
