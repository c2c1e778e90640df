//! The server's half: connections, and the sessions of one auth key.

mod call;
mod config;
mod conn;
mod deadline;
mod key_state;

pub use self::call::{Call, InitConnection, KeyDestroyed, MessagesRange, RpcFailure, RpcResult};
pub use self::config::{Config, Dcs};
pub use self::conn::{CloseReason, Conn, KeyAnswer, Output, Stored};
pub use self::key_state::{KeyEvent, KeyState, Transmit};
