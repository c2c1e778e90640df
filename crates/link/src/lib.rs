//! The way between a server and a vault: TLS 1.3 with a pinned key on either side, and frames inside it.
//!
//! Both ends use this crate, so that they cannot see the same bytes in two ways (docs/keys.md 6.2). It knows nothing of
//! what the frames hold.
//!
//! | file | does |
//! |---|---|
//! | `identity` | the key by which one end is known to the other, as text and as a signer |
//! | `tls` | who is let in: exactly the keys that were pinned |
//! | `frame` | where a message begins and ends |
//! | `words` | the passphrase under which an end keeps its key |
//! | `control` | the socket in a folder by which its owner talks to the process that has it |
//!
//! Invariants: no name, no date and no authority decides who the other end is, only its key; no frame is read before both
//! ends have proved theirs.
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
        reason = "a test that is wrong about its own data should stop at once"
    )
)]
#![forbid(unsafe_code)]

mod control;
mod frame;
mod identity;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod words;

pub use control::{Answer, AskError, Control, ask, owners_socket};
pub use frame::{Frame, FrameError, FrameReader, FrameWriter};
pub use identity::{Identity, NoKey, Pin};
pub use tls::{Called, Caller, Calling, Door, LinkError};
pub use words::passphrase_in;
