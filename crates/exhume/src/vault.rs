//! What a vault's folder holds at one time. Source: docs/keys.md 6.1.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::io;
use std::path::Path;

use crate::Counts;
use crate::carve::Reader;
use crate::keys::{Key, open, purpose};

/// What all vaults given hold, by handle.
#[derive(Clone, Default)]
pub(crate) struct Holdings {
    pub(crate) shares: HashMap<[u8; 16], Vec<Kept>>,
    pub(crate) copies: HashMap<[u8; 16], Vec<Copy>>,
    /// Tables and pages as they open.
    pub(crate) plain: Vec<Vec<u8>>,
    /// Seeds of the keys that sign.
    pub(crate) signers: Vec<Key>,
}

/// A share, current or staged.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) epoch: u32,
    pub(crate) share: Key,
    pub(crate) commitments: Vec<[u8; 16]>,
}

/// A copy of a sheet, or of a page, as it lies in the store.
#[derive(Clone)]
pub(crate) struct Copy {
    pub(crate) page: Option<u64>,
    pub(crate) bytes: Vec<u8>,
}

/// A line of the table.
struct Line {
    key: Key,
    pack: u64,
    start: u32,
    length: u32,
}

/// Takes what a folder holds, if it is a vault's: without its root key nothing of it opens.
pub(crate) fn read(folder: &Path, holdings: &mut Holdings, counts: &mut Counts) -> io::Result<()> {
    let Some(root) = file(folder, "root")?.and_then(|root| root.first_chunk().copied()) else {
        return Ok(());
    };
    let signer = file(folder, "signer")?.unwrap_or_default();
    let seed = open(&purpose(&root, b"heliograph vault signer"), &signer, 0, b"");
    holdings.signers.extend(seed.and_then(|seed| Key::try_from(seed).ok()));
    // The one that is being written means nothing to the vault; it may to us.
    for name in ["table", "table.new"] {
        let Some(bytes) = file(folder, name)? else { continue };
        let Some((table, lines)) = open_table(&root, &bytes) else {
            counts.vault_damage += 1;
            continue;
        };
        holdings.plain.push(table);
        counts.vaults += usize::from(name == "table");
        let mut packs: HashMap<u64, Vec<u8>> = HashMap::new();
        for line in lines {
            if let Entry::Vacant(place) = packs.entry(line.pack) {
                place.insert(file(folder, &format!("p{:016x}", line.pack))?.unwrap_or_default());
            }
            let rows = packs.get(&line.pack).and_then(|pack| open_page(&line, pack));
            match rows {
                Some((plaintext, rows)) => {
                    counts.vault_pages += 1;
                    holdings.plain.push(plaintext);
                    rows.into_iter().for_each(|(key, value)| holdings.take(&key, &value, counts));
                }
                None => counts.vault_damage += 1,
            }
        }
    }
    Ok(())
}

fn file(folder: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    match fs::read(folder.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the table says, and the lines that stand at its end.
fn open_table(root: &Key, bytes: &[u8]) -> Option<(Vec<u8>, Vec<Line>)> {
    let plaintext = open(&purpose(root, b"heliograph vault table"), bytes, 5, b"")
        .filter(|_| bytes.starts_with(b"HGVT\x02"))?;
    let mut reader = Reader(&plaintext);
    // Commit, deployment, draw, report, order, next pack, rows and bytes are no keys.
    reader.take(8 + 1 + 16 + 4 + 16 + 4 + 8 + 16 + 8 + 8 + 8 + 8)?;
    let pages = reader.u32()?;
    let line = |_| {
        let [border] = reader.array()?;
        reader.take(usize::from(border))?;
        Some(Line { key: reader.array()?, pack: reader.u64()?, start: reader.u32()?, length: reader.u32()? })
    };
    let lines = (0..pages).map(line).collect::<Option<_>>()?;
    Some((plaintext, lines))
}

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

fn open_page(line: &Line, pack: &[u8]) -> Option<(Vec<u8>, Rows)> {
    let start = usize::try_from(line.start).ok()?;
    let sealed = pack.get(start..)?.get(..usize::try_from(line.length).ok()?)?;
    let place = [&b"HGVP"[..], &line.pack.to_be_bytes(), &line.start.to_be_bytes()].concat();
    let plaintext = open(&line.key, sealed, 0, &place)?;
    let (mut reader, mut rows) = (Reader(&plaintext), Vec::new());
    while !reader.0.is_empty() {
        let [length] = reader.array()?;
        let key = reader.take(usize::from(length))?.to_vec();
        let length = reader.u32()?;
        rows.push((key, reader.take(usize::try_from(length).ok()?)?.to_vec()));
    }
    Some((plaintext, rows))
}

impl Holdings {
    fn take(&mut self, key: &[u8], value: &[u8], counts: &mut Counts) {
        let mut reader = Reader(key);
        let Some(([kind], handle)) = reader.array().zip(reader.array()) else { return };
        if kind == 0 {
            let shares = read_shares(value).unwrap_or_default();
            counts.shares += shares.len();
            self.shares.entry(handle).or_default().extend(shares);
        } else {
            // 0 current sheet, 1 current page, 2 staged sheet, 3 staged page.
            let page = reader.take(1).and_then(|_| reader.u64());
            self.copies.entry(handle).or_default().push(Copy { page, bytes: value.to_vec() });
        }
    }
}

/// The current share and the staged one.
fn read_shares(value: &[u8]) -> Option<Vec<Kept>> {
    let mut reader = Reader(value);
    let [has] = reader.array()?;
    let share = |_| {
        let (epoch, share) = (reader.u32()?, reader.array()?);
        let [n] = reader.array()?;
        let commitments = (0..n).map(|_| reader.array()).collect::<Option<_>>()?;
        Some(Kept { epoch, share, commitments })
    };
    (0..(has & 3).count_ones()).map(share).collect()
}
