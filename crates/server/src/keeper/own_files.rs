//! The bytes of the data folder's two small files with secrets, `local` and `link.key`, so that reading them needs no folder
//! (docs/keys.md 2, 6.2).
//!
//! Invariant: a file has one form; one with any other bytes is damaged, not guessed at.
use crypto::passphrase;
use zeroize::Zeroizing;

/// A secret of either file.
const SECRET_BYTES: usize = 32;
const CHECK_BYTES: usize = 8;
const MAGIC: &[u8; 4] = b"HGLK";
/// In clear.
const CLEAR: u8 = 1;
/// Under a passphrase.
const SEALED: u8 = 2;

/// How the key lies in `link.key`.
#[derive(PartialEq, Eq)]
pub(crate) enum Lies<'a> {
    /// Its seed.
    InClear(&'a [u8; SECRET_BYTES]),
    /// The same, under a passphrase.
    Sealed(&'a [u8]),
}

/// The file `local` with this local part.
pub(crate) fn local_file(local: &[u8; SECRET_BYTES]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([&local[..], &check(b"heliograph local", local)].concat())
}

/// The local part in a file that is whole.
pub(crate) fn local_in(file: &[u8]) -> Option<&[u8; SECRET_BYTES]> {
    let (local, found) = file.split_first_chunk()?;
    (check(b"heliograph local", local)[..] == *found).then_some(local)
}

/// The file `link.key` with this key.
pub(crate) fn link_key_file(lies: &Lies<'_>) -> Zeroizing<Vec<u8>> {
    let (kind, rest) = match *lies {
        Lies::InClear(seed) => (CLEAR, &seed[..]),
        Lies::Sealed(sealed) => (SEALED, sealed),
    };
    // Room for all of it, so that no part of the key is left behind in a smaller buffer.
    let mut file = Zeroizing::new(Vec::with_capacity(MAGIC.len() + 1 + rest.len() + CHECK_BYTES));
    file.extend_from_slice(MAGIC);
    file.push(kind);
    file.extend_from_slice(rest);
    let check = check(b"heliograph link", &file);
    file.extend_from_slice(&check);
    file
}

/// The key in a file that is whole.
pub(crate) fn link_key_in(file: &[u8]) -> Option<Lies<'_>> {
    let (facts, found) = file.split_last_chunk::<CHECK_BYTES>()?;
    let (kind, rest) = facts.strip_prefix(MAGIC)?.split_first()?;
    if check(b"heliograph link", facts) != *found {
        return None;
    }
    match *kind {
        CLEAR => rest.try_into().ok().map(Lies::InClear),
        SEALED => (rest.len() == SECRET_BYTES + passphrase::OVERHEAD_BYTES).then_some(Lies::Sealed(rest)),
        _ => None,
    }
}

/// Whether the file says that the key is under a passphrase, whole or not.
pub(crate) fn is_sealed(file: &[u8]) -> bool {
    file.get(MAGIC.len()) == Some(&SEALED)
}

fn check(purpose: &[u8], facts: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = crypto::sha256(&[purpose, facts]);
    std::array::from_fn(|at| hash[at])
}
