//! What a vault has done, in numbers: for its audit. Nothing in here says whose it was.

use custody::wire::{Body, Reply};

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Keys given that count against the budget, each once an hour.
    pub keys: u64,
    /// Handles of which a share was given, again or for the first time.
    pub shares: u64,
    /// Handles of which none was given.
    pub withheld: u64,
    /// Shares taken.
    pub kept: u64,
    /// Stages taken.
    pub staged: u64,
    /// Epochs that ended.
    pub committed: u64,
    /// Destructions.
    pub destroyed: u64,
    /// Requests refused as a whole.
    pub refused: u64,
    /// Requests without an answer.
    pub unanswered: u64,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Tally) -> Tally {
        Tally {
            keys: self.keys + other.keys,
            shares: self.shares + other.shares,
            withheld: self.withheld + other.withheld,
            kept: self.kept + other.kept,
            staged: self.staged + other.staged,
            committed: self.committed + other.committed,
            destroyed: self.destroyed + other.destroyed,
            refused: self.refused + other.refused,
            unanswered: self.unanswered + other.unanswered,
        }
    }

    /// Counts what is about to be answered.
    pub(crate) fn note(&mut self, body: &Body) {
        let replies = match body {
            Body::Done(replies) => replies,
            Body::Refused(_) => {
                self.refused += 1;
                return;
            }
        };
        for reply in replies {
            match reply {
                Reply::Get { current: None, staged: None } => {}
                Reply::Get { .. } => self.shares += 1,
                Reply::Withheld => self.withheld += 1,
                Reply::Put { kept } => self.kept += u64::from(*kept),
                Reply::Stage { staged, .. } => self.staged += u64::from(*staged),
                Reply::Commit { committed, .. } => self.committed += u64::from(*committed),
                Reply::Destroy => self.destroyed += 1,
                Reply::Draw { .. }
                | Reply::Report { .. }
                | Reply::Unstage { .. }
                | Reply::Copy(_)
                | Reply::Status { .. } => {}
            }
        }
    }
}
