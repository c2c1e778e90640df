//! Getting in: login codes, which live in memory only, and what a right code leads to.
//!
//! The order is: [`Codes::request`] outside a transaction; the driver delivers the code; [`Codes::check`] outside a
//! transaction gives a [`Verified`]; [`sign_in`] or [`sign_up`] in one, which can be run again with the same proof;
//! [`Codes::finish`] after the commit. Or a device that is logged in accepts what another one shows: [`Tokens`], then
//! [`sign_in_accepted`]. Source: docs, User authorization.

mod codes;
mod quota;
mod sign_in;
mod tokens;

pub use codes::{CheckError, Code, CodeHash, Codes, Issued, RequestError, Verified};
pub use sign_in::{SignIn, SignUpError, SignedUp, sign_in, sign_in_accepted, sign_up};
pub use tokens::{AcceptError, Accepted, Asking, Exported, Tokens, TokensFull};
