//! The counter: which updates are next, which were applied before, and when so much is missing that a difference is asked for.
//!
//! An update that carries `pts` is next if it begins where the counter stands, old if it ends there or before, and else early: it
//! waits until what is before it has come, for as long as the documentation says, and then a difference brings both. One
//! without `pts` goes with the next one behind it in its packet, which tells when it happened; alone it is applied at once.
//! What is asked for changes nothing until it is answered, so an answer that is lost is asked for again.

use tl::Update;
use tl::updates::{Difference, GetDifference, State};

use super::{Own, Told};

/// How long an early update waits for what is before it (docs: api/updates, recovering gaps).
const EARLY_MS: u64 = 500;
/// Early ones that wait; beyond that the difference brings them.
const EARLY_MAX: usize = 1024;

/// One thing to apply.
pub enum Change {
    /// What the server told.
    Update(Update),
    /// A message of a difference, new or as it is now.
    Message(tl::Message),
    /// What a call of this client has done.
    Own(Own),
    /// Too much happened to be told: everything is to be read anew.
    Anew,
}

/// Where a client stands.
pub struct Counter {
    pts: i32,
    qts: i32,
    seq: i32,
    date: i32,
    early: Vec<Part>,
    /// When the first of them came.
    early_since_ms: u64,
    /// A difference is to be asked for, whatever waits.
    is_behind: bool,
}

/// Changes that move the counter once.
struct Part {
    /// Where it stands after them, and how far they move it; none if they do not.
    pts: Option<(i32, i32)>,
    changes: Vec<Change>,
}

enum Place {
    Next,
    Old,
    Early,
}

impl Counter {
    /// A counter that stands where the server says.
    pub fn new(state: &State) -> Self {
        let State::State { pts, qts, date, seq, .. } = *state;
        Self { pts, qts, seq, date, early: Vec::new(), early_since_ms: 0, is_behind: false }
    }

    /// How many events it has counted.
    pub const fn pts(&self) -> i32 {
        self.pts
    }

    /// Takes updates, pushed or as the answer to a call; what is to be applied now, in order.
    pub fn take(&mut self, updates: tl::Updates, now_ms: u64) -> Vec<Change> {
        let (updates, date, seqs) = match updates {
            tl::Updates::UpdateShort(short) => (vec![short.update], short.date, (0, 0)),
            tl::Updates::Updates(all) => (all.updates, all.date, (all.seq, all.seq)),
            tl::Updates::UpdatesCombined(all) => (all.updates, all.date, (all.seq_start, all.seq)),
            // What they leave out only the difference says.
            tl::Updates::UpdatesTooLong
            | tl::Updates::UpdateShortMessage(_)
            | tl::Updates::UpdateShortChatMessage(_)
            | tl::Updates::UpdateShortSentMessage(_) => {
                self.is_behind = true;
                return Vec::new();
            }
        };
        let (first, last) = seqs;
        if first > 0 {
            if first <= self.seq {
                return Vec::new();
            }
            if first > self.seq + 1 {
                self.is_behind = true;
                return Vec::new();
            }
            self.seq = last;
        }
        self.date = self.date.max(date);
        self.put(parts(updates), now_ms)
    }

    /// Takes what the answer to a call of this client means; what is to be applied now.
    ///
    /// What it has done itself is applied once the counter is there, since what came before it may be under way; maybe late, or
    /// after a difference that knew of it.
    pub fn told(&mut self, told: Told, now_ms: u64) -> Vec<Change> {
        match told {
            Told::Nothing => Vec::new(),
            Told::Updates(updates) => self.take(updates, now_ms),
            Told::Own { pts, pts_count, own } => {
                let changes = vec![Change::Own(own)];
                self.put(vec![Part { pts: Some((pts, pts_count)), changes }], now_ms)
            }
            Told::Unknown => {
                self.unknown();
                Vec::new()
            }
        }
    }

    /// Something happened that nobody tells unasked.
    pub fn unknown(&mut self) {
        self.is_behind = true;
    }

    /// When a difference is to be asked for if nothing comes; none if all is well.
    pub fn due_ms(&self) -> Option<u64> {
        if self.is_behind {
            return Some(0);
        }
        (!self.early.is_empty()).then(|| self.early_since_ms.saturating_add(EARLY_MS))
    }

