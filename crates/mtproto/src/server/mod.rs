//! The server's half: connections, and the sessions of one auth key.

mod admission;
mod call;
mod config;
mod conn;
mod deadline;
mod ended;
mod event;
pub(crate) mod failure;
mod key_state;

pub use self::call::{Call, InitConnection, KeyDestroyed, MessagesRange, RpcFailure, RpcResult};
pub use self::config::{Config, Dcs, Patience};
pub use self::conn::{CloseReason, Conn, KeyAnswer, Output, Stored};
pub use self::event::{KeyEvent, Transmit};
pub use self::key_state::KeyState;
