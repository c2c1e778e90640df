//! The keys that are in memory: roots, boxes, devices, days, blank boxes.

mod blank;
mod roots;
mod warm;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crypto::arena::{Arena, Full, Slot};
use ids::{AuthKeyId, BoxId};

pub use blank::Blank;
pub use warm::Evicted;

use crate::{
    AtRest, BoxKeys, DayKey, DeviceKey, Missing, Need, Numbering, OwnerTag, RowNames, Secret, State,
    StateError, SystemKey,
};
use roots::Roots;
use warm::Warm;

/// Every key in memory. Clones are the same keyring. Without roots it is *sealed* and answers [`Missing::Roots`].
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    arena: Arena,
    roots: OnceLock<Roots>,
    warm: Mutex<Warm>,
    #[cfg(feature = "testing")]
    supply: Option<crate::testing::Supply>,
}

/// The shared keys of a box as custody releases them, and the sheet of its epoch.
pub struct BoxSecrets {
    /// C.
    pub c: Secret<[u8; 32]>,
    /// X of the epoch.
    pub x: Secret<[u8; 32]>,
    /// The epoch.
    pub epoch: u32,
    /// The sheet of the epoch, but at epoch 0.
    pub sheet: Option<AtRest>,
}

/// Why keys were not taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InstallError {
    /// The roots come first.
    #[error("the keyring is sealed")]
    Sealed,
    /// There are roots already.
    #[error("the keyring has its roots")]
    Twice,
    /// The memory for keys is full of keys in use.
    #[error("the memory for keys is full")]
    Full,
    /// The sheet does not fit.
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<Full> for InstallError {
    fn from(Full: Full) -> Self {
        Self::Full
    }
}

