//! The seam between typed rows and bytes: which keys and names a transaction has, and where its nonces come from.
//!
//! A door holds a [`Keyring`] that is not sealed any more. Row keys are made of its names (docs/keys.md 4.1), values are
//! sealed by its keys (4.2), and there is no other way to a row: what a [`Batch`](crate::Batch) takes, only `sealed`
//! makes. What is not in memory is a [`Need`](sealed::Need), never a missing row.

use std::sync::{Arc, Mutex, PoisonError};

use crypto::Rng;
use sealed::{Keyring, Missing, OwnerNames, OwnerTag, RowNames, SystemKey};

use crate::repair::Repairs;

/// Bytes of randomness drawn at a time: nonces for eight rows, so a message, which writes seven, asks for randomness once.
/// Nothing is left over for another transaction: a machine that is put back would draw the same again from memory.
const DRAW_BYTES: usize = 96;

/// Makes row keys, seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    keyring: Keyring,
    names: RowNames,
    system: SystemKey,
    system_names: OwnerNames,
    entropy: Mutex<Box<dyn Rng + Send>>,
    repairs: Repairs,
}

impl Door {
    /// A door with these keys, and with nonces from `entropy`.
    ///
    /// # Errors
    /// [`Missing::Roots`] while the keyring is sealed.
    pub fn new(keyring: Keyring, entropy: Box<dyn Rng + Send>) -> Result<Self, Missing> {
        let names = keyring.names()?;
        let inner = Inner {
            system: keyring.system()?,
            system_names: names.owner(OwnerTag::System),
            names,
            keyring,
            entropy: Mutex::new(entropy),
            repairs: Repairs::default(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The keys in memory.
    pub fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    pub(crate) fn names(&self) -> &RowNames {
        &self.0.names
    }

    pub(crate) fn system(&self) -> &SystemKey {
        &self.0.system
    }

    pub(crate) fn system_names(&self) -> &OwnerNames {
        &self.0.system_names
    }

    pub(crate) fn repairs(&self) -> &Repairs {
        &self.0.repairs
    }

    /// Nonces for one transaction.
    pub(crate) fn nonces(&self) -> Nonces {
        Nonces { door: self.clone(), drawn: [0; DRAW_BYTES], used: DRAW_BYTES }
    }
}

/// Randomness drawn for many rows at once; nothing is drawn before it is asked for. Nonces are no secret.
pub(crate) struct Nonces {
    door: Door,
    drawn: [u8; DRAW_BYTES],
    used: usize,
}

impl Rng for Nonces {
    fn fill(&mut self, bytes: &mut [u8]) {
        if bytes.len() > DRAW_BYTES - self.used {
            let mut entropy = self.door.0.entropy.lock().unwrap_or_else(PoisonError::into_inner);
            if bytes.len() > DRAW_BYTES {
                return entropy.fill(bytes);
            }
            entropy.fill(&mut self.drawn);
            self.used = 0;
        }
        let end = self.used + bytes.len();
        if let Some(drawn) = self.drawn.get(self.used..end) {
            bytes.copy_from_slice(drawn);
        }
        self.used = end;
    }
}
