//! An embedded engine with its driver: the one thread that syncs.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use store::{Commit, DurableHook, Embedded, Engine, EngineError, OpenError, Session, Settings, View};

use crate::scratch::Scratch;

/// Small enough for tests to reach every limit.
pub(crate) const SMALL: Settings = Settings {
    cache_bytes: 1 << 20,
    memtable_bytes: 1 << 20,
    journal_bytes_max: 64 << 20,
    free_bytes_min: 1 << 20,
    open_files_max: 64,
    workers: 2,
};

/// An engine that is synced until it is dropped.
pub(crate) struct Driven {
    engine: Arc<Embedded>,
    driver: Option<JoinHandle<()>>,
    // The last to go.
    _folder: Option<Scratch>,
}

impl Driven {
    /// On a folder of its own.
    pub(crate) fn new() -> Self {
        let folder = Scratch::new();
        let mut driven = Self::open(folder.path(), &SMALL).unwrap();
        driven._folder = Some(folder);
        driven
    }

    pub(crate) fn open(folder: &Path, settings: &Settings) -> Result<Self, OpenError> {
        let engine = Arc::new(Embedded::open(folder, settings)?);
        let synced = Arc::clone(&engine);
        let driver = std::thread::spawn(move || {
            while synced.wait_unsynced() {
                let _ = synced.sync();
            }
        });
        Ok(Self { engine, driver: Some(driver), _folder: None })
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.engine.close();
        self.driver.take().unwrap().join().unwrap();
    }
}

impl Engine for Driven {
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError> {
        self.engine.view()
    }

    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError> {
        self.engine.session()
    }

    fn durable(&self) -> Commit {
        self.engine.durable()
    }

    fn on_durable(&self, hook: DurableHook) {
        self.engine.on_durable(hook);
    }

    fn sync(&self) -> Result<Commit, EngineError> {
        self.engine.sync()
    }

    fn maintain(&self) -> Result<(), EngineError> {
        self.engine.maintain()
    }

    fn close(&self) {
        self.engine.close();
    }
}
