//! Survey: which leaves of boxes are alive, without a key that opens anything. X alone comes from k vaults, never C, so
//! nobody's budget of releases is touched (DESIGN 5), and what comes is no part of the keys in memory.

use ids::BoxId;
use sealed::{Keyring, State};

use crate::release::{Release, Released, Want};
use crate::{Away, Deployment, Machine, Pace, Transmit, VaultNo, World};

/// What is known of one box.
pub enum Surveyed {
    /// Its erasure state at the epoch that is usable, whose pages the store has.
    State(State),
    /// It was destroyed, or never made.
    Nothing,
    /// Not now: too few vaults answer.
    Away,
    /// Not as things are: memory for keys that is full, a state that does not open.
    Unknown,
}

/// States on their way. See the module.
pub struct Survey(Release);

impl Survey {
    /// Begins at the first transmission. At most
    /// [`KEYS_PER_EXCHANGE_MAX`](ids::limits::KEYS_PER_EXCHANGE_MAX) boxes; the others are unknown.
    #[must_use]
    pub fn new(deployment: &Deployment, ring: &Keyring, boxes: &[BoxId], pace: Pace, now_ms: u64) -> Survey {
        Survey(Release::of_states(deployment, ring, boxes, pace, now_ms))
    }
}

impl Machine for Survey {
    type Outcome = (BoxId, Surveyed);

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

    fn poll_outcome(&mut self) -> Option<(BoxId, Surveyed)> {
        loop {
            let (want, released) = self.0.poll_outcome()?;
            let Want::Box(of) = want else { continue };
            let surveyed = match released {
                Released::Installed => self.0.take_state(of).map_or(Surveyed::Unknown, Surveyed::State),
                Released::Nothing => Surveyed::Nothing,
                Released::Away => Surveyed::Away,
                Released::StateMissing | Released::Refused(_) | Released::Store(_) => Surveyed::Unknown,
            };
            return Some((of, surveyed));
        }
    }

    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}
