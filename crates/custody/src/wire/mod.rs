//! The vault's codec: requests of operations, answers of replies, signed (docs/keys.md 6).
//!
//! Both sides of it, so that server and vault cannot read the same bytes in two ways. Decoding is strict: every length
//! is judged before anything is kept, nothing may be left over, and what decodes encodes to the same bytes again.

mod answer;
mod bytes;
mod op;
mod reply;

pub use answer::{Answer, AnswerFault, Asked, Body, Receipt, Refusal, refuse};
pub use op::{CopyOf, Ended, Op, Request, Stage};
pub use reply::{Entry, Reply};

use crypto::sha256;
use zeroize::Zeroizing;

use bytes::{Reader, Writer};
use ids::limits;

/// The first epoch of a key that stays the same when its shares are drawn anew; X, which does not, never gets so far.
pub const LASTING_EPOCH: u32 = 1 << 31;

/// Whether what is shared so stays the same from epoch to epoch, as C does, as far as a vault can see. X at its first epoch
/// looks like it.
#[must_use]
pub const fn is_lasting(epoch: u32) -> bool {
    epoch == 0 || epoch >= LASTING_EPOCH
}

/// What a vault knows a key by: 16 bytes that mean nothing to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub [u8; 16]);

/// A request's number, drawn at random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub [u8; 16]);

/// What tells two draws of the same value apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub [u8; 16]);

/// Goes with a report: only whoever reports can make it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(pub [u8; 16]);

/// First 16 bytes of a hash over a share and its place: a share that does not fit is a lie.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub [u8; 16]);

/// Which stage of an epoch: first 16 bytes of the hash of its commitments, so that a late request of an attempt that was
/// given up neither commits nor takes back another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub [u8; 16]);

/// One vault's share of a secret, with the commitments to all shares in the order of the vaults, at most
/// [`limits::VAULTS_MAX`].
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// The share: 32 bytes, erased when dropped.
    pub share: Zeroizing<[u8; 32]>,
    /// The commitments to all shares, in the order of the vaults.
    pub commitments: Vec<Commitment>,
}

impl Piece {
    /// The name of this sharing.
    #[must_use]
    pub fn tag(&self) -> Tag {
        let parts: Vec<&[u8]> = self.commitments.iter().map(|commitment| commitment.0.as_slice()).collect();
        let hash = sha256(&parts);
        let mut tag = [0; 16];
        tag.copy_from_slice(hash.split_at(16).0);
        Tag(tag)
    }

    /// What it takes in bytes.
    fn len(&self) -> usize {
        32 + 1 + 16 * self.commitments.len()
    }

    fn write(&self, to: &mut Writer) {
        to.raw(self.share.as_slice());
        // More cannot be in a piece that was read, and what is made here has one for each vault.
        let kept = self.commitments.get(..limits::VAULTS_MAX).unwrap_or(&self.commitments);
        to.u8(u8::try_from(kept.len()).unwrap_or(u8::MAX));
        for commitment in kept {
            to.raw(&commitment.0);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Piece, Malformed> {
        let share = Zeroizing::new(from.array::<32>()?);
        let n = usize::from(from.u8()?);
        if n == 0 || n > limits::VAULTS_MAX {
            return Err(Malformed);
        }
        let commitments = (0..n).map(|_| from.array().map(Commitment)).collect::<Result<_, _>>()?;
        Ok(Piece { share, commitments })
    }
}

/// Bytes that are not of this codec, or exceed its limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not understood")]
pub struct Malformed;

/// How "there is nothing" is written where an epoch stands.
const NOTHING: u32 = u32::MAX;

fn write_epoch(epoch: Option<u32>, to: &mut Writer) {
    to.u32(epoch.unwrap_or(NOTHING));
}

fn read_epoch(from: &mut Reader<'_>) -> Result<Option<u32>, Malformed> {
    Ok(Some(from.u32()?).filter(|&epoch| epoch != NOTHING))
}

#[cfg(test)]
mod tests;
