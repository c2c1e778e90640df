//! A Rust client on the same `mtproto`: for the tests from outside, for `bench`, for conversations across layers.
//!
//! It exists at five heights, each built on the one before:
//! * [`Stream`]: bytes, over TCP or a WebSocket;
//! * [`Wire`]: frames of one transport, key exchanges, encrypted packets as they are;
//! * [`Line`]: a session on a wire, for one connection's life; and [`Probe`], where every field is made by hand;
//! * [`Client`]: typed calls of the canonical layer, whatever layer is spoken; reconnects; updates;
//! * [`Account`]: what an account has, kept by updates and differences ([`state`]).
//!
//! Invariants: it knows nothing of the server but what docs and schema say; no queue grows without a limit; the
//! caller decides how long he waits, so nothing here times out by itself.
#![forbid(unsafe_code)]

mod account;
mod calls;
mod client;
mod clock;
mod driver;
mod entropy;
mod error;
mod line;
mod login;
mod opened;
mod options;
mod probe;
pub mod state;
mod stream;
mod updates;
mod websocket;
mod wire;

pub use self::account::{Account, AccountError, Kept};
pub use self::client::Client;
pub use self::clock::Clock;
pub use self::entropy::OsRng;
pub use self::error::{CallError, ConnectError, Ended, UpdateError, WireError};
pub use self::line::{Heard, Line};
pub use self::login::{LogInError, Person};
pub use self::opened::{OpenError, Opened, ServerMessage};
pub use self::options::{App, Carrier, Identity, Observer, Options, Seen};
pub use self::probe::{HearError, Probe};
pub use self::stream::Stream;
pub use self::wire::{MadeKey, Received, Wire};
