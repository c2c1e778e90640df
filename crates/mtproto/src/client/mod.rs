//! The client's half: connections and sessions.

mod conn;
mod crafted;
mod pending;
mod session;
mod session_receive;
mod session_send;

pub use self::conn::{Conn, Output};
pub use self::crafted::Crafted;
pub use self::session::{CallError, CallId, Event, Session, SessionStart};
pub use self::session_receive::PacketError;
