//! Which key follows from which: handles, shared keys, row keys, the erasure tree. Source: docs/keys.md 2 to 5.

use std::collections::HashMap;

use crypto::{HmacKey, aead, hkdf, sha256};

pub(crate) type Key = [u8; 32];

/// A row of section 2's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Class {
    Root = 1,
    Confidentiality = 2,
    Erasure = 3,
    Device = 4,
    Day = 5,
}

/// Vaults there can be; they are numbered from 1.
pub(crate) const VAULTS_MAX: u8 = 15;
/// The box of the short-lived tree.
pub(crate) const SHORT_LIVED: i64 = -32;
/// Boxes of the directory.
pub(crate) const DIRECTORIES: u8 = 16;
/// Tables of the state of a box.
pub(crate) const SHEETS: u16 = 0xff01;
pub(crate) const PAGES: u16 = 0xff02;

/// The local part out of its file: L ‖ first 8 bytes of H("heliograph local" ‖ L).
pub(crate) fn local_part(file: &[u8]) -> Option<Key> {
    let (local, check) = file.split_first_chunk()?;
    let hash = prefix::<8>(sha256(&[b"heliograph local", local]));
    (check == hash).then_some(*local)
}

/// The local part and what follows from it alone.
pub(crate) struct Local {
    key: Key,
    handles: HmacKey,
}

impl Local {
    pub(crate) fn new(key: Key) -> Local {
        let handles = HmacKey::new(&*hkdf::derive(&key, b"", &[b"heliograph handle"]));
        Local { key, handles }
    }

    pub(crate) fn handle(&self, class: Class, id: u64, vault: u8) -> [u8; 16] {
        prefix(self.handles.sign(&[&[class as u8], &id.to_be_bytes(), &[vault]]))
    }

    pub(crate) fn shared_key(&self, secret: &Key, class: Class, id: u64, epoch: u32) -> Key {
        let epoch = if matches!(class, Class::Erasure) { epoch } else { 0 };
        let info: [&[u8]; 4] = [b"heliograph key", &[class as u8], &id.to_be_bytes(), &epoch.to_be_bytes()];
        *hkdf::derive(secret, &self.key, &info)
    }
}

/// The commitment to a share.
pub(crate) fn commitment(handle: &[u8; 16], epoch: u32, vault: u8, share: &Key) -> [u8; 16] {
    prefix(sha256(&[b"heliograph share", handle, &epoch.to_be_bytes(), &[vault], share]))
}

/// A key for one purpose, as most of section 3 to 5 are.
pub(crate) fn purpose(key: &Key, purpose: &[u8]) -> Key {
    *hkdf::derive(key, b"", &[purpose])
}

/// To whom rows belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A user's box, or that of the short-lived tree.
    Box(i64),
    /// A login, by its auth key id.
    Device(u64),
    /// A box of the directory, 0 to 15.
    Directory(u8),
    /// The deployment.
    System,
    /// Nobody that could be found out; such rows lie under the system key.
    Unknown,
}

impl Owner {
    fn tag(self) -> Option<[u8; 9]> {
        let (kind, id) = match self {
            Owner::Box(id) => (1, id.to_be_bytes()),
            Owner::Device(id) => (2, id.to_be_bytes()),
            Owner::Directory(index) => (3, u64::from(index).to_be_bytes()),
            Owner::System => (4, [0; 8]),
            Owner::Unknown => return None,
        };
        let mut tag = [kind; 9];
        tag[1..].copy_from_slice(&id);
        Some(tag)
    }

    /// The box whose keys lock the owner's records.
    pub(crate) fn box_id(self) -> Option<i64> {
        match self {
            Owner::Box(id) => Some(id),
            Owner::Directory(index) => Some(-1 - i64::from(index)),
            Owner::Device(_) | Owner::System | Owner::Unknown => None,
        }
    }
}

/// What follows from a root.
pub(crate) struct Root {
    rows: HmacKey,
    pub(crate) system: Key,
    /// What the server's RSA key lies under.
    server: Key,
    access: Key,
}

