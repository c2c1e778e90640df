//! Boxes minted ahead, so that signing up waits for no vault.

use ids::BoxId;

use crate::{BoxKeys, BoxSecrets, InstallError, Keyring, Missing, Need};

/// A box minted ahead: it is nobody's yet. Unless it is [used up](Blank::use_up) it goes back when dropped, so that a
/// transaction that is run again, or fails, costs none.
pub struct Blank {
    ring: Keyring,
    keys: Option<BoxKeys>,
    id: BoxId,
}

impl Blank {
    /// The box; its number becomes the id of the account.
    #[must_use]
    pub fn id(&self) -> BoxId {
        self.id
    }

    /// The account is committed: the box is its own.
    pub fn use_up(mut self) {
        self.keys = None;
    }
}

impl Drop for Blank {
    fn drop(&mut self) {
        let Some(keys) = self.keys.take() else { return };
        let mut warm = self.ring.warm_keys();
        // Unless it was closed meanwhile.
        if warm.boxes.find(self.id).is_some() {
            warm.blanks.push(keys);
        }
    }
}

impl Keyring {
    /// Takes a box in that was minted ahead.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub fn install_blank(&self, id: BoxId, keys: BoxSecrets) -> Result<(), InstallError> {
        let keys = self.install_box(id, keys)?;
        let mut warm = self.warm_keys();
        if warm.blanks.iter().all(|blank| blank.id() != id) {
            warm.blanks.push(keys);
        }
        Ok(())
    }

    /// A box that is warm was minted ahead before the last start, and is nobody's yet. False if it is not warm.
    pub fn adopt_blank(&self, id: BoxId) -> bool {
        let mut warm = self.warm_keys();
        let Some(keys) = warm.boxes.find(id) else { return false };
        if warm.blanks.iter().all(|blank| blank.id() != id) {
            warm.blanks.push(keys);
        }
        true
    }

    /// How many blank boxes there are.
    #[must_use]
    pub fn blanks(&self) -> usize {
        self.warm_keys().blanks.len()
    }

    /// A blank box, which is warm.
    ///
    /// # Errors
    /// [`Missing::Roots`], or [`Need::Blank`].
    pub fn blank(&self) -> Result<Blank, Missing> {
        let keys = self.or_supplied(Need::Blank, |warm| warm.blanks.pop())?;
        Ok(Blank { ring: self.clone(), id: keys.id(), keys: Some(keys) })
    }
}
