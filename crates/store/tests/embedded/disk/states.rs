//! Folders that a crash can leave.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::world::{File as Tracked, Image, Names, Node, SECTOR, World, apply};

/// A generator that is the same each time (SplitMix64).
#[derive(Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.number() % end.max(1) as u64) as usize
    }

    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// One state of the disk.
#[derive(Clone)]
pub(crate) struct State {
    names: Names,
    files: Vec<Image>,
}

/// How much of what was not synced is there.
#[derive(Clone, Copy)]
enum Kept {
    Nothing,
    All,
    /// Each sector or name for itself.
    Any,
    /// Mostly there, or mostly not.
    Most,
    Few,
}

impl Kept {
    fn choose(chance: &mut Chance) -> Self {
        [Self::Nothing, Self::All, Self::Any, Self::Any, Self::Most, Self::Few][chance.below(6)]
    }

    /// Which of so many versions is there; 0 is the synced one.
    fn version(self, versions: usize, chance: &mut Chance) -> usize {
        match self {
            Self::Nothing => 0,
            Self::All => versions,
            Self::Any => chance.below(versions + 1),
            Self::Most => {
                if chance.once_in(12) {
                    chance.below(versions + 1)
                } else {
                    versions
                }
            }
            Self::Few => {
                if chance.once_in(12) {
                    chance.below(versions + 1)
                } else {
                    0
                }
            }
        }
    }
}

impl State {
    /// A state that a crash in this moment can leave.
    pub(crate) fn draw(world: &World, chance: &mut Chance) -> Self {
        let mut names = world.synced.clone();
        let kept = Kept::choose(chance);
        let prefix = chance.once_in(2).then(|| chance.below(world.pending.len() + 1));
        for (place, (folder, change)) in world.pending.iter().enumerate() {
            // Half of the time as a file system does that keeps its own journal: names change in order.
            let there = prefix.map_or_else(|| kept.version(1, chance) == 1, |prefix| place < prefix);
            if there {
                apply(&mut names, *folder, change);
            }
        }
        let files = world.files.iter().map(|file| survive(file, chance)).collect();
        Self { names, files }
    }

    /// What is there when only the process dies: everything, though the disk may not have it yet.
    pub(crate) fn live(world: &World) -> Self {
        Self { names: world.live.clone(), files: world.files.iter().map(Tracked::newest_image).collect() }
    }

    /// A folder as it lies there.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut state = Self { names: Vec::new(), files: Vec::new() };
        state.add(folder);
        state
    }

    fn add(&mut self, folder: &Path) -> Node {
        let id = self.names.len();
        self.names.push(BTreeMap::new());
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let node = if entry.file_type().unwrap().is_dir() {
                self.add(&entry.path())
            } else {
                self.files.push(Image::of(&std::fs::read(entry.path()).unwrap()));
                Node::File(self.files.len() - 1)
            };
            self.names[id].insert(entry.file_name().into_string().unwrap(), node);
        }
        Node::Folder(id)
    }

    /// The paths of all files that are not empty, with their places.
    pub(crate) fn paths(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        self.collect(0, "", &mut found);
        found
    }

    fn collect(&self, folder: usize, path: &str, found: &mut Vec<(String, usize)>) {
        for (name, node) in &self.names[folder] {
            match node {
                Node::Folder(id) => self.collect(*id, &format!("{path}{name}/"), found),
                Node::File(id) if self.files[*id].size > 0 => found.push((format!("{path}{name}"), *id)),
                Node::File(_) => {}
            }
        }
    }

    pub(crate) fn file(&mut self, place: usize) -> &mut Image {
        &mut self.files[place]
    }

    /// Builds the state below `folder`.
    pub(crate) fn build(&self, folder: &Path) {
        self.folder(0, folder);
    }

    fn folder(&self, id: usize, path: &Path) {
        std::fs::create_dir_all(path).unwrap();
        for (name, node) in &self.names[id] {
            let path = path.join(name);
            match node {
                Node::Folder(id) => self.folder(*id, &path),
                Node::File(id) => build(&self.files[*id], &path),
            }
        }
    }

    /// The world in which this state is all there is.
    pub(crate) fn rest(self) -> World {
        World::resting(self.names, self.files)
    }
}

fn survive(file: &Tracked, chance: &mut Chance) -> Image {
    let mut image = file.synced.clone();
    if file.since.is_empty() && file.sizes.is_empty() {
        return image;
    }
    let kept = Kept::choose(chance);
    let size = Kept::choose(chance).version(file.sizes.len(), chance);
    if let Some(size) = size.checked_sub(1) {
        image.size = file.sizes[size];
    }
    for (&sector, versions) in &file.since {
        if let Some(version) = kept.version(versions.len(), chance).checked_sub(1) {
            image.put(sector, versions[version]);
        }
    }
    let end = image.size.div_ceil(SECTOR as u64);
    image.sectors.split_off(&end);
    if let Some(last) = end.checked_sub(1).and_then(|last| image.sectors.get_mut(&last)) {
        let used = image.size - (end - 1) * SECTOR as u64;
        last[used as usize..].fill(0);
    }
    image
}

fn build(image: &Image, path: &Path) {
    let file = File::create(path).unwrap();
    let mut run: (u64, Vec<u8>) = (0, Vec::new());
    let write = |(begin, bytes): &(u64, Vec<u8>)| {
        file.write_all_at(bytes, begin * SECTOR as u64).unwrap();
    };
    for (&sector, bytes) in &image.sectors {
        if sector != run.0 + (run.1.len() / SECTOR) as u64 {
            write(&run);
            run = (sector, Vec::new());
        }
        run.1.extend_from_slice(bytes);
    }
    write(&run);
    file.set_len(image.size).unwrap();
}
