//! Shapes that several methods share: the answer to a login, list hashes, peers in arguments.

mod authorization;
mod list_hash;
mod peers;

pub(crate) use authorization::authorization;
pub(crate) use list_hash::list_hash;
