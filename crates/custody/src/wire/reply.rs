//! Replies: what a vault says to each operation, in their order.

use ids::limits;

use super::{Malformed, Mark, Op, Piece, Reader, Token, Writer, read_epoch, write_epoch};

/// Stands where a get says which shares follow.
const WITHHELD: u8 = 4;

/// A share as a vault keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The epoch it opens.
    pub epoch: u32,
    /// The share.
    pub piece: Piece,
}

/// The reply to the operation of the same name.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    /// The counter as it is now.
    Draw {
        /// Its value.
        value: u32,
        /// Whose draw it was.
        token: Token,
    },
    /// What was kept before.
    Report {
        /// Whose commit.
        incarnation: u32,
        /// Its number.
        commit: u64,
        /// The mark that came with it.
        mark: Mark,
    },
    /// Whether the share is kept now, or was; otherwise another is there.
    Put {
        /// See above.
        kept: bool,
    },
    /// What lies under the handle.
    Get {
        /// Of the current epoch.
        current: Option<Entry>,
        /// Of the staged one.
        staged: Option<Entry>,
    },
    /// The reply to a get of a share that lies there and is not given: so many were that the vault's operator is to say whether
    /// more are.
    Withheld,
    /// Whether exactly this stage lies there now.
    Stage {
        /// See above.
        staged: bool,
        /// The current epoch, if anything is there.
        current: Option<u32>,
    },
    /// Whether exactly this stage is current now.
    Commit {
        /// See above.
        committed: bool,
        /// The current epoch, if anything is there.
        current: Option<u32>,
    },
    /// Whether the stage is gone; otherwise it was committed.
    Unstage {
        /// See above.
        gone: bool,
        /// The current epoch, if anything is there.
        current: Option<u32>,
    },
    /// There is nothing under the handle now.
    Destroy,
    /// The bytes asked for, if they are kept.
    Copy(Option<Vec<u8>>),
    /// How much the vault keeps.
    Status {
        /// Shares, sheets and pages.
        rows: u64,
        /// Their bytes.
        bytes: u64,
    },
}

impl Reply {
    /// What the reply takes in an answer, in bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let entry = |entry: &Option<Entry>| entry.as_ref().map_or(0, |entry| 4 + entry.piece.len());
        1 + match self {
            Reply::Draw { .. } => 4 + 16,
            Reply::Report { .. } => 4 + 8 + 16,
            Reply::Put { .. } | Reply::Withheld | Reply::Destroy => 1,
            Reply::Get { current, staged } => 1 + entry(current) + entry(staged),
            Reply::Stage { .. } | Reply::Commit { .. } | Reply::Unstage { .. } => 1 + 4,
            Reply::Copy(bytes) => 1 + bytes.as_ref().map_or(0, |bytes| 4 + bytes.len()),
            Reply::Status { .. } => 8 + 8,
        }
    }

    /// Whether it replies to that operation.
    #[must_use]
    pub fn fits(&self, op: &Op) -> bool {
        self.code() == op.code()
    }

    pub(super) fn code(&self) -> u8 {
        match self {
            Reply::Draw { .. } => 1,
            Reply::Report { .. } => 2,
            Reply::Put { .. } => 3,
            Reply::Get { .. } | Reply::Withheld => 4,
            Reply::Stage { .. } => 5,
            Reply::Commit { .. } => 6,
            Reply::Unstage { .. } => 7,
            Reply::Destroy => 8,
            Reply::Copy(_) => 9,
            Reply::Status { .. } => 10,
        }
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.u8(self.code());
        match self {
            Reply::Draw { value, token } => {
                to.u32(*value);
                to.raw(&token.0);
            }
            Reply::Report { incarnation, commit, mark } => {
                to.u32(*incarnation);
                to.u64(*commit);
                to.raw(&mark.0);
            }
            Reply::Put { kept } => to.u8(u8::from(!kept)),
            Reply::Get { current, staged } => {
                to.u8(u8::from(current.is_some()) | u8::from(staged.is_some()) << 1);
                for entry in [current, staged].into_iter().flatten() {
                    to.u32(entry.epoch);
                    entry.piece.write(to);
                }
            }
            Reply::Withheld => to.u8(WITHHELD),
            Reply::Stage { staged: done, current }
            | Reply::Commit { committed: done, current }
            | Reply::Unstage { gone: done, current } => {
                to.u8(u8::from(!done));
                write_epoch(*current, to);
            }
            Reply::Destroy => to.u8(0),
            Reply::Copy(bytes) => {
                to.u8(u8::from(bytes.is_some()));
                if let Some(bytes) = bytes {
                    to.string(bytes);
                }
            }
            Reply::Status { rows, bytes } => {
                to.u64(*rows);
                to.u64(*bytes);
            }
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Reply, Malformed> {
        Ok(match from.u8()? {
            1 => Reply::Draw { value: from.u32()?, token: Token(from.array()?) },
            2 => Reply::Report { incarnation: from.u32()?, commit: from.u64()?, mark: Mark(from.array()?) },
            3 => Reply::Put { kept: !from.flag()? },
            4 => {
                let has = from.u8()?;
                if has == WITHHELD {
                    return Ok(Reply::Withheld);
                }
                if has > 3 {
                    return Err(Malformed);
                }
                Reply::Get { current: entry(has & 1 != 0, from)?, staged: entry(has & 2 != 0, from)? }
            }
            5 => Reply::Stage { staged: !from.flag()?, current: read_epoch(from)? },
            6 => Reply::Commit { committed: !from.flag()?, current: read_epoch(from)? },
            7 => Reply::Unstage { gone: !from.flag()?, current: read_epoch(from)? },
            8 => match from.u8()? {
                0 => Reply::Destroy,
                _ => return Err(Malformed),
            },
            9 => match from.flag()? {
                true => Reply::Copy(Some(from.string(limits::STATE_SHEET_BYTES_MAX)?.to_vec())),
                false => Reply::Copy(None),
            },
            10 => Reply::Status { rows: from.u64()?, bytes: from.u64()? },
            _ => return Err(Malformed),
        })
    }
}

fn entry(is_there: bool, from: &mut Reader<'_>) -> Result<Option<Entry>, Malformed> {
    if !is_there {
        return Ok(None);
    }
    let epoch = read_epoch(from)?.ok_or(Malformed)?;
    Ok(Some(Entry { epoch, piece: Piece::read(from)? }))
}
