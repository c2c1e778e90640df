//! How many keys a vault gives out in an hour, and the breaker that ends it when more are asked for (P15).
//!
//! What is counted are shares of epoch 0, or of the epochs of lasting keys that were shared anew: those of every C, which alone opens what somebody wrote, among them. A vault cannot
//! tell whose they are or what for. Invariants: what was given is counted durably before it leaves, so no crash gives it back;
//! the breaker that has opened stays so, restarts included, until the operator says otherwise. Source: docs/keys.md 6.1.

use std::collections::{HashSet, VecDeque};

use crypto::{Rng, aead};
use custody::wire::Handle;
use ids::{limits::VAULT_BUDGET_MS, sabotage};

use crate::disk::{Disk, DiskError};

/// Its file.
const NAME: &str = "meter";
const NEXT: &str = "meter.new";
const MAGIC: &[u8; 5] = b"HGVM\x01";
const FACTS_LEN: usize = 8 + 1;
/// The length of the file.
const LEN: usize = MAGIC.len() + aead::NONCE_BYTES + FACTS_LEN + aead::TAG_BYTES;
/// A key, in units of which each millisecond brings as many as there are keys in the budget.
const KEY: u64 = VAULT_BUDGET_MS;
/// So many parts of the budget are counted at a time before they are given: a sync for each part, and no more than one lost
/// in a crash.
const PARTS: u64 = 16;

/// How a vault stands with its budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Keys at once, and in each hour after.
    pub per_hour: u32,
    /// Keys that can be given now.
    pub left: u64,
    /// Nothing more is given until the operator says so.
    pub is_open: bool,
    /// Keys given since the folder was opened, each once an hour.
    pub given: u64,
    /// Times that a key was not given since then.
    pub withheld: u64,
}

/// See the module.
pub(crate) struct Meter {
    key: aead::Key,
    per_hour: u32,
    /// What can be given.
    units: u64,
    /// Keys that are counted on the disk and not given yet.
    counted: u64,
    /// Keys that the disk says are left.
    saved: u64,
    is_open: bool,
    /// The disk says so too.
    is_open_saved: bool,
    now_ms: u64,
    /// Given within the hour: whoever has a key learns nothing from having it again.
    known: HashSet<[u8; 16]>,
    /// The same, with when each was given, the first one first.
    order: VecDeque<(u64, Handle)>,
    given: u64,
    withheld: u64,
    /// Of the keys given, those that the audit was told of.
    told: u64,
}

impl Meter {
    /// Goes on where the folder says. One that says nothing it can read of it starts with its breaker open.
    pub(crate) fn open(
        disk: &mut dyn Disk,
        key: aead::Key,
        per_hour: u32,
        now_ms: u64,
    ) -> Result<Meter, DiskError> {
        let full = u64::from(per_hour);
        let (left, is_open) = match read(disk, &key)? {
            Read::Nothing => (full, false),
            Read::Facts { left, is_open } => (left.min(full), is_open),
            Read::Damaged => (0, true),
        };
        Ok(Meter {
            key,
            per_hour,
            units: left * KEY,
            counted: 0,
            saved: left,
            is_open,
            is_open_saved: is_open,
            now_ms,
            known: HashSet::new(),
            order: VecDeque::new(),
            given: 0,
            withheld: 0,
            told: 0,
        })
    }

    pub(crate) fn budget(&self) -> Budget {
        let Meter { per_hour, is_open, given, withheld, .. } = *self;
        Budget { per_hour, left: if is_open { 0 } else { self.units / KEY }, is_open, given, withheld }
    }

    /// Keys given since this was asked last.
    pub(crate) fn untold(&mut self) -> u64 {
        self.given - std::mem::replace(&mut self.told, self.given)
    }

