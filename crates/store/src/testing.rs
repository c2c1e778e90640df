//! Doors for tests: keys from a seed instead of vaults, nonces that a seed repeats, and the file `torn` without its folder.
//!
//! Only behind the feature `testing`, which no crate may ask for but in its dev-dependencies.
#![allow(clippy::panic, reason = "a test that cannot begin stops at once")]

use std::collections::BTreeSet;
use std::sync::Arc;

use crypto::testing::Seeded;
use sealed::Keyring;

use crate::embedded::torn;
use crate::{Door, Engine, Ran, Store, StoreError, Torn, Tx};

/// A door that lacks nothing.
///
/// # Panics
/// When keys from a seed are none, which is a mistake in `sealed`.
pub fn door() -> Door {
    over(Keyring::self_sufficient(1))
}

/// A door in which each first use of a box, a device or a blank box is a need; [`Rig`] fulfils them.
///
/// # Panics
/// As [`door`].
pub fn cold_door() -> Door {
    over(Keyring::cold(1))
}

fn over(keyring: Keyring) -> Door {
    Door::new(keyring, Box::new(Seeded::new(2))).unwrap_or_else(|error| panic!("{error}"))
}

/// What a file `torn` says, if it is whole.
#[must_use]
pub fn torn_in(file: &[u8]) -> Option<BTreeSet<Torn>> {
    torn::decode(file)
}

/// The file `torn` that says this.
#[must_use]
pub fn torn_file(torn: &BTreeSet<Torn>) -> Vec<u8> {
    torn::encode(torn)
}

/// The version in the item that begins here in the torn end of a journal, if one does.
#[must_use]
pub fn torn_item(journal: &[u8]) -> Option<Torn> {
    torn::version(journal)
}

/// A store whose functions run again when keys were needed, as a driver runs them: with the needs fulfilled, at most three
/// times.
pub struct Rig {
    store: Store,
}

impl Rig {
    /// A store over an engine, with all keys there or none.
    pub fn new(engine: Arc<dyn Engine>, cold: bool) -> Self {
        Self { store: Store::new(engine, if cold { cold_door() } else { door() }) }
    }

    /// A store that is there.
    pub fn over(store: Store) -> Self {
        Self { store }
    }

    /// As [`Store::read`].
    pub fn read<T, E: From<StoreError>>(&self, mut run: impl FnMut(&Tx<'_>) -> Result<T, E>) -> Ran<T, E> {
        self.until_open(|| self.store.read(&mut run))
    }

    /// As [`Store::write`].
    pub fn write<T, E: From<StoreError>>(
        &self,
        mut run: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Ran<T, E> {
        self.until_open(|| self.store.write(&mut run))
    }

    fn until_open<T, E>(&self, mut run: impl FnMut() -> Ran<T, E>) -> Ran<T, E> {
        for _ in 0..ids::limits::NEED_RERUNS_MAX {
            let ran = run();
            if ran.needs.is_empty() {
                return ran;
            }
            self.door().keyring().satisfy(&ran.needs);
        }
        run()
    }
}

impl std::ops::Deref for Rig {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
