//! The keys of a box in memory: C, X, and what gives leaves; one mutex for each box.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crypto::arena::Slot;
use ids::BoxId;

use crate::keys::leaves::Leaves;
use crate::keys::opened::Opened;
use crate::number::Counter;
use crate::tree::Seed;
use crate::{
    AtRest, Change, Header, LeafError, Number, Numbering, OpenError, OwnerNames, PageId, Plaintext,
    RecordKey, RowKey, State, StateError, Version,
};

/// The keys of a box in memory. Holding one pins the box: it is not dropped for idleness meanwhile.
#[derive(Clone)]
pub struct BoxKeys(Arc<Inner>);

struct Inner {
    id: BoxId,
    names: OwnerNames,
    numbering: Arc<Numbering>,
    /// Nothing once the box is closed.
    open: Mutex<Option<Open>>,
}

struct Open {
    c: Slot,
    counter: Counter,
    leaves: Leaves,
    /// Numbers that were masked last, newest first, and what stands for them.
    masks: [Option<(u64, [u8; 8])>; MASKS],
}

/// A box asks for the same dialog many times before it asks for another one; two come of those who write to two at a time.
const MASKS: usize = 2;

impl Open {
    fn leaf(&mut self, number: Number) -> Result<Seed, LeafError> {
        self.leaves.leaf(number, self.counter.newest())
    }

