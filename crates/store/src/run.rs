//! Running functions over transactions, and saying which commit their answer depends on.

use std::sync::Arc;

use sealed::Need;

use crate::{Commit, Door, Engine, EngineError, StoreError, Touched, Tx};

/// A store: an engine behind the door. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    door: Door,
}

/// What became of a function. Whatever is told of `result`, good or bad, waits until `seen` is durable.
pub struct Ran<T, E> {
    /// Its answer. With an error nothing was written.
    pub result: Result<T, E>,
    /// The commit it made, or else the newest one it saw.
    pub seen: Commit,
    /// The boxes whose counters it moved; empty when it wrote nothing.
    pub touched: Vec<Touched>,
    /// The keys it lacked, each once. The result is an error then, nothing was written, and the function is to be run
    /// again when they are there: at most [`ids::limits::NEED_RERUNS_MAX`] times.
    pub needs: Vec<Need>,
}

impl Store {
    /// A store over an engine.
    pub fn new(engine: Arc<dyn Engine>, door: Door) -> Self {
        Self { engine, door }
    }

    /// The engine, for what concerns durability.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// The keys and names it works with.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Runs a function that reads. It sees one commit, whatever is written meanwhile.
    pub fn read<T, E: From<StoreError>>(&self, run: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Ran<T, E> {
        match self.engine.view() {
            Ok(view) => {
                let tx = Tx::reading(view, &self.door);
                let result = run(&tx);
                let (result, needs) = decided(result, &tx);
                Ran { result, seen: tx.seen(), touched: Vec::new(), needs }
            }
            Err(error) => self.failed(error.into()),
        }
    }

    /// Runs a function that writes, alone. It may be run more than once and must change nothing outside its `Tx`.
    pub fn write<T, E: From<StoreError>>(
        &self,
        mut run: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Ran<T, E> {
        let mut reruns = 0;
        loop {
            let session = match self.engine.session() {
                Ok(session) => session,
                Err(error) => return self.failed(error.into()),
            };
            let mut tx = Tx::writing(session, &self.door);
            let result = run(&mut tx);
            let value = match decided(result, &tx) {
                (Ok(value), _) => value,
                (Err(error), needs) => {
                    return Ran { result: Err(error), seen: tx.seen(), touched: Vec::new(), needs };
                }
            };
            match tx.finish() {
                Ok((seen, touched)) => return Ran { result: Ok(value), seen, touched, needs: Vec::new() },
                Err(StoreError::Engine(EngineError::Conflict))
                    if reruns < ids::limits::CONFLICT_RERUNS_MAX =>
                {
                    reruns += 1
                }
                Err(error) => return self.failed(error),
            }
        }
    }

    fn failed<T, E: From<StoreError>>(&self, error: StoreError) -> Ran<T, E> {
        Ran { result: Err(error.into()), seen: self.engine.durable(), touched: Vec::new(), needs: Vec::new() }
    }
}

/// A function that lacked keys has not succeeded, whatever it made of the error: a row that it could not read is not
/// missing.
fn decided<T, E: From<StoreError>>(result: Result<T, E>, tx: &Tx<'_>) -> (Result<T, E>, Vec<Need>) {
    let needs = tx.needs();
    match result {
        Ok(_) if !needs.is_empty() => (Err(StoreError::NeedKeys.into()), needs),
        result => (result, needs),
    }
}
