//! docs/keys.md once more, word for word and without a thought for speed, from HMAC-SHA-256, SHA-256 and AES-GCM alone.

use crypto::{aead, hmac_sha256, sha256};

pub(crate) type Key = [u8; 32];

/// HKDF-SHA-256 with one block of output (RFC 5869).
pub(crate) fn hkdf(ikm: &[u8], salt: &[u8], info: &[u8]) -> Key {
    let extracted = hmac_sha256(salt, &[ikm]);
    hmac_sha256(&extracted, &[info, &[1]])
}

pub(crate) fn prf(key: &Key, parts: &[&[u8]]) -> Key {
    hmac_sha256(key, &[&parts.concat()])
}

pub(crate) fn child(seed: &Key, bit: u8) -> Key {
    sha256(&[&[b"heliograph ggm", &[bit][..], seed].concat()])
}

/// The seed `depth` bits below the root, on the way to `number`.
pub(crate) fn below(root: &Key, number: u64, depth: u8) -> Key {
    (0..depth).fold(*root, |seed, level| child(&seed, ((number >> (63 - level)) & 1) as u8))
}

pub(crate) fn tree(x0: &Key) -> Key {
    hkdf(x0, b"", b"heliograph tree")
}

pub(crate) fn record_key(leaf: &Key, c: &Key, row: &[u8]) -> Key {
    let length = u16::try_from(row.len()).expect("a row key").to_be_bytes();
    sha256(&[&[&c[..], leaf, b"heliograph record", &length, row].concat()])
}

/// Opens `header ‖ nonce ‖ AEAD`.
pub(crate) fn open(key: &Key, header_bytes: usize, row: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let (header, rest) = value.split_at(header_bytes);
    let (nonce, sealed) = rest.split_at(12);
    let mut sealed = sealed.to_vec();
    let opened = aead::Key::new(key).open(nonce.try_into().ok()?, &[header, row].concat(), &mut sealed);
    opened.ok().map(|plain| plain.to_vec())
}

/// A page as a sheet has it.
pub(crate) struct SheetEntry {
    pub(crate) id: [u8; 8],
    pub(crate) first: u64,
    pub(crate) nodes: u16,
    pub(crate) key: Key,
}

/// A node as a page has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PageNode {
    pub(crate) depth: u8,
    pub(crate) first: u64,
    pub(crate) seed: Key,
}

impl PageNode {
    pub(crate) fn last(&self) -> u64 {
        let leaves = 1u128 << (64 - u32::from(self.depth));
        u64::try_from(u128::from(self.first) + leaves - 1).expect("a leaf")
    }
}

pub(crate) fn read_sheet(x: &Key, row: &[u8], value: &[u8]) -> Vec<SheetEntry> {
    assert_eq!(value[0], 6);
    let plain = open(&hkdf(x, b"", b"heliograph sheet"), 1, row, value).expect("a sheet");
    assert_eq!(plain[0], 1);
    let count = u32::from_be_bytes(plain[1..5].try_into().unwrap()) as usize;
    assert_eq!(plain.len(), 5 + count * 50);
    let entry = |bytes: &[u8]| SheetEntry {
        id: bytes[..8].try_into().unwrap(),
        first: u64::from_be_bytes(bytes[8..16].try_into().unwrap()),
        nodes: u16::from_be_bytes(bytes[16..18].try_into().unwrap()),
        key: bytes[18..].try_into().unwrap(),
    };
    plain[5..].chunks(50).map(entry).collect()
}

pub(crate) fn read_page(key: &Key, row: &[u8], value: &[u8]) -> Vec<PageNode> {
    assert_eq!(value[0], 6);
    let plain = open(key, 1, row, value).expect("a page");
    let count = u32::from_be_bytes(plain[..4].try_into().unwrap()) as usize;
    assert_eq!(plain.len(), 4 + count * 41);
    let node = |bytes: &[u8]| PageNode {
        depth: bytes[0],
        first: u64::from_be_bytes(bytes[1..9].try_into().unwrap()),
        seed: bytes[9..].try_into().unwrap(),
    };
    plain[4..].chunks(41).map(node).collect()
}
