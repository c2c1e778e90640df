//! Batches between their sessions and the tables: they stand in line in the order of their sessions.
//!
//! A session gives the turn up as soon as its batch has a number and stands in line. The thread it ran on then applies the
//! batch, after all that stand before it, while the next session executes: what fjall takes for a batch, four tenths of what a
//! message takes, is off the way on which all writers stand one behind another. A writer goes on when his batch is applied,
//! so no more stand in line than there are threads that write.
//!
//! Invariants: batches are applied in the order of their numbers, which is that of the turns. Who has the turn sees the tables
//! and all that stands in line, so he sees every session before him; views see what is applied. What stands in line was
//! judged when it came: from then on it is applied, or fjall has failed and nothing is applied any more, so nobody
//! builds on a batch that is refused afterwards. A snapshot is taken by whoever just applied, with `applying` held.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fjall::PersistMode;

use super::super::border::guarded;
use super::super::recent::Recent;
use super::super::row::{OWN_KEY, OwnRow, stored_key};
use super::{Core, PAUSE, Point, counter, lock};
use crate::engine::{Batch, Commit, EngineError};

/// fjall blocks a writer without end when this many memtables wait for a thread that has died; we wait before it.
const SEALED_MEMTABLES_MAX: usize = 3;
/// The same for tables that wait to be merged.
const FRESH_TABLES_MAX: usize = 28;

/// A batch and its number.
pub(in super::super) type Numbered = (Commit, Arc<Batch>);

/// What who has the turn has.
pub(in super::super) struct Turn {
    pub(in super::super) recent: Recent,
    /// The last number that was given to a batch.
    newest: Commit,
}

impl Turn {
    pub(super) fn after(newest: Commit) -> Self {
        Self { recent: Recent::default(), newest }
    }
}

#[derive(Default)]
pub(super) struct Line {
    /// The next one to be applied comes first. It stays until views see it.
    waiting: Mutex<VecDeque<Numbered>>,
    applying: Mutex<()>,
}

