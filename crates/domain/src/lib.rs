//! The rules of the messenger, as functions over a transaction.
//!
//! Every operation is a function `fn(tx, by, what, now) -> Result<Answer, OperationError>`: it reads and writes rows
//! of [`tables`] and does nothing else. There is no TL here, no socket, no clock and no randomness: time, random
//! numbers and keyed hashes are arguments, so one seeded run can be replayed.
//!
//! * Who calls is proved by [`Authed`], whom he means by [`Known`], whom he may write to by [`Allowed`]; none of the
//!   three can be made but by the check it stands for (A13).
//! * Each account has a box ([`message`], [`dialog`], [`update`]): its own copy of every message, its own numbers.
//!   Sending appends to the recipient's inbox and drains it into the box, today in one transaction.
//! * The update log of a box holds references only. What a client was told is in the log or superseded by it.
//! * Names, texts and phone numbers have types without `Debug`, `Display` or `Serialize`, so they reach no log (P31).
//! * A box of a store that was found behind is [`repair`]ed before anybody reads it; [`audit`] finds rows that were removed
//!   or put back.
//! * A function may be run again on a fresh transaction. Only [`login::Codes`], [`login::Tokens`] and [`Presence`] live outside
//!   one: they are asked before the transaction starts and told of its end, and what is read of them within it changes nothing.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod account;
pub mod audit;
pub mod authorization;
pub mod block;
pub mod contact;
pub mod dialog;
pub mod draft;
pub mod file;
pub mod filter;
mod keyed_hash;
pub mod login;
pub mod message;
mod name;
pub mod notify;
pub mod orders;
mod peer;
mod phone;
pub mod presence;
pub mod privacy;
pub mod profile;
pub mod repair;
pub mod start;
pub mod tables;
pub mod update;
pub mod username;

pub use authorization::Authed;
pub use keyed_hash::KeyedHash;
pub use name::{About, AboutTooLong, ContactName, NameError, PersonName};
pub use peer::{AccessHashes, Allowed, Known, Peer, Refusal, WrongHash};
pub use phone::{PhoneError, PhoneNumber};
pub use presence::Presence;
