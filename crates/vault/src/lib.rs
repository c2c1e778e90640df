//! A key holder on a folder: shares under handles, staged and committed, and what is destroyed opens with nothing.
//!
//! It speaks [`custody::wire`], bytes in and bytes out, and knows nothing of who uses the keys: handles mean nothing to
//! it. Its folder is docs/keys.md 6.1. The vaults that `--dev` opens are this crate inside the server's process;
//! `vault-node` is this crate behind a socket.
//!
//! | file | does |
//! |---|---|
//! | `vault` | opens the folder, answers requests, signs |
//! | `ops`, `held` | what each operation does to what lies under its handle |
//! | `work` | one request's changes: all of them durable, or none |
//! | `book`, `page`, `table`, `row_key` | rows in sealed pages, and the table with their keys |
//! | `meter` | how many keys go out in an hour |
//! | `tally` | what was done, in numbers |
//! | `disk` | the folder itself; tests put another one in its place |
//!
//! Invariants:
//! - Everything a request changes is durable, all together, before it is answered.
//! - What cannot be opened is never taken for missing: whoever asks for it gets no answer.
//! - A row that changes is sealed under a new key, and the key that opened it before is in no file any more.
//! - It has no clock and no randomness of its own.

mod book;
mod disk;
mod fault;
mod held;
mod meter;
mod ops;
mod page;
mod root;
mod row_key;
mod table;
mod tally;
#[cfg(feature = "testing")]
pub mod testing;
mod vault;
mod work;

pub use disk::{Disk, DiskError};
pub use fault::{Fault, OpenError, Part};
pub use meter::Budget;
pub use root::Operators;
pub use tally::Tally;
pub use vault::Vault;
