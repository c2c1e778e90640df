//! One file per TL method, dispatch, RPC errors, stubs.
//!
//! [`run`] is the only way in: a body in the caller's layer goes in, an answer in the same layer comes out, with
//! the commit it depends on and the effects the driver must cause. A method's file is `<namespace>/<method>.rs`;
//! what is not implemented has a line in `stubs.toml` and never answers success for something it did not do.
//!
//! Invariant: nothing here touches a socket, a clock or a source of randomness.
#![forbid(unsafe_code)]

mod account;
mod auth;
mod contacts;
mod ctx;
mod drawings;
mod effect;
mod flood;
mod folders;
mod help;
mod messages;
mod method;
mod methods;
mod rpc_error;
mod run;
mod shape;
mod stories;
mod stubs;
mod updates;
mod upload;
mod users;

pub use ctx::{Caller, Ctx, DcOption, Env, Export, Ram, TempKey};
pub use effect::{Change, Effect};
pub use flood::Flood;
pub use method::{Access, Method};
pub use rpc_error::RpcError;
pub use run::{Outcome, Request, run};