impl Root {
    pub(crate) fn new(root: &Key) -> Root {
        Root {
            rows: HmacKey::new(&purpose(root, b"heliograph rows")),
            system: purpose(root, b"heliograph system"),
            server: purpose(root, b"heliograph server key"),
            access: purpose(root, b"heliograph access"),
        }
    }

    /// What a server keeps for as long as it runs.
    pub(crate) fn kept(&self) -> [Key; 3] {
        [self.system, self.server, self.access]
    }

    /// The server's RSA key out of its file: 1 ‖ nonce ‖ AEAD of a PEM.
    pub(crate) fn server_key(&self, file: &[u8]) -> Option<Vec<u8>> {
        open(&self.server, file, 1, b"heliograph server.key").filter(|_| file.first() == Some(&1))
    }

    /// What the row keys of an owner begin with.
    pub(crate) fn beginning(&self, owner: Owner) -> Option<[u8; 12]> {
        owner.tag().map(|tag| prefix(self.rows.sign(&[b"owner", &tag])))
    }
}

/// The nodes known of one box's tree, of all times: depth and first leaf name a node.
#[derive(Default)]
pub(crate) struct Nodes(HashMap<(u8, u64), Vec<Key>>);

impl Nodes {
    pub(crate) fn add(&mut self, depth: u8, first: u64, seed: Key) {
        let seeds = self.0.entry((depth, first)).or_default();
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Leaf `number` as each node above it gives it; in a sound tree all are the same.
    pub(crate) fn leaves(&self, number: u64) -> Vec<Key> {
        let mut leaves = Vec::new();
        for depth in 0..=64_u8 {
            let Some(seeds) = self.0.get(&(depth, first_leaf(number, depth))) else { continue };
            for seed in seeds {
                let leaf =
                    (depth..64).fold(*seed, |seed, level| child(&seed, (number >> (63 - level)) & 1 == 1));
                if !leaves.contains(&leaf) {
                    leaves.push(leaf);
                }
            }
        }
        leaves
    }
}

/// The first leaf below the node at `depth` on the way to a leaf.
fn first_leaf(number: u64, depth: u8) -> u64 {
    let below = 64 - u32::from(depth);
    number.checked_shr(below).and_then(|node| node.checked_shl(below)).unwrap_or(0)
}

fn child(seed: &Key, bit: bool) -> Key {
    sha256(&[b"heliograph ggm", &[u8::from(bit)], seed])
}

pub(crate) fn record_key(leaf: &Key, confidentiality: &Key, row_key: &[u8]) -> Key {
    let [.., high, low] = row_key.len().to_be_bytes();
    sha256(&[confidentiality, leaf, b"heliograph record", &[high, low], row_key])
}

/// Opens a value of which `header` bytes stand before the nonce; they and `name` are bound to it.
pub(crate) fn open(key: &Key, value: &[u8], header: usize, name: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = value.split_at_checked(header)?;
    let (nonce, sealed) = rest.split_first_chunk()?;
    let mut sealed = sealed.to_vec();
    aead::Key::new(key).open(nonce, &[head, name].concat(), &mut sealed).ok().map(|plain| plain.to_vec())
}

fn prefix<const N: usize>(hash: [u8; 32]) -> [u8; N] {
    std::array::from_fn(|index| hash[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_the_same_from_every_node_above_it() {
        let number = 0x8000_0000_0000_0005;
        let root = [7; 32];
        let mut seed = root;
        let mut nodes = Nodes::default();
        nodes.add(0, 0, root);
        let expected = nodes.leaves(number);
        for level in 0..64 {
            seed = child(&seed, (number >> (63 - level)) & 1 == 1);
            nodes.add(level as u8 + 1, first_leaf(number, level as u8 + 1), seed);
        }
        assert_eq!(nodes.len(), 65);
        assert!(expected == [seed] && nodes.leaves(number) == [seed]);
        assert!(nodes.leaves(number ^ 1) != [seed]);
    }

    #[test]
    fn first_leaves_are_cut_at_the_depth() {
        assert_eq!(first_leaf(u64::MAX, 0), 0);
        assert_eq!(first_leaf(u64::MAX, 1), 1 << 63);
        assert_eq!(first_leaf(u64::MAX, 64), u64::MAX);
        assert_eq!(first_leaf(5, 63), 4);
    }
}
