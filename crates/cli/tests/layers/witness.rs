//! Reads all that a server says to one client, with the schema of its layer, to the last byte.
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use client::{Observer, Seen};

use crate::history::{Def, HISTORY};
use crate::strict::Strict;

/// What was wrong, and how much was read.
#[derive(Clone)]
pub(crate) struct Witness {
    layer: u16,
    defs: Arc<HashMap<u32, &'static Def>>,
    seen: Arc<Mutex<(usize, Vec<String>)>>,
}

impl Witness {
    pub(crate) fn of(layer: u16) -> Self {
        Self { layer, defs: Arc::new(HISTORY.at(layer)), seen: Arc::default() }
    }

    /// The function that sees everything.
    pub(crate) fn observer(&self) -> Observer {
        let witness = self.clone();
        Arc::new(move |said| witness.see(said))
    }

    fn see(&self, said: Seen<'_>) {
        let (name, ty, bytes) = match said {
            Seen::Update(bytes) => ("an update", "Updates", bytes),
            Seen::Answer { function_id, bytes } => {
                let asked = self.defs.get(&function_id).expect("a method of the layer");
                (asked.name.as_str(), asked.result.as_str(), bytes)
            }
        };
        let read = Strict::read_all(&self.defs, bytes, ty);
        let mut seen = self.seen.lock().expect("nobody panics with it");
        seen.0 += 1;
        if let Err(error) = read {
            seen.1.push(format!("layer {}, {name}: {error}", self.layer));
        }
    }

    /// Everything was well, and it was not nothing.
    pub(crate) fn assert_well(&self, at_least: usize) {
        let seen = self.seen.lock().expect("nobody panics with it");
        assert!(seen.1.is_empty(), "{:#?}", seen.1);
        assert!(seen.0 >= at_least, "only {} objects were read in layer {}", seen.0, self.layer);
    }
}
