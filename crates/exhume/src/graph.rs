//! The graph of keys, walked from what was found: local parts and shares give shared keys, those give owners and trees,
//! trees give leaves, leaves open rows, and rows tell of further owners. Source: docs/keys.md 1 to 5.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::carve::Reader;
use crate::keys::{
    Class, DIRECTORIES, Key, Local, Nodes, Owner, PAGES, Root, SHEETS, SHORT_LIVED, VAULTS_MAX, commitment,
    open, purpose, record_key,
};
use crate::numbers::numbers;
use crate::{Counts, Evidence, Opened, Row};

type Beginning = [u8; 12];
/// Epoch and commitments, which all shares of one secret have in common.
type Sharing<'a> = (u32, &'a [[u8; 16]]);

/// What was got at.
pub(crate) struct Reached {
    pub(crate) opened: Vec<Opened>,
    pub(crate) server_keys: Vec<Vec<u8>>,
    pub(crate) keys: BTreeMap<Owner, BTreeSet<Key>>,
}

/// Opens all rows that can be opened, and the server's RSA key.
pub(crate) fn explore(evidence: &Evidence, counts: &mut Counts) -> Reached {
    let mut rows = Rows::new(evidence);
    let mut server_keys = BTreeSet::new();
    // A root that lies about opens rows without a local part too.
    let locals = evidence.locals.iter().map(|local| Some(Local::new(*local)));
    let none = evidence.locals.is_empty().then_some(None);
    for local in locals.chain(none) {
        let shared = shared_keys(evidence, local.as_ref(), Class::Root, 0);
        let shared = shared.into_iter().map(|(_, root)| root);
        for key in shared.chain(rows.roots_among(&evidence.loose)) {
            let root = Root::new(&key);
            rows.note(Owner::System, [key].into_iter().chain(root.kept()));
            server_keys.extend(evidence.server_keys.iter().filter_map(|file| root.server_key(file)));
            World { evidence, local: local.as_ref(), root, short_lived: Nodes::default() }
                .explore(&mut rows, counts);
        }
    }
    counts.owners = rows.by_owner.len();
    counts.owners_known = rows.owners.len();
    counts.rows_opened = rows.rows.iter().filter(|(_, state)| !matches!(state, State::Closed)).count();
    let keys = std::mem::take(&mut rows.keys);
    Reached { opened: rows.opened(), server_keys: server_keys.into_iter().collect(), keys }
}

/// All versions of rows, and what has become of them.
struct Rows<'a> {
    rows: Vec<(&'a Row, State)>,
    by_owner: HashMap<Beginning, Vec<usize>>,
    owners: HashMap<Beginning, Owner>,
    keys: BTreeMap<Owner, BTreeSet<Key>>,
}

enum State {
    Closed,
    /// A sheet or a page.
    Keys,
    Content(Vec<u8>),
}

