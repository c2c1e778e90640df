//! A miniature deployment: rows, trees, ticks and vaults, byte by byte from docs/keys.md.

use std::collections::BTreeMap;
use std::fs;

use crypto::testing::Seeded;
use crypto::{HmacKey, Rng, aead, hkdf, sha256, share};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::folder::Folder;

pub(crate) type Key = [u8; 32];

/// Whose a row is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    Box(i64),
    Directory(u8),
    System,
    Device(u64),
}

/// What a vault keeps under a handle.
#[derive(Clone, Default)]
struct Held {
    current: Option<Vec<u8>>,
    staged: Option<Vec<u8>>,
    sheet: Option<Vec<u8>>,
    pages: BTreeMap<u64, Vec<u8>>,
}

#[derive(Clone)]
struct Node {
    depth: u8,
    first: u64,
    seed: Key,
}

struct Tree {
    epoch: u32,
    nodes: Vec<Node>,
    next: u64,
    pending: Vec<u64>,
}

pub(crate) struct World {
    rng: Seeded,
    k: u8,
    n: u8,
    local: Key,
    vaults: Vec<BTreeMap<[u8; 16], Held>>,
    rows: HmacKey,
    system: Key,
    root: Key,
    confidentiality: BTreeMap<i64, Key>,
    trees: BTreeMap<i64, Tree>,
    devices: BTreeMap<u64, Key>,
    days: BTreeMap<u32, Key>,
    numbers: BTreeMap<Vec<u8>, (i64, u64)>,
    database: Option<Database>,
    keyspace: Keyspace,
    folder: Folder,
}

fn purpose(key: &Key, purpose: &str) -> Key {
    *hkdf::derive(key, b"", &[purpose.as_bytes()])
}

fn child(seed: &Key, bit: u8) -> Key {
    sha256(&[b"heliograph ggm", &[bit], seed])
}

impl World {
    pub(crate) fn new(k: u8, n: u8) -> World {
        let folder = Folder::new();
        let database = Database::builder(folder.path().join("rows")).worker_threads(1).open().unwrap();
        let keyspace = database.keyspace("rows", KeyspaceCreateOptions::default).unwrap();
        let mut rng = Seeded::new(u64::from(k) << 8 | u64::from(n));
        let mut local = [0; 32];
        rng.fill(&mut local);
        let check = sha256(&[b"heliograph local", &local]);
        fs::write(folder.path().join("local"), [&local[..], &check[..8]].concat()).unwrap();
        let mut world = World {
            rng,
            k,
            n,
            local,
            vaults: vec![BTreeMap::new(); usize::from(n)],
            rows: HmacKey::new(b""),
            system: [0; 32],
            root: [0; 32],
            confidentiality: BTreeMap::new(),
            trees: BTreeMap::new(),
            devices: BTreeMap::new(),
            days: BTreeMap::new(),
            numbers: BTreeMap::new(),
            database: Some(database),
            keyspace,
            folder,
        };
        let root = world.mint(1, 0, 0);
        world.rows = HmacKey::new(&purpose(&root, "heliograph rows"));
        world.system = purpose(&root, "heliograph system");
        world.root = root;
        (-16..=-1).chain([-32]).for_each(|id| world.mint_box(id));
        world
    }

    fn random(&mut self) -> Key {
        let mut key = [0; 32];
        self.rng.fill(&mut key);
        key
    }

    pub(crate) fn handle(&self, class: u8, id: u64, vault: u8) -> [u8; 16] {
        let prf = HmacKey::new(&*hkdf::derive(&self.local, b"", &[b"heliograph handle"]));
        prf.sign(&[&[class], &id.to_be_bytes(), &[vault]])[..16].try_into().unwrap()
    }

    /// Shares a fresh secret; `staged` as a tick does. The shared key.
    fn share(&mut self, class: u8, id: u64, epoch: u32, staged: bool) -> Key {
        let secret = self.random();
        let shares = share::split(&secret, self.k, self.n, &mut self.rng).unwrap();
        let commitments: Vec<u8> = shares
            .iter()
            .flat_map(|share| {
                let handle = self.handle(class, id, share.at);
                let hash = sha256(&[
                    b"heliograph share",
                    &handle,
                    &epoch.to_be_bytes(),
                    &[share.at],
                    &share.bytes[..],
                ]);
                hash[..16].to_vec()
            })
            .collect();
        for share in &shares {
            let kept = [&epoch.to_be_bytes()[..], &share.bytes[..], &[self.n], &commitments].concat();
            let handle = self.handle(class, id, share.at);
            let held = self.vaults[usize::from(share.at) - 1].entry(handle).or_default();
            *(if staged { &mut held.staged } else { &mut held.current }) = Some(kept);
        }
        *hkdf::derive(
            &secret,
            &self.local,
            &[b"heliograph key", &[class], &id.to_be_bytes(), &epoch.to_be_bytes()],
        )
    }

