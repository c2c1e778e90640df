//! MTProto 2.0, both roles, without IO: transports, key exchange, sessions.
//!
//! Time (`ids::Now`) and randomness (`crypto::Rng`) are arguments; effects come out as values to be polled. One
//! seeded simulator can therefore drive any number of servers and clients in one thread.
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

pub mod auth_key;
pub mod bind;
pub mod cipher;
pub mod client;
pub mod envelope;
pub mod gzip;
pub mod handshake;
pub mod plain;
pub mod salt;
pub mod server;
pub mod transport;

mod container;
mod message;
mod session;
mod set_back;
mod wrapper;

pub use auth_key::AuthKey;
pub use envelope::Envelope;
