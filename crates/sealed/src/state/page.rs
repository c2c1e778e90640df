//! A page: up to 1,500 nodes of a cover, sealed under a key of its own. Source: docs/keys.md 5.

use crate::tree::{NODE_BYTES, Node};
use crate::{AtRest, Header, RowKey, Secret, StateError, value};

/// Nodes in one page at most.
pub(crate) const NODES_MAX: usize = 1500;
/// A tick that leaves fewer nodes than this in a page joins them with the page beside it.
pub(crate) const NODES_MIN: usize = 400;
/// Bytes of a sealed value that are not its plaintext: kind, nonce, tag.
pub(crate) const SEAL_BYTES: usize = 1 + 12 + 16;

/// The key of a page.
pub(crate) type PageKey = Secret<[u8; 32]>;

/// A page of an erasure state: the epoch of the tick that wrote it, and its place among those it wrote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PageId {
    /// The epoch that the tick made.
    pub epoch: u32,
    /// 0 for the first page that it wrote.
    pub index: u32,
}

impl PageId {
    /// As it stands in sheets, row keys and requests.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        (((self.epoch as u64) << 32) | self.index as u64).to_be_bytes()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    #[must_use]
    pub const fn from_bytes([a, b, c, d, e, f, g, h]: [u8; 8]) -> Self {
        Self { epoch: u32::from_be_bytes([a, b, c, d]), index: u32::from_be_bytes([e, f, g, h]) }
    }
}

pub(crate) fn seal(key: &PageKey, row: &RowKey, nodes: &[Node], rng: &mut dyn crypto::Rng) -> AtRest {
    value::seal(key.expose(), Header::State, row, Node::write_all(nodes).expose(), rng)
}

pub(crate) fn open(key: &PageKey, row: &RowKey, at_rest: &AtRest) -> Result<Vec<Node>, StateError> {
    let Some((Header::State, header_bytes)) = Header::split(at_rest.as_bytes()) else {
        return Err(StateError::Forged);
    };
    let plain = value::open(key.expose(), header_bytes, row, at_rest).map_err(|_| StateError::Forged)?;
    Node::read_all(plain.expose()).ok_or(StateError::Forged)
}

/// Bytes of a sealed page with this many nodes.
pub(crate) const fn sealed_bytes(nodes: usize) -> usize {
    SEAL_BYTES + 4 + nodes * NODE_BYTES
}

/// How many nodes each page gets when this many are laid out anew, the last one the rest: as few pages as can be, about
/// alike.
pub(crate) fn nodes_each(nodes: usize) -> usize {
    nodes.div_ceil(nodes.div_ceil(NODES_MAX).max(1)).max(1)
}
