//! Ordered transactional key-value store: trait, engines, typed tables.
//!
//! Everything durable goes through here, and nothing else in the project writes rows. From the top down:
//!
//! * [`Store`] runs a function over a [`Tx`] and says which [`Commit`] its answer depends on.
//! * [`Tx`] reads and writes typed rows of a [`Table`]. Writes stay in the transaction until it ends well; a
//!   function may be run again, so it changes nothing outside its `Tx`.
//! * [`Door`] has the keys and names by which a typed row becomes bytes: row keys by PRF, values sealed under record keys.
//!   There is no other way to a row; what an engine takes, only `sealed` makes.
//! * [`dump`] is all of it as one stream, as it lies.
//! * [`state`] is what the shred tick and a restore do, [`repair`] what follows a rollback;
//!   [`Torn`] is what a power cut leaves to be cut out.
//! * [`Engine`] keeps ordered bytes. [`Memory`] is the engine that forgets; [`testsuite`] runs on every engine;
//!   [`Tapped`] counts its commits or makes them fail.
//!
//! Invariants: transactions execute one after another; a read sees one commit, never half of one; whatever depends
//! on a commit is held by the driver until [`Engine::durable`] has reached it; a row that does not open or decode is
//! [`StoreError::Corrupt`], one whose keys are not in memory is a need, and neither is ever a missing row; no error of this crate carries user data.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "a test reports by panicking"
    )
)]
#![forbid(unsafe_code)]

pub mod blank;
mod breach;
mod door;
pub mod dump;
mod embedded;
mod engine;
mod error;
mod mark;
mod memory;
pub mod outbox;
mod overlay;
mod plain;
pub mod receipts;
mod record;
pub mod repair;
mod run;
pub mod starts;
pub mod state;
mod suffix;
mod table;
mod tapped;
#[cfg(feature = "testing")]
pub mod testing;
pub mod testsuite;
mod torn;
mod tx;
mod variants;

pub use door::Door;
pub use embedded::{Embedded, OpenError, Settings};
pub use engine::{Batch, Commit, DurableHook, Engine, EngineError, Order, Row, Scan, Session, View};
pub use error::{Corrupt, StoreError};
pub use mark::Mark;
pub use memory::Memory;
pub use plain::Plain;
pub use record::{Fault, Field, Reader, Record};
pub use run::{Ran, Store};
pub use suffix::{Masked, Page, Suffix, SuffixWriter};
pub use table::{
    Class, Deletion, Directory, Ordered, Owner, OwnerKind, System, Table, TableInfo, Versions,
    assert_distinct,
};
pub use tapped::{Reads, Tap, Tapped};
pub use torn::Torn;
pub use tx::{Pruned, Swept, Touched, Tx, Window};

/// The tables of the store's own, which the registry of those above it is complete with.
#[must_use]
pub fn own_tables() -> Vec<TableInfo> {
    [outbox::TABLES, blank::TABLES, repair::TABLES, starts::TABLES, receipts::TABLES, state::TABLES].concat()
}
