//! A Rust client on the same mtproto.
