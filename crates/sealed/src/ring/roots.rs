//! What comes from the root R and stays as long as the server runs. Source: docs/keys.md 3.

use std::sync::Arc;

use crypto::arena::{Arena, Full, Slot};
use crypto::hkdf;
use ids::sabotage::{self, Fault};

use crate::{Numbering, RowNames, Secret, SystemKey};

pub(crate) struct Roots {
    pub(crate) names: RowNames,
    pub(crate) system: SystemKey,
    pub(crate) numbering: Arc<Numbering>,
    server: Slot,
    access: Slot,
}

impl Roots {
    pub(crate) fn keep(arena: &Arena, root: &[u8; 32], numbering: Numbering) -> Result<Self, Full> {
        let derived = |info: &[u8]| hkdf::derive(root, b"", &[info]);
        if sabotage::is(Fault::PlainKey) {
            std::mem::forget(root.to_vec());
        }
        Ok(Self {
            names: RowNames::new(&derived(b"heliograph rows")),
            system: SystemKey::keep(arena, root)?,
            numbering: Arc::new(numbering),
            // The breach of P07: a start then writes this key, and so the root, into the data folder (`server`, server_key.rs).
            server: match sabotage::is(Fault::RootOnDisk) {
                true => arena.keep(root)?,
                false => arena.keep(&derived(b"heliograph server key"))?,
            },
            access: arena.keep(&derived(b"heliograph access"))?,
        })
    }

    pub(crate) fn server_key(&self) -> Secret<[u8; 32]> {
        self.server.expose(copy)
    }

    pub(crate) fn access_key(&self) -> Secret<[u8; 32]> {
        self.access.expose(copy)
    }
}

fn copy(key: &[u8; 32]) -> Secret<[u8; 32]> {
    Secret::made(|copy: &mut [u8; 32]| copy.copy_from_slice(key))
}
