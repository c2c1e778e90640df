//! Keyrings for tests of other crates: keys come from a seed instead of vaults.
//!
//! Only behind the feature `testing`, which no crate may ask for but in its dev-dependencies.

use std::sync::atomic::{AtomicU64, Ordering};

use crypto::sha256;
use ids::{AuthKeyId, BoxId};

use crate::{BoxSecrets, DirectoryBox, Incarnation, Keyring, Need, Numbering, OwnerTag, Secret};

/// Locked memory of a keyring for tests, in keys.
const SLOTS: usize = 1 << 14;
/// The day that the day keys of such a keyring are of.
pub const TODAY: u32 = 20_000;

/// Where the keys of a keyring for tests come from. Boxes are always brought at epoch 0.
pub(crate) struct Supply {
    seed: u64,
    by_itself: bool,
    blanks: AtomicU64,
}

impl Supply {
    fn new(seed: u64, by_itself: bool) -> Self {
        Self { seed, by_itself, blanks: AtomicU64::new(0) }
    }

    /// Whether needs are fulfilled without being asked.
    pub(crate) fn is_by_itself(&self) -> bool {
        self.by_itself
    }

    fn secret(&self, class: &str, id: u64) -> Secret<[u8; 32]> {
        Secret::new(sha256(&[&self.seed.to_be_bytes(), class.as_bytes(), &id.to_be_bytes()]))
    }

    fn of_box(&self, id: BoxId) -> BoxSecrets {
        let id = id.0.cast_unsigned();
        BoxSecrets { c: self.secret("C", id), x: self.secret("X", id), epoch: 0, sheet: None }
    }

    fn blank(&self) -> BoxId {
        let nth = self.blanks.fetch_add(1, Ordering::SeqCst);
        let hash = sha256(&[&self.seed.to_be_bytes(), b"blank", &nth.to_be_bytes()]);
        let number = hash.iter().take(8).fold(0, |number, &byte| (number << 8) | u64::from(byte));
        BoxId::drawn(number)
    }
}

impl Keyring {
    /// A keyring that fulfils every need by itself: nothing is ever missing.
    #[must_use]
    pub fn self_sufficient(seed: u64) -> Self {
        Self::seeded(Supply::new(seed, true))
    }

    /// A keyring with roots, directory, short-lived tree and days, in which each first use of anything else is a need.
    #[must_use]
    pub fn cold(seed: u64) -> Self {
        Self::seeded(Supply::new(seed, false))
    }

    /// Fulfils needs of a keyring made here.
    pub fn satisfy(&self, needs: &[Need]) {
        let Some(supply) = self.supply() else { return };
        for &need in needs {
            let done = match need {
                Need::Box(id) => self.install_box(id, supply.of_box(id)).map(|_| ()),
                Need::Device(id) => {
                    let AuthKeyId(number) = id;
                    self.install_device(id, supply.secret("device", number)).map(|_| ())
                }
                Need::MintDevice(id) => {
                    let AuthKeyId(number) = id;
                    self.mint_device(id, supply.secret("device", number))
                }
                Need::Blank => {
                    let id = supply.blank();
                    self.install_blank(id, supply.of_box(id))
                }
            };
            debug_assert!(done.is_ok(), "a keyring for tests is full");
        }
    }

    /// The C, X, and epoch that such a keyring brings for a box: what vaults would hold.
    #[must_use]
    pub fn supplied_box(&self, id: BoxId) -> Option<BoxSecrets> {
        self.supply().map(|supply| supply.of_box(id))
    }

    fn seeded(supply: Supply) -> Self {
        let root = supply.secret("root", 0);
        let days = [TODAY - 1, TODAY].map(|day| (day, supply.secret("day", u64::from(day))));
        let ring = Self::supplied(SLOTS, supply);
        let mut done = Incarnation::new(1)
            .map(|incarnation| ring.install_root(root, Numbering::new(incarnation)).is_ok());
        for (day, key) in days {
            done = done.filter(|_| ring.install_day(day, key).is_ok());
        }
        debug_assert!(done == Some(true), "a keyring for tests is full");
        let always = DirectoryBox::all().map(DirectoryBox::id).chain([OwnerTag::SHORT_LIVED]);
        ring.satisfy(&always.map(Need::Box).collect::<Vec<_>>());
        ring
    }
}