/// Writing.
impl Core {
    /// Waits for the session before.
    pub(in super::super) fn turn(&self) -> Result<MutexGuard<'_, Turn>, EngineError> {
        let turn = lock(&self.turn);
        self.writable()?;
        Ok(turn)
    }

    /// The newest point, and what stands in line behind it. For who has the turn, so that nothing comes to it meanwhile.
    pub(in super::super) fn point_and_line(&self) -> (Arc<Point>, Vec<Numbered>) {
        let mut waiting: Vec<Numbered> = lock(&self.line.waiting).iter().cloned().collect();
        // After the line: what has left it until now, this point has.
        let point = self.point();
        waiting.retain(|(commit, _)| *commit > point.commit);
        (point, waiting)
    }

    /// Ends a session with a batch: it is visible when this answers.
    pub(in super::super) fn hand_over(
        &self,
        turn: MutexGuard<'_, Turn>,
        batch: Batch,
    ) -> Result<Commit, EngineError> {
        let commit = self.stand_in_line(turn, batch)?;
        self.apply_to(commit)?;
        Ok(commit)
    }

    /// Gives a batch its number and its place, and the turn up.
    fn stand_in_line(&self, mut turn: MutexGuard<'_, Turn>, batch: Batch) -> Result<Commit, EngineError> {
        self.writable()?;
        turn.newest = Commit(turn.newest.0 + 1);
        turn.recent.applied(&batch);
        lock(&self.line.waiting).push_back((turn.newest, Arc::new(batch)));
        Ok(turn.newest)
    }

    /// A commit of the engine's own, with rows that are none of the store's.
    pub(super) fn commit_beside<'a>(
        &self,
        rows: impl Iterator<Item = (Vec<u8>, Option<&'a [u8]>)>,
    ) -> Result<(), EngineError> {
        let mut turn = self.turn()?;
        self.apply_to(turn.newest)?;
        let applying = lock(&self.line.applying);
        turn.newest = Commit(turn.newest.0 + 1);
        let done = self.commit(turn.newest, rows);
        drop(applying);
        done
    }

    /// Applies what stands in line.
    pub(super) fn apply_all(&self) -> Result<(), EngineError> {
        let last = lock(&self.line.waiting).back().map(|(commit, _)| *commit);
        last.map_or(Ok(()), |last| self.apply_to(last))
    }

    /// Applies what stands in line up to a number, unless others have done it.
    fn apply_to(&self, commit: Commit) -> Result<(), EngineError> {
        let applying = lock(&self.line.applying);
        while let Some((next, batch)) = self.first_up_to(commit) {
            let rows = batch.iter();
            let rows =
                rows.map(|(key, value)| (stored_key(key.as_bytes()), value.as_ref().map(|v| v.as_bytes())));
            self.commit(next, rows)?;
            lock(&self.line.waiting).pop_front();
        }
        drop(applying);
        Ok(())
    }

    fn first_up_to(&self, commit: Commit) -> Option<Numbered> {
        lock(&self.line.waiting).front().filter(|(next, _)| *next <= commit).cloned()
    }

    /// Gives fjall a batch. The caller has `applying`; with an error nothing is applied any more.
    fn commit<'a>(
        &self,
        commit: Commit,
        rows: impl Iterator<Item = (Vec<u8>, Option<&'a [u8]>)>,
    ) -> Result<(), EngineError> {
        if lock(&self.state).poisoned {
            return Err(EngineError::Poisoned);
        }
        self.wait_for_room()?;
        let own = OwnRow { commit, durable: self.durable(), counter: counter(&self.database) }.encode();
        let (mut bytes, mut deleted) = (own.len(), 0);
        let written = guarded(|| {
            let mut batch = self.database.batch();
            batch.insert(&self.rows, OWN_KEY, own);
            for (key, value) in rows {
                bytes += key.len() + value.map_or(0, <[u8]>::len);
                match value {
                    Some(value) => batch.insert(&self.rows, key, value),
                    None => {
                        deleted += 1;
                        batch.remove(&self.rows, key);
                    }
                }
            }
            batch.commit()?;
            Ok(self.database.snapshot())
        });
        let Ok(snapshot) = written else {
            // Part of the batch may be in the journal, and fjall takes nothing any more.
            self.poison();
            return Err(EngineError::Poisoned);
        };
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Point { commit, snapshot });
        self.note_applied(commit);
        self.note_written(bytes, deleted);
        Ok(())
    }

    /// Lets fjall's threads catch up, as fjall itself would, but not for ever.
    fn wait_for_room(&self) -> Result<(), EngineError> {
        loop {
            let crowded = guarded(|| {
                Ok(self.rows.sealed_memtable_count() >= SEALED_MEMTABLES_MAX
                    || self.rows.l0_table_count() >= FRESH_TABLES_MAX)
            });
            if crowded == Ok(false) {
                return Ok(());
            }
            if crowded.and_then(|_| guarded(|| self.database.persist(PersistMode::Buffer))).is_err() {
                self.poison();
                return Err(EngineError::Poisoned);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::embedded::session::{EmbeddedSession, EmbeddedView};
    use crate::testsuite::{at_rest, found, row};
    use crate::{Order, Scan, Session, Settings, View};

    /// A folder that is there until it is dropped.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("heliograph-line-{}-{name}", std::process::id())))
        }

        fn open(&self) -> Core {
            let settings = Settings { free_bytes_min: 0, ..Settings::default() };
            Core::open(&self.0, &settings).unwrap_or_else(|trouble| panic!("{trouble:?}"))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn batch(rows: &[(&[u8], Option<&[u8]>)]) -> Batch {
        rows.iter().map(|&(key, value)| (row(key), value.map(at_rest))).collect()
    }

    fn wait_in_line(core: &Core, rows: &[(&[u8], Option<&[u8]>)]) -> Commit {
        core.stand_in_line(core.turn().unwrap(), batch(rows)).unwrap()
    }

    fn session(core: &Core) -> Box<EmbeddedSession<'_>> {
        Box::new(EmbeddedSession::of(core).unwrap())
    }

    /// T7, R3: what was decided before is seen by whoever decides next, though no table has it yet; a view sees what is
    /// applied, and what is applied is all of it, in its order.
    #[test]
    fn a_session_sees_what_stands_in_line_and_a_view_does_not() {
        let folder = Scratch::new("sees");
        let core = folder.open();
        let table = b"owner-of-12.tt".as_slice();
        let [one, two, three] = [1, 2, 3].map(|n| [table, &[n]].concat());
        session(&core).apply(batch(&[(&one, Some(b"old")), (&three, Some(b"gone"))])).unwrap();
        wait_in_line(&core, &[(&one, Some(b"new"))]);
        let second = wait_in_line(&core, &[(&two, Some(b"two")), (&three, None)]);

        let next = session(&core);
        assert_eq!(next.commit(), second, "its answer waits for what it has seen");
        let seen = [&one, &two, &three].map(|key| found(&*next, key));
        assert_eq!(seen, [Some(b"new".to_vec()), Some(b"two".to_vec()), None]);
        let (from, to) = (table, [table, &[9]].concat());
        let scan = Scan { from, to: &to, skip: 0, limit: 9, order: Order::Ascending };
        let rows = [(row(&one), at_rest(b"new")), (row(&two), at_rest(b"two"))];
        assert_eq!(next.range(&scan).unwrap(), rows);
        assert_eq!(next.last(&row(table)).unwrap().as_ref(), rows.last());
        let before = EmbeddedView::of(&core);
        assert_eq!(before.commit(), Commit(second.0 - 2));
        assert_eq!(found(&before, &one).unwrap(), b"old");

        let third = next.apply(batch(&[(&one, Some(b"newest"))])).unwrap();
        assert_eq!(third, Commit(second.0 + 1));
        let after = EmbeddedView::of(&core);
        let seen = [&one, &two, &three].map(|key| found(&after, key));
        assert_eq!(seen, [Some(b"newest".to_vec()), Some(b"two".to_vec()), None]);
        assert_eq!((after.commit(), found(&before, &one).unwrap()), (third, b"old".to_vec()));
        drop((before, after));
        drop(core);
        assert_eq!(found(&EmbeddedView::of(&folder.open()), &two).unwrap(), b"two");
    }

    /// R4: of what stands in line when fjall fails nothing is told to be there, and no session follows it.
    #[test]
    fn r4_nothing_in_line_is_applied_after_a_failure() {
        let folder = Scratch::new("fails");
        let core = folder.open();
        let commit = wait_in_line(&core, &[(b"a", Some(b"1"))]);
        core.poison();
        assert_eq!(core.apply_to(commit), Err(EngineError::Poisoned));
        assert!(core.turn().is_err() && found(&EmbeddedView::of(&core), b"a").is_none());
    }

    /// What was taken is made durable by whoever closes, and a commit of the engine's own comes after what stands in line.
    #[test]
    fn whoever_closes_or_tidies_up_applies_what_stands_in_line_first() {
        let folder = Scratch::new("closes");
        let core = folder.open();
        let first = wait_in_line(&core, &[(b"a", Some(b"1"))]);
        core.commit_beside(std::iter::empty()).unwrap();
        let view = EmbeddedView::of(&core);
        assert_eq!((view.commit(), found(&view, b"a")), (Commit(first.0 + 1), Some(b"1".to_vec())));
        drop(view);
        let last = wait_in_line(&core, &[(b"b", Some(b"2"))]);
        core.close();
        assert_eq!((core.durable(), last), (last, Commit(first.0 + 2)));
    }
}
