//! What a box says of itself against what is there: rows that were removed behind the store's back, or put back in an older
//! version that is not shredded yet, open as well as any, so each dialog keeps a sum over its messages (P16). Read by
//! `doctor`; nothing else walks a whole box. Source: docs/keys.md 4.4.

use std::ops::Bound;

use ids::{BoxId, MsgId, Pts, UnixTime, UserId};
use store::{Directory, Mark, Page, StoreError, Tx, Window};

use crate::Peer;
use crate::dialog::DialogRow;
use crate::tables::{DIALOGS, LOG, MESSAGES, PHONES};
use crate::update::PTS_START;
use crate::{account, message};

/// Rows read in one go.
const STEP: usize = 1024;

/// Something in a box that no operation leaves so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// The messages of a dialog are not those that were written, in their newest versions.
    Messages(Peer),
    /// They are, but what the dialog says of them (how many, the newest, unread ones) is not true.
    Counts(Peer),
    /// There are messages that belong to no dialog: its row was removed.
    Orphans,
    /// The log has no row where one must end: at this counter.
    Log(Pts),
}

/// What was found.
#[derive(Default)]
pub struct Audit {
    /// Dialogs looked at.
    pub dialogs: u64,
    /// Messages looked at.
    pub messages: u64,
    /// What is wrong.
    pub wrong: Vec<Wrong>,
}

/// Who has an account.
#[derive(Default)]
pub struct Everybody {
    /// Those who are there.
    pub users: Vec<UserId>,
    /// How many the phone index names who are not.
    pub lost: u64,
}

/// What the messages of a dialog add up to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) messages: u32,
    pub(crate) unread: u32,
    pub(crate) top: MsgId,
    pub(crate) top_date: UnixTime,
    pub(crate) sum: Mark,
}

/// Looks at every dialog, message and log row of a box.
///
/// # Errors
/// When the store fails, keys are needed, or a row cannot be read.
pub fn audit(tx: &Tx<'_>, of: BoxId) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    let mut whole = Mark::ZERO;
    for ((), dialog) in tx.range(&DIALOGS, of, .., Window::first(usize::MAX))? {
        let there = tally(tx, of, &dialog)?;
        audit.dialogs += 1;
        audit.messages += u64::from(there.messages);
        whole += there.sum;
        if there.sum != dialog.sum {
            audit.wrong.push(Wrong::Messages(dialog.peer));
        } else if there != Tally::of(&dialog) {
            audit.wrong.push(Wrong::Counts(dialog.peer));
        }
    }
    if whole != sum_of_all(tx, of)? {
        audit.wrong.push(Wrong::Orphans);
    }
    audit.wrong.extend(gap(tx, of)?.map(Wrong::Log));
    Ok(audit)
}

/// Everybody whom the phone index names: it has each account once.
///
/// # Errors
/// When the store fails or a row cannot be read.
pub fn everybody(tx: &Tx<'_>) -> Result<Everybody, StoreError> {
    let mut everybody = Everybody::default();
    let all: Vec<Page> = (0..Page::COUNT).map(Page).collect();
    for pages in all.chunks(STEP) {
        let pages = tx.multi_get(&PHONES, Directory, pages)?;
        let users: Vec<UserId> =
            pages.into_iter().flatten().flat_map(|page| page.entries).map(|entry| entry.user).collect();
        for (user, account) in users.iter().zip(account::find_all(tx, &users)?) {
            match account {
                Some(_) => everybody.users.push(*user),
                None => everybody.lost += 1,
            }
        }
    }
    Ok(everybody)
}

/// The boxes of accounts, as far as they can be known without opening one.
pub struct Boxes {
    /// Them.
    pub known: Vec<BoxId>,
    /// Pages of the phone index that cannot be read.
    pub unread: usize,
}

/// The boxes of all accounts. A page that cannot be read hides none of those on the others.
///
/// # Errors
/// When the store fails or keys are needed.
pub fn boxes(tx: &Tx<'_>) -> Result<Boxes, StoreError> {
    let mut boxes = Boxes { known: Vec::new(), unread: 0 };
    for page in 0..Page::COUNT {
        match boxes_on(tx, page) {
            Ok(known) => boxes.known.extend(known),
            Err(StoreError::Corrupt(_)) => boxes.unread += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(boxes)
}

/// The boxes of the accounts on one of the [`Page::COUNT`] pages of the phone index.
///
/// # Errors
/// When the store fails, keys are needed or the page cannot be read.
pub fn boxes_on(tx: &Tx<'_>, page: u16) -> Result<Vec<BoxId>, StoreError> {
    let page = tx.get(&PHONES, Directory, &Page(page))?;
    Ok(page.into_iter().flat_map(|page| page.entries).map(|entry| BoxId::from(entry.user)).collect())
}

/// Counts the messages of a dialog.
pub(crate) fn tally(tx: &Tx<'_>, of: BoxId, dialog: &DialogRow) -> Result<Tally, StoreError> {
    let at = |id| message::key(dialog.peer, id);
    let mut tally = Tally { messages: 0, unread: 0, top: MsgId(0), top_date: UnixTime(0), sum: Mark::ZERO };
    let mut after = MsgId(0);
    loop {
        let span = (Bound::Excluded(at(after)), Bound::Included(at(MsgId(i32::MAX))));
        let rows = tx.range_marked(&MESSAGES, of, span, Window::first(STEP))?;
        let Some(&(((), last), ..)) = rows.last() else { return Ok(tally) };
        after = last;
        for (((), id), row, mark) in rows {
            tally.messages = tally.messages.saturating_add(1);
            tally.unread = tally.unread.saturating_add(u32::from(!row.out && id > dialog.read_inbox_max));
            (tally.top, tally.top_date) = (id, row.date);
            tally.sum += mark;
        }
    }
}

impl Tally {
    fn of(dialog: &DialogRow) -> Self {
        let DialogRow { messages, unread, top, top_date, sum, .. } = *dialog;
        Self { messages, unread, top, top_date, sum }
    }
}

fn sum_of_all(tx: &Tx<'_>, of: BoxId) -> Result<Mark, StoreError> {
    let mut sum = Mark::ZERO;
    let mut seen = 0;
    loop {
        let rows = tx.range_marked(&MESSAGES, of, .., Window::first(STEP).after(seen))?;
        if rows.is_empty() {
            return Ok(sum);
        }
        seen += rows.len();
        rows.into_iter().for_each(|(.., mark)| sum += mark);
    }
}

/// The counter at which a log row is missing, if one is.
fn gap(tx: &Tx<'_>, of: BoxId) -> Result<Option<Pts>, StoreError> {
    let mut before = PTS_START;
    loop {
        let span = (Bound::Excluded(before), Bound::Unbounded);
        let rows = tx.range(&LOG, of, span, Window::first(STEP))?;
        if rows.is_empty() {
            return Ok(None);
        }
        for (pts, row) in rows {
            if pts.0 - row.event.pts_count() != before.0 {
                return Ok(Some(before));
            }
            before = pts;
        }
    }
}