impl<'a> Rows<'a> {
    fn new(evidence: &'a Evidence) -> Rows<'a> {
        let mut by_owner: HashMap<Beginning, Vec<usize>> = HashMap::new();
        let rows: Vec<_> = evidence.rows.iter().map(|row| (row, State::Closed)).collect();
        for (index, (row, _)) in rows.iter().enumerate() {
            if let Some(beginning) = row.key.first_chunk() {
                by_owner.entry(*beginning).or_default().push(index);
            }
        }
        Rows { rows, by_owner, owners: HashMap::new(), keys: BTreeMap::new() }
    }

    fn note(&mut self, owner: Owner, keys: impl IntoIterator<Item = Key>) {
        self.keys.entry(owner).or_default().extend(keys);
    }

    /// The keys by which the system's rows have their names.
    fn roots_among(&self, keys: &HashSet<Key>) -> Vec<Key> {
        let is_root = |key: &&Key| {
            let beginning = Root::new(key).beginning(Owner::System);
            beginning.is_some_and(|beginning| self.by_owner.contains_key(&beginning))
        };
        keys.iter().filter(is_root).copied().collect()
    }

    fn of(&self, beginning: &Beginning) -> Vec<usize> {
        self.by_owner.get(beginning).cloned().unwrap_or_default()
    }

    fn opened(self) -> Vec<Opened> {
        let owners = self.owners;
        let opened = self.rows.into_iter().filter_map(|(row, state)| match state {
            State::Content(plaintext) => Some(Opened {
                owner: row
                    .key
                    .first_chunk()
                    .and_then(|key| owners.get(key))
                    .copied()
                    .unwrap_or(Owner::Unknown),
                table: table(&row.key)?,
                row_key: row.key.clone(),
                plaintext,
            }),
            State::Closed | State::Keys => None,
        });
        opened.collect()
    }
}

fn table(row_key: &[u8]) -> Option<u16> {
    row_key.get(12..14).and_then(|table| Some(u16::from_be_bytes(table.try_into().ok()?)))
}

/// All keys that shares of one (class, id) give, with their epochs. Too few shares give keys that open nothing.
fn shared_keys(evidence: &Evidence, local: Option<&Local>, class: Class, id: u64) -> Vec<(u32, Key)> {
    let Some(local) = local else { return Vec::new() };
    let mut sharings: BTreeMap<Sharing<'_>, BTreeMap<u8, Key>> = BTreeMap::new();
    for vault in 1..=VAULTS_MAX {
        let handle = local.handle(class, id, vault);
        for kept in evidence.vaults.shares.get(&handle).into_iter().flatten() {
            let own = kept.commitments.get(usize::from(vault) - 1);
            if own == Some(&commitment(&handle, kept.epoch, vault, &kept.share)) {
                sharings.entry((kept.epoch, &kept.commitments)).or_default().insert(vault, kept.share);
            }
        }
    }
    let key = |((epoch, _), shares): (_, BTreeMap<u8, Key>)| {
        let shares: Vec<_> = shares.into_iter().map(|(at, bytes)| share(at, bytes)).collect();
        let secret = crypto::share::join(&shares).ok()?;
        Some((epoch, local.shared_key(&secret, class, id, epoch)))
    };
    sharings.into_iter().filter_map(key).collect()
}

fn share(at: u8, bytes: Key) -> crypto::share::Share {
    crypto::share::Share { at, bytes: bytes.into() }
}

/// One local part, if there is one, with one root.
struct World<'a> {
    evidence: &'a Evidence,
    local: Option<&'a Local>,
    root: Root,
    short_lived: Nodes,
}

