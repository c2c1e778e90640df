//! The seeds on the way down to one leaf: the next leaf shares most of them.

use std::ops::Range;

use crate::tree::node::last_of;
use crate::tree::{HEIGHT, Node, Seed, child};

/// The way begins no higher than this: what lies around in memory opens 2^24 numbers at most.
const TOP: u8 = 40;
/// Between its beginning and this depth nothing is kept: of 256 numbers in sequence one derives those seeds anew. So a way
/// takes 320 bytes, and 800 would buy a sixteenth of a hash for each number.
const LOW: u8 = 56;

/// The way from a block of numbers down to one of them. Leaves in sequence cost little more than two hashes on average. Seeds
/// that the way leaves are erased.
pub(crate) struct Path {
    top: u8,
    /// The depth of the second seed.
    low: u8,
    first: u64,
    leaf: u64,
    /// That of the block, and if the way has been gone those from `low` downwards; never empty, at most ten.
    seeds: Vec<Seed>,
}

impl Path {
    /// The way to the block of a number below a node, if it is below it.
    pub(crate) fn towards(number: u64, node: &Node) -> Option<Self> {
        if number < node.first || node.last() < number {
            return None;
        }
        let top = node.depth.max(TOP);
        let low = top.max(LOW);
        let first = number & !last_of(top, 0);
        // Room for all of it at once: a vector that grows would leave its seeds behind.
        let mut seeds = Vec::with_capacity(usize::from(HEIGHT.saturating_sub(low)) + 2);
        seeds.push(descend(node.seed.clone(), number, node.depth..top));
        Some(Self { top, low, first, leaf: first, seeds })
    }

    /// The seed of a leaf, if it is of this block.
    pub(crate) fn leaf(&mut self, number: u64) -> Option<Seed> {
        if number < self.first || last_of(self.top, self.first) < number {
            return None;
        }
        let shared = (number ^ self.leaf).leading_zeros();
        // The seed of the block, and those that both ways have in common.
        let kept = shared.checked_sub(self.low.into()).map_or(1, |below| below as usize + 2);
        self.seeds.truncate(kept);
        self.leaf = number;
        if self.seeds.len() == 1 {
            let low = descend(self.seeds.first()?.clone(), number, self.top..self.low);
            self.seeds.push(low);
        }
        let below = self.low + u8::try_from(self.seeds.len()).ok()? - 2;
        for depth in below..HEIGHT {
            let next = child(self.seeds.last()?, bit(number, depth));
            self.seeds.push(next);
        }
        self.seeds.last().cloned()
    }
}

/// The seed that lies below another on the way to a number.
fn descend(seed: Seed, number: u64, depths: Range<u8>) -> Seed {
    depths.fold(seed, |seed, depth| child(&seed, bit(number, depth)))
}

/// Which way a number goes below this depth, less than 64.
fn bit(number: u64, depth: u8) -> u8 {
    u8::from((number << depth) >> (HEIGHT - 1) == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The way straight from the node.
    fn straight(node: &Node, number: u64) -> Seed {
        (node.depth..HEIGHT).fold(node.seed.clone(), |seed, depth| child(&seed, bit(number, depth)))
    }

    /// Whatever way a path has gone before, each leaf is the one that a walk from the node finds: in sequence, far away within
    /// the block, and back; also where a node lies below the seeds that are left out.
    #[test]
    fn a_warm_way_finds_the_leaves_of_a_cold_one() {
        for depth in [0, 39, 40, 41, 55, 56, 57, 63, 64] {
            let base = 0xabcd_ef01_2345_6789_u64;
            let first = base & !last_of(depth, 0);
            let node = Node { depth, first, seed: Seed::new([7; 32]) };
            let mut path = Path::towards(base, &node).unwrap();
            let near = (0..600).map(|step| base.wrapping_add(step));
            let far = [1_u64 << 23, 1 << 16, 1 << 9, 255, 256, 1, 0].map(|bit| base ^ bit);
            for number in near.chain(far) {
                let in_block = path.first <= number && number <= last_of(path.top, path.first);
                let expected = in_block.then(|| straight(&node, number));
                assert_eq!(
                    path.leaf(number).map(|seed| *seed),
                    expected.map(|seed| *seed),
                    "{depth} {number:x}"
                );
                assert!(path.seeds.len() <= 10 && path.seeds.capacity() <= 10);
            }
        }
    }
}
