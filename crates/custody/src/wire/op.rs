//! Requests: what a server asks a vault to do.

use ids::limits;
use zeroize::Zeroizing;

use super::{Handle, Malformed, Mark, Piece, Reader, RequestId, Tag, Token, Writer, read_epoch, write_epoch};

const MAGIC: &[u8; 4] = b"HGV2";
const HEADER_LEN: usize = 4 + 16 + 16 + 8 + 2;

/// One exchange's question: operations that are carried out in order and become durable together.
pub struct Request {
    /// What this vault calls the deployment.
    pub deployment: Handle,
    /// The number of the request, random.
    pub id: RequestId,
    /// The place of the request in the order of all that its deployment asks: a vault does nothing more for a request that
    /// would [change](Op::changes) something and whose number is not above that of the last one which did.
    pub order: u64,
    /// At most [`limits::VAULT_OPS_MAX`].
    pub ops: Vec<Op>,
}

/// One operation. What each does to a vault is specified in docs/keys.md 6.
pub enum Op {
    /// The counter of incarnations; set if `value` is greater than the one kept.
    Draw {
        /// The value wanted; 0 only asks.
        value: u32,
        /// Whose draw it is.
        token: Token,
    },
    /// The number of the last durable commit; set if the pair is greater than the one kept.
    Report {
        /// Whose commit.
        incarnation: u32,
        /// Its number.
        commit: u64,
        /// What whoever reports knows his own reports by.
        mark: Mark,
    },
    /// A new share under a handle where there is nothing.
    Put {
        /// The key.
        handle: Handle,
        /// The epoch it opens.
        epoch: u32,
        /// The share.
        piece: Piece,
    },
    /// What lies under a handle.
    Get {
        /// The key.
        handle: Handle,
    },
    /// The next epoch of a box, beside the current one.
    Stage(Box<Stage>),
    /// Makes the stage current and destroys what was.
    Commit {
        /// The key.
        handle: Handle,
        /// The epoch staged.
        to: u32,
        /// Which stage of it.
        tag: Tag,
    },
    /// Takes the stage back.
    Unstage {
        /// The key.
        handle: Handle,
        /// The epoch staged.
        to: u32,
        /// Which stage of it.
        tag: Tag,
    },
    /// Destroys whatever lies under a handle, stage and copies too.
    Destroy {
        /// The key.
        handle: Handle,
    },
    /// A sheet or a page from the vault's copy of the state.
    Copy {
        /// The key.
        handle: Handle,
        /// Which one.
        what: CopyOf,
    },
    /// How much the vault keeps.
    Status,
}

/// The next epoch of a box.
pub struct Stage {
    /// The key.
    pub handle: Handle,
    /// The epoch that must be current; none if there must be nothing.
    pub from: Option<u32>,
    /// The epoch that it becomes, greater than `from`. If it is not the next one, all other pages must end.
    pub to: u32,
    /// The share.
    pub piece: Piece,
    /// The new sheet, sealed; at most [`limits::STATE_SHEET_BYTES_MAX`].
    pub sheet: Vec<u8>,
    /// New pages, sealed, each at most [`limits::STATE_PAGE_BYTES_MAX`].
    pub pages: Vec<(u64, Vec<u8>)>,
    /// Pages that end with the commit.
    pub ended: Ended,
}

/// Which pages of a state end with a commit.
#[derive(Clone, PartialEq, Eq)]
pub enum Ended {
    /// These.
    Pages(Vec<u64>),
    /// All that the stage does not bring: it brings the whole state.
    AllOthers,
}

/// Which part of the state is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CopyOf {
    /// The sheet of the current epoch.
    Sheet,
    /// A page of the current epoch.
    Page(u64),
    /// The sheet of the staged epoch.
    StagedSheet,
    /// A page that the staged epoch brought.
    StagedPage(u64),
}

