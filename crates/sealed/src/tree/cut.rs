//! Cutting leaves out of a node: what is left is the largest nodes that hold none of them.

use crate::NumberRange;
use crate::tree::node::last_of;
use crate::tree::{HEIGHT, Node, child};

/// The nodes that are left of `node` when the leaves in `ranges` are cut out, ascending and apart. The ranges are
/// [joined](NumberRange::joined).
pub(crate) fn cut(node: &Node, ranges: &[NumberRange], left: &mut Vec<Node>) {
    let mut descend = Descend {
        ranges,
        child: |seed: &_, bit| child(seed, bit),
        left: |depth, first, seed: &_| left.push(Node { depth, first, seed: Clone::clone(seed) }),
    };
    descend.walk(node.depth, node.first, &node.seed, (0, ranges.len()));
}

/// How many nodes [`cut`] leaves, without a hash.
pub(crate) fn nodes_after_cut(depth: u8, first: u64, ranges: &[NumberRange]) -> usize {
    let mut count = 0;
    let mut descend = Descend { ranges, child: |(): &(), _| (), left: |_, _, (): &()| count += 1 };
    descend.walk(depth, first, &(), (0, ranges.len()));
    count
}

/// The way down to all that is cut out; beside it lies what is left.
struct Descend<'a, C, L> {
    ranges: &'a [NumberRange],
    child: C,
    left: L,
}

impl<'a, C, L> Descend<'a, C, L> {
    /// Ranges outside of `from..to` do not meet this node. At most 64 calls deep.
    fn walk<S>(&mut self, depth: u8, first: u64, seed: &S, (from, to): (usize, usize))
    where
        C: Fn(&S, u8) -> S,
        L: FnMut(u8, u64, &S),
    {
        let last = last_of(depth, first);
        let ranges = self.ranges.get(from..to).unwrap_or_default();
        let start = ranges.partition_point(|range| range.last.0 < first);
        let end = ranges.partition_point(|range| range.first.0 <= last);
        match ranges.get(start..end) {
            None | Some([]) => (self.left)(depth, first, seed),
            Some([range, ..]) if range.first.0 <= first && last <= range.last.0 => {}
            // A leaf that a range meets is inside it, so this is none.
            Some(_) => {
                let depth = (depth + 1).min(HEIGHT);
                for (bit, first) in [(0, first), (1, first | (1 << (HEIGHT - depth)))] {
                    let seed = (self.child)(seed, bit);
                    self.walk(depth, first, &seed, (from + start, from + end));
                }
            }
        }
    }
}
