//! The client's half: connections and sessions.

mod conn;

pub use self::conn::{Conn, Output};
