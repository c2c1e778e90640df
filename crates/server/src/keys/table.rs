//! The table of auth keys in memory, in shards so that connections do not wait for each other.
//!
//! A permanent key comes here from the store when it is first used and leaves when nothing happens under it; a
//! temporary key exists nowhere else (T12). There is never more than one entry of a key, or a replayed message
//! could be run twice (T6): an entry that was taken out while somebody still held it is put back by
//! [`KeyTable::revive`].
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ids::{AuthKeyId, Layer, Now, UnixTime, UserId};
use mtproto::AuthKey;
use mtproto::salt::SaltSeed;
use mtproto::server::KeyState;

use super::absent::AbsentKeys;
use super::device::Device;
use super::entry::KeyEntry;
use crate::node::Node;

const SHARDS: usize = 16;
/// Dead references to devices are swept out when there are this many more than after the last sweep.
const SWEEP_DEVICES: usize = 1024;

/// All keys in memory.
pub(crate) struct KeyTable {
    seed: SaltSeed,
    shards: [Mutex<HashMap<AuthKeyId, Arc<KeyEntry>>>; SHARDS],
    devices: Mutex<Devices>,
    absent: AbsentKeys,
}

#[derive(Default)]
struct Devices {
    by_key: HashMap<AuthKeyId, Weak<Device>>,
    sweep_at: usize,
}

/// What is known of a key without asking the store.
pub(crate) enum Lookup {
    /// Here it is.
    Found(Arc<KeyEntry>),
    /// There is none.
    Absent,
    /// The store must be asked.
    Ask,
}

impl KeyTable {
    /// No keys; salts derive from `seed`.
    pub(crate) fn new(seed: SaltSeed) -> Self {
        Self { seed, shards: Default::default(), devices: Mutex::default(), absent: AbsentKeys::new() }
    }

    /// Looks a key up.
    pub(crate) fn look_up(&self, id: AuthKeyId, now: UnixTime) -> Lookup {
        match self.shard(id).get(&id) {
            Some(entry) if entry.has_expired(now) => Lookup::Absent,
            Some(entry) => Lookup::Found(entry.clone()),
            None if self.absent.contains(id) => Lookup::Absent,
            None => Lookup::Ask,
        }
    }

    /// The store has no such key.
    pub(crate) fn note_absent(&self, id: AuthKeyId) {
        self.absent.insert(id);
    }

    /// Takes in a permanent key as the store has it; the entry that is there already, if there is one.
    pub(crate) fn take_permanent(
        &self,
        key: Arc<AuthKey>,
        first_salt: Option<u64>,
        (user, layer): (Option<UserId>, Option<Layer>),
        now: Now,
    ) -> Arc<KeyEntry> {
        let id = key.id();
        self.absent.remove(id);
        let device = self.device(id, user, layer);
        let layer = device.lock().layer;
        let mut shard = self.shard(id);
        let entry = shard.entry(id).or_insert_with(|| {
            let state = KeyState::new(key.clone(), &self.seed, first_salt, layer, now);
            Arc::new(KeyEntry::permanent(key, state, device))
        });
        entry.clone()
    }

    /// Takes in a new temporary key. False if the id is taken.
    pub(crate) fn take_temporary(
        &self,
        node: &Node,
        key: Arc<AuthKey>,
        first_salt: u64,
        expires_at: UnixTime,
        now: Now,
    ) -> bool {
        let id = key.id();
        let mut shard = self.shard(id);
        if shard.contains_key(&id) {
            return false;
        }
        self.absent.remove(id);
        let state = KeyState::new(key.clone(), &self.seed, Some(first_salt), None, now);
        let entry = Arc::new(KeyEntry::temporary(key, state, expires_at));
        shard.insert(id, entry.clone());
        drop(shard);
        entry.review(node, now);
        true
    }

    /// Whether a key with this id is in memory.
    pub(crate) fn contains(&self, id: AuthKeyId) -> bool {
        self.shard(id).contains_key(&id)
    }

    /// The entry of a key that was looked up before and found dead: the one that took its place, or itself again.
    pub(crate) fn revive(&self, entry: &Arc<KeyEntry>, now: UnixTime) -> Option<Arc<KeyEntry>> {
        let id = entry.id();
        let mut shard = self.shard(id);
        if let Some(other) = shard.get(&id) {
            return Some(other.clone());
        }
        // The memory of absent ids is no proof: others drive an id out of it.
        if entry.has_expired(now) || self.absent.contains(id) || !entry.revive() {
            return None;
        }
        shard.insert(id, entry.clone());
        Some(entry.clone())
    }

    /// Forgets a permanent key if nothing happens under it; the store brings it back.
    pub(crate) fn evict(&self, entry: &Arc<KeyEntry>, now: Now) {
        if entry.expires_at().is_some() && !entry.has_expired(now.unix()) {
            return;
        }
        let mut shard = self.shard(entry.id());
        let same = shard.get(&entry.id()).is_some_and(|other| Arc::ptr_eq(other, entry));
        if same && entry.rest() {
            shard.remove(&entry.id());
        }
    }

