//! Sockets, clock, randomness, metrics, HTTP: drives `mtproto`, calls `api` and `push`.
//!
//! Beside `client` the only crate that knows what time it is; beside that and `vault-node` the only one with sockets. Invariants: handlers run
//! on threads of their own, never on the reactor; whatever depends on a commit leaves when that commit is durable; no
//! line of the log and no metric holds user data.
#![forbid(unsafe_code)]

pub mod config;
pub mod examine;
pub mod log;
pub mod offline;

mod admin;
mod admission;
mod backend;
mod clock;
mod connection;
mod data_dir;
mod disk;
mod entropy;
mod handlers;
mod handshakes;
mod held;
mod http;
mod keeper;
mod keys;
mod listener;
mod metrics;
mod node;
mod openings;
mod panic_hook;
mod ready;
mod serve;
mod server_key;
mod slot;
mod sockets;
mod subscribers;
mod tidings;
mod timers;
mod websocket;
mod work;

pub use data_dir::{ADMIN, DataDirError};
pub use disk::sync_in_groups;
pub use keeper::{BootFailure, FolderError, Kept, ListedError, ProductionError, pin_of};
pub use ready::Ready;
pub use serve::{StartError, serve};
