//! Blank boxes: minted ahead, so that signing up waits for no vault; and the repair of boxes that come to memory.
//!
//! A blank box has a row in the store, so that it is found again after a start. It is written when the box exists at the
//! vaults; whoever takes the box for an account takes the row away in the same commit. Invariant: a box that an account has
//! is never noted as blank, whichever of the two comes first.
use std::collections::BTreeSet;

use custody::{Make, Mint, Pace, Release, Want};
use domain::repair::repair;
use ids::BoxId;
use ids::limits::{BLANK_BOXES_MAX, BLANK_BOXES_MIN, VAULT_RETRY_MS};
use store::{Masked, StoreError, System, blank};

use super::desk::{Desk, hasty};
use super::job::{Done, Kind};
use crate::log::{Count, Event};

/// When blank boxes are minted.
#[derive(Default)]
pub(super) struct Pool {
    /// Not before this: the vaults were away.
    not_before_ms: u64,
    /// Those minted before the last start whose keys are under way.
    coming: BTreeSet<BoxId>,
}

impl Pool {
    /// A box was minted, or not.
    pub(super) fn tried(&mut self, is_minted: bool, now_ms: u64) {
        self.not_before_ms = if is_minted { 0 } else { now_ms + VAULT_RETRY_MS };
    }
}

impl Desk {
    /// Mints blank boxes if few are left; at once if somebody `waits` for one.
    pub(super) fn refill(&mut self, waits: bool, now_ms: u64) {
        let blanks = self.keyring.blanks();
        let is_enough = !waits && !self.pool.coming.is_empty();
        let is_due = blanks < BLANK_BOXES_MIN && !is_enough && self.pool.not_before_ms <= now_ms;
        if !is_due || self.count(Kind::MintBlank) > 0 {
            return;
        }
        let makes = vec![Make::Blank; BLANK_BOXES_MAX - blanks];
        let pace = if waits { hasty() } else { Pace::default() };
        let mint = Mint::new(&self.deployment, &self.keyring, &makes, pace, now_ms);
        self.start(Kind::MintBlank, mint, |(make, minted)| Done::Minted(make, minted));
    }

    /// Brings the blank boxes that were minted before the last start; in a store that is behind they may be somebody's
    /// whose account was lost, and are let go.
    pub(super) fn adopt_blanks(&mut self, is_behind: bool) {
        let found = self.store.read(|tx| blank::all(tx, BLANK_BOXES_MAX)).result;
        let Ok(found) = found else { return self.node.log.event(&Event::StoreFailed {}) };
        if is_behind {
            let dropped = self.store.write::<_, StoreError>(|tx| {
                found
                    .iter()
                    .try_for_each(|of| tx.delete(&blank::BLANKS, System, &Masked(of.0.cast_unsigned())))
            });
            if dropped.result.is_err() {
                self.node.log.event(&Event::StoreFailed {});
            }
        } else if !found.is_empty() {
            let now_ms = self.node.clock.now().mono_ms;
            let wants: Vec<Want> = found.iter().copied().map(Want::Box).collect();
            let release = Release::new(&self.deployment, &self.keyring, &wants, Pace::default(), now_ms);
            self.start(Kind::Other, release, |(want, released)| Done::Released(want, released));
            self.pool.coming.extend(found);
        }
    }

    /// The keys of a box have come, or not; if it is a blank one, it can be taken.
    pub(super) fn came(&mut self, of: BoxId, is_here: bool) {
        if self.pool.coming.remove(&of) && is_here {
            self.keyring.adopt_blank(of);
        }
    }

    /// Repairs a box whose keys have come, if its store was found behind; nobody reads it before. Whether it can be read.
    pub(super) fn repair(&self, of: BoxId) -> bool {
        match repair(&self.store, of, self.node.clock.now().unix()) {
            Ok(done) => {
                if done.stuck > 0 {
                    self.node.log.event(&Event::RowsStuck { rows: Count(done.stuck as u64) });
                }
                true
            }
            Err(_) => {
                self.node.log.event(&Event::StoreFailed {});
                false
            }
        }
    }

    /// Notes that a box is nobody's, unless somebody has taken it meanwhile.
    pub(super) fn note_blank(&self, of: BoxId) {
        let noted = self.store.write(|tx| domain::account::note_blank(tx, of));
        if noted.result.is_err() {
            // The box is used all the same; unused, it is not found again.
            self.node.log.event(&Event::StoreFailed {});
        }
    }
}
