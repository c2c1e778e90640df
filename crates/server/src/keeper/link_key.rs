//! The key by which vaults know this server: the file `link.key` of the data folder (docs/keys.md 3).
//!
//! Only development mode has it in clear, and says so with the rest: whoever has the file and the folder can ask the vaults
//! for what opens it (P08).
use std::path::Path;
use std::sync::Arc;

use crypto::Rng;
use crypto::sign::SigningKey;
use link::{Identity, Pin};
use zeroize::Zeroizing;

use super::folder::FolderError;
use crate::data_dir::{DataDir, write_whole};
use crate::entropy::OsRng;

const NAME: &str = "link.key";
const MAGIC: &[u8; 4] = b"HGLK";
/// In clear.
const CLEAR: u8 = 1;
const SEED_BYTES: usize = 32;
const CHECK_BYTES: usize = 8;

/// The public half of the key of a data folder, which is made if there is none: what vaults are told.
///
/// # Errors
///
/// [`FolderError`].
pub fn pin_of(data: &Path) -> Result<Pin, FolderError> {
    Ok(identity(&DataDir::open(data)?)?.pin())
}

/// Reads the key, or draws it.
pub(super) fn identity(data: &DataDir) -> Result<Identity, FolderError> {
    let path = data.path().join(NAME);
    if let Some(file) = data.read(&path)? {
        return open(&file).ok_or(FolderError::LinkKey(path));
    }
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    OsRng.fill(seed.as_mut_slice());
    let mut file = Zeroizing::new([&MAGIC[..], &[CLEAR], seed.as_slice()].concat());
    let check = check(&file);
    file.extend_from_slice(&check);
    write_whole(&path, &file, 0o600)?;
    Ok(of(&seed))
}

/// A key for vaults that are children of this process and know it for as long as it lives.
pub(super) fn passing() -> Identity {
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    OsRng.fill(seed.as_mut_slice());
    of(&seed)
}

fn open(file: &[u8]) -> Option<Identity> {
    let (facts, found) = file.split_last_chunk::<CHECK_BYTES>()?;
    let seed = facts.strip_prefix(MAGIC)?.strip_prefix(&[CLEAR])?;
    let seed: &[u8; SEED_BYTES] = seed.try_into().ok()?;
    (check(facts) == *found).then(|| of(seed))
}

fn of(seed: &[u8; SEED_BYTES]) -> Identity {
    Identity::new(Arc::new(SigningKey::from_seed(seed)))
}

fn check(facts: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = crypto::sha256(&[b"heliograph link", facts]);
    std::array::from_fn(|at| hash[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::testing::Folder;

    #[test]
    fn r5_the_key_comes_back_and_every_bit_of_it_that_turns_over_is_found() {
        let folder = Folder::new();
        let data = folder.open();
        let first = identity(&data).expect("a new key").pin();
        assert!(identity(&data).expect("the same").pin() == first);
        let path = data.path().join(NAME);
        let file = std::fs::read(&path).expect("a file");
        for bit in 0..file.len() * 8 {
            let mut turned = file.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&turned).is_none(), "bit {bit}");
        }
        assert!((0..file.len()).all(|len| open(&file[..len]).is_none()), "cut short");
        std::fs::write(&path, &file[1..]).expect("a file");
        assert!(matches!(identity(&data), Err(FolderError::LinkKey(named)) if named == path));
        assert!(passing().pin() != passing().pin());
    }
}
