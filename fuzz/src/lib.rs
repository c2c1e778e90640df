//! What the fuzz targets share: an input as choices, repeatable randomness, and for each target its world.
//!
//! A target is a few lines in `targets/`; what must hold is asserted in the module it calls. A target must do the same
//! for the same bytes, whenever and wherever it is run: the clock stands still, keys are fixed, generators seeded.
//! No crate below the server is left out that reads what strangers send; what can be reached only through sockets is
//! tested from outside instead.

mod input;
mod seeded;
mod typed;

pub mod bodies;
pub mod exchanges;
pub mod objects;
pub mod packets;
pub mod sessions;
pub mod streams;

// The server's own file: it needs nothing of the server, and the server itself would bring sockets along.
#[path = "../../crates/server/src/websocket.rs"]
mod websocket;

pub use input::Input;
pub use seeded::Seeded;

use ids::Now;

/// When every run begins: 2023-11-14 22:13:20.25 UTC.
pub const NOW: Now = Now { wall_ns: 1_700_000_000_250_000_000, mono_ms: 1_000_000 };
