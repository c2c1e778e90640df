//! The state of a box from the vaults' copies: for a store that does not have it (docs/keys.md 5.2, 6.3).

use std::cmp::Reverse;

use ids::BoxId;
use sealed::{AtRest, Keyring, PageId, Secret, State};
use store::StoreError;

use crate::{
    StateRows,
    deployment::{Deployment, KeyName},
    roster::VaultNo,
    shared::{Group, Sharing},
    wire::{CopyOf, Op, Reply},
};

/// One state on its way, from one vault after the other until one has all of it.
pub(crate) struct Fetch {
    of: BoxId,
    sharing: Sharing,
    held: usize,
    holders: Vec<(VaultNo, bool)>,
    sheet: Option<AtRest>,
    pages: Vec<(PageId, Option<AtRest>)>,
    awaited: usize,
    has_missed: bool,
    /// Whether a holder was left because it did not answer.
    has_lost: bool,
    /// Questions so far: what answers an earlier one is ignored.
    round: usize,
}

/// Where a fetch stands.
pub(crate) enum Fetched {
    /// These are to be asked for; they are numbered.
    Ask(VaultNo, Vec<(usize, Op)>),
    /// Answers are awaited.
    Waiting,
    /// The sheet, and the pages that the store does not have.
    Whole(AtRest, Vec<(PageId, AtRest)>),
    /// No vault that was heard has it.
    Failed,
    /// A vault that may have it did not answer.
    Lost,
}

/// Numbers of one question: its pages, and the sheet as the last.
const ROUND: usize = 1 << 16;
const SHEET: usize = ROUND - 1;

impl Fetch {
    /// The state of a group's epoch.
    pub(crate) fn new(deployment: &Deployment, of: BoxId, group: &Group) -> Fetch {
        let presence = deployment.by_presence();
        let staged = group.staged.iter().map(|&vault| (vault, true));
        let mut holders: Vec<_> = group.current.iter().map(|&vault| (vault, false)).chain(staged).collect();
        // The last one is asked first.
        holders.sort_by_key(|(vault, _)| Reverse(presence.iter().position(|other| other == vault)));
        let (sharing, held) = (group.sharing, group.held());
        Fetch {
            of,
            sharing,
            held,
            holders,
            sheet: None,
            pages: Vec::new(),
            awaited: 0,
            has_missed: false,
            has_lost: false,
            round: 0,
        }
    }

    /// The vault that is waited for has failed: another one is asked, if there is one.
    pub(crate) fn leave(&mut self, has_failed: impl Fn(VaultNo) -> bool) {
        let waits_in_vain =
            self.awaited > 0 && self.holders.last().is_some_and(|(vault, _)| has_failed(*vault));
        if waits_in_vain {
            self.holders.pop();
            self.awaited = 0;
            self.has_lost = true;
        }
    }

    /// Whether it is about this sharing, and knows all vaults that hold it.
    pub(crate) fn is_of(&self, group: &Group) -> bool {
        self.sharing == group.sharing && self.held >= group.held()
    }

    /// Whether it came to nothing because vaults did not answer: it is worth another try.
    pub(crate) fn is_lost(&self) -> bool {
        self.holders.is_empty() && self.has_lost
    }

    /// Whether copies are awaited.
    pub(crate) fn is_waiting(&self) -> bool {
        self.awaited > 0
    }

    /// What to do next. `x` makes the X of the epoch.
    pub(crate) fn next(
        &mut self,
        deployment: &Deployment,
        ring: &Keyring,
        x: impl Fn() -> Option<Secret<[u8; 32]>>,
        rows: &mut dyn StateRows,
    ) -> Result<Fetched, StoreError> {
        if self.awaited > 0 {
            return Ok(Fetched::Waiting);
        }
        if self.has_missed {
            self.has_missed = false;
            match self.holders.last_mut() {
                // It may have committed what it had staged when it was asked.
                Some((_, is_staged @ true)) => *is_staged = false,
                Some(_) | None => drop(self.holders.pop()),
            }
        }
        let Some(&(vault, is_staged)) = self.holders.last() else {
            return Ok(if self.has_lost { Fetched::Lost } else { Fetched::Failed });
        };
        let handle = deployment.handle(KeyName::X(self.of), vault);
        let Some(sheet) = self.sheet.clone() else {
            let what = if is_staged { CopyOf::StagedSheet } else { CopyOf::Sheet };
            (self.awaited, self.round) = (1, self.round + 1);
            return Ok(Fetched::Ask(vault, vec![(self.round * ROUND + SHEET, Op::Copy { handle, what })]));
        };
        if self.pages.is_empty() && !self.list_pages(ring, &x, &sheet, rows)? {
            // What the vault keeps as the sheet is not the one that was sealed.
            (self.sheet, self.has_missed) = (None, true);
            return self.next(deployment, ring, x, rows);
        }
        let round = self.round + 1;
        let missing: Vec<(usize, Op)> = self
            .pages
            .iter()
            .enumerate()
            .filter(|(_, (_, page))| page.is_none())
            .map(|(index, (id, _))| {
                let number = u64::from_be_bytes(id.to_bytes());
                let is_new = is_staged && id.epoch == self.sharing.epoch;
                let what = if is_new { CopyOf::StagedPage(number) } else { CopyOf::Page(number) };
                (round * ROUND + index, Op::Copy { handle, what })
            })
            .collect();
        if missing.is_empty() {
            let pages = self.pages.drain(..).filter_map(|(id, page)| Some((id, page?))).collect();
            return Ok(Fetched::Whole(sheet, pages));
        }
        (self.awaited, self.round) = (missing.len(), round);
        Ok(Fetched::Ask(vault, missing))
    }

    /// Notes the pages that the store lacks. A page that it has keeps its id only if it is the same (docs/keys.md 5).
    fn list_pages(
        &mut self,
        ring: &Keyring,
        x: &impl Fn() -> Option<Secret<[u8; 32]>>,
        sheet: &AtRest,
        rows: &mut dyn StateRows,
    ) -> Result<bool, StoreError> {
        let opened = x().and_then(|x| ring.state(self.of, self.sharing.epoch, x, Some(sheet.clone())).ok());
        let Some(state) = opened else { return Ok(false) };
        for page in State::pages(&state) {
            if rows.page(self.of, page)?.is_none() {
                self.pages.push((page, None));
            }
        }
        Ok(true)
    }

    /// A copy has come, or not.
    pub(crate) fn heard(&mut self, number: usize, reply: Option<Reply>) {
        if number / ROUND != self.round || self.awaited == 0 {
            return;
        }
        let number = number % ROUND;
        self.awaited -= 1;
        let Some(Reply::Copy(Some(bytes))) = reply else {
            self.has_missed = true;
            return;
        };
        let copy = AtRest::read_back(bytes);
        match self.pages.get_mut(number) {
            Some((_, page)) => *page = Some(copy),
            None if number == SHEET => self.sheet = Some(copy),
            None => {}
        }
    }
}
