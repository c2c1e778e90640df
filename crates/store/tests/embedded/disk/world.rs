//! A folder as its users see it and as the disk has it: what was synced, and what was done since.
//!
//! The model is harder than most file systems. A synced file has its bytes and size, and nothing else: its name is on the
//! disk once its folder was synced. Of what was not synced any sector may be as it was at any time since, each for
//! itself; any change of a name may be there or not, each for itself.

use std::collections::{BTreeMap, HashMap};

use super::trace::Step;

/// What a disk writes whole or not at all.
pub(crate) const SECTOR: usize = 512;

type Id = usize;
pub(crate) type Sectors = BTreeMap<u64, [u8; SECTOR]>;

/// A file's bytes: sectors that are not all zero, and the size.
#[derive(Clone, Default)]
pub(crate) struct Image {
    pub(crate) sectors: Sectors,
    pub(crate) size: u64,
}

/// A file: its synced image, and what each sector and the size have been since.
#[derive(Clone, Default)]
pub(crate) struct File {
    pub(crate) synced: Image,
    pub(crate) since: BTreeMap<u64, Vec<[u8; SECTOR]>>,
    pub(crate) sizes: Vec<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    File(Id),
    Folder(Id),
}

pub(crate) type Names = Vec<BTreeMap<String, Node>>;

/// A change of one folder's names.
#[derive(Clone)]
pub(crate) enum Change {
    Set(String, Node),
    Remove(String),
    Move(String, String, Node),
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) files: Vec<File>,
    pub(crate) live: Names,
    pub(crate) synced: Names,
    /// Changes since, in order, with their folder.
    pub(crate) pending: Vec<(Id, Change)>,
    inodes: HashMap<u64, Id>,
}

impl World {
    pub(crate) fn empty() -> Self {
        Self {
            files: Vec::new(),
            live: vec![BTreeMap::new()],
            synced: vec![BTreeMap::new()],
            pending: Vec::new(),
            inodes: HashMap::new(),
        }
    }

    /// A world in which all this is synced.
    pub(crate) fn resting(names: Names, images: Vec<Image>) -> Self {
        Self {
            files: images.into_iter().map(|synced| File { synced, ..File::default() }).collect(),
            live: names.clone(),
            synced: names,
            ..Self::empty()
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        match step {
            Step::Made { inode, path } => {
                self.files.push(File::default());
                let id = self.files.len() - 1;
                self.inodes.insert(*inode, id);
                let (folder, name) = self.parent(path);
                self.change(folder, Change::Set(name, Node::File(id)));
            }
            Step::Opened { inode, path } => {
                if let Some(Node::File(id)) = self.find(path) {
                    self.inodes.insert(*inode, id);
                }
            }
            Step::Written { inode, at, bytes } => self.file(*inode).write(*at, bytes),
            Step::Sized { inode, size } => self.file(*inode).resize(*size),
            Step::Synced { inode } => self.file(*inode).sync(),
            Step::FolderSynced { path } => {
                let Some(Node::Folder(folder)) = self.find(path) else { panic!("no folder {path}") };
                for (of, change) in std::mem::take(&mut self.pending) {
                    if of == folder {
                        apply(&mut self.synced, of, &change);
                    } else {
                        self.pending.push((of, change));
                    }
                }
            }
            Step::Moved { from, to } => {
                let node = self.find(from).unwrap();
                let ((folder, from), (other, to)) = (self.parent(from), self.parent(to));
                assert_eq!(folder, other, "the model knows no move between folders");
                self.change(folder, Change::Move(from, to, node));
            }
            Step::Removed { path } | Step::FolderRemoved { path } => {
                let (folder, name) = self.parent(path);
                self.change(folder, Change::Remove(name));
            }
            Step::FolderMade { path } => {
                if !path.is_empty() {
                    self.live.push(BTreeMap::new());
                    self.synced.push(BTreeMap::new());
                    let id = self.live.len() - 1;
                    let (folder, name) = self.parent(path);
                    self.change(folder, Change::Set(name, Node::Folder(id)));
                }
            }
            Step::Marker(_) => {}
        }
    }

    fn change(&mut self, folder: Id, change: Change) {
        apply(&mut self.live, folder, &change);
        self.pending.push((folder, change));
    }

    fn file(&mut self, inode: u64) -> &mut File {
        let id = self.inodes[&inode];
        &mut self.files[id]
    }

    fn find(&self, path: &str) -> Option<Node> {
        let mut node = Node::Folder(0);
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let Node::Folder(folder) = node else { return None };
            node = *self.live[folder].get(name)?;
        }
        Some(node)
    }

