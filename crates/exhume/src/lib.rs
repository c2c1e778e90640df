//! Opens all that can be opened: given copies of data folders of any times and folders of vaults of chosen times, it builds
//! the graph of which key opens which, and really decrypts whatever the graph reaches.
//!
//! A test asserts that what it opens is exactly what is alive: what should be gone must not open (P33, P34), what should
//! be there must (so that the test shows something). Everything here is written from docs/keys.md alone, so that a mistake
//! in the code that seals is not made again here; of our crates it uses `crypto` only. Rows are found twice: by the
//! engine, and by looking for their shape in raw files, where overwritten and deleted ones still lie.
//!
//! Whose rows they are: owners are found by trying, on the beginnings of row keys, every number that may stand in the
//! plaintexts opened so far, as eight bytes or as a varint, and every id that somebody who looks for it might know
//! ([`Dig::suppose`]).
//!
//! It keeps keys and plaintexts in plain memory. It is for tests and for inquiries, and no part of the server.
#![deny(missing_docs)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")
)]
#![forbid(unsafe_code)]

mod carve;
mod engine;
mod graph;
mod keys;
mod numbers;
mod vault;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

pub use keys::Owner;

use keys::Key;

/// Files up to this size are looked through for keys; docs/keys.md knows of none in a data folder but the local part.
const SMALL_FILE_BYTES: usize = 4096;

/// What was given to look through. Cloned, it can be tried with one choice of vaults after the other.
#[derive(Clone, Default)]
pub struct Dig {
    evidence: Evidence,
    counts: Counts,
}

/// What is to be opened, and what may open it.
#[derive(Clone, Default)]
struct Evidence {
    locals: Vec<Key>,
    /// Every 32 bytes that stand together in a small file of a data folder: a key may lie about there.
    loose: HashSet<Key>,
    vaults: vault::Holdings,
    rows: HashSet<Row>,
    /// Versions of the server's sealed RSA key.
    server_keys: HashSet<Vec<u8>>,
    supposed: BTreeSet<u64>,
}

/// A version of a row: what the engine has as key (without its first byte) and value.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Row {
    key: Vec<u8>,
    value: Vec<u8>,
}

/// What could be opened.
pub struct Found {
    /// Every version of every row that opened, with content; what carries keys only is counted.
    pub opened: Vec<Opened>,
    /// Every version of the server's RSA key that opened, as PEM.
    pub server_keys: Vec<Vec<u8>>,
    /// Keys that shares gave, and what a server keeps of them in memory: those of roots and days are the system's.
    pub keys: BTreeMap<Owner, BTreeSet<[u8; 32]>>,
    /// Everything that the vaults given say once their own root opens it: tables, and pages with handles and shares.
    pub vault_plain: Vec<Vec<u8>>,
    /// Seeds of the keys by which the vaults given sign.
    pub signers: Vec<[u8; 32]>,
    /// How much there was of everything.
    pub counts: Counts,
}

/// One version of a row.
pub struct Opened {
    /// Whose it is.
    pub owner: Owner,
    /// The number of its table.
    pub table: u16,
    /// Its whole row key.
    pub row_key: Vec<u8>,
    /// The record.
    pub plaintext: Vec<u8>,
}

/// How much there was. A test looks at them too: "nothing opened" means nothing where nothing was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files looked through in data folders.
    pub files: usize,
    /// Folders that the engine opened.
    pub engines: usize,
    /// Folders that it did not take: what lies in them was carved only.
    pub engines_refused: usize,
    /// Versions of rows, each once, however many copies it stands in.
    pub rows: usize,
    /// Of those, how many the engine saw and carving did not. Not 0: a layout is not understood.
    pub rows_not_carved: usize,
    /// Blocks that could not be carved because they are compressed. Not 0: something was not looked at.
    pub blocks_compressed: usize,
    /// Versions that opened, states included.
    pub rows_opened: usize,
    /// Beginnings of row keys.
    pub owners: usize,
    /// Of those, how many belong to somebody who was found out.
    pub owners_known: usize,
    /// Local parts.
    pub locals: usize,
    /// Files `local` that hold none. Not 0: what lies beside them was hardly tried.
    pub locals_damaged: usize,
    /// Versions of the server's sealed RSA key.
    pub server_keys: usize,
    /// Vault folders whose table opened.
    pub vaults: usize,
    /// Pages of vaults that opened.
    pub vault_pages: usize,
    /// Pages of vaults, or their tables, that did not open.
    pub vault_damage: usize,
    /// Shares in them, of all times.
    pub shares: usize,
    /// Sheets that opened.
    pub sheets: usize,
    /// Pages of trees that opened.
    pub pages: usize,
    /// Nodes of trees from which leaves follow.
    pub nodes: usize,
}