    /// Removes a key that is no more, for good: its sessions end, and whoever sends something more under it is told
    /// -404 and closed.
    pub(crate) fn remove(&self, id: AuthKeyId, node: &Node, now: Now) {
        if let Some(entry) = self.take_out(id) {
            entry.end_sessions(node, None, now);
        }
    }

    /// The first half of [`KeyTable::remove`]: from now on the key is unknown, and its sessions can say last words.
    pub(crate) fn take_out(&self, id: AuthKeyId) -> Option<Arc<KeyEntry>> {
        let mut shard = self.shard(id);
        let entry = shard.remove(&id)?;
        self.absent.insert(id);
        entry.die();
        Some(entry)
    }

    /// Keys in memory.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    fn shard(&self, id: AuthKeyId) -> MutexGuard<'_, HashMap<AuthKeyId, Arc<KeyEntry>>> {
        // Ids are hashes; their upper bits choose the shard, their lower ones the place within.
        let shard = &self.shards[(id.get() >> 60) as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Logins.
impl KeyTable {
    /// Binds a temporary key to the login of a permanent one. False if the temporary key is gone.
    pub(crate) fn bind(
        &self,
        node: &Node,
        (temp, until): (AuthKeyId, UnixTime),
        device: Arc<Device>,
        now: Now,
    ) -> bool {
        let Some(entry) = self.shard(temp).get(&temp).cloned() else { return false };
        let too_many = device.lock().bind(temp);
        entry.bind(device, until);
        entry.review(node, now);
        if let Some(oldest) = too_many {
            self.remove(oldest, node, now);
        }
        true
    }

    /// Forgets the temporary keys of a login but for some.
    pub(crate) fn drop_temp_keys(&self, node: &Node, perm: AuthKeyId, except: &[AuthKeyId], now: Now) {
        let Some(device) = self.live_device(perm) else { return };
        let dropped = device.lock().drop_temp_keys(except);
        for temp in dropped {
            self.remove(temp, node, now);
        }
    }

    /// The keys that act for a login: the permanent one, if it is in memory, and its temporary ones.
    pub(crate) fn entries_of(&self, perm: AuthKeyId) -> Vec<Arc<KeyEntry>> {
        let mut ids = vec![perm];
        if let Some(device) = self.live_device(perm) {
            ids.extend(device.lock().temp_keys());
        }
        ids.into_iter().filter_map(|id| self.shard(id).get(&id).cloned()).collect()
    }

    /// The login of a permanent key, if any key of it is in memory.
    pub(crate) fn live_device(&self, perm: AuthKeyId) -> Option<Arc<Device>> {
        self.lock_devices().by_key.get(&perm)?.upgrade()
    }

    /// The login of a permanent key: the one in memory, or one made of what the store says.
    pub(crate) fn device(&self, perm: AuthKeyId, user: Option<UserId>, layer: Option<Layer>) -> Arc<Device> {
        let mut devices = self.lock_devices();
        if let Some(device) = devices.by_key.get(&perm).and_then(Weak::upgrade) {
            return device;
        }
        if devices.by_key.len() >= devices.sweep_at {
            devices.by_key.retain(|_, device| device.strong_count() > 0);
            devices.sweep_at = devices.by_key.len() + SWEEP_DEVICES;
        }
        let device = Arc::new(Device::new(perm, user, layer));
        devices.by_key.insert(perm, Arc::downgrade(&device));
        device
    }

    fn lock_devices(&self) -> MutexGuard<'_, Devices> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use crypto::Rng;
    use ids::limits::UNKNOWN_KEYS_MAX;
    use zeroize::Zeroizing;

    use super::*;
    use crate::entropy::OsRng;

    fn key() -> Arc<AuthKey> {
        let mut bytes = Box::new(Zeroizing::new([0; 256]));
        OsRng.fill(bytes.as_mut_slice());
        Arc::new(AuthKey::new(bytes))
    }

    /// Somebody has begun a message under a key when it is destroyed, drives the key's id out of the memory of absent
    /// ones with another id, and ends his message.
    #[test]
    fn a16_a_destroyed_key_does_not_come_back_through_a_connection_that_held_it() {
        let (table, now) = (KeyTable::new(SaltSeed::generate(&mut OsRng)), Now::default());
        let entry = table.take_permanent(key(), None, (None, None), now);
        let id = entry.id();
        assert!(table.take_out(id).is_some());
        assert!(table.revive(&entry, now.unix()).is_none());
        table.note_absent(AuthKeyId(id.get() ^ UNKNOWN_KEYS_MAX as u64));
        assert!(table.revive(&entry, now.unix()).is_none());
        assert!(!table.contains(id));
    }

    #[test]
    fn t6_an_idle_key_that_somebody_still_held_is_the_same_again() {
        let (table, now) = (KeyTable::new(SaltSeed::generate(&mut OsRng)), Now::default());
        let entry = table.take_permanent(key(), None, (None, None), now);
        table.evict(&entry, now);
        assert!(!table.contains(entry.id()));
        let again = table.revive(&entry, now.unix());
        assert!(again.is_some_and(|again| Arc::ptr_eq(&again, &entry)));
    }
}
