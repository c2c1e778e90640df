//! With what a viewer sees others, besides the rows: his access hashes of them, who is online, and the time.

use std::ops::Deref;

use domain::{AccessHashes, Presence};
use ids::Now;

/// What views of users are made with. It stands for the access hashes where nothing else is wanted.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// Makes and checks access hashes.
    pub hashes: &'a AccessHashes,
    /// Who is online.
    pub presence: &'a Presence,
    /// The time.
    pub now: Now,
}

impl Deref for Sight<'_> {
    type Target = AccessHashes;

    fn deref(&self) -> &AccessHashes {
        self.hashes
    }
}
