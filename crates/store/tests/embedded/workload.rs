//! What is written: step n holds the same rows whoever writes it and whenever, and the row [`STEP`] says n, so that any
//! store can be compared with what must be in it. (Steps are not commits: maintenance makes commits of its own.)

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

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
/// Steps of zeros that fill a journal.
pub(crate) const FILLING: u64 = 20;

/// The key of the row that says which step was the last.
pub(crate) const STEP: &[u8] = b"step";

type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl Plan {
    pub(crate) fn rows(self, step: u64) -> Rows {
        if self.kind == Kind::Full && step <= FILLING {
            let step = Some(step.to_be_bytes().to_vec());
            return Rows::from([(b"zeros".to_vec(), Some(vec![0; ZEROS])), (STEP.to_vec(), step)]);
        }
        let mut chance = Chance(self.seed ^ step.wrapping_mul(0x9e37_79b9));
        let count = 1 + chance.below(5);
        let written = Some(step.to_be_bytes().to_vec());
        let rows = (0..count).map(|_| {
            let key = format!("key {}", chance.below(KEYS)).into_bytes();
            let bytes = if chance.once_in(10) { chance.below(6000) } else { chance.below(600) };
            let value = (0..bytes).map(|_| chance.number() as u8).collect();
            (key, (!chance.once_in(4)).then_some(value))
        });
        rows.chain([(STEP.to_vec(), written)]).collect()
    }

    /// The fingerprint of all rows after each step up to `last`.
    pub(crate) fn fingerprints(self, last: u64) -> Vec<u64> {
        let mut rows = BTreeMap::new();
        let mut prints = vec![print(&rows)];
        for step in 1..=last {
            for (key, value) in self.rows(step) {
                match value {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
            prints.push(print(&rows));
        }
        prints
    }

    /// Writes steps until `last` is there, on several threads. `before` hears of each commit and its step before they
    /// are applied. Stops at the first error.
    pub(crate) fn write(
        self,
        engine: &dyn Engine,
        last: u64,
        before: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<(), EngineError> {
        let failed = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while failed.lock().unwrap().is_none() {
                        match self.write_one(engine, last, before) {
                            Ok(true) => {}
                            Ok(false) => break,
                            Err(error) => *failed.lock().unwrap() = Some(error),
                        }
                    }
                });
            }
        });
        failed.into_inner().unwrap().map_or(Ok(()), Err)
    }

    fn write_one(
        self,
        engine: &dyn Engine,
        last: u64,
        before: &dyn Fn(u64, u64),
    ) -> Result<bool, EngineError> {
        let session = engine.session()?;
        let next = step(&*session)? + 1;
        if next > last {
            return Ok(false);
        }
        let batch: Batch = self
            .rows(next)
            .into_iter()
            .map(|(key, value)| (row(&key), value.map(|value| at_rest(&value))))
            .collect();
        let expected = session.commit().0 + 1;
        before(expected, next);
        let commit = session.apply(batch)?;
        assert_eq!(commit.0, expected);
        // Senders wait for their commit now and then; the driver syncs beside them.
        if next % 3 == 0 {
            engine.sync()?;
        }
        Ok(true)
    }
}

/// The last step that a view shows.
pub(crate) fn step(view: &dyn View) -> Result<u64, EngineError> {
    let step = view.get(&row(STEP))?;
    Ok(step.map_or(0, |step| u64::from_be_bytes(step.as_bytes().try_into().unwrap())))
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