    fn mint(&mut self, class: u8, id: u64, epoch: u32) -> Key {
        self.share(class, id, epoch, false)
    }

    pub(crate) fn mint_box(&mut self, id: i64) {
        let c = self.mint(2, id.cast_unsigned(), 0);
        let x = self.mint(3, id.cast_unsigned(), 0);
        self.confidentiality.insert(id, c);
        let root = Node { depth: 0, first: 0, seed: purpose(&x, "heliograph tree") };
        self.trees.insert(id, Tree { epoch: 0, nodes: vec![root], next: 3 << 40, pending: Vec::new() });
    }

    pub(crate) fn destroy(&mut self, class: u8, id: u64) {
        for vault in 1..=self.n {
            let handle = self.handle(class, id, vault);
            self.vaults[usize::from(vault) - 1].remove(&handle);
        }
    }

    /// Damages the share that a vault keeps.
    pub(crate) fn lie(&mut self, class: u8, id: u64, vault: u8) {
        let handle = self.handle(class, id, vault);
        let held = self.vaults[usize::from(vault) - 1].get_mut(&handle).unwrap();
        held.current.as_mut().unwrap()[4] ^= 1;
    }

    pub(crate) fn row_key(&self, of: Of, table: u16, suffix: &[u8]) -> Vec<u8> {
        let (kind, id) = match of {
            Of::Box(id) => (1, id.cast_unsigned()),
            Of::Device(id) => (2, id),
            Of::Directory(index) => (3, u64::from(index)),
            Of::System => (4, 0),
        };
        let owner = self.rows.sign(&[b"owner", &[kind], &id.to_be_bytes()]);
        [&owner[..12], &table.to_be_bytes(), suffix].concat()
    }

    fn sealed(&mut self, key: &Key, head: &[u8], row_key: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let nonce: [u8; 12] = self.random()[..12].try_into().unwrap();
        let mut value = [head, &nonce, plaintext].concat();
        aead::Key::new(key).seal(&nonce, &[head, row_key].concat(), &mut value, head.len() + 12);
        value
    }

    fn put(&mut self, row_key: &[u8], value: &[u8]) {
        self.keyspace.insert([&[1], row_key].concat(), value).unwrap();
    }

    fn box_of(of: Of) -> i64 {
        match of {
            Of::Box(id) => id,
            Of::Directory(index) => -1 - i64::from(index),
            Of::System | Of::Device(_) => unreachable!("no box"),
        }
    }

    fn record(&mut self, of: Of, tree: i64, row_key: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let number = self.trees[&tree].next;
        self.trees.get_mut(&tree).unwrap().next += 1;
        if let Some((tree, earlier)) = self.numbers.insert(row_key.to_vec(), (tree, number)) {
            self.trees.get_mut(&tree).unwrap().pending.push(earlier);
        }
        let node = self.trees[&tree].nodes.iter().rfind(|node| node.first <= number).unwrap();
        let leaf =
            (node.depth..64).fold(node.seed, |seed, level| child(&seed, (number >> (63 - level)) as u8 & 1));
        let c = self.confidentiality[&World::box_of(of)];
        let length = u16::try_from(row_key.len()).unwrap().to_be_bytes();
        let key = sha256(&[&c, &leaf, b"heliograph record", &length, row_key]);
        let short = tree == -32;
        let head =
            [&[if short { 2 } else { 1 }][..], &number.to_be_bytes(), if short { &[] } else { &[0; 3] }];
        self.sealed(&key, &head.concat(), row_key, plaintext)
    }

    /// A record (kind 1).
    pub(crate) fn write(&mut self, of: Of, table: u16, suffix: &[u8], plaintext: &[u8]) {
        let row_key = self.row_key(of, table, suffix);
        let value = self.record(of, World::box_of(of), &row_key, plaintext);
        self.put(&row_key, &value);
    }

    /// A short-lived record (kind 2).
    pub(crate) fn write_short(&mut self, of: Of, table: u16, suffix: &[u8], plaintext: &[u8]) {
        let row_key = self.row_key(of, table, suffix);
        let value = self.record(of, -32, &row_key, plaintext);
        self.put(&row_key, &value);
    }

    /// Kind 3.
    pub(crate) fn write_device(&mut self, id: u64, table: u16, plaintext: &[u8]) {
        if !self.devices.contains_key(&id) {
            let key = self.mint(4, id, 0);
            self.devices.insert(id, key);
        }
        let (row_key, key) =
            (self.row_key(Of::Device(id), table, b""), purpose(&self.devices[&id], "heliograph device"));
        let value = self.sealed(&key, &[3], &row_key, plaintext);
        self.put(&row_key, &value);
    }

