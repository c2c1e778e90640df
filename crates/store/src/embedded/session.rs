//! Views and sessions of the engine, in terms of rows. A session looks among recent rows first.

use std::cell::RefCell;
use std::sync::{Arc, MutexGuard};

use sealed::{AtRest, RowKey};

use super::core::{Core, Point};
use super::recent::Recent;
use crate::engine::{Batch, Commit, EngineError, Row, Scan, Session, View};

pub(super) struct EmbeddedView<'a> {
    core: &'a Core,
    point: Arc<Point>,
}

impl<'a> EmbeddedView<'a> {
    pub(super) fn of(core: &'a Core) -> Self {
        Self { core, point: core.point() }
    }
}

impl View for EmbeddedView<'_> {
    fn commit(&self) -> Commit {
        self.point.commit
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        Ok(self.core.get(&self.point, key.as_bytes())?.map(AtRest::read_back))
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        let rows = self.core.range(&self.point, scan)?;
        Ok(rows.into_iter().map(|(key, value)| (RowKey::read_back(key), AtRest::read_back(value))).collect())
    }
}

pub(super) struct EmbeddedSession<'a> {
    view: EmbeddedView<'a>,
    recent: RefCell<MutexGuard<'a, Recent>>,
}

impl<'a> EmbeddedSession<'a> {
    /// The view is of the newest commit, taken after the turn.
    pub(super) fn of(view: EmbeddedView<'a>, turn: MutexGuard<'a, Recent>) -> Self {
        Self { view, recent: RefCell::new(turn) }
    }
}

impl View for EmbeddedSession<'_> {
    fn commit(&self) -> Commit {
        self.view.commit()
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        let mut recent = self.recent.borrow_mut();
        if let Some(value) = recent.row(key) {
            return Ok(Some(value.clone()));
        }
        let found = self.view.get(key)?;
        if let Some(value) = &found {
            recent.note_row(key, value);
        }
        Ok(found)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        self.view.range(scan)
    }

    fn last(&self, table: &RowKey) -> Result<Option<Row>, EngineError> {
        let mut recent = self.recent.borrow_mut();
        if let Some(row) = recent.end(table) {
            return Ok(Some(row.clone()));
        }
        let found = self.view.last(table)?;
        if let Some(row) = &found {
            recent.note_end(table, row);
        }
        Ok(found)
    }
}

impl Session for EmbeddedSession<'_> {
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError> {
        let Self { view, recent } = *self;
        let rows = batch.iter().map(|(key, value)| (key.as_bytes(), value.as_ref().map(AtRest::as_bytes)));
        let applied = view.core.apply(rows)?;
        recent.into_inner().applied(batch);
        Ok(applied)
    }
}
