//! Which boxes, devices and days are in memory, and for how long.

use std::collections::{BTreeMap, BTreeSet};

use ids::limits::{KEYS_HELD_MS_MAX, KEYS_IDLE_MS_MAX};
use ids::sabotage::{self, Fault};
use ids::{AuthKeyId, BoxId};

use crate::{BoxKeys, DayKey, DeviceKey};

/// When memory is full, one of so many goes.
const EVICTED_PART: usize = 64;

/// How many keys were dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Evicted {
    /// Boxes.
    pub boxes: usize,
    /// Devices.
    pub devices: usize,
}

#[derive(Default)]
pub(crate) struct Warm {
    pub(crate) boxes: Shelf<BoxId, BoxKeys>,
    pub(crate) devices: Shelf<AuthKeyId, DeviceKey>,
    /// Those of the devices whose keys were made here and have been there since.
    minted: BTreeSet<AuthKeyId>,
    /// Boxes that are nobody's yet: held, and so pinned.
    pub(crate) blanks: Vec<BoxKeys>,
    days: BTreeMap<u32, DayKey>,
    today: Option<u32>,
}

/// Day keys in memory: a few days' worth, and those of days that a clock has jumped to.
const DAYS_MAX: usize = 64;

impl Warm {
    pub(crate) fn add_day(&mut self, day: u32, key: DayKey) {
        self.days.entry(day).or_insert(key);
        self.today = self.today.max(Some(day));
        if self.days.len() > DAYS_MAX {
            let oldest = self.days.keys().copied().find(|day| self.today != Some(*day));
            oldest.map(|day| self.days.remove(&day));
        }
    }

    pub(crate) fn turn_to_day(&mut self, day: u32) -> bool {
        let is_there = self.days.contains_key(&day);
        if is_there {
            self.today = Some(day);
        }
        is_there
    }

    pub(crate) fn close_day(&mut self, day: u32) {
        self.days.remove(&day);
        if self.today == Some(day) {
            self.today = self.days.last_key_value().map(|(day, _)| *day);
        }
    }

    pub(crate) fn today(&self) -> Option<DayKey> {
        self.days.get(&self.today?).cloned()
    }

    pub(crate) fn day(&self, day: u32) -> Option<DayKey> {
        self.days.get(&day).cloned()
    }

    pub(crate) fn mint(&mut self, id: AuthKeyId, key: DeviceKey) {
        self.devices.add(id, key);
        self.minted.insert(id);
    }

    pub(crate) fn minted(&mut self, id: AuthKeyId) -> Option<DeviceKey> {
        self.devices.find(id).filter(|_| self.minted.contains(&id))
    }

    pub(crate) fn close_device(&mut self, id: AuthKeyId) {
        self.devices.remove(id);
        self.minted.remove(&id);
    }

    pub(crate) fn evict(&mut self, now_ms: u64) -> Evicted {
        let evicted = Evicted { boxes: self.boxes.evict(now_ms), devices: self.devices.evict(now_ms) };
        self.minted.retain(|id| self.devices.has(*id));
        evicted
    }

    /// Makes room for a key or more; false when everything is in use. A part of all goes at once: to find the longest unused
    /// takes a look at each.
    pub(crate) fn evict_longest_unused(&mut self) -> bool {
        enum Id {
            Box(BoxId),
            Device(AuthKeyId),
        }
        let boxes = self.boxes.droppable().map(|(rank, id)| (rank, Id::Box(id)));
        let devices = self.devices.droppable().map(|(rank, id)| (rank, Id::Device(id)));
        let mut all: Vec<(Rank, Id)> = boxes.chain(devices).collect();
        let count = all.len().div_ceil(EVICTED_PART);
        if count == 0 {
            return false;
        }
        all.select_nth_unstable_by_key(count - 1, |(rank, _)| *rank);
        for (_, id) in all.drain(..count) {
            match id {
                Id::Box(id) => self.boxes.drop_one(id),
                Id::Device(id) => {
                    self.devices.drop_one(id);
                    self.minted.remove(&id);
                }
            }
        }
        true
    }
}

/// Keys that are dropped for idleness.
pub(crate) struct Shelf<K, V> {
    entries: BTreeMap<K, Entry<V>>,
    /// When keys were last dropped.
    now_ms: u64,
}

struct Entry<V> {
    keys: V,
    /// Since the keys of this shelf were last dropped.
    used: bool,
    used_ms: u64,
    since_ms: u64,
}

/// Orders entries by their use: those that were not used since the last drop come first.
type Rank = (bool, u64);

/// Keys that can be dropped.
pub(crate) trait Droppable<K>: Clone {
    /// Whether this one stays in any case.
    fn stays(id: K) -> bool;

    /// Whether somebody holds them.
    fn is_pinned(&self) -> bool;

    /// They were not used for a while: what can be had again from the rows goes.
    fn rest(&self);

    /// They are dropped.
    fn dropped(&self);
}

impl Droppable<BoxId> for BoxKeys {
    fn stays(id: BoxId) -> bool {
        id.0 < 0
    }

    fn is_pinned(&self) -> bool {
        self.is_pinned()
    }

    fn rest(&self) {
        self.rest();
    }

    fn dropped(&self) {
        self.close();
    }
}

impl Droppable<AuthKeyId> for DeviceKey {
    fn stays(_id: AuthKeyId) -> bool {
        false
    }

    fn is_pinned(&self) -> bool {
        self.is_pinned()
    }

    fn rest(&self) {}

    fn dropped(&self) {}
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), now_ms: 0 }
    }
}

impl<K: Ord + Copy, V: Droppable<K>> Shelf<K, V> {
    pub(crate) fn find(&mut self, id: K) -> Option<V> {
        let entry = self.entries.get_mut(&id)?;
        entry.used = true;
        Some(entry.keys.clone())
    }

    fn has(&self, id: K) -> bool {
        self.entries.contains_key(&id)
    }

    pub(crate) fn add(&mut self, id: K, keys: V) {
        let entry = Entry { keys, used: true, used_ms: self.now_ms, since_ms: self.now_ms };
        self.entries.insert(id, entry);
    }

    pub(crate) fn remove(&mut self, id: K) -> Option<V> {
        self.entries.remove(&id).map(|entry| entry.keys)
    }

    fn evict(&mut self, now_ms: u64) -> usize {
        self.now_ms = now_ms;
        let before = self.entries.len();
        self.entries.retain(|&id, entry| {
            let pinned = entry.keys.is_pinned();
            if pinned || entry.used {
                entry.used = false;
                entry.used_ms = now_ms;
            } else {
                entry.keys.rest();
            }
            let idle = now_ms.saturating_sub(entry.used_ms) >= KEYS_IDLE_MS_MAX;
            let old = now_ms.saturating_sub(entry.since_ms) >= KEYS_HELD_MS_MAX;
            let goes = (idle || old) && !pinned && !V::stays(id);
            if goes && sabotage::is(Fault::EntryLeaked) {
                std::mem::forget(entry.keys.clone());
            } else if goes {
                entry.keys.dropped();
            }
            !goes
        });
        before - self.entries.len()
    }

    fn droppable(&self) -> impl Iterator<Item = (Rank, K)> {
        let droppable = self.entries.iter().filter(|(id, entry)| !V::stays(**id) && !entry.keys.is_pinned());
        droppable.map(|(id, entry)| ((entry.used, entry.used_ms), *id))
    }

    fn drop_one(&mut self, id: K) {
        if let Some(entry) = self.entries.remove(&id) {
            entry.keys.dropped();
        }
    }
}