    /// Kind 4.
    pub(crate) fn write_day(&mut self, id: u64, day: u32, table: u16, plaintext: &[u8]) {
        if !self.days.contains_key(&day) {
            let key = self.mint(5, u64::from(day), 0);
            self.days.insert(day, key);
        }
        let (row_key, key) =
            (self.row_key(Of::Device(id), table, b""), purpose(&self.days[&day], "heliograph day"));
        let value = self.sealed(&key, &[&[4], &day.to_be_bytes()[..]].concat(), &row_key, plaintext);
        self.put(&row_key, &value);
    }

    /// Kind 5.
    pub(crate) fn write_system(&mut self, table: u16, suffix: &[u8], plaintext: &[u8]) {
        let (row_key, key) = (self.row_key(Of::System, table, suffix), self.system);
        let value = self.sealed(&key, &[5], &row_key, plaintext);
        self.put(&row_key, &value);
    }

    /// The server's RSA key; here any text will do.
    pub(crate) fn write_server_key(&mut self, pem: &[u8]) {
        let key = purpose(&self.root, "heliograph server key");
        let file = self.sealed(&key, &[1], b"heliograph server.key", pem);
        fs::write(self.folder.path().join("server.key"), file).unwrap();
    }

    /// The root itself, where it must never be.
    pub(crate) fn leave_root(&self) {
        fs::write(self.folder.path().join("left"), [b"root: ", &self.root[..], b"\n"].concat()).unwrap();
    }

    /// The value of one row under the key of another.
    pub(crate) fn swap(&mut self, from: &[u8], to: &[u8]) {
        let value = self.keyspace.get([&[1], from].concat()).unwrap().unwrap();
        self.put(to, &value);
    }

    pub(crate) fn delete(&mut self, of: Of, table: u16, suffix: &[u8]) {
        let row_key = self.row_key(of, table, suffix);
        let (tree, number) = self.numbers.remove(&row_key).unwrap();
        self.trees.get_mut(&tree).unwrap().pending.push(number);
        self.keyspace.remove([&[1], &row_key[..]].concat()).unwrap();
    }

    /// A tick of one box up to its commit, with at most two nodes in a page; without rows of the state if they are to
    /// be found at the vaults only.
    pub(crate) fn tick(&mut self, id: i64, rows: bool) {
        self.stage(id, rows);
        let epoch = self.trees[&id].epoch;
        for vault in 1..=self.n {
            let handle = self.handle(3, id.cast_unsigned(), vault);
            let held = self.vaults[usize::from(vault) - 1].get_mut(&handle).unwrap();
            held.current = held.staged.take();
        }
        if rows && epoch > 1 {
            let row_key = self.row_key(World::owner(id), 0xff01, &(epoch - 1).to_be_bytes());
            self.keyspace.remove([&[1], &row_key[..]].concat()).unwrap();
        }
    }

    fn owner(id: i64) -> Of {
        if (-16..=-1).contains(&id) { Of::Directory((-1 - id) as u8) } else { Of::Box(id) }
    }

    fn stage(&mut self, id: i64, rows: bool) {
        let tree = self.trees.get_mut(&id).unwrap();
        for number in std::mem::take(&mut tree.pending) {
            cut(&mut tree.nodes, number);
        }
        tree.epoch += 1;
        let (epoch, nodes) = (tree.epoch, tree.nodes.clone());
        let x = self.share(3, id.cast_unsigned(), epoch, true);
        let (mut sheet, mut pages) = (Vec::new(), BTreeMap::new());
        for (index, nodes) in (0_u32..).zip(nodes.chunks(2)) {
            let page = u64::from(epoch) << 32 | u64::from(index);
            let key = self.random();
            let mut plaintext = (nodes.len() as u32).to_be_bytes().to_vec();
            for node in nodes {
                plaintext.push(node.depth);
                plaintext.extend(node.first.to_be_bytes());
                plaintext.extend(node.seed);
            }
            let row_key = self.row_key(World::owner(id), 0xff02, &page.to_be_bytes());
            let value = self.sealed(&key, &[6], &row_key, &plaintext);
            sheet.extend(page.to_be_bytes());
            sheet.extend(nodes[0].first.to_be_bytes());
            sheet.extend((nodes.len() as u16).to_be_bytes());
            sheet.extend(key);
            pages.insert(page, (row_key, value));
        }
        let plaintext = [&[1][..], &(pages.len() as u32).to_be_bytes(), &sheet].concat();
        let row_key = self.row_key(World::owner(id), 0xff01, &epoch.to_be_bytes());
        let value = self.sealed(&purpose(&x, "heliograph sheet"), &[6], &row_key, &plaintext);
        for vault in 1..=self.n {
            let handle = self.handle(3, id.cast_unsigned(), vault);
            let held = self.vaults[usize::from(vault) - 1].get_mut(&handle).unwrap();
            held.sheet = Some(value.clone());
            held.pages = pages.iter().map(|(page, (_, value))| (*page, value.clone())).collect();
        }
        if rows {
            self.put(&row_key, &value);
            pages.values().for_each(|(row_key, value)| self.put(row_key, value));
        }
    }

