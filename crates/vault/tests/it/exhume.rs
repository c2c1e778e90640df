//! Opens a vault's folder with nothing but docs/keys.md 6.1: what a thief of the folder gets, root key and all.

use std::collections::BTreeMap;

use crypto::{aead, hkdf};

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A line of the table: what opens a page, and where it lies.
#[derive(Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) key: [u8; 32],
    pub(crate) pack: u64,
    pub(crate) at: u32,
    pub(crate) len: u32,
}

/// The lines of a folder's table.
pub(crate) fn table(files: &Files) -> Vec<Line> {
    let root = &files["root"][..32];
    let key = aead::Key::new(&hkdf::derive(root, b"", &[b"heliograph vault table"]));
    let mut file = files["table"].clone();
    assert_eq!(&file[..5], b"HGVT\x02");
    let nonce: [u8; 12] = file[5..17].try_into().expect("12 bytes");
    let plain = key.open(&nonce, b"HGVT\x02", &mut file[17..]).expect("its own root opens it").to_vec();
    let mut from = &plain[105..];
    let count = u32::from_be_bytes(take(&mut from));
    let mut line = || {
        let [len] = take(&mut from);
        from = &from[usize::from(len)..];
        Line {
            key: take(&mut from),
            pack: u64::from_be_bytes(take(&mut from)),
            at: u32::from_be_bytes(take(&mut from)),
            len: u32::from_be_bytes(take(&mut from)),
        }
    };
    let lines = (0..count).map(|_| line()).collect();
    assert!(from.is_empty());
    lines
}

/// The rows of the page that lies where `place` says, opened with the key of `line`.
pub(crate) fn page(files: &Files, place: &Line, line: &Line) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let file = files.get(&format!("p{:016x}", place.pack))?;
    let mut sealed = file.get(place.at as usize..(place.at + place.len) as usize)?.to_vec();
    let aad = [b"HGVP".as_slice(), &place.pack.to_be_bytes(), &place.at.to_be_bytes()].concat();
    let nonce: [u8; 12] = sealed[..12].try_into().expect("12 bytes");
    let mut plain = &*aead::Key::new(&line.key).open(&nonce, &aad, &mut sealed[12..]).ok()?;
    let mut rows = Vec::new();
    while !plain.is_empty() {
        let [len] = take(&mut plain);
        let (key, rest) = plain.split_at(len.into());
        plain = rest;
        let len = u32::from_be_bytes(take(&mut plain));
        let (value, rest) = plain.split_at(len as usize);
        plain = rest;
        rows.push((key.to_vec(), value.to_vec()));
    }
    Some(rows)
}

/// Every row that a folder's own table opens.
pub(crate) fn rows(files: &Files) -> Vec<(Vec<u8>, Vec<u8>)> {
    table(files).iter().flat_map(|line| page(files, line, line).expect("its own table opens it")).collect()
}

/// All plaintext in folders of any times that the keys of one table open.
pub(crate) fn opened_with(keys: &Files, images: &[Files]) -> Vec<u8> {
    let keys = table(keys);
    let mut opened = Vec::new();
    for image in images {
        for place in table(image) {
            for (key, value) in keys.iter().filter_map(|line| page(image, &place, line)).flatten() {
                opened.extend(key);
                opened.extend(value);
            }
        }
    }
    opened
}

pub(crate) fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

fn take<const N: usize>(from: &mut &[u8]) -> [u8; N] {
    let (head, rest) = from.split_at(N);
    *from = rest;
    head.try_into().expect("as long as asked")
}
