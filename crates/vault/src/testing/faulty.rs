//! A vault that misbehaves: what a server must survive of one that is away, lags, lies or was rolled back.

use std::collections::VecDeque;

use custody::{
    Away,
    wire::{Body, Entry, Reply},
};

use crate::Vault;

/// What a vault does instead of what it should.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misdeed {
    /// Nothing wrong.
    None,
    /// It gets nothing and says nothing.
    Away,
    /// It carries requests out and never answers.
    Mute,
    /// Each answer comes so many exchanges too late.
    Late(usize),
    /// It hands out shares that it was not given, signed.
    LiesAboutShares,
    /// It hands out commitments that it was not given, signed.
    LiesAboutCommitments,
    /// It does nothing and says what it said last.
    ReplaysOld,
    /// It carries each request out twice. The second answer stands in the way of the next one.
    AnswersTwice,
}

/// A vault with a misdeed, which may change.
pub struct Faulty {
    vault: Vault,
    misdeed: Misdeed,
    waiting: VecDeque<Vec<u8>>,
    last: Option<Vec<u8>>,
}

impl Faulty {
    /// An honest one, so far.
    #[must_use]
    pub fn new(vault: Vault) -> Faulty {
        Faulty { vault, misdeed: Misdeed::None, waiting: VecDeque::new(), last: None }
    }

    /// From now on it does this.
    pub fn turn(&mut self, misdeed: Misdeed) {
        self.misdeed = misdeed;
        self.waiting.clear();
    }

    /// Puts another vault in its place: one that was opened on a folder as it was saved before, with the same signer.
    pub fn roll_back(&mut self, saved: Vault) {
        assert!(saved.verifying() == self.vault.verifying(), "not the same vault");
        self.vault = saved;
    }

    /// The vault itself.
    pub fn vault(&mut self) -> &mut Vault {
        &mut self.vault
    }

    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, Away> {
        let mut body = self.vault.carry_out(request).map_err(|_| Away)?;
        if let Body::Done(replies) = &mut body {
            for reply in replies {
                self.lie(reply);
            }
        }
        Ok(self.vault.sign(request, body).to_vec())
    }

    fn lie(&self, reply: &mut Reply) {
        let Reply::Get { current, staged } = reply else { return };
        for Entry { piece, .. } in [current, staged].into_iter().flatten() {
            match self.misdeed {
                Misdeed::LiesAboutShares => piece.share[0] ^= 1,
                Misdeed::LiesAboutCommitments => piece.commitments.iter_mut().for_each(|c| c.0[0] ^= 1),
                Misdeed::None
                | Misdeed::Away
                | Misdeed::Mute
                | Misdeed::Late(_)
                | Misdeed::ReplaysOld
                | Misdeed::AnswersTwice => {}
            }
        }
    }
}

impl custody::Vault for Faulty {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Away> {
        let answer = match self.misdeed {
            Misdeed::Away => Err(Away),
            Misdeed::Mute => self.answer(request).and(Err(Away)),
            Misdeed::ReplaysOld => self.last.clone().ok_or(Away),
            Misdeed::Late(by) => {
                let answer = self.answer(request)?;
                self.waiting.push_back(answer);
                if self.waiting.len() > by { self.waiting.pop_front().ok_or(Away) } else { Err(Away) }
            }
            Misdeed::AnswersTwice => {
                let first = self.answer(request)?;
                let second = self.answer(request)?;
                match self.waiting.pop_front() {
                    Some(in_the_way) => Ok(in_the_way),
                    None => {
                        self.waiting.push_back(second);
                        Ok(first)
                    }
                }
            }
            Misdeed::None | Misdeed::LiesAboutShares | Misdeed::LiesAboutCommitments => self.answer(request),
        };
        if let Ok(answer) = &answer {
            self.last = Some(answer.clone());
        }
        answer
    }
}
