//! The seeds on the way from a node down to one leaf: the next leaf shares most of them.

use crate::tree::{HEIGHT, Node, Seed, child};

/// The way from a node of the cover to a leaf. Leaves in sequence cost two hashes on average. Seeds that the way leaves
/// are erased.
pub(crate) struct Path {
    base: (u8, u64),
    last: u64,
    leaf: u64,
    /// From the node downwards; never empty, at most 65.
    seeds: Vec<Seed>,
}

impl Path {
    /// A way that has not gone down yet.
    pub(crate) fn from(node: &Node) -> Self {
        // Room for all of it at once: a vector that grows would leave its seeds behind.
        let mut seeds = Vec::with_capacity(usize::from(HEIGHT - node.depth.min(HEIGHT)) + 1);
        seeds.push(node.seed.clone());
        Self { base: (node.depth, node.first), last: node.last(), leaf: node.first, seeds }
    }

    /// The seed of a leaf, if it is below the node that the way began at.
    pub(crate) fn leaf(&mut self, number: u64) -> Option<Seed> {
        let (top, first) = self.base;
        if number < first || self.last < number {
            return None;
        }
        let shared = (number ^ self.leaf).leading_zeros().saturating_sub(u32::from(top));
        self.seeds.truncate(shared as usize + 1);
        self.leaf = number;
        loop {
            let seed = self.seeds.last()?;
            let depth = usize::from(top) + self.seeds.len() - 1;
            let Some(bit) = usize::from(HEIGHT).checked_sub(depth + 1) else { return Some(seed.clone()) };
            let next = child(seed, u8::from((number >> bit) & 1 == 1));
            self.seeds.push(next);
        }
    }
}
