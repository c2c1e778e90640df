//! Views and sessions of the engine, in terms of rows. A session looks among recent rows first, then at what stands in line,
//! then into the tables.

use std::cell::{OnceCell, RefCell};
use std::sync::{Arc, MutexGuard};

use sealed::{AtRest, RowKey};

use super::core::{Core, Numbered, Point, Turn};
use crate::engine::{Batch, Commit, EngineError, Row, Scan, Session, View};
use crate::overlay;

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
    /// What stands in line behind the view, oldest first.
    line: Vec<Numbered>,
    /// The same as one batch.
    whole: OnceCell<Batch>,
    turn: RefCell<MutexGuard<'a, Turn>>,
}

impl<'a> EmbeddedSession<'a> {
    pub(super) fn of(core: &'a Core) -> Result<Self, EngineError> {
        let turn = core.turn()?;
        let (point, line) = core.point_and_line();
        let view = EmbeddedView { core, point };
        Ok(Self { view, line, whole: OnceCell::new(), turn: RefCell::new(turn) })
    }

    fn in_line(&self, key: &RowKey) -> Option<&Option<AtRest>> {
        self.line.iter().rev().find_map(|(_, batch)| batch.get(key))
    }

    fn whole(&self) -> &Batch {
        self.whole.get_or_init(|| {
            let rows = self.line.iter().flat_map(|(_, batch)| batch.iter());
            rows.map(|(key, value)| (key.clone(), value.clone())).collect()
        })
    }
}

impl View for EmbeddedSession<'_> {
    fn commit(&self) -> Commit {
        self.line.last().map_or(self.view.commit(), |(commit, _)| *commit)
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        let recent = &mut self.turn.borrow_mut().recent;
        if let Some(value) = recent.row(key) {
            return Ok(Some(value.clone()));
        }
        let found = match self.in_line(key) {
            Some(found) => found.clone(),
            None => self.view.get(key)?,
        };
        if let Some(value) = &found {
            recent.note_row(key, value);
        }
        Ok(found)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        overlay::range(&self.view, self.whole(), scan)
    }

    fn last(&self, table: &RowKey) -> Result<Option<Row>, EngineError> {
        let recent = &mut self.turn.borrow_mut().recent;
        if let Some(row) = recent.end(table) {
            return Ok(Some(row.clone()));
        }
        let found = overlay::last(&self.view, self.whole(), table)?;
        if let Some(row) = &found {
            recent.note_end(table, row);
        }
        Ok(found)
    }
}

impl Session for EmbeddedSession<'_> {
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError> {
        let Self { view, turn, .. } = *self;
        view.core.hand_over(turn.into_inner(), batch)
    }
}