    /// Time has passed. What came back in it is noted on the disk too, if it is much.
    pub(crate) fn at(&mut self, now_ms: u64, disk: &mut dyn Disk, rng: &mut dyn Rng) {
        let passed = now_ms.saturating_sub(self.now_ms).min(VAULT_BUDGET_MS);
        self.now_ms = self.now_ms.max(now_ms);
        let full = u64::from(self.per_hour) * KEY;
        self.units = self.units.saturating_add(passed * u64::from(self.per_hour)).min(full);
        while let Some((given_ms, handle)) = self.order.front()
            && given_ms.saturating_add(VAULT_BUDGET_MS) <= self.now_ms
        {
            self.known.remove(&handle.0);
            self.order.pop_front();
        }
        let left = (self.units / KEY).saturating_sub(self.counted);
        let is_much = left >= self.saved.saturating_add(2 * self.part());
        let is_news = self.is_open && !self.is_open_saved || !self.is_open && is_much;
        if is_news {
            // Without it a restart finds less than there is, never more.
            let _ = self.save(if self.is_open { 0 } else { left }, disk, rng);
        }
    }

    /// Whether a key may be given; it is counted then. Durable when this returns.
    pub(crate) fn gives(
        &mut self,
        handle: Handle,
        disk: &mut dyn Disk,
        rng: &mut dyn Rng,
    ) -> Result<bool, DiskError> {
        if sabotage::is(sabotage::Fault::NoBudget) {
            return Ok(true);
        }
        if self.known.contains(&handle.0) {
            return Ok(true);
        }
        if !self.is_open && self.units < KEY {
            self.is_open = true;
            // If that fails it is tried again; the disk knows already that all is given.
            let _ = self.save(0, disk, rng);
        }
        if self.is_open {
            self.withheld += 1;
            return Ok(false);
        }
        if self.counted == 0 {
            let left = self.units / KEY;
            let part = self.part().min(left);
            self.save(left - part, disk, rng)?;
            self.counted = part;
        }
        self.counted -= 1;
        self.units -= KEY;
        self.given += 1;
        self.known.insert(handle.0);
        self.order.push_back((self.now_ms, handle));
        Ok(true)
    }

    /// The operator lets it go on, with a whole budget.
    pub(crate) fn resume(&mut self, disk: &mut dyn Disk, rng: &mut dyn Rng) -> Result<(), DiskError> {
        let was_open = std::mem::replace(&mut self.is_open, false);
        if let Err(error) = self.save(self.per_hour.into(), disk, rng) {
            self.is_open = was_open;
            return Err(error);
        }
        self.units = u64::from(self.per_hour) * KEY;
        self.counted = 0;
        Ok(())
    }

    fn part(&self) -> u64 {
        (u64::from(self.per_hour) / PARTS).max(1)
    }

    /// Writes how many keys are left, and whether the breaker is open.
    fn save(&mut self, left: u64, disk: &mut dyn Disk, rng: &mut dyn Rng) -> Result<(), DiskError> {
        let mut file = Vec::with_capacity(LEN);
        file.extend_from_slice(MAGIC);
        let mut nonce = [0; aead::NONCE_BYTES];
        rng.fill(&mut nonce);
        file.extend_from_slice(&nonce);
        let from = file.len();
        file.extend_from_slice(&left.to_be_bytes());
        file.push(u8::from(self.is_open));
        self.key.seal(&nonce, MAGIC, &mut file, from);
        disk.write(NEXT, &file)?;
        disk.rename(NEXT, NAME)?;
        disk.settle()?;
        (self.saved, self.is_open_saved) = (left, self.is_open);
        Ok(())
    }
}

/// What the file says.
enum Read {
    /// There is none.
    Nothing,
    Facts {
        left: u64,
        is_open: bool,
    },
    Damaged,
}

fn read(disk: &mut dyn Disk, key: &aead::Key) -> Result<Read, DiskError> {
    let Some((_, len)) = disk.list()?.into_iter().find(|(name, _)| name == NAME) else {
        return Ok(Read::Nothing);
    };
    if len != LEN as u64 {
        return Ok(Read::Damaged);
    }
    let mut file = [0; LEN];
    disk.read(NAME, 0, &mut file)?;
    Ok(facts(&mut file, key).unwrap_or(Read::Damaged))
}

fn facts(file: &mut [u8], key: &aead::Key) -> Option<Read> {
    let (magic, rest) = file.split_first_chunk_mut::<{ MAGIC.len() }>()?;
    let (nonce, sealed) = rest.split_first_chunk_mut()?;
    if magic != MAGIC {
        return None;
    }
    let (left, is_open) = key.open(nonce, MAGIC, sealed).ok()?.split_first_chunk()?;
    Some(Read::Facts { left: u64::from_be_bytes(*left), is_open: is_open != [0] })
}
