//! The seeds on the way down to one leaf: the next leaf shares most of them.

use crate::tree::node::last_of;
use crate::tree::{HEIGHT, Node, Seed, child};

/// The way begins no higher than this: what lies around in memory opens 2^24 numbers at most, and takes 800 bytes.
const TOP: u8 = 40;

/// The way from a block of numbers down to one of them. Leaves in sequence cost two hashes on average. Seeds that the
/// way leaves are erased.
pub(crate) struct Path {
    top: u8,
    first: u64,
    leaf: u64,
    /// From the top downwards; never empty, at most 25.
    seeds: Vec<Seed>,
}

impl Path {
    /// The way to the block of a number below a node, if it is below it.
    pub(crate) fn towards(number: u64, node: &Node) -> Option<Self> {
        if number < node.first || node.last() < number {
            return None;
        }
        let top = node.depth.max(TOP);
        let seed = (node.depth..top).fold(node.seed.clone(), |seed, depth| child(&seed, bit(number, depth)));
        let first = number & !last_of(top, 0);
        // Room for all of it at once: a vector that grows would leave its seeds behind.
        let mut seeds = Vec::with_capacity(usize::from(HEIGHT.saturating_sub(top)) + 1);
        seeds.push(seed);
        Some(Self { top, first, leaf: first, seeds })
    }

    /// The seed of a leaf, if it is of this block.
    pub(crate) fn leaf(&mut self, number: u64) -> Option<Seed> {
        if number < self.first || last_of(self.top, self.first) < number {
            return None;
        }
        let shared = (number ^ self.leaf).leading_zeros().saturating_sub(u32::from(self.top));
        self.seeds.truncate(shared as usize + 1);
        self.leaf = number;
        let below = self.top + u8::try_from(self.seeds.len()).ok()? - 1;
        for depth in below..HEIGHT {
            let next = child(self.seeds.last()?, bit(number, depth));
            self.seeds.push(next);
        }
        self.seeds.last().cloned()
    }
}

/// Which way a number goes below this depth, less than 64.
fn bit(number: u64, depth: u8) -> u8 {
    u8::from((number << depth) >> (HEIGHT - 1) == 1)
}
