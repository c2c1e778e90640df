//! Views and sessions: the thin layer between the traits' keys and values and the bytes below.

use std::sync::{Arc, MutexGuard};

use sealed::{AtRest, RowKey};

use super::core::{Core, Point};
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
    turn: MutexGuard<'a, ()>,
}

impl<'a> EmbeddedSession<'a> {
    pub(super) fn of(view: EmbeddedView<'a>, turn: MutexGuard<'a, ()>) -> Self {
        Self { view, turn }
    }
}

impl View for EmbeddedSession<'_> {
    fn commit(&self) -> Commit {
        self.view.commit()
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        self.view.get(key)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        self.view.range(scan)
    }
}

impl Session for EmbeddedSession<'_> {
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError> {
        let Self { view, turn } = *self;
        let rows = batch.iter().map(|(key, value)| (key.as_bytes(), value.as_ref().map(AtRest::as_bytes)));
        let applied = view.core.apply(rows);
        drop(turn);
        applied
    }
}