    /// Issues a number, and gives its leaf.
    fn next(&mut self) -> Result<(Number, Seed), LeafError> {
        loop {
            let number = self.counter.peek().ok_or(LeafError::Exhausted)?;
            match self.leaves.leaf(number, number) {
                Ok(leaf) => {
                    self.counter.pass(number);
                    return Ok((number, leaf));
                }
                Err(LeafError::Dead) => {
                    let alive = self.leaves.alive_after(number).ok_or(LeafError::Exhausted)?;
                    self.counter.skip_to(alive);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn key(&self, number: Number, leaf: &Seed, row: &RowKey) -> RecordKey {
        let epoch = self.leaves.state().epoch();
        self.c.expose(|c| RecordKey::of((number, epoch), leaf, c, row))
    }
}

impl BoxKeys {
    /// A box comes to memory. Of one box there is one that is not closed, at most.
    pub(crate) fn new(
        id: BoxId,
        names: OwnerNames,
        numbering: Arc<Numbering>,
        c: Slot,
        state: State,
    ) -> Self {
        let counter = numbering.enter();
        let open = Open { c, counter, leaves: Leaves::new(state), masks: [None; MASKS] };
        Self(Arc::new(Inner { id, names, numbering, open: Mutex::new(Some(open)) }))
    }

    /// The box.
    #[must_use]
    pub fn id(&self) -> BoxId {
        self.0.id
    }

    /// The epoch of its erasure state.
    ///
    /// # Errors
    /// `Closed` only.
    pub fn epoch(&self) -> Result<u32, LeafError> {
        self.with(|open| Ok(open.leaves.state().epoch()))
    }

    /// Makes its row keys.
    #[must_use]
    pub fn names(&self) -> &OwnerNames {
        &self.0.names
    }

    /// As [`OwnerNames::mask`], which takes longer than to remember what it made of the last numbers.
    #[must_use]
    pub fn mask(&self, number: u64) -> [u8; 8] {
        let mut open = self.lock();
        let Some(Open { masks, .. }) = open.as_mut() else { return self.0.names.mask(number) };
        let known = masks.iter().flatten().find(|(masked, _)| *masked == number);
        if let Some(&(_, mask)) = known {
            return mask;
        }
        let mask = self.0.names.mask(number);
        masks.rotate_right(1);
        if let Some(first) = masks.first_mut() {
            *first = Some((number, mask));
        }
        mask
    }

    /// Issues a number whose leaf is alive and at hand.
    ///
    /// # Errors
    /// See [`LeafError`]; never `Dead`, since dead numbers are skipped.
    pub fn next_number(&self) -> Result<Number, LeafError> {
        self.with(|open| open.next()).map(|(number, _)| number)
    }

    /// Issues a number as [`next_number`](Self::next_number) does, and gives the key of its record.
    ///
    /// # Errors
    /// As there.
    pub fn next_key(&self, row: &RowKey) -> Result<RecordKey, LeafError> {
        self.with(|open| {
            let (number, leaf) = open.next()?;
            Ok(open.key(number, &leaf, row))
        })
    }

    /// The number that would be issued next, if it is alive. All numbers that this box ever issued lie below; whoever
    /// cuts out all below asks within a transaction that executes alone, so that none is issued and not yet written.
    ///
    /// # Errors
    /// `Closed` or `Exhausted`.
    pub fn next_up(&self) -> Result<Number, LeafError> {
        self.with(|open| open.counter.peek().ok_or(LeafError::Exhausted))
    }

    /// Whether a number is alive, and its leaf at hand.
    ///
    /// # Errors
    /// See [`LeafError`].
    pub fn reach(&self, number: Number) -> Result<(), LeafError> {
        self.with(|open| open.leaf(number)).map(|_| ())
    }

    /// Takes a page of the erasure state in; at most 32 stay, the longest unused is erased.
    ///
    /// # Errors
    /// When the page is not of this state, or not the one that was sealed.
    pub fn open_page(&self, page: PageId, at_rest: &AtRest) -> Result<(), StateError> {
        self.lock().as_mut().ok_or(StateError::Closed)?.leaves.open_page(page, at_rest)
    }

    /// The key of a record of this box: kind 1.
    ///
    /// # Errors
    /// See [`LeafError`].
    pub fn record_key(&self, number: Number, row: &RowKey) -> Result<RecordKey, LeafError> {
        self.with(|open| {
            let leaf = open.leaf(number)?;
            Ok(open.key(number, &leaf, row))
        })
    }

    /// As [`record_key`](Self::record_key), for a row that is written anew under the number it has, and likely to be so again.
    /// The key is held until the next epoch, or until the box was not used for a minute, or another row is written anew.
    ///
    /// # Errors
    /// See [`LeafError`].
    pub fn record_key_again(&self, number: Number, row: &RowKey) -> Result<RecordKey, LeafError> {
        self.with(|open| {
            if let Some(key) = open.leaves.rewritten(number, row) {
                return Ok(key);
            }
            let leaf = open.leaf(number)?;
            let key = open.key(number, &leaf, row);
            open.leaves.note_rewritten(row, &key);
            Ok(key)
        })
    }

    /// Seals a record: kind 1, 40 bytes longer than `plain`.
    ///
    /// # Errors
    /// See [`LeafError`].
    pub fn seal(
        &self,
        row: &RowKey,
        version: Version,
        plain: &[u8],
        rng: &mut dyn crypto::Rng,
    ) -> Result<AtRest, LeafError> {
        Ok(self.seal_under(&self.record_key(version.number, row)?, version.write, row, plain, rng))
    }

    /// As [`seal`](Self::seal), under the key of this row that this box gave, for the write of this number.
    pub fn seal_under(
        &self,
        key: &RecordKey,
        write: u32,
        row: &RowKey,
        plain: &[u8],
        rng: &mut dyn crypto::Rng,
    ) -> AtRest {
        let version = Version { number: key.number(), write };
        let at_rest = key.seal(Header::Record(version), row, plain, rng);
        self.note(key.epoch(), |opened| opened.note_sealed(row, &at_rest, plain));
        at_rest
    }

    /// Opens a record: kind 1.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(&self, row: &RowKey, at_rest: &AtRest) -> Result<Plaintext, OpenError> {
        self.open_at(row, at_rest).map(|(_, plain)| plain)
    }

    /// As [`open`](Self::open), for what is likely to be opened again soon: whoever writes asks for the same rows each time.
    /// It is held until the next epoch, or until the box was not used for a minute.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_and_hold(&self, row: &RowKey, at_rest: &AtRest) -> Result<Plaintext, OpenError> {
        let (epoch, plain) = self.open_at(row, at_rest)?;
        if let Some(epoch) = epoch {
            self.note(epoch, |opened| opened.note(row, at_rest, plain.expose()));
        }
        Ok(plain)
    }

    /// Reads a record that is [held](Self::open_and_hold) opened, with the box locked meanwhile; nothing if it is not.
    pub fn held<R>(&self, row: &RowKey, at_rest: &AtRest, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let mut open = self.lock();
        Some(read(open.as_mut()?.leaves.opened().find(row, at_rest)?))
    }

    /// Opens a record, and says at which epoch, unless it is held already.
    fn open_at(&self, row: &RowKey, at_rest: &AtRest) -> Result<(Option<u32>, Plaintext), OpenError> {
        let (Header::Record(version), header_bytes) =
            Header::split(at_rest.as_bytes()).ok_or(OpenError::Forged)?
        else {
            return Err(OpenError::OtherKind);
        };
        if let Some(plain) = self.held(row, at_rest, <[u8]>::to_vec) {
            return Ok((None, Plaintext::new(plain)));
        }
        let key = self.record_key(version.number, row)?;
        Ok((Some(key.epoch()), key.open(header_bytes, row, at_rest)?))
    }

    /// Notes what was opened or sealed with a key of an epoch, unless it is over: then it may be cut out.
    fn note(&self, epoch: u32, note: impl FnOnce(&mut Opened)) {
        if let Some(open) = self.lock().as_mut().filter(|open| open.leaves.state().epoch() == epoch) {
            note(open.leaves.opened());
        }
    }

    /// The key of a short-lived record of this box: kind 2. The number is one of the short-lived tree.
    fn short_key(&self, short: &Self, number: Number, row: &RowKey) -> Result<RecordKey, LeafError> {
        let leaf = short.with(|open| open.leaf(number))?;
        self.with(|open| Ok(open.key(number, &leaf, row)))
    }

    /// Seals a short-lived record of this box: kind 2, 37 bytes longer than `plain`. The number is one that the
    /// short-lived tree issued.
    ///
    /// # Errors
    /// See [`LeafError`]; pages are those of the short-lived tree.
    pub fn seal_short(
        &self,
        short: &Self,
        row: &RowKey,
        number: Number,
        plain: &[u8],
        rng: &mut dyn crypto::Rng,
    ) -> Result<AtRest, LeafError> {
        Ok(self.short_key(short, number, row)?.seal(Header::Short(number), row, plain, rng))
    }

    /// Opens a short-lived record of this box: kind 2.
    ///
    /// # Errors
    /// See [`OpenError`]; pages are those of the short-lived tree.
    pub fn open_short(&self, short: &Self, row: &RowKey, at_rest: &AtRest) -> Result<Plaintext, OpenError> {
        match Header::split(at_rest.as_bytes()).ok_or(OpenError::Forged)? {
            (Header::Short(number), header_bytes) => {
                self.short_key(short, number, row)?.open(header_bytes, row, at_rest)
            }
            _ => Err(OpenError::OtherKind),
        }
    }

    /// The erasure state as it is now, for the shred tick.
    ///
    /// # Errors
    /// `Closed` only.
    pub fn state(&self) -> Result<State, LeafError> {
        self.with(|open| Ok(open.leaves.state().clone()))
    }

    /// Goes over to the next epoch, in place: seeds and pages of the earlier one are erased. Going over twice is as
    /// going over once.
    ///
    /// # Errors
    /// `Stale` when the change does not follow the epoch that the box is at.
    pub fn advance(&self, change: &Change) -> Result<(), StateError> {
        let mut open = self.lock();
        let leaves = &mut open.as_mut().ok_or(StateError::Closed)?.leaves;
        let at = leaves.state().epoch();
        if leaves.state().is_of_same_box(&change.next) && at.checked_add(1) == Some(change.epoch) {
            leaves.advance(change.next.clone());
        } else if at != change.epoch || leaves.state().sheet() != Some(&change.sheet) {
            return Err(StateError::Stale);
        }
        Ok(())
    }

    /// Goes over to a later epoch that was brought from outside; of an earlier one nothing changes.
    ///
    /// # Errors
    /// `Closed`, or `Stale` for another box's.
    pub fn catch_up(&self, state: State) -> Result<(), StateError> {
        let mut open = self.lock();
        let leaves = &mut open.as_mut().ok_or(StateError::Closed)?.leaves;
        if !leaves.state().is_of_same_box(&state) {
            return Err(StateError::Stale);
        }
        if leaves.state().epoch() < state.epoch() {
            leaves.advance(state);
        }
        Ok(())
    }

    /// Erases the keys, whoever holds the box.
    pub(crate) fn close(&self) {
        if let Some(open) = self.lock().take() {
            self.0.numbering.leave(&open.counter);
        }
    }

    /// Erases seeds, pages, opened values and masked numbers, which can be had again from C, X and the rows.
    pub(crate) fn rest(&self) {
        if let Some(open) = self.lock().as_mut() {
            open.leaves.rest();
            open.masks = [None; MASKS];
        }
    }

    /// Whether somebody else holds it too.
    pub(crate) fn is_pinned(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    fn with<R>(&self, act: impl FnOnce(&mut Open) -> Result<R, LeafError>) -> Result<R, LeafError> {
        self.lock().as_mut().ok_or(LeafError::Closed).and_then(act)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
