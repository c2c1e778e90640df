//! What is written: commit n holds the same rows whoever writes it and whenever, so that a store that says it is at
//! commit n can be compared with what must be in it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use store::testsuite::{at_rest, row};
use store::{Batch, Engine, EngineError, Order, Scan, View};

use crate::disk::Chance;

/// Which rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Small rows, some deleted again.
    Small,
    /// 64 MiB of zeros first, so that the journal is full soon; then small rows.
    Full,
}

/// What is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) seed: u64,
}

const KEYS: usize = 48;
const ZEROS: usize = 4 << 20;
/// Commits of zeros that fill a journal.
pub(crate) const FILLING: u64 = 20;

type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl Plan {
    pub(crate) fn rows(self, commit: u64) -> Rows {
        if self.kind == Kind::Full && commit <= FILLING {
            return Rows::from([(b"zeros".to_vec(), Some(vec![0; ZEROS]))]);
        }
        let mut chance = Chance(self.seed ^ commit.wrapping_mul(0x9e37_79b9));
        let count = 1 + chance.below(5);
        (0..count)
            .map(|_| {
                let key = format!("key {}", chance.below(KEYS)).into_bytes();
                let bytes = if chance.once_in(10) { chance.below(6000) } else { chance.below(600) };
                let value = (0..bytes).map(|_| chance.number() as u8).collect();
                (key, (!chance.once_in(4)).then_some(value))
            })
            .collect()
    }

    /// The fingerprint of all rows after each commit up to `last`.
    pub(crate) fn fingerprints(self, last: u64) -> Vec<u64> {
        let mut rows = BTreeMap::new();
        let mut prints = vec![print(&rows)];
        for commit in 1..=last {
            for (key, value) in self.rows(commit) {
                match value {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
            prints.push(print(&rows));
        }
        prints
    }

    /// Writes commits until `last` is there, on several threads. Stops at the first error.
    pub(crate) fn write(self, engine: &dyn Engine, last: u64) -> Result<(), EngineError> {
        let failed = Arc::new(Mutex::new(None));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let failed = Arc::clone(&failed);
                scope.spawn(move || {
                    while failed.lock().unwrap().is_none() {
                        match self.write_one(engine, last) {
                            Ok(true) => {}
                            Ok(false) => break,
                            Err(error) => *failed.lock().unwrap() = Some(error),
                        }
                    }
                });
            }
        });
        failed.lock().unwrap().map_or(Ok(()), Err)
    }

    fn write_one(self, engine: &dyn Engine, last: u64) -> Result<bool, EngineError> {
        let session = engine.session()?;
        let next = session.commit().0 + 1;
        if next > last {
            return Ok(false);
        }
        let batch: Batch = self
            .rows(next)
            .into_iter()
            .map(|(key, value)| (row(&key), value.map(|value| at_rest(&value))))
            .collect();
        let commit = session.apply(batch)?;
        assert_eq!(commit.0, next);
        // Senders wait for their commit now and then; the driver syncs beside them.
        if next % 3 == 0 {
            engine.sync()?;
        }
        Ok(true)
    }
}

fn print(rows: &BTreeMap<Vec<u8>, Vec<u8>>) -> u64 {
    let mut hasher = DefaultHasher::new();
    rows.hash(&mut hasher);
    hasher.finish()
}

/// The fingerprint of all that a view shows.
pub(crate) fn fingerprint(view: &dyn View) -> Result<u64, EngineError> {
    let all = Scan { from: b"", to: b"\xff", skip: 0, limit: usize::MAX, order: Order::Ascending };
    let rows = view.range(&all)?;
    let rows = rows.into_iter().map(|(key, value)| (key.into_bytes(), value.into_bytes())).collect();
    Ok(print(&rows))
}
