//! Reshare: new shares of keys at all vaults, so that those of before are of no use to anybody (docs/keys.md 6.6).
//!
//! X of a box goes on to its next epoch, as in a tick. Any other key keeps its secret; its shares are drawn anew, staged and committed as
//! those of an epoch are, so that what is cut short goes on or is taken back by the same rules.

use sealed::Keyring;

use crate::{Away, Deployment, KeyName, Machine, Pace, Shred, Ticked, Transmit, VaultNo, World};

/// New shares on their way. See the module.
pub struct Reshare(Shred);

impl Reshare {
    /// Begins at the first transmission.
    #[must_use]
    pub fn new(
        deployment: &Deployment,
        ring: &Keyring,
        keys: &[KeyName],
        pace: Pace,
        now_ms: u64,
    ) -> Reshare {
        Reshare(Shred::anew(deployment, ring, keys, pace, now_ms))
    }
}

impl Machine for Reshare {
    type Outcome = (KeyName, Ticked);

    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        self.0.poll_transmit(world)
    }

    fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        self.0.handle_answer(from, answer, now_ms);
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.0.poll_timeout()
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        self.0.handle_timeout(now_ms);
    }

    fn awaits_durable(&self) -> Option<store::Commit> {
        self.0.awaits_durable()
    }

    fn handle_durable(&mut self, commit: store::Commit, now_ms: u64) {
        self.0.handle_durable(commit, now_ms);
    }

    fn poll_outcome(&mut self) -> Option<(KeyName, Ticked)> {
        self.0.poll_key()
    }

    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}
