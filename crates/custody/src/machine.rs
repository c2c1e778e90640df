//! How every exchange is driven: bytes out, answers in, time as an argument.

use crypto::Rng;
use store::Commit;

use crate::{Away, StateRows, Transmit, VaultNo};

/// What a machine may touch while it thinks: it keeps none of it.
pub struct World<'a> {
    /// The erasure states.
    pub rows: &'a mut dyn StateRows,
    /// Randomness fit for keys.
    pub rng: &'a mut dyn Rng,
    /// The monotonic clock.
    pub now_ms: u64,
}

/// An exchange with the vaults. The driver transmits until there is nothing to transmit, takes the outcomes, and comes
/// back with an answer or when the timeout is due. Dropping a machine at any point is safe: the vaults and the store say
/// how to go on. Of the machines that change something at the vaults (Mint, Destroy, Shred) only one at a time may be
/// about a key: what one of them has read, another may have destroyed.
pub trait Machine {
    /// What it finds out or brings about.
    type Outcome;

    /// The next request, if one is due. At most one is under way to each vault; answers may come in any order.
    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit>;

    /// A vault has answered, or the driver has found out that it will not.
    fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64);

    /// When to call [`handle_timeout`](Self::handle_timeout) even if nobody answers.
    fn poll_timeout(&self) -> Option<u64>;

    /// Time has passed.
    fn handle_timeout(&mut self, now_ms: u64);

    /// A commit of the store that must be durable before the machine goes on.
    fn awaits_durable(&self) -> Option<Commit> {
        None
    }

    /// The store is durable up to this commit.
    fn handle_durable(&mut self, _commit: Commit, _now_ms: u64) {}

    /// The next outcome.
    fn poll_outcome(&mut self) -> Option<Self::Outcome>;

    /// Whether nothing more will come.
    fn is_done(&self) -> bool;
}