impl World<'_> {
    fn explore(mut self, rows: &mut Rows<'_>, counts: &mut Counts) {
        self.open_ownerless(rows);
        self.short_lived = self.tree(SHORT_LIVED, Owner::Box(SHORT_LIVED), rows, counts);
        let mut queue = vec![Owner::System, Owner::Box(SHORT_LIVED)];
        queue.extend((0..DIRECTORIES).map(Owner::Directory));
        let mut tried = HashSet::new();
        self.candidates(self.evidence.supposed.iter().copied(), rows, &mut tried, &mut queue);
        let mut read = HashSet::new();
        loop {
            while let Some(owner) = queue.pop() {
                self.open_owner(owner, rows, counts);
            }
            if rows.owners.len() == rows.by_owner.len() {
                return;
            }
            let fresh: Vec<u64> = rows
                .rows
                .iter()
                .enumerate()
                .filter_map(|(index, (_, state))| match state {
                    State::Content(plaintext) if read.insert(index) => Some(plaintext),
                    State::Closed | State::Keys | State::Content(_) => None,
                })
                .flat_map(|plaintext| numbers(plaintext))
                .collect();
            self.candidates(fresh.into_iter(), rows, &mut tried, &mut queue);
            if queue.is_empty() {
                return;
            }
        }
    }

    /// Puts into the queue whoever these numbers name, if there are rows of his.
    fn candidates(
        &self,
        ids: impl Iterator<Item = u64>,
        rows: &Rows<'_>,
        tried: &mut HashSet<u64>,
        queue: &mut Vec<Owner>,
    ) {
        for id in ids.filter(|id| tried.insert(*id)) {
            let user = i64::try_from(id).ok().filter(|id| *id > 0).map(Owner::Box);
            for owner in user.into_iter().chain([Owner::Device(id)]) {
                let beginning = self.root.beginning(owner);
                let unknown = |key| rows.by_owner.contains_key(key) && !rows.owners.contains_key(key);
                if beginning.as_ref().is_some_and(unknown) {
                    queue.push(owner);
                }
            }
        }
    }

    /// Rows under the system key and under day keys open whoever's they are.
    fn open_ownerless(&self, rows: &mut Rows<'_>) {
        let mut days: HashMap<u32, Vec<Key>> = HashMap::new();
        for (row, state) in &mut rows.rows {
            let plaintext = match row.value.first() {
                Some(5) => open(&self.root.system, &row.value, 1, &row.key),
                Some(4) => Reader(&row.value[1..]).u32().and_then(|day| {
                    let keys = days.entry(day).or_insert_with(|| self.keys(Class::Day, u64::from(day)));
                    keys.iter()
                        .find_map(|key| open(&purpose(key, b"heliograph day"), &row.value, 5, &row.key))
                }),
                _ => None,
            };
            if let Some(plaintext) = plaintext {
                *state = State::Content(plaintext);
            }
        }
        for key in days.into_values().flatten() {
            rows.note(Owner::System, [key, purpose(&key, b"heliograph day")]);
        }
    }

    /// The keys of all epochs.
    fn keys(&self, class: Class, id: u64) -> Vec<Key> {
        shared_keys(self.evidence, self.local, class, id).into_iter().map(|(_, key)| key).collect()
    }

    fn open_owner(&self, owner: Owner, rows: &mut Rows<'_>, counts: &mut Counts) {
        let Some(beginning) = self.root.beginning(owner) else { return };
        if !rows.by_owner.contains_key(&beginning) || rows.owners.insert(beginning, owner).is_some() {
            return;
        }
        let mut keys = Keys { tree: Nodes::default(), confidentiality: Vec::new(), device: Vec::new() };
        if let Some(id) = owner.box_id() {
            keys.confidentiality = self.keys(Class::Confidentiality, id.cast_unsigned());
            keys.tree = self.tree(id, owner, rows, counts);
        }
        if let Owner::Device(id) = owner {
            keys.device = self.keys(Class::Device, id);
        }
        for key in &keys.device {
            rows.note(owner, [*key, purpose(key, b"heliograph device")]);
        }
        rows.note(owner, keys.confidentiality.iter().copied());
        for index in rows.of(&beginning) {
            let Some((row, state @ State::Closed)) = rows.rows.get_mut(index) else { continue };
            if let Some(plaintext) = self.open_row(row, &keys) {
                *state = State::Content(plaintext);
            }
        }
    }

    fn open_row(&self, row: &Row, keys: &Keys) -> Option<Vec<u8>> {
        let mut reader = Reader(&row.value);
        match reader.array()? {
            [1] => self.open_record(row, keys, &keys.tree, reader.u64()?, 12),
            [2] => self.open_record(row, keys, &self.short_lived, reader.u64()?, 9),
            [3] => keys
                .device
                .iter()
                .find_map(|key| open(&purpose(key, b"heliograph device"), &row.value, 1, &row.key)),
            _ => None,
        }
    }

    fn open_record(
        &self,
        row: &Row,
        keys: &Keys,
        tree: &Nodes,
        number: u64,
        header: usize,
    ) -> Option<Vec<u8>> {
        tree.leaves(number).iter().find_map(|leaf| {
            keys.confidentiality
                .iter()
                .find_map(|key| open(&record_key(leaf, key, &row.key), &row.value, header, &row.key))
        })
    }

    /// All nodes of a box's tree, of all epochs for which there is anything: from rows and from the vaults' copies.
    fn tree(&self, id: i64, owner: Owner, rows: &mut Rows<'_>, counts: &mut Counts) -> Nodes {
        let mut nodes = Nodes::default();
        let Some(beginning) = self.root.beginning(owner) else { return nodes };
        let id = id.cast_unsigned();
        let epochs = shared_keys(self.evidence, self.local, Class::Erasure, id);
        rows.note(owner, epochs.iter().map(|(_, key)| *key));
        let name = |table: u16, suffix: &[u8]| [&beginning[..], &table.to_be_bytes(), suffix].concat();
        let own = rows.of(&beginning);
        let mut page_keys: HashSet<(u64, Key)> = HashSet::new();
        for (epoch, key) in &epochs {
            if *epoch == 0 {
                nodes.add(0, 0, purpose(key, b"heliograph tree"));
            }
            let (key, name) = (purpose(key, b"heliograph sheet"), name(SHEETS, &epoch.to_be_bytes()));
            for sheet in self.state(&name, None, id, &own, rows, &key) {
                counts.sheets += 1;
                page_keys.extend(read_sheet(&sheet).unwrap_or_default());
            }
        }
        for (page, key) in page_keys {
            for plaintext in self.state(&name(PAGES, &page.to_be_bytes()), Some(page), id, &own, rows, &key) {
                counts.pages += 1;
                for (depth, first, seed) in read_page(&plaintext).unwrap_or_default() {
                    nodes.add(depth, first, seed);
                }
            }
        }
        counts.nodes += nodes.len();
        nodes
    }

    /// What opens of a sheet or a page with this row key: versions in the folders, and the vaults' copies.
    fn state(
        &self,
        name: &[u8],
        page: Option<u64>,
        id: u64,
        own: &[usize],
        rows: &mut Rows<'_>,
        key: &Key,
    ) -> Vec<Vec<u8>> {
        let mut opened = Vec::new();
        for index in own {
            let Some((row, state)) = rows.rows.get_mut(*index).filter(|(row, _)| row.key == name) else {
                continue;
            };
            if let Some(plaintext) = open(key, &row.value, 1, name) {
                *state = State::Keys;
                opened.push(plaintext);
            }
        }
        let handle = |vault| Some(self.local?.handle(Class::Erasure, id, vault));
        let handles = (1..=VAULTS_MAX).filter_map(handle);
        let copies = handles.filter_map(|handle| self.evidence.vaults.copies.get(&handle)).flatten();
        opened.extend(
            copies.filter(|copy| copy.page == page).filter_map(|copy| open(key, &copy.bytes, 1, name)),
        );
        opened
    }
}

/// The keys of one owner.
struct Keys {
    tree: Nodes,
    confidentiality: Vec<Key>,
    device: Vec<Key>,
}

/// 1 ‖ pages(4) ‖ pages x (page id(8) ‖ first leaf(8) ‖ nodes(2) ‖ page key(32)).
fn read_sheet(plaintext: &[u8]) -> Option<Vec<(u64, Key)>> {
    let mut reader = Reader(plaintext);
    let [1] = reader.array()? else { return None };
    let pages = reader.u32()?;
    (0..pages)
        .map(|_| {
            let id = reader.u64()?;
            reader.take(10)?;
            Some((id, reader.array()?))
        })
        .collect()
}

/// nodes(4) ‖ nodes x (depth(1) ‖ first leaf(8) ‖ seed(32)).
fn read_page(plaintext: &[u8]) -> Option<Vec<(u8, u64, Key)>> {
    let mut reader = Reader(plaintext);
    let nodes = reader.u32()?;
    (0..nodes)
        .map(|_| {
            let [depth] = reader.array()?;
            Some((depth, reader.u64()?, reader.array()?))
        })
        .collect()
}