impl Dig {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Dig {
        Dig::default()
    }

    /// Looks through a copy of a data folder and all folders in it.
    ///
    /// # Errors
    ///
    /// The folder or a file in it cannot be read. Damaged content is no error.
    pub fn data(&mut self, folder: &Path) -> io::Result<()> {
        let mut databases = Vec::new();
        self.data_folder(folder, &mut databases)?;
        for database in databases {
            let Dig { evidence, counts } = self;
            let taken = engine::read(&database, &mut |key, value| {
                if let Some((key, value)) = carve::row(key, value) {
                    counts.rows_not_carved += usize::from(evidence.add_row(key, value));
                }
            })?;
            counts.engines += usize::from(taken);
            counts.engines_refused += usize::from(!taken);
        }
        Ok(())
    }

    fn data_folder(&mut self, folder: &Path, databases: &mut Vec<std::path::PathBuf>) -> io::Result<()> {
        if engine::is_database(folder) {
            databases.push(folder.to_owned());
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.data_folder(&entry.path(), databases)?;
            } else if kind.is_file() {
                let bytes = fs::read(entry.path())?;
                self.counts.files += 1;
                let (evidence, name) = (&mut self.evidence, entry.file_name());
                if name == OsStr::new("local") {
                    self.counts.locals_damaged += usize::from(!evidence.add_local(&bytes));
                } else if name == OsStr::new("server.key") {
                    evidence.server_keys.insert(bytes.clone());
                }
                if bytes.len() <= SMALL_FILE_BYTES {
                    evidence.loose.extend(bytes.windows(32).filter_map(|window| Key::try_from(window).ok()));
                }
                self.counts.blocks_compressed += carve::carve(&bytes, &mut |key, value| {
                    evidence.add_row(key, value);
                });
            }
        }
        Ok(())
    }

    /// Takes a vault's folder, or a folder with several of them: all that it holds at that time, root key included.
    ///
    /// # Errors
    ///
    /// The folder or a file in it cannot be read. Damaged content is no error.
    pub fn vault(&mut self, folder: &Path) -> io::Result<()> {
        vault::read(folder, &mut self.evidence.vaults, &mut self.counts)?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.vault(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Tries this id as that of a box and of an auth key, besides those found in what opens.
    pub fn suppose(&mut self, id: u64) {
        self.evidence.supposed.insert(id);
    }

    /// Opens what can be opened.
    #[must_use]
    pub fn finish(self) -> Found {
        let Dig { evidence, mut counts } = self;
        counts.rows = evidence.rows.len();
        counts.locals = evidence.locals.len();
        counts.server_keys = evidence.server_keys.len();
        let graph::Reached { opened, server_keys, keys } = graph::explore(&evidence, &mut counts);
        let vault::Holdings { plain: vault_plain, signers, .. } = evidence.vaults;
        Found { opened, server_keys, keys, vault_plain, signers, counts }
    }
}

impl Evidence {
    /// Whether it was one.
    fn add_local(&mut self, file: &[u8]) -> bool {
        let local = keys::local_part(file);
        self.locals.extend(local.filter(|local| !self.locals.contains(local)));
        local.is_some()
    }

    /// Whether it was not there.
    fn add_row(&mut self, key: &[u8], value: &[u8]) -> bool {
        self.rows.insert(Row { key: key.to_vec(), value: value.to_vec() })
    }
}

impl Found {
    /// The rows in whose plaintext these bytes stand.
    pub fn with<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = &'a Opened> {
        self.opened.iter().filter(move |row| contains(&row.plaintext, bytes))
    }

    /// Whether these bytes stand in anything that the vaults given say.
    #[must_use]
    pub fn vaults_say(&self, bytes: &[u8]) -> bool {
        self.vault_plain.iter().any(|plain| contains(plain, bytes))
    }

    /// Whether these bytes stand in any plaintext.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.with(bytes).next().is_some()
    }
}

fn contains(text: &[u8], bytes: &[u8]) -> bool {
    bytes.is_empty() || text.windows(bytes.len()).any(|window| window == bytes)
}
