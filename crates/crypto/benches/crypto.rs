//! What the primitives cost (row A5); the last lines print how a handshake compares with plain operations.
fn main() {}