    /// Moves what is in the journal into a table, where deleted and overwritten versions of it end.
    pub(crate) fn flush(&mut self) {
        self.keyspace.rotate_memtable_and_wait().unwrap();
    }

    /// A copy of the data folder as it is now.
    pub(crate) fn data_folder(&mut self) -> Folder {
        self.database.as_ref().unwrap().persist(PersistMode::SyncAll).unwrap();
        Folder::copy_of(self.folder.path())
    }

    /// A vault's folder as it is now, by its number less one.
    pub(crate) fn vault_folder(&mut self, vault: usize) -> Folder {
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for (handle, held) in &self.vaults[vault] {
            let mut value = vec![u8::from(held.current.is_some()) | u8::from(held.staged.is_some()) << 1];
            value.extend(held.current.iter().flatten());
            if let Some(staged) = &held.staged {
                value.extend(staged);
                value.extend(0_u32.to_be_bytes());
            }
            rows.insert([&[0], &handle[..]].concat(), value);
            if let Some(sheet) = &held.sheet {
                rows.insert([&[1], &handle[..], &[0]].concat(), sheet.clone());
            }
            for (page, bytes) in &held.pages {
                rows.insert([&[1], &handle[..], &[1], &page.to_be_bytes()[..]].concat(), bytes.clone());
            }
        }
        let folder = Folder::new();
        let root = self.random();
        let check = sha256(&[b"heliograph vault root", &root]);
        fs::write(folder.path().join("root"), [&root[..], &check[..8]].concat()).unwrap();
        let rows: Vec<_> = rows.into_iter().collect();
        let (mut pack, mut lines) = (Vec::new(), Vec::new());
        let pack_number = 0xab_u64;
        for page in rows.chunks(7) {
            let key = self.random();
            let start = pack.len() as u32;
            let mut plaintext = Vec::new();
            for (key, value) in page {
                plaintext.push(key.len() as u8);
                plaintext.extend(key);
                plaintext.extend((value.len() as u32).to_be_bytes());
                plaintext.extend(value);
            }
            let aad = [&b"HGVP"[..], &pack_number.to_be_bytes(), &start.to_be_bytes()].concat();
            let sealed = self.sealed(&key, b"", &aad, &plaintext);
            lines.push(page[0].0.len() as u8);
            lines.extend(&page[0].0);
            lines.extend(key);
            lines.extend(pack_number.to_be_bytes());
            lines.extend(start.to_be_bytes());
            lines.extend((sealed.len() as u32).to_be_bytes());
            pack.extend(sealed);
        }
        let counters = [0; 8 + 1 + 16 + 4 + 16 + 4 + 8 + 16 + 8 + 8 + 8 + 8];
        let pages = rows.chunks(7).len() as u32;
        let table = [&counters[..], &pages.to_be_bytes(), &lines].concat();
        let sealed = self.sealed(&purpose(&root, "heliograph vault table"), b"HGVT\x02", b"", &table);
        fs::write(folder.path().join("table"), sealed).unwrap();
        fs::write(folder.path().join(format!("p{pack_number:016x}")), pack).unwrap();
        folder
    }
}

/// Replaces the node above a leaf by those beside the way to it.
fn cut(nodes: &mut Vec<Node>, number: u64) {
    let Some(at) = nodes.iter().rposition(|node| node.first <= number) else { return };
    let mut node = nodes.remove(at);
    let mut beside = Vec::new();
    for level in node.depth..64 {
        let bit = (number >> (63 - level)) as u8 & 1;
        let half = 1 << (63 - level);
        let other = Node {
            depth: level + 1,
            first: if bit == 0 { node.first + half } else { node.first },
            seed: child(&node.seed, 1 - bit),
        };
        beside.push(other);
        node = Node {
            depth: level + 1,
            first: node.first + half * u64::from(bit),
            seed: child(&node.seed, bit),
        };
    }
    nodes.extend(beside);
    nodes.sort_by_key(|node| node.first);
}
