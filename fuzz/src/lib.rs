//! What the fuzz targets share: an input as choices, repeatable randomness, and for each target its world.
//!
//! A target is a few lines in `targets/`; what must hold is asserted in the module it calls. A target must do the same
//! for the same bytes, whenever and wherever it is run: the clock stands still, keys are fixed, generators seeded.
//! No crate below the server is left out that reads what strangers send; what can be reached only through sockets is
//! tested from outside instead.

/// Tells what a run does where `FUZZ_TRACE` is set, for whoever looks into a crash.
macro_rules! trace {
    ($($what:tt)+) => {
        if *crate::TRACED {
            eprintln!($($what)+);
        }
    };
}

mod input;
mod seeded;
mod typed;

pub mod bodies;
pub mod disks;
pub mod exchanges;
pub mod links;
pub mod objects;
pub mod packets;
pub mod sessions;
pub mod streams;
pub mod vaults;

// The server's own file: it needs nothing of the server, and the server itself would bring sockets along.
#[path = "../../crates/server/src/websocket.rs"]
mod websocket;
// So are these: what the server reads of its vaults in the configuration, and the bytes of its files with secrets.
#[path = "../../crates/server/src/keeper/listed.rs"]
mod listed;
#[path = "../../crates/server/src/keeper/own_files.rs"]
mod own_files;

pub use input::Input;
pub use seeded::Seeded;

use std::sync::LazyLock;

use ids::Now;

/// Whether runs tell what they do.
static TRACED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("FUZZ_TRACE").is_some());

/// When every run begins: 2023-11-14 22:13:20.25 UTC.
pub const NOW: Now = Now { wall_ns: 1_700_000_000_250_000_000, mono_ms: 1_000_000 };

/// Bytes as words, constructors by their name: for whoever looks into a crash.
fn words(bytes: &[u8]) -> String {
    let words = bytes.chunks(4).map(|word| {
        let id = word.first_chunk().map_or(0, |id| u32::from_le_bytes(*id));
        let digits: String = word.iter().map(|byte| format!("{byte:02x}")).collect();
        tl::schema::by_id(id).map_or(digits, |version| version.name().to_owned())
    });
    words.collect::<Vec<_>>().join(" ")
}
