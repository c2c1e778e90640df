//! What can go wrong with a store, without a word of what it holds (P31): a table's name and the kind of fault.

use crate::{EngineError, Fault};

/// Any failure of the store. Domain errors carry it as their `Store` variant; it becomes a retryable answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A row is there and cannot be read. It is never treated as missing.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// Keys are not in memory; [`Ran::needs`](crate::Ran::needs) names them. The function runs again when they are there.
    #[error("keys are needed")]
    NeedKeys,
    /// The roots are not there: the server is sealed and answers nothing.
    #[error("the store is sealed")]
    Sealed,
    /// A box has no record number left in this process.
    #[error("no record number is left")]
    Exhausted,
    /// Our own mistake: the survivors of a tree were to move whose rows lie in other boxes.
    #[error("the rows of this tree lie in other boxes")]
    NotOwn,
    /// Our own mistake: a write to a box that the function did not [`enter`](crate::Tx::enter) first.
    #[error("{table}: written without entering its box")]
    NotEntered {
        /// The table.
        table: &'static str,
    },
}

/// A row that does not decode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{table}: {fault}")]
pub struct Corrupt {
    /// Where it lies.
    pub table: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}
