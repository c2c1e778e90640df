//! The keys that are in memory: roots, boxes, devices, days, blank boxes.

use std::sync::Arc;

use ids::{AuthKeyId, BoxId};

use crate::{
    AtRest, BoxKeys, DayKey, DeviceKey, Missing, Need, Numbering, RowNames, Secret, State, StateError,
    SystemKey,
};

/// Every key in memory. Clones are the same keyring. Without roots it is *sealed* and answers [`Missing::Roots`].
#[derive(Clone)]
pub struct Keyring(Arc<()>);

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
    /// The memory for keys is full of keys in use.
    #[error("the memory for keys is full")]
    Full,
    /// The sheet does not fit.
    #[error(transparent)]
    State(#[from] StateError),
}

/// How many keys were dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Evicted {
    /// Boxes.
    pub boxes: usize,
    /// Devices.
    pub devices: usize,
}

/// A box minted ahead: it is nobody's yet. Unless it is [used up](Blank::use_up) it goes back when dropped, so that a
/// transaction that is run again, or fails, costs none.
pub struct Blank {
    ring: Keyring,
    id: BoxId,
}

impl Blank {
    /// The box, which becomes the id of the account.
    #[must_use]
    pub fn id(&self) -> BoxId {
        self.id
    }

    /// The account is committed.
    pub fn use_up(self) {
        let _ = self.ring;
    }
}

impl Keyring {
    /// A sealed keyring with locked memory for this many keys (32 bytes each; a box takes two).
    #[must_use]
    pub fn new(_slots: usize) -> Self {
        Self(Arc::new(()))
    }

    /// Whether the memory of keys is locked: never swapped, never dumped.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        false
    }

    /// Whether the roots are not there yet.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        true
    }

    /// Takes the root R and the numbering of this start. From now on the keyring is not sealed.
    ///
    /// # Errors
    /// `Full`.
    pub fn install_root(&self, _root: Secret<[u8; 32]>, _numbering: Numbering) -> Result<(), InstallError> {
        Ok(())
    }

    /// Makes row keys.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn names(&self) -> Result<RowNames, Missing> {
        Err(Missing::Roots)
    }

    /// The system key.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn system(&self) -> Result<SystemKey, Missing> {
        Err(Missing::Roots)
    }

    /// The key under which the server's RSA key lies.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn server_key(&self) -> Result<Secret<[u8; 32]>, Missing> {
        Err(Missing::Roots)
    }

    /// The key of access hashes.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn access_key(&self) -> Result<Secret<[u8; 32]>, Missing> {
        Err(Missing::Roots)
    }

    /// Takes the keys of a box in. If the box is there already at this epoch or a later one, it stays as it is.
    /// Boxes with ids below 0 (directory, short-lived tree) stay for good.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub fn install_box(&self, _id: BoxId, _keys: BoxSecrets) -> Result<BoxKeys, InstallError> {
        Err(InstallError::Sealed)
    }

    /// The keys of a box, pinned while they are held.
    ///
    /// # Errors
    /// [`Missing::Roots`], or the need of the box's keys.
    pub fn warm(&self, id: BoxId) -> Result<BoxKeys, Missing> {
        Err(Missing::Key(Need::Box(id)))
    }

    /// The erasure state of a box that need not be warm, for the shred tick: X alone, no C.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn state(
        &self,
        _id: BoxId,
        _epoch: u32,
        _x: Secret<[u8; 32]>,
        _sheet: Option<AtRest>,
    ) -> Result<State, StateError> {
        Err(StateError::Sealed)
    }

    /// Erases the keys of a box at once, whoever holds them: its account is deleted.
    pub fn close_box(&self, _id: BoxId) {}

    /// Takes the key of a device in, released or minted.
    ///
    /// # Errors
    /// `Sealed` or `Full`.
    pub fn install_device(&self, _id: AuthKeyId, _key: Secret<[u8; 32]>) -> Result<DeviceKey, InstallError> {
        Err(InstallError::Sealed)
    }

    /// The key of a device, pinned while it is held.
    ///
    /// # Errors
    /// [`Missing::Roots`], or the need of the device's key.
    pub fn device(&self, id: AuthKeyId) -> Result<DeviceKey, Missing> {
        Err(Missing::Key(Need::Device(id)))
    }

    /// The key of a device, or the need to make one: for signing in.
    ///
    /// # Errors
    /// [`Missing::Roots`], or [`Need::MintDevice`].
    pub fn device_or_mint(&self, id: AuthKeyId) -> Result<DeviceKey, Missing> {
        Err(Missing::Key(Need::MintDevice(id)))
    }

    /// Erases the key of a device: it is logged out.
    pub fn close_device(&self, _id: AuthKeyId) {}

    /// Takes the key of a day (unix time / 86,400) in. The newest day is today; only its day before stays.
    ///
    /// # Errors
    /// `Sealed` or `Full`.
    pub fn install_day(&self, _day: u32, _key: Secret<[u8; 32]>) -> Result<(), InstallError> {
        Err(InstallError::Sealed)
    }

    /// The key of the newest day there is.
    ///
    /// # Errors
    /// [`Missing::Roots`], also while there is no day key yet.
    pub fn today(&self) -> Result<DayKey, Missing> {
        Err(Missing::Roots)
    }

    /// The key of a day, if it is the newest or the one before: what lies under an older one is gone.
    ///
    /// # Errors
    /// [`Missing::Roots`].
    pub fn day(&self, _day: u32) -> Result<Option<DayKey>, Missing> {
        Err(Missing::Roots)
    }

    /// Takes a box in that was minted ahead.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub fn install_blank(&self, _id: BoxId, _keys: BoxSecrets) -> Result<(), InstallError> {
        Err(InstallError::Sealed)
    }

    /// How many blank boxes there are.
    #[must_use]
    pub fn blanks(&self) -> usize {
        0
    }

    /// A blank box.
    ///
    /// # Errors
    /// [`Missing::Roots`], or [`Need::Blank`].
    pub fn blank(&self) -> Result<Blank, Missing> {
        Err(Missing::Key(Need::Blank))
    }

    /// Drops what was not used for 15 minutes, and what has been there for 12 hours, unless it is pinned. To be
    /// called every minute or so; "used" means since the last call.
    pub fn evict(&self, _now_ms: u64) -> Evicted {
        Evicted::default()
    }
}
