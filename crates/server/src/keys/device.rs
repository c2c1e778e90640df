//! What a login is to the driver: a permanent key with its user, its layer and its temporary keys.
//!
//! A temporary key acts for the permanent one it is bound to, so all of them share this. It is made from the store
//! when the permanent key is loaded; the store stays the truth, since every call proves its user there again.
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ids::limits::TEMP_KEYS_PER_KEY_MAX;
use ids::{AuthKeyId, Layer, UserId};

/// A permanent key and what hangs on it.
pub(crate) struct Device {
    key: AuthKeyId,
    owner: Mutex<Owner>,
}

/// What changes about a device.
#[derive(Default)]
pub(crate) struct Owner {
    /// Who is logged in.
    pub(crate) user: Option<UserId>,
    /// The layer of its last invokeWithLayer: that of sessions which have not said theirs.
    pub(crate) layer: Option<Layer>,
    /// Temporary keys bound to it, oldest first.
    temp_keys: VecDeque<AuthKeyId>,
}

impl Device {
    /// A device as the store knows it.
    pub(super) fn new(key: AuthKeyId, user: Option<UserId>, layer: Option<Layer>) -> Self {
        Self { key, owner: Mutex::new(Owner { user, layer, temp_keys: VecDeque::new() }) }
    }

    /// The permanent key.
    pub(crate) fn key(&self) -> AuthKeyId {
        self.key
    }

    /// Who is logged in.
    pub(crate) fn user(&self) -> Option<UserId> {
        self.lock().user
    }

    /// What changes about it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Owner> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owner {
    /// Notes a binding; the temporary key that must go to make room, if any.
    pub(super) fn bind(&mut self, temp: AuthKeyId) -> Option<AuthKeyId> {
        self.temp_keys.retain(|bound| *bound != temp);
        self.temp_keys.push_back(temp);
        if self.temp_keys.len() > TEMP_KEYS_PER_KEY_MAX { self.temp_keys.pop_front() } else { None }
    }

    /// Temporary keys bound to it, oldest first.
    pub(super) fn temp_keys(&self) -> impl Iterator<Item = AuthKeyId> {
        self.temp_keys.iter().copied()
    }

    /// Forgets the temporary keys but for some, and says which they were.
    pub(super) fn drop_temp_keys(&mut self, except: &[AuthKeyId]) -> Vec<AuthKeyId> {
        let (kept, dropped): (Vec<_>, Vec<_>) = self.temp_keys.iter().partition(|key| except.contains(key));
        self.temp_keys = kept.into();
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_too_many_temporary_keys_goes() {
        let device = Device::new(AuthKeyId(1), None, None);
        let mut owner = device.lock();
        for key in 0..TEMP_KEYS_PER_KEY_MAX as u64 {
            assert_eq!(owner.bind(AuthKeyId(100 + key)), None);
        }
        assert_eq!(owner.bind(AuthKeyId(100)), None, "binding again makes it the newest");
        assert_eq!(owner.bind(AuthKeyId(999)), Some(AuthKeyId(101)));
        assert_eq!(owner.drop_temp_keys(&[AuthKeyId(999)]).len(), TEMP_KEYS_PER_KEY_MAX - 1);
        assert_eq!(owner.drop_temp_keys(&[]), [AuthKeyId(999)]);
    }
}
