//! One side of a dialog as its client keeps it: the counter, moved by what it is told and by nothing else, and the texts it
//! knows by their numbers.
//!
//! It never skips: what comes too early waits for its turn, and what is told twice is a failure.
//! Source: <https://core.telegram.org/api/updates>.
use std::collections::BTreeMap;

use tokio::time::timeout;

use crate::person::Person;
use crate::support::{PATIENCE, conversation};
use crate::words::{Texts, line, said};

/// Where a box stands before anything is in it.
const PTS_START: i32 = 1;
const MESSAGES_MAX: i32 = 100;

/// One side.
pub(crate) struct Side {
    pub(crate) person: Person,
    pub(crate) peer: tl::InputPeer,
    /// Where it stood when it began to count: what was told before does not matter.
    began: i32,
    pts: i32,
    /// Steps that came before their turn: from where to where.
    early: BTreeMap<i32, i32>,
    texts: Texts,
    told: Vec<String>,
}

impl Side {
    /// Begins to count.
    pub(crate) async fn new(person: Person, peer: tl::InputPeer) -> Self {
        let began = head(&person).await;
        let (early, texts, told) = (BTreeMap::new(), Texts::default(), Vec::new());
        Self { person, peer, began, pts: began, early, texts, told }
    }

    pub(crate) fn pts(&self) -> i32 {
        self.pts
    }

    /// The number of a message in this side's box.
    pub(crate) fn number(&self, text: &str) -> i32 {
        self.texts.number(text)
    }

    /// Takes what a call was answered or what was pushed.
    pub(crate) fn take(&mut self, updates: tl::Updates) {
        for update in &conversation(updates) {
            let step = step(update);
            if step.is_some_and(|(pts, _)| pts <= self.began) {
                continue;
            }
            self.told.extend(said(update, &mut self.texts));
            if let Some((pts, count)) = step {
                self.moves(pts, count);
            }
        }
    }

    /// Takes the numbers that an answer without updates has.
    pub(crate) fn take_affected(&mut self, affected: &tl::messages::AffectedMessages) {
        let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = affected;
        self.moves(*pts, *pts_count);
    }

    fn moves(&mut self, pts: i32, count: i32) {
        let from = pts - count;
        if count == 0 {
            return assert!(pts <= self.pts, "a step of nothing says what is known: {pts} at {}", self.pts);
        }
        assert!(from >= self.pts, "told twice: {from} to {pts}, at {}", self.pts);
        assert_eq!(self.early.insert(from, pts), None, "told twice: from {from} to {pts}");
        while let Some(to) = self.early.remove(&self.pts) {
            self.pts = to;
        }
    }

    /// Waits until the counter is the server's and all of `wanted` was told; returns everything that was told.
    pub(crate) async fn settle(&mut self, action: &str, wanted: &[String]) -> Vec<String> {
        let head = head(&self.person).await;
        while self.pts < head || !wanted.iter().all(|wanted| self.told.contains(wanted)) {
            let layer = self.person.layer();
            let Ok(updates) = timeout(PATIENCE, self.person.update()).await else {
                panic!(
                    "{action}, layer {layer}: counter {} of {head}, early {:?}, told {:?}, not {wanted:?}",
                    self.pts, self.early, self.told
                );
            };
            self.take(updates);
        }
        assert_eq!(
            (self.pts, &self.early),
            (head, &BTreeMap::new()),
            "{action}: beyond the server's counter"
        );
        std::mem::take(&mut self.told)
    }

    /// The dialog, oldest message first.
    pub(crate) async fn history(&mut self) -> Vec<String> {
        let history =
            tl::messages::GetHistory { peer: self.peer.clone(), limit: MESSAGES_MAX, ..Default::default() };
        let mut messages = match self.person.call(&history).await {
            tl::messages::Messages::Messages(all) => all.messages,
            tl::messages::Messages::MessagesSlice(slice) => slice.messages,
            tl::messages::Messages::ChannelMessages(_)
            | tl::messages::Messages::MessagesNotModified { .. } => panic!("a history"),
        };
        messages.reverse();
        lines(&messages)
    }

    /// Where the difference since `since` ends, and what it brings.
    pub(crate) async fn difference(&self, since: i32) -> (i32, Vec<String>) {
        let (mut pts, mut messages) = (since, Vec::new());
        loop {
            let ask = tl::updates::GetDifference { pts, date: 1, qts: 1, ..Default::default() };
            let (state, is_last) = match self.person.call(&ask).await {
                tl::updates::Difference::Difference(all) => {
                    messages.extend(all.new_messages);
                    (all.state, true)
                }
                tl::updates::Difference::DifferenceSlice(slice) => {
                    messages.extend(slice.new_messages);
                    (slice.intermediate_state, false)
                }
                tl::updates::Difference::DifferenceEmpty { .. } => return (pts, lines(&messages)),
                tl::updates::Difference::DifferenceTooLong { .. } => panic!("never too long"),
            };
            let tl::updates::State::State { pts: upto, .. } = state;
            pts = upto;
            if is_last {
                return (pts, lines(&messages));
            }
        }
    }

    /// The difference from `since` and that from the start end where the counter stands, and the latter brings the whole
    /// dialog.
    pub(crate) async fn assert_catches_up(&self, action: &str, since: i32, dialog: &[String]) {
        let layer = self.person.layer();
        let (end, _) = self.difference(since).await;
        assert_eq!(end, self.pts, "{action}, layer {layer}: since {since}");
        let (end, all) = self.difference(PTS_START).await;
        assert_eq!(end, self.pts, "{action}, layer {layer}: from the start");
        assert_eq!(all, dialog, "{action}, layer {layer}: the difference is the history");
    }
}

async fn head(person: &Person) -> i32 {
    let tl::updates::State::State { pts, .. } = person.call(&tl::updates::GetState {}).await;
    pts
}

fn lines(messages: &[tl::Message]) -> Vec<String> {
    let mut texts = Texts::default();
    messages.iter().map(|message| line(message, &mut texts)).collect()
}

/// How an update moves the counter: to where, and how far.
#[expect(clippy::wildcard_enum_match_arm, reason = "there are 160 kinds of updates")]
fn step(update: &tl::Update) -> Option<(i32, i32)> {
    match update {
        tl::Update::UpdateNewMessage(new) => Some((new.pts, new.pts_count)),
        tl::Update::UpdateEditMessage(edited) => Some((edited.pts, edited.pts_count)),
        tl::Update::UpdateDeleteMessages { pts, pts_count, .. }
        | tl::Update::UpdateReadHistoryOutbox { pts, pts_count, .. }
        | tl::Update::UpdateFolderPeers { pts, pts_count, .. } => Some((*pts, *pts_count)),
        tl::Update::UpdateReadHistoryInbox(read) => Some((read.pts, read.pts_count)),
        tl::Update::UpdatePinnedMessages(pinned) => Some((pinned.pts, pinned.pts_count)),
        _ => None,
    }
}