    fn parent(&self, path: &str) -> (Id, String) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(Node::Folder(folder)) = self.find(parent) else { panic!("no folder for {path}") };
        (folder, name.to_owned())
    }
}

pub(crate) fn apply(names: &mut Names, folder: Id, change: &Change) {
    let names = &mut names[folder];
    match change {
        Change::Set(name, node) => drop(names.insert(name.clone(), *node)),
        Change::Remove(name) => drop(names.remove(name)),
        Change::Move(from, to, node) => {
            names.remove(from);
            names.insert(to.clone(), *node);
        }
    }
}

impl File {
    /// The bytes and size that everybody sees.
    pub(crate) fn newest_image(&self) -> Image {
        let mut image = self.synced.clone();
        for (&sector, versions) in &self.since {
            image.put(sector, *versions.last().unwrap());
        }
        image.size = self.size();
        image
    }

    fn newest(&self, sector: u64) -> [u8; SECTOR] {
        let newest = self.since.get(&sector).and_then(|versions| versions.last());
        newest.or_else(|| self.synced.sectors.get(&sector)).copied().unwrap_or([0; SECTOR])
    }

    fn size(&self) -> u64 {
        self.sizes.last().copied().unwrap_or(self.synced.size)
    }

    fn write(&mut self, at: u64, bytes: &[u8]) {
        let mut at = at;
        let mut rest = bytes;
        while !rest.is_empty() {
            let sector = at / SECTOR as u64;
            let from = (at % SECTOR as u64) as usize;
            let (now, later) = rest.split_at(rest.len().min(SECTOR - from));
            let old = self.newest(sector);
            let mut new = old;
            new[from..from + now.len()].copy_from_slice(now);
            if new != old {
                self.since.entry(sector).or_default().push(new);
            }
            at += now.len() as u64;
            rest = later;
        }
        if at > self.size() {
            self.sizes.push(at);
        }
    }

    fn resize(&mut self, size: u64) {
        if size < self.size() {
            let touched: Vec<u64> = self.synced.sectors.keys().chain(self.since.keys()).copied().collect();
            for sector in touched {
                let begin = sector * SECTOR as u64;
                let kept = size.saturating_sub(begin).min(SECTOR as u64) as usize;
                let mut cut = self.newest(sector);
                cut[kept..].fill(0);
                if cut != self.newest(sector) {
                    self.since.entry(sector).or_default().push(cut);
                }
            }
        }
        self.sizes.push(size);
    }

    fn sync(&mut self) {
        for (sector, versions) in std::mem::take(&mut self.since) {
            self.synced.put(sector, *versions.last().unwrap());
        }
        self.synced.size = self.size();
        self.sizes.clear();
    }
}

impl Image {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut image = Self { size: bytes.len() as u64, ..Self::default() };
        for (sector, chunk) in bytes.chunks(SECTOR).enumerate() {
            let mut padded = [0; SECTOR];
            padded[..chunk.len()].copy_from_slice(chunk);
            image.put(sector as u64, padded);
        }
        image
    }

    pub(crate) fn resize(&mut self, size: u64) {
        let mut file = File { synced: std::mem::take(self), ..File::default() };
        file.resize(size);
        file.sync();
        *self = file.synced;
    }

    pub(crate) fn put(&mut self, sector: u64, bytes: [u8; SECTOR]) {
        if bytes == [0; SECTOR] {
            self.sectors.remove(&sector);
        } else {
            self.sectors.insert(sector, bytes);
        }
    }
}
