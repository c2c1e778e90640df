//! The key by which vaults know this server: the file `link.key` of the data folder (docs/keys.md 6.2).
//!
//! It lies there under a passphrase, which somebody types or a credential manager holds. Only development mode may have it in
//! clear, and says so: whoever has the file and the folder can ask the vaults for what opens the folder (P08).
use std::path::Path;
use std::sync::Arc;

use crypto::sign::SigningKey;
use crypto::{Rng, passphrase};
use link::{Identity, Pin};
use zeroize::Zeroizing;

use super::folder::FolderError;
use super::own_files::{Lies, is_sealed, link_key_file, link_key_in};
use crate::data_dir::{DataDir, write_whole};
use crate::entropy::OsRng;

const NAME: &str = "link.key";
/// What passphrases are for here.
const PURPOSE: &str = "heliograph link";
const SEED_BYTES: usize = 32;

/// The public half of the key of a data folder, which is made if there is none, under the passphrase if one is named: what
/// vaults are told.
///
/// # Errors
///
/// [`FolderError`].
pub fn pin_of(data: &Path, passphrase_file: Option<&Path>) -> Result<Pin, FolderError> {
    Ok(identity(&DataDir::open(data)?, passphrase_file)?.pin())
}

/// Whether it lies in clear, or would.
pub(super) fn is_clear(data: &DataDir, passphrase_file: Option<&Path>) -> Result<bool, FolderError> {
    let file = data.read(&data.path().join(NAME))?;
    Ok(file.map_or(passphrase_file.is_none(), |file| !is_sealed(&file)))
}

/// Reads the key, or draws it.
pub(super) fn identity(data: &DataDir, passphrase_file: Option<&Path>) -> Result<Identity, FolderError> {
    let path = data.path().join(NAME);
    let passphrase = passphrase_file.map(read_passphrase).transpose()?;
    if let Some(file) = data.read(&path)? {
        let Some(facts) = link_key_in(&file) else { return Err(FolderError::LinkKey(path)) };
        return match (facts, passphrase) {
            (Lies::InClear(seed), _) => Ok(of(seed)),
            (Lies::Sealed(_), None) => Err(FolderError::NoPassphrase),
            (Lies::Sealed(sealed), Some(passphrase)) => {
                let seed =
                    passphrase::open(&passphrase, PURPOSE, sealed).ok_or(FolderError::WrongPassphrase)?;
                let seed: &[u8; SEED_BYTES] =
                    seed.as_slice().try_into().map_err(|_| FolderError::LinkKey(path))?;
                Ok(of(seed))
            }
        };
    }
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    OsRng.fill(seed.as_mut_slice());
    let file = match passphrase {
        None => link_key_file(&Lies::InClear(&seed)),
        Some(passphrase) => {
            let sealed = passphrase::seal(&passphrase, PURPOSE, seed.as_slice(), &mut OsRng);
            link_key_file(&Lies::Sealed(&sealed))
        }
    };
    write_whole(&path, &file, 0o600)?;
    Ok(of(&seed))
}

/// A key for vaults that are children of this process and know it for as long as it lives.
pub(super) fn passing() -> Identity {
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    OsRng.fill(seed.as_mut_slice());
    of(&seed)
}

fn read_passphrase(path: &Path) -> Result<Zeroizing<Vec<u8>>, FolderError> {
    link::passphrase_in(path).map_err(|error| FolderError::PassphraseFile(path.to_owned(), error))
}

fn of(seed: &[u8; SEED_BYTES]) -> Identity {
    Identity::new(Arc::new(SigningKey::from_seed(seed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::testing::Folder;

    #[test]
    fn r5_the_key_comes_back_and_every_bit_of_it_that_turns_over_is_found() {
        let folder = Folder::new();
        let data = folder.open();
        let first = identity(&data, None).expect("a new key").pin();
        assert!(identity(&data, None).expect("the same").pin() == first);
        let path = data.path().join(NAME);
        let file = std::fs::read(&path).expect("a file");
        for bit in 0..file.len() * 8 {
            let mut turned = file.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(link_key_in(&turned).is_none(), "bit {bit}");
        }
        assert!((0..file.len()).all(|len| link_key_in(&file[..len]).is_none()), "cut short");
        std::fs::write(&path, &file[1..]).expect("a file");
        assert!(matches!(identity(&data, None), Err(FolderError::LinkKey(named)) if named == path));
        assert!(passing().pin() != passing().pin());
    }

    #[test]
    fn p08_under_a_passphrase_it_opens_with_that_and_not_without() {
        let folder = Folder::new();
        let data = folder.open();
        let words = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file");
            path
        };
        let (right, wrong) = (words("right", "a few words\n"), words("wrong", "a few word\n"));
        assert!(
            is_clear(&data, None).expect("a folder") && !is_clear(&data, Some(&right)).expect("a folder")
        );
        let first = identity(&data, Some(&right)).expect("a new key").pin();
        assert!(!is_clear(&data, None).expect("a folder"));
        assert!(identity(&data, Some(&right)).expect("the same").pin() == first);
        assert!(matches!(identity(&data, Some(&wrong)), Err(FolderError::WrongPassphrase)));
        assert!(matches!(identity(&data, None), Err(FolderError::NoPassphrase)));
        let empty = words("empty", "\n");
        assert!(matches!(identity(&data, Some(&empty)), Err(FolderError::PassphraseFile(..))));
    }
}
