//! A node of the tree that stands for all its leaves.

use crate::Secret;
use crate::tree::{HEIGHT, Seed};

/// Bytes of a node in a page.
pub(crate) const NODE_BYTES: usize = 41;

/// A node, from which exactly the leaves from `first` to `last()` can be reached.
#[derive(Clone)]
pub(crate) struct Node {
    /// 0 for the root, 64 for a leaf.
    pub(crate) depth: u8,
    /// The first leaf; the bits below `depth` are 0.
    pub(crate) first: u64,
    pub(crate) seed: Seed,
}

impl Node {
    /// The root.
    pub(crate) fn root(seed: Seed) -> Self {
        Self { depth: 0, first: 0, seed }
    }

    /// The last leaf.
    pub(crate) fn last(&self) -> u64 {
        last_of(self.depth, self.first)
    }

    /// Appends depth, first leaf and seed.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(self.depth);
        out.extend_from_slice(&self.first.to_be_bytes());
        out.extend_from_slice(&*self.seed);
    }

    /// Reads what [`write`](Self::write) wrote; nothing if there is no such node.
    pub(crate) fn read(bytes: &[u8; NODE_BYTES]) -> Option<Self> {
        let (&depth, rest) = bytes.split_first()?;
        let (first, seed) = rest.split_first_chunk::<8>()?;
        let first = u64::from_be_bytes(*first);
        let whole = depth <= HEIGHT && first & below(depth) == 0;
        whole.then_some(Self { depth, first, seed: Seed::new(*seed.first_chunk()?) })
    }

    /// Nodes as they stand in a page: their count, then each.
    pub(crate) fn write_all(nodes: &[Self]) -> Secret<Vec<u8>> {
        Secret::made(|bytes: &mut Vec<u8>| {
            bytes.reserve_exact(4 + nodes.len() * NODE_BYTES);
            bytes.extend_from_slice(&u32::try_from(nodes.len()).unwrap_or(u32::MAX).to_be_bytes());
            nodes.iter().for_each(|node| node.write(bytes));
        })
    }

    /// Reads what [`write_all`](Self::write_all) wrote; nothing unless the nodes ascend and are apart.
    pub(crate) fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let (chunks, tail) = rest.as_chunks::<NODE_BYTES>();
        if !tail.is_empty() || u32::try_from(chunks.len()) != Ok(u32::from_be_bytes(*count)) {
            return None;
        }
        // Room for all of them at once: a vector that grows would leave its seeds behind.
        let mut nodes: Vec<Self> = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            nodes.push(Self::read(chunk)?);
        }
        let apart = nodes.iter().zip(nodes.iter().skip(1)).all(|(one, next)| one.last() < next.first);
        apart.then_some(nodes)
    }
}

/// The last leaf below a node.
pub(crate) fn last_of(depth: u8, first: u64) -> u64 {
    first | below(depth)
}

/// The bits that tell the leaves of a node apart.
fn below(depth: u8) -> u64 {
    u64::MAX.checked_shr(u32::from(depth)).unwrap_or(0)
}
