//! The transports, the key exchange and the connections from outside: both roles against each other, and the server
//! against everything else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that is wrong about its own data should stop at once"
)]
#![allow(clippy::print_stdout, reason = "measured sizes and rates are worth reading")]

mod connections;
mod detection;
mod handshakes;
mod hostile_exchanges;
mod hostile_servers;
mod known_answers;
mod packets;
mod raw_client;
mod support;
mod transports;
mod walks;
mod world;
