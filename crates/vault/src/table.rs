//! The one file that says what a vault holds: its counters, and for each page where it lies and what opens it.
//!
//! Replaced as a whole by rename, which is the commit: what the pages before it held is gone with their keys. Source:
//! docs/keys.md 6.1.

use std::collections::BTreeMap;

use crypto::{Rng, aead};
use custody::wire::{Handle, Token};
use zeroize::Zeroizing;

use crate::{page::Entry, row_key::RowKey};

/// Its name.
pub(crate) const NAME: &str = "table";
/// Its name while it is written.
pub(crate) const NEXT: &str = "table.new";

const MAGIC: &[u8; 4] = b"HGVT";
const VERSION: u8 = 2;
const HEAD_LEN: usize = 8 + 1 + 16 + 4 + 16 + 4 + 8 + 16 + 8 + 8 + 8 + 8 + 4;
const ENTRY_LEN_MAX: usize = 1 + 26 + 32 + 8 + 4 + 4;
/// What is counted up never comes near its end, so a table that says it has is not one that was written.
const COUNTED_MAX: u64 = 1 << 62;

/// What a vault counts.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Head {
    /// Requests that changed something.
    pub(crate) commit: u64,
    /// What the deployment served calls this vault; the first that changes something here.
    pub(crate) deployment: Option<Handle>,
    /// Incarnations, and whose draw the last one was.
    pub(crate) drawn: (u32, [u8; 16]),
    /// The last commit of the deployment's store: incarnation and number, and the mark that came with them.
    pub(crate) reported: (u32, u64, [u8; 16]),
    /// The place of the last request that changed rows, in the order of the deployment's requests.
    pub(crate) order: u64,
    /// The number of the next pack file.
    pub(crate) next_pack: u64,
    /// Rows in all pages.
    pub(crate) rows: u64,
    /// Bytes of their values.
    pub(crate) bytes: u64,
}

/// The pages in the order of what they hold, each under the border it begins at.
pub(crate) type Pages = BTreeMap<RowKey, Entry>;

/// The bytes of the file.
pub(crate) fn seal(key: &aead::Key, head: &Head, pages: &Pages, rng: &mut dyn Rng) -> Vec<u8> {
    let room = MAGIC.len() + 1 + aead::NONCE_BYTES + HEAD_LEN + pages.len() * ENTRY_LEN_MAX + aead::TAG_BYTES;
    // All of it at once: growing with keys in it would leave the keys behind.
    let mut file = Vec::with_capacity(room);
    file.extend_from_slice(MAGIC);
    file.push(VERSION);
    let mut nonce = [0; aead::NONCE_BYTES];
    rng.fill(&mut nonce);
    file.extend_from_slice(&nonce);
    let from = file.len();
    file.extend_from_slice(&head.commit.to_be_bytes());
    file.push(u8::from(head.deployment.is_some()));
    file.extend_from_slice(&head.deployment.map_or([0; 16], |deployment| deployment.0));
    file.extend_from_slice(&head.drawn.0.to_be_bytes());
    file.extend_from_slice(&head.drawn.1);
    file.extend_from_slice(&head.reported.0.to_be_bytes());
    file.extend_from_slice(&head.reported.1.to_be_bytes());
    file.extend_from_slice(&head.reported.2);
    file.extend_from_slice(&head.order.to_be_bytes());
    file.extend_from_slice(&head.next_pack.to_be_bytes());
    file.extend_from_slice(&head.rows.to_be_bytes());
    file.extend_from_slice(&head.bytes.to_be_bytes());
    file.extend_from_slice(&u32::try_from(pages.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (first, entry) in pages {
        file.push(first.len());
        file.extend_from_slice(first.bytes());
        file.extend_from_slice(entry.key.as_slice());
        file.extend_from_slice(&entry.pack.to_be_bytes());
        file.extend_from_slice(&entry.at.to_be_bytes());
        file.extend_from_slice(&entry.len.to_be_bytes());
    }
    let aad = [MAGIC.as_slice(), &[VERSION]].concat();
    key.seal(&nonce, &aad, &mut file, from);
    file
}

/// What the file says; nothing if it is not what was written, or not under this key.
pub(crate) fn open(key: &aead::Key, mut file: Zeroizing<Vec<u8>>) -> Option<(Head, Pages)> {
    let (magic, rest) = file.split_first_chunk_mut::<4>()?;
    let (version, rest) = rest.split_first_mut()?;
    let (nonce, sealed) = rest.split_first_chunk_mut()?;
    let aad = [magic.as_slice(), &[*version]].concat();
    let opened = key.open(nonce, &aad, sealed).ok()?;
    if magic != MAGIC || *version != VERSION {
        return None;
    }
    read(opened)
}

fn read(plain: &[u8]) -> Option<(Head, Pages)> {
    let mut from = Reader(plain);
    let commit = from.u64()?;
    let deployment = match (from.u8()?, from.array()?) {
        (0, _) => None,
        (_, handle) => Some(Handle(handle)),
    };
    let head = Head {
        commit,
        deployment,
        drawn: (from.u32()?, from.array()?),
        reported: (from.u32()?, from.u64()?, from.array()?),
        order: from.u64()?,
        next_pack: from.u64()?,
        rows: from.u64()?,
        bytes: from.u64()?,
    };
    if [head.commit, head.next_pack, head.rows, head.bytes].iter().any(|&counted| counted > COUNTED_MAX) {
        return None;
    }
    let mut pages = Pages::new();
    for _ in 0..from.u32()? {
        let len = from.u8()?;
        let first = RowKey::read(from.raw(usize::from(len))?)?;
        if pages.last_key_value().is_some_and(|(last, _)| *last >= first) {
            return None;
        }
        let mut key = Box::new(Zeroizing::new([0; 32]));
        key.copy_from_slice(from.raw(32)?);
        pages.insert(first, Entry { key, pack: from.u64()?, at: from.u32()?, len: from.u32()? });
    }
    from.0.is_empty().then_some((head, pages))
}

impl Head {
    pub(crate) fn token(&self) -> Token {
        Token(self.drawn.1)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn raw(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.raw(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_whose_counters_have_no_room_is_not_one_that_was_written() {
        let key = aead::Key::new(&[1; 32]);
        let opens = |head: &Head| {
            let file = seal(&key, head, &Pages::new(), &mut crypto::testing::Seeded::new(1));
            open(&key, Zeroizing::new(file)).is_some()
        };
        let near = |counted| Head {
            next_pack: counted,
            commit: counted,
            rows: counted,
            bytes: counted,
            ..Head::default()
        };
        assert!(opens(&near(COUNTED_MAX)));
        for head in [
            Head { commit: u64::MAX, ..Head::default() },
            Head { next_pack: u64::MAX, ..Head::default() },
            Head { rows: u64::MAX, ..Head::default() },
            Head { bytes: COUNTED_MAX + 1, ..Head::default() },
        ] {
            assert!(!opens(&head));
        }
    }
}