impl Request {
    /// The bytes for the vault. They may hold shares, so they are erased when dropped.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut to = Writer::with_room(HEADER_LEN + self.ops.iter().map(Op::encoded_len).sum::<usize>());
        to.raw(MAGIC);
        to.raw(&self.deployment.0);
        to.raw(&self.id.0);
        to.u64(self.order);
        to.list(&self.ops, |to, op| op.write(to));
        to.done()
    }

    /// What a server asks.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for anything but exactly one request within the limits.
    pub fn decode(bytes: &[u8]) -> Result<Request, Malformed> {
        if bytes.len() > limits::VAULT_REQUEST_BYTES_MAX {
            return Err(Malformed);
        }
        let mut from = Reader::new(bytes);
        if from.array::<4>()? != *MAGIC {
            return Err(Malformed);
        }
        let deployment = Handle(from.array()?);
        let id = RequestId(from.array()?);
        let order = from.u64()?;
        let count = usize::from(from.u16()?);
        if count > limits::VAULT_OPS_MAX {
            return Err(Malformed);
        }
        let ops = (0..count).map(|_| Op::read(&mut from)).collect::<Result<_, _>>()?;
        from.end()?;
        Ok(Request { deployment, id, order, ops })
    }

    /// The number of a request that may not be understood otherwise; zeros if it does not reach that far.
    #[must_use]
    pub fn peek_id(bytes: &[u8]) -> RequestId {
        let id = bytes.get(20..).and_then(<[u8]>::first_chunk);
        RequestId(id.copied().unwrap_or_default())
    }

    /// Bytes of a request without operations.
    pub const EMPTY_BYTES: usize = HEADER_LEN;
}

impl Request {
    /// Whether its place in the order counts.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.ops.iter().any(Op::changes)
    }
}

impl Op {
    /// Whether it changes what lies under a handle. The counters may change in any order.
    #[must_use]
    pub fn changes(&self) -> bool {
        match self {
            Op::Put { .. } | Op::Stage(_) | Op::Commit { .. } | Op::Unstage { .. } | Op::Destroy { .. } => {
                true
            }
            Op::Draw { .. } | Op::Report { .. } | Op::Get { .. } | Op::Copy { .. } | Op::Status => false,
        }
    }

