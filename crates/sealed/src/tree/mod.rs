//! The erasure tree: a GGM tree of height 64 over record numbers. Source: docs/keys.md 5.
//!
//! A seed opens everything below it and nothing above it, since its children are hashes of it. Cutting leaves out means
//! keeping, instead of a seed above them, the seeds beside the way down to them.

mod cut;
mod node;
mod path;

pub(crate) use cut::{cut, nodes_after_cut};
pub(crate) use node::{NODE_BYTES, Node};
pub(crate) use path::Path;

use crypto::sha256;

use crate::secret::Erased;

/// Height of the tree: the bits of a number.
pub(crate) const HEIGHT: u8 = 64;

/// What a node opens its leaves with.
pub(crate) type Seed = Erased;

/// The seed of a child: on the left with bit 0, on the right with bit 1.
pub(crate) fn child(seed: &Seed, bit: u8) -> Seed {
    Erased::new(sha256(&[b"heliograph ggm", &[bit], &**seed]))
}
