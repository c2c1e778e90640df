//! Rows of devices: under the key of the day while nobody is logged in, under a key of their own from then on.
//! The key of a login is destroyed when it ends. Source: docs/keys.md 4.2.

use ids::AuthKeyId;
use sealed::{DeviceKey, Header, OwnerTag};

use super::Tx;
use crate::StoreError;

/// Under what the rows of a device lie.
#[derive(Clone)]
pub(super) enum Under {
    /// The key of the day on which each was written.
    Day,
    /// Their own key.
    Own(DeviceKey),
}

impl Tx<'_> {
    /// Whether the rows of a device lie under a key of its own, which is at the vaults then.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn is_claimed(&self, id: AuthKeyId) -> Result<bool, StoreError> {
        // All rows of a device lie under one kind of key. One that says otherwise was changed, and must not hide from a
        // log-out that there is a key to be destroyed.
        let names = self.names(OwnerTag::Device(id))?;
        let rows = self.all_rows(&names, None, usize::MAX)?;
        Ok(rows.iter().any(|(_, at_rest)| Header::of(at_rest) == Some(Header::Device)))
    }

    /// Whether a key was minted for a device: somebody is about to log in.
    pub fn has_minted_key(&self, id: AuthKeyId) -> bool {
        self.door.keyring().has_minted(id)
    }

    /// Somebody logs in on a device: its rows go under a key of their own, which is minted if there is none.
    ///
    /// # Errors
    /// [`StoreError::NeedKeys`] until the key is there.
    pub fn claim(&mut self, id: AuthKeyId) -> Result<(), StoreError> {
        if self.is_claimed(id)? {
            return self.under(id).map(drop);
        }
        let own = self.door.keyring().device_or_mint(id).map_err(|missing| self.lacks(missing))?;
        self.move_device(id, Under::Own(own))
    }

    /// Nobody is logged in on a device any more: its rows go under the key of the day, and its own key leaves memory
    /// with the commit. Whether it had one, whose destruction is to be ordered then.
    ///
    /// # Errors
    /// [`StoreError::NeedKeys`] until its key is there.
    pub fn disclaim(&mut self, id: AuthKeyId) -> Result<bool, StoreError> {
        if !self.is_claimed(id)? {
            return Ok(false);
        }
        self.move_device(id, Under::Day)?;
        self.closing.push(id);
        Ok(true)
    }

    /// Under what the rows of a device are written.
    pub(super) fn under(&self, id: AuthKeyId) -> Result<Under, StoreError> {
        if let Some((_, under)) = self.open.borrow().under.iter().find(|(device, _)| *device == id) {
            return Ok(under.clone());
        }
        let under = if self.is_claimed(id)? {
            Under::Own(self.door.keyring().device(id).map_err(|missing| self.lacks(missing))?)
        } else {
            Under::Day
        };
        self.open.borrow_mut().under.push((id, under.clone()));
        Ok(under)
    }

    /// Writes all rows of a device under other keys; what lay under the key of a day that is over goes.
    fn move_device(&mut self, id: AuthKeyId, under: Under) -> Result<(), StoreError> {
        let tag = OwnerTag::Device(id);
        let names = self.names(tag)?;
        for (key, at_rest) in self.all_rows(&names, None, usize::MAX)? {
            let moved = match self.unseal("a device's rows", tag, &key, &at_rest)? {
                Some(plain) => Some(self.seal_under(&under, &key, plain.expose())?),
                None => None,
            };
            self.writes.insert(key, moved);
        }
        let mut open = self.open.borrow_mut();
        open.under.retain(|(device, _)| *device != id);
        open.under.push((id, under));
        Ok(())
    }
}