    /// What the operation takes in a request, in bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        1 + match self {
            Op::Draw { .. } => 4 + 16,
            Op::Report { .. } => 4 + 8 + 16,
            Op::Put { piece, .. } => 16 + 4 + piece.len(),
            Op::Get { .. } | Op::Destroy { .. } => 16,
            Op::Stage(stage) => stage.encoded_len(),
            Op::Commit { .. } | Op::Unstage { .. } => 16 + 4 + 16,
            Op::Copy { .. } => 16 + 1 + 8,
            Op::Status => 0,
        }
    }

    /// The operation's number in the codec; its reply has the same.
    pub(super) fn code(&self) -> u8 {
        match self {
            Op::Draw { .. } => 1,
            Op::Report { .. } => 2,
            Op::Put { .. } => 3,
            Op::Get { .. } => 4,
            Op::Stage(_) => 5,
            Op::Commit { .. } => 6,
            Op::Unstage { .. } => 7,
            Op::Destroy { .. } => 8,
            Op::Copy { .. } => 9,
            Op::Status => 10,
        }
    }

    fn write(&self, to: &mut Writer) {
        to.u8(self.code());
        match self {
            Op::Draw { value, token } => {
                to.u32(*value);
                to.raw(&token.0);
            }
            Op::Report { incarnation, commit, mark } => {
                to.u32(*incarnation);
                to.u64(*commit);
                to.raw(&mark.0);
            }
            Op::Put { handle, epoch, piece } => {
                to.raw(&handle.0);
                to.u32(*epoch);
                piece.write(to);
            }
            Op::Get { handle } | Op::Destroy { handle } => to.raw(&handle.0),
            Op::Stage(stage) => stage.write(to),
            Op::Commit { handle, to: epoch, tag } | Op::Unstage { handle, to: epoch, tag } => {
                to.raw(&handle.0);
                to.u32(*epoch);
                to.raw(&tag.0);
            }
            Op::Copy { handle, what } => {
                to.raw(&handle.0);
                let (kind, page) = match *what {
                    CopyOf::Sheet => (0, 0),
                    CopyOf::Page(page) => (1, page),
                    CopyOf::StagedSheet => (2, 0),
                    CopyOf::StagedPage(page) => (3, page),
                };
                to.u8(kind);
                to.u64(page);
            }
            Op::Status => {}
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Op, Malformed> {
        Ok(match from.u8()? {
            1 => Op::Draw { value: from.u32()?, token: Token(from.array()?) },
            2 => Op::Report { incarnation: from.u32()?, commit: from.u64()?, mark: Mark(from.array()?) },
            3 => Op::Put { handle: Handle(from.array()?), epoch: epoch(from)?, piece: Piece::read(from)? },
            4 => Op::Get { handle: Handle(from.array()?) },
            5 => Op::Stage(Box::new(Stage::read(from)?)),
            6 => Op::Commit { handle: Handle(from.array()?), to: epoch(from)?, tag: Tag(from.array()?) },
            7 => Op::Unstage { handle: Handle(from.array()?), to: epoch(from)?, tag: Tag(from.array()?) },
            8 => Op::Destroy { handle: Handle(from.array()?) },
            9 => Op::Copy { handle: Handle(from.array()?), what: CopyOf::read(from)? },
            10 => Op::Status,
            _ => return Err(Malformed),
        })
    }
}

impl Stage {
    fn encoded_len(&self) -> usize {
        let pages: usize = self.pages.iter().map(|(_, page)| 8 + 4 + page.len()).sum();
        16 + 4 + 4 + self.piece.len() + 4 + self.sheet.len() + 2 + pages + self.ended.encoded_len()
    }

    fn write(&self, to: &mut Writer) {
        to.raw(&self.handle.0);
        write_epoch(self.from, to);
        to.u32(self.to);
        self.piece.write(to);
        to.string(&self.sheet);
        to.list(&self.pages, |to, (id, page)| {
            to.u64(*id);
            to.string(page);
        });
        match &self.ended {
            Ended::Pages(ids) => to.list(ids, |to, id| to.u64(*id)),
            Ended::AllOthers => to.list(&[Ended::ALL_OTHERS], |to, id| to.u64(*id)),
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Stage, Malformed> {
        let handle = Handle(from.array()?);
        let before = read_epoch(from)?;
        let to = epoch(from)?;
        if before.is_some_and(|before| before >= to) {
            return Err(Malformed);
        }
        let stage = Stage {
            handle,
            from: before,
            to,
            piece: Piece::read(from)?,
            sheet: from.string(limits::STATE_SHEET_BYTES_MAX)?.to_vec(),
            pages: from
                .list(|from| Ok((from.u64()?, from.string(limits::STATE_PAGE_BYTES_MAX)?.to_vec())))?,
            ended: Ended::read(from)?,
        };
        let is_next = before.is_some_and(|before| before + 1 == to);
        if is_next || stage.ended == Ended::AllOthers { Ok(stage) } else { Err(Malformed) }
    }
}

impl Ended {
    const ALL_OTHERS: u64 = u64::MAX;

    fn encoded_len(&self) -> usize {
        2 + 8 * match self {
            Ended::Pages(ids) => ids.len(),
            Ended::AllOthers => 1,
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Ended, Malformed> {
        let ids = from.list(Reader::u64)?;
        match ids.as_slice() {
            [Ended::ALL_OTHERS] => Ok(Ended::AllOthers),
            some if some.contains(&Ended::ALL_OTHERS) => Err(Malformed),
            _ => Ok(Ended::Pages(ids)),
        }
    }
}

impl CopyOf {
    fn read(from: &mut Reader<'_>) -> Result<CopyOf, Malformed> {
        match (from.u8()?, from.u64()?) {
            (0, 0) => Ok(CopyOf::Sheet),
            (1, page) => Ok(CopyOf::Page(page)),
            (2, 0) => Ok(CopyOf::StagedSheet),
            (3, page) => Ok(CopyOf::StagedPage(page)),
            _ => Err(Malformed),
        }
    }
}

/// An epoch that must be one.
fn epoch(from: &mut Reader<'_>) -> Result<u32, Malformed> {
    read_epoch(from)?.ok_or(Malformed)
}
