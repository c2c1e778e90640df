//! Ordered transactional key-value store: trait, engines, typed tables.
//!
//! Everything durable goes through here, and nothing else in the project writes rows. From the top down:
//!
//! * [`Store`] runs a function over a [`Tx`] and says which [`Commit`] its answer depends on.
//! * [`Tx`] reads and writes typed rows of a [`Table`]. Writes stay in the transaction until it ends well; a
//!   function may be run again, so it changes nothing outside its `Tx`.
//! * [`Door`] is the one place where a typed row becomes bytes: the row key is computed and the value is closed
//!   there. It is plain today; sealing (row keys by PRF, values under record keys) goes in there and nowhere else.
//! * [`Engine`] keeps ordered bytes. [`Memory`] is the engine that forgets; [`testsuite`] runs on every engine;
//!   [`Tapped`] counts its commits or makes them fail.
//!
//! Invariants: transactions execute one after another; a read sees one commit, never half of one; whatever depends
//! on a commit is held by the driver until [`Engine::durable`] has reached it; a row that does not decode is
//! [`StoreError::Corrupt`], never a missing row and never a panic; no error of this crate carries user data.
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

mod door;
mod embedded;
mod engine;
mod error;
mod memory;
pub mod outbox;
mod overlay;
mod record;
mod run;
mod suffix;
mod table;
mod tapped;
pub mod testsuite;
mod tx;

pub use door::Door;
pub use embedded::{Embedded, OpenError, Settings};
pub use engine::{Batch, Commit, DurableHook, Engine, EngineError, Order, Row, Scan, Session, View};
pub use error::{Corrupt, StoreError};
pub use memory::Memory;
pub use record::{Fault, Field, Reader, Record};
pub use run::{Ran, Store};
pub use suffix::{Masked, Page, Suffix, SuffixWriter};
pub use table::{
    Class, Deletion, Directory, Ordered, Owner, OwnerKind, System, Table, TableInfo, Versions,
    assert_distinct,
};
pub use tapped::{Tap, Tapped};
pub use tx::{Touched, Tx, Window};
