//! messages.searchGlobal as a rule: the messages of all dialogs of a box, newest first.
//!
//! The log of the box has all messages in one order, so it is read from its end, and a page begins below the number of the
//! last message of the page before. The work has the bound of a search in one dialog: what lies beyond it is found by asking
//! below an older number. Source: docs, messages.searchGlobal.

use std::collections::BTreeMap;
use std::ops::Bound;

use ids::limits::SEARCH_MESSAGES_MAX;
use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx, Window};

use super::search::{Bounded, Kind, STEP, Wanted};
use super::{Message, MessageRow, page_items};
use crate::tables::{LOG, MESSAGES};
use crate::update::{Event, LogRow};
use crate::{Authed, Peer, dialog};

/// What is searched for.
pub struct SearchAll {
    /// Words, all of which must be there; empty: any text.
    pub words: String,
    /// Which messages.
    pub kind: Kind,
    /// Only those of dialogs in this folder.
    pub folder: Option<u8>,
    /// Only later than this; 0 or less: all.
    pub after: UnixTime,
    /// Only earlier than this; 0 or less: all.
    pub before: UnixTime,
    /// Below this number; 0 or less: from the newest on.
    pub offset_id: MsgId,
    /// Messages at most, capped at 100; 0 or less: 20.
    pub limit: i32,
}

/// A page of what was found.
pub struct FoundAll {
    /// The messages, newest first.
    pub messages: Vec<Message>,
    /// How many were found in all.
    pub total: u32,
    /// Whether all dialogs were looked through.
    pub exact: bool,
    /// Whether more was found than the pages up to this one hold.
    pub more: bool,
}

/// Searches all dialogs of the caller.
///
/// # Errors
/// When the store fails.
pub fn search_all(tx: &Tx<'_>, by: Authed, search: &SearchAll) -> Result<FoundAll, StoreError> {
    let own = by.own_box();
    let wanted = Wanted::anywhere(search.kind, &search.words, search.after, search.before);
    let mut scan = Scan { tx, by, own, wanted, folder: search.folder, folders: BTreeMap::new() };
    let (mut all, mut exact) = scan.below(MsgId(i32::MAX))?;
    let offset = if search.offset_id.0 > 0 { search.offset_id } else { MsgId(i32::MAX) };
    if !exact && search.offset_id.0 > 0 {
        (all, _) = scan.below(offset)?;
        exact = false;
    }
    let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let below: Vec<_> = all.into_iter().filter(|(_, id)| *id < offset).collect();
    let page: Vec<_> = below.iter().take(page_items(search.limit)).copied().map(Some).collect();
    let messages = super::at(tx, own, &page)?.into_iter().flatten().collect();
    Ok(FoundAll { messages, total, exact, more: page.len() < below.len() || !exact })
}

struct Scan<'a, 'tx> {
    tx: &'a Tx<'tx>,
    by: Authed,
    own: BoxId,
    wanted: Wanted,
    folder: Option<u8>,
    folders: BTreeMap<Peer, u8>,
}

impl Scan<'_, '_> {
    /// What lies below a number, newest first, as far as one search goes; whether that was all.
    fn below(&mut self, below: MsgId) -> Result<(Vec<(Peer, MsgId)>, bool), StoreError> {
        let (mut found, mut bound, mut below) = (Vec::new(), Bounded::default(), Pts(below.0));
        let mut seen = 0;
        while seen < SEARCH_MESSAGES_MAX {
            let span = (Bound::Unbounded, Bound::Excluded(below));
            let log = self.tx.range(&LOG, self.own, span, Window::last(STEP))?;
            let Some(&(oldest, _)) = log.last() else { return Ok((found, true)) };
            below = oldest;
            seen += log.len();
            let place = |(pts, row): (Pts, LogRow)| {
                let Event::NewMessage { peer, .. } = row.event else { return None };
                Some((peer, MsgId(pts.0)))
            };
            let places: Vec<_> = log.into_iter().filter_map(place).collect();
            let keys: Vec<_> = places.iter().map(|&(peer, id)| super::key(peer, id)).collect();
            for (place, row) in places.into_iter().zip(self.tx.multi_get(&MESSAGES, self.own, &keys)?) {
                let Some(row) = row else { continue };
                if !bound.has_room_for(&row) {
                    return Ok((found, false));
                }
                if self.holds(place.0, &row)? {
                    found.push(place);
                }
            }
        }
        Ok((found, false))
    }

    fn holds(&mut self, peer: Peer, row: &MessageRow) -> Result<bool, StoreError> {
        if !self.wanted.holds(row) {
            return Ok(false);
        }
        let Some(folder) = self.folder else { return Ok(true) };
        let of_peer = match self.folders.get(&peer) {
            Some(&known) => known,
            None => dialog::one(self.tx, self.by, peer)?.folder,
        };
        self.folders.insert(peer, of_peer);
        Ok(of_peer == folder)
    }
}