impl Keyring {
    /// A sealed keyring with locked memory for this many keys (32 bytes each; a box takes two).
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self(Arc::new(Inner {
            arena: Arena::new(slots),
            roots: OnceLock::new(),
            warm: Mutex::new(Warm::default()),
            #[cfg(feature = "testing")]
            supply: None,
        }))
    }

    #[cfg(feature = "testing")]
    pub(crate) fn supplied(slots: usize, supply: crate::testing::Supply) -> Self {
        Self(Arc::new(Inner {
            arena: Arena::new(slots),
            roots: OnceLock::new(),
            warm: Mutex::new(Warm::default()),
            supply: Some(supply),
        }))
    }

    #[cfg(feature = "testing")]
    pub(crate) fn supply(&self) -> Option<&crate::testing::Supply> {
        self.0.supply.as_ref()
    }

    /// Whether the memory of keys is locked: never swapped.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.0.arena.is_locked()
    }

    /// Whether the roots are not there yet.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.0.roots.get().is_none()
    }

    /// Takes the root R and the numbering of this start. From now on the keyring is not sealed.
    ///
    /// # Errors
    /// `Twice` or `Full`.
    pub fn install_root(&self, root: Secret<[u8; 32]>, numbering: Numbering) -> Result<(), InstallError> {
        let roots = Roots::keep(&self.0.arena, root.expose(), numbering)?;
        self.0.roots.set(roots).map_err(|_| InstallError::Twice)
    }

    /// Makes row keys.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn names(&self) -> Result<RowNames, Missing> {
        Ok(self.roots()?.names.clone())
    }

    /// The system key.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn system(&self) -> Result<SystemKey, Missing> {
        Ok(self.roots()?.system.clone())
    }

    /// The key under which the server's RSA key lies.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn server_key(&self) -> Result<Secret<[u8; 32]>, Missing> {
        Ok(self.roots()?.server_key())
    }

    /// The key of access hashes.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn access_key(&self) -> Result<Secret<[u8; 32]>, Missing> {
        Ok(self.roots()?.access_key())
    }

    /// Takes the keys of a box in. If the box is there already, it stays, and goes over to this epoch if it is later.
    /// Boxes with ids below 0 (directory, short-lived tree) stay for good.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub fn install_box(&self, id: BoxId, keys: BoxSecrets) -> Result<BoxKeys, InstallError> {
        let BoxSecrets { c, x, epoch, sheet } = keys;
        let roots = self.0.roots.get().ok_or(InstallError::Sealed)?;
        let state = self.state(id, epoch, x, sheet)?;
        let c = self.keep(&c)?;
        let mut warm = self.warm_keys();
        if let Some(there) = warm.boxes.find(id) {
            there.catch_up(state)?;
            return Ok(there);
        }
        let names = roots.names.owner(OwnerTag::of_box(id));
        let keys = BoxKeys::new(id, names, Arc::clone(&roots.numbering), c, state);
        warm.boxes.add(id, keys.clone());
        Ok(keys)
    }

    /// The keys of a box, pinned while they are held.
    ///
    /// # Errors
    /// [`Missing::Roots`], or the need of the box's keys.
    pub fn warm(&self, id: BoxId) -> Result<BoxKeys, Missing> {
        self.or_supplied(Need::Box(id), |warm| warm.boxes.find(id))
    }

    /// The erasure state of a box that need not be warm, for the shred tick: X alone, no C.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn state(
        &self,
        id: BoxId,
        epoch: u32,
        x: Secret<[u8; 32]>,
        sheet: Option<AtRest>,
    ) -> Result<State, StateError> {
        let names = self.0.roots.get().ok_or(StateError::Sealed)?.names.owner(OwnerTag::of_box(id));
        let x = self.keep(&x).map_err(|Full| StateError::Full)?;
        State::open(self.0.arena.clone(), names, epoch, x, sheet)
    }

    /// Erases the keys of a box at once, whoever holds them: its account is deleted.
    pub fn close_box(&self, id: BoxId) {
        let mut warm = self.warm_keys();
        warm.blanks.retain(|blank| blank.id() != id);
        if let Some(keys) = warm.boxes.remove(id) {
            keys.close();
        }
    }

    /// Takes the key of a device in that the vaults have released: that of somebody who is logged in.
    ///
    /// # Errors
    /// `Sealed` or `Full`.
    pub fn install_device(&self, id: AuthKeyId, key: Secret<[u8; 32]>) -> Result<DeviceKey, InstallError> {
        self.0.roots.get().ok_or(InstallError::Sealed)?;
        let key = self.roomy(|arena| DeviceKey::keep(arena, key.expose()))?;
        let mut warm = self.warm_keys();
        Ok(warm.devices.find(id).unwrap_or_else(|| {
            warm.devices.add(id, key.clone());
            key
        }))
    }

    /// Takes the key of a device in that was minted just now, in place of any other: somebody is about to log in.
    ///
    /// # Errors
    /// `Sealed` or `Full`.
    pub fn mint_device(&self, id: AuthKeyId, key: Secret<[u8; 32]>) -> Result<(), InstallError> {
        self.0.roots.get().ok_or(InstallError::Sealed)?;
        let key = self.roomy(|arena| DeviceKey::keep(arena, key.expose()))?;
        self.warm_keys().mint(id, key);
        Ok(())
    }

    /// Whether a key that was minted for a login is there.
    #[must_use]
    pub fn has_minted(&self, id: AuthKeyId) -> bool {
        self.warm_keys().minted(id).is_some()
    }

    /// The key of a device, pinned while it is held.
    ///
    /// # Errors
    /// [`Missing::Roots`], or the need of the device's key.
    pub fn device(&self, id: AuthKeyId) -> Result<DeviceKey, Missing> {
        self.or_supplied(Need::Device(id), |warm| warm.devices.find(id))
    }

    /// The key of a device that was minted for signing in, or the need to make one. A key that was released is that of an
    /// earlier login, and doomed: it came while its owner logged out.
    ///
    /// # Errors
    /// [`Missing::Roots`], or [`Need::MintDevice`].
    pub fn device_or_mint(&self, id: AuthKeyId) -> Result<DeviceKey, Missing> {
        self.or_supplied(Need::MintDevice(id), |warm| warm.minted(id))
    }

    /// Drops the key of a device: it is logged out. It is erased as soon as nobody holds it.
    pub fn close_device(&self, id: AuthKeyId) {
        self.warm_keys().close_device(id);
    }

    /// Takes the key of a day (unix time / 86,400) in, which stays until it is [closed](Self::close_day). A day that is newer
    /// than today is today.
    ///
    /// # Errors
    /// `Sealed` or `Full`.
    pub fn install_day(&self, day: u32, key: Secret<[u8; 32]>) -> Result<(), InstallError> {
        self.0.roots.get().ok_or(InstallError::Sealed)?;
        let key = self.roomy(|arena| DayKey::keep(arena, day, key.expose()))?;
        self.warm_keys().add_day(day, key);
        Ok(())
    }

    /// The clock says that it is this day, be it earlier or later than before: new rows lie under its key if that is there.
    /// Whether it is.
    pub fn turn_to_day(&self, day: u32) -> bool {
        self.warm_keys().turn_to_day(day)
    }

    /// Drops the key of a day: what lies under it is gone.
    pub fn close_day(&self, day: u32) {
        self.warm_keys().close_day(day);
    }

    /// The key of today.
    ///
    /// # Errors
    /// [`Missing::Roots`], also while there is no day key yet.
    pub fn today(&self) -> Result<DayKey, Missing> {
        self.warm_keys().today().ok_or(Missing::Roots)
    }

    /// The key of a day, if it has not ended: what lies under one that has is gone.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn day(&self, day: u32) -> Result<Option<DayKey>, Missing> {
        self.roots()?;
        Ok(self.warm_keys().day(day))
    }

    /// Drops what was not used for 15 minutes, and what has been there for 12 hours, unless it is pinned. To be
    /// called every minute or so; "used" means since the last call. What was not used since then keeps its keys and
    /// closes its pages: so many boxes can be warm without much memory.
    pub fn evict(&self, now_ms: u64) -> Evicted {
        self.warm_keys().evict(now_ms)
    }

    fn roots(&self) -> Result<&Roots, Missing> {
        self.0.roots.get().ok_or(Missing::Roots)
    }

    fn warm_keys(&self) -> MutexGuard<'_, Warm> {
        self.0.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there, or what a keyring for tests brings itself, or the need.
    fn or_supplied<T>(&self, need: Need, find: impl Fn(&mut Warm) -> Option<T>) -> Result<T, Missing> {
        self.roots()?;
        let found = find(&mut self.warm_keys());
        #[cfg(feature = "testing")]
        let found = found.or_else(|| {
            self.supply().filter(|supply| supply.is_by_itself())?;
            self.satisfy(&[need]);
            find(&mut self.warm_keys())
        });
        found.ok_or(Missing::Key(need))
    }

    fn keep(&self, key: &Secret<[u8; 32]>) -> Result<Slot, Full> {
        self.roomy(|arena| arena.keep(key.expose()))
    }

    /// Keeps a key, dropping the longest unused ones until there is room for it.
    fn roomy<T>(&self, keep: impl Fn(&Arena) -> Result<T, Full>) -> Result<T, Full> {
        loop {
            match keep(&self.0.arena) {
                Ok(kept) => return Ok(kept),
                Err(Full) if self.warm_keys().evict_longest_unused() => {}
                Err(Full) => return Err(Full),
            }
        }
    }
}