    /// What to ask for.
    pub fn question(&self) -> GetDifference {
        GetDifference { pts: self.pts, date: self.date.max(1), qts: self.qts, ..Default::default() }
    }

    /// Takes the answer; more is to be asked for at once while [`due_ms`](Self::due_ms) says so.
    pub fn answer(&mut self, difference: Difference, now_ms: u64) -> Vec<Change> {
        self.is_behind = false;
        let mut changes = Vec::new();
        match difference {
            Difference::DifferenceEmpty { date, seq } => (self.date, self.seq) = (date, seq),
            Difference::Difference(all) => {
                changes.extend(all.new_messages.into_iter().map(Change::Message));
                changes.extend(all.other_updates.into_iter().map(Change::Update));
                self.stand_at(&all.state);
            }
            Difference::DifferenceSlice(slice) => {
                changes.extend(slice.new_messages.into_iter().map(Change::Message));
                changes.extend(slice.other_updates.into_iter().map(Change::Update));
                self.stand_at(&slice.intermediate_state);
                self.is_behind = true;
            }
            Difference::DifferenceTooLong { pts } => {
                self.pts = pts;
                self.is_behind = true;
                changes.push(Change::Anew);
            }
        }
        self.early_since_ms = now_ms;
        changes.extend(self.settle());
        changes
    }

    fn stand_at(&mut self, state: &State) {
        let State::State { pts, qts, date, seq, .. } = *state;
        (self.pts, self.qts, self.date, self.seq) = (pts, qts, date, seq);
    }

    fn put(&mut self, parts: Vec<Part>, now_ms: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        for part in parts {
            if part.pts.is_none() {
                changes.extend(part.changes);
                continue;
            }
            if self.early.is_empty() {
                self.early_since_ms = now_ms;
            }
            self.early.push(part);
            changes.extend(self.settle());
        }
        if self.early.len() > EARLY_MAX {
            self.early.clear();
            self.is_behind = true;
        }
        changes
    }

    /// Takes out of those that wait whatever is next by now, or old.
    fn settle(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        loop {
            let found = self.early.iter().position(|part| !matches!(self.place(part), Place::Early));
            let Some(at) = found else { return changes };
            let part = self.early.remove(at);
            if let (Place::Next, Some((pts, _))) = (self.place(&part), part.pts) {
                self.pts = pts;
                changes.extend(part.changes);
            } else {
                // What this client did itself the server may not have told it.
                changes.extend(part.changes.into_iter().filter(|change| matches!(change, Change::Own(_))));
            }
        }
    }

    fn place(&self, part: &Part) -> Place {
        match part.pts {
            Some((pts, count)) if pts.saturating_sub(count) == self.pts => Place::Next,
            Some((pts, _)) if pts > self.pts => Place::Early,
            Some(_) | None => Place::Old,
        }
    }
}

/// Updates in their order, each with those before it that have no place of their own.
fn parts(updates: Vec<Update>) -> Vec<Part> {
    let (mut parts, mut changes) = (Vec::new(), Vec::new());
    for update in updates {
        let pts = pts(&update);
        changes.push(Change::Update(update));
        if pts.is_some() {
            parts.push(Part { pts, changes: std::mem::take(&mut changes) });
        }
    }
    parts.push(Part { pts: None, changes });
    parts
}

/// Where the counter of the account stands after an update, and how far it moves it.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "updates are of well over a hundred kinds, of which a few say something here"
)]
fn pts(update: &Update) -> Option<(i32, i32)> {
    match update {
        Update::UpdateNewMessage(update) => Some((update.pts, update.pts_count)),
        Update::UpdateEditMessage(update) => Some((update.pts, update.pts_count)),
        Update::UpdateReadHistoryInbox(update) => Some((update.pts, update.pts_count)),
        Update::UpdatePinnedMessages(update) => Some((update.pts, update.pts_count)),
        Update::UpdateWebPage(update) => Some((update.pts, update.pts_count)),
        Update::UpdateDeleteMessages { pts, pts_count, .. }
        | Update::UpdateReadHistoryOutbox { pts, pts_count, .. }
        | Update::UpdateReadMessagesContents { pts, pts_count, .. }
        | Update::UpdateFolderPeers { pts, pts_count, .. } => Some((*pts, *pts_count)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "counter_tests.rs"]
mod tests;
