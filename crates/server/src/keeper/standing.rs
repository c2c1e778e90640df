//! How the vaults are, for the operator: what the keeper has seen of each, and what waits for them. Of no user anything (P03).
use std::collections::BTreeMap;
use std::fmt::Write as _;

use custody::{Health, VaultNo};
use ids::BoxId;
use ids::limits::STANDING_BOXES_MAX;
use link::Pin;
use store::StoreError;
use store::receipts::{self, ReceiptRow};

use super::desk::Desk;
use super::replace::Progress;
use crate::log::VaultFault;

/// How all vaults are.
pub(crate) struct Standing {
    k: usize,
    vaults: Vec<Vault>,
    /// The latest epoch that a tick has ended at.
    epoch: u32,
    /// Boxes in which something waits to be cut out, or of which not all vaults have heard.
    pending: usize,
    /// Keys of which some vault may lack its share.
    owed: usize,
    /// Keys that are shared anew, since a vault was replaced.
    progress: Option<Progress>,
}

/// How one is.
struct Vault {
    number: VaultNo,
    jurisdiction: String,
    place: String,
    key: Pin,
    health: Health,
    answered_ago_ms: Option<u64>,
    receipts: Option<ReceiptRow>,
    /// Boxes at whose epoch it is not yet.
    late: usize,
}

/// What ticks have shown of the vaults since the start.
#[derive(Default)]
pub(super) struct Seen {
    epoch: u32,
    late: BTreeMap<BoxId, Vec<VaultNo>>,
}

impl Seen {
    /// A tick of a box has ended at this epoch, and these vaults have not.
    pub(super) fn ticked(&mut self, of: BoxId, epoch: u32, late: &[VaultNo]) {
        self.epoch = self.epoch.max(epoch);
        if late.is_empty() {
            self.late.remove(&of);
        } else if self.late.len() < STANDING_BOXES_MAX {
            self.late.insert(of, late.to_vec());
        }
    }
}

impl Desk {
    /// How the vaults are.
    pub(super) fn standing(&self) -> Result<Standing, StoreError> {
        let now_ms = self.node.clock.now().mono_ms;
        let roster = self.deployment.roster();
        let mut vaults = Vec::new();
        for (number, member) in roster.vaults() {
            let health = self.deployment.health(number);
            let late = self.seen.late.values().filter(|late| late.contains(&number)).count();
            vaults.push(Vault {
                number,
                jurisdiction: member.jurisdiction.clone(),
                place: member.place.clone(),
                key: Pin(member.key),
                answered_ago_ms: health.answered_ms.map(|at_ms| now_ms.saturating_sub(at_ms)),
                health,
                receipts: self.store.read(|tx| receipts::of(tx, number.0)).result?,
                late,
            });
        }
        let dirty = self.store.dirty_from(None, STANDING_BOXES_MAX)?;
        Ok(Standing {
            k: roster.k(),
            vaults,
            epoch: self.seen.epoch,
            pending: dirty.boxes.len() + dirty.corrupt,
            owed: self.late.len(),
            progress: self.replace.progress(),
        })
    }
}

impl Standing {
    /// In words, a fact a line.
    pub(crate) fn text(&self) -> String {
        let (k, n) = (self.k, self.vaults.len());
        let beyond = if self.pending >= STANDING_BOXES_MAX { " or more" } else { "" };
        let mut text = format!(
            "vaults {n}, of which {k} open a key\nlatest epoch {}\npending shreds {}{beyond} boxes\n\
             shares owed {} keys\n",
            self.epoch, self.pending, self.owed
        );
        if let Some(Progress { vault, done, again }) = &self.progress {
            let _ = writeln!(
                text,
                "shared anew since vault {} took another's place: {done} keys, {again} to be tried again",
                vault.0
            );
        }
        self.vaults.iter().for_each(|vault| vault.write(&mut text));
        text
    }
}

impl Vault {
    fn write(&self, text: &mut String) {
        let Self { number, jurisdiction, place, key, health, late, .. } = self;
        let state = match (health.is_away, self.answered_ago_ms) {
            (true, _) => "away",
            (false, Some(_)) => "here",
            (false, None) => "not heard yet",
        };
        let last = self.answered_ago_ms.map_or("never".to_owned(), |ago| format!("{} s ago", ago / 1000));
        let receipts = match self.receipts {
            Some(ReceiptRow { count, commit }) => format!("{count}, the last at commit {commit}"),
            None => "none".to_owned(),
        };
        let faults: Vec<&str> =
            health.misdeeds.iter().map(|misdeed| VaultFault::from(*misdeed).word()).collect();
        let faults = if faults.is_empty() { "none".to_owned() } else { faults.join(" ") };
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "\nvault {}\n  jurisdiction {jurisdiction}\n  address {place}\n  key {key}\n  state {state}\n  \
             last answer {last}\n  commits {}\n  receipts {receipts}\n  behind in {late} boxes\n  faults {faults}\n",
            number.0, health.commit
        );
    }
}
