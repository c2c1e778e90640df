//! The program of a vault: run by somebody else than the server, in another jurisdiction.
//!
//! It lets in the servers whose keys its operator has pinned, and hands their requests to the key holder (`vault`), which
//! answers what is durable. It knows no user, no message and no number, and holds no code of the messenger.
//!
//! | file | does |
//! |---|---|
//! | `card` | what the operator has said: jurisdiction, address, servers |
//! | `desk` | the one thread that has the folder; requests that wait together share a commit |
//! | `audit` | what was done, in numbers, in lines that hang on each other |
//! | `serve` | sockets, start and stop |
//! | `places` | how many may be connected, and who goes when more come |
//! | `clock` | how long it runs; what time it is it need not know |
//! | `entropy` | the operating system's randomness |
//! | `control` | what the operator of a running vault asks of it, over a socket in its folder |
//!
//! Invariants: who has not proved a pinned key costs a handshake and no more, and takes no place from who has; every queue and every wait has a limit;
//! answers leave in the order of their requests.

mod audit;
mod card;
mod clock;
mod control;
mod desk;
mod entropy;
mod places;
mod serve;
#[cfg(feature = "testing")]
pub mod testing;

pub use audit::{AuditError, Head, HeadError};
pub use card::{Card, CardError};
pub use control::{ControlError, audit, resume, status};
pub use serve::{Event, ServeError, Settings, serve};

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crypto::sign::VerifyingKey;
use link::Pin;
use vault::{OpenError, Operators, Vault};
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::entropy::OsRng;

/// There is no passphrase where one should be. Shown to the operator.
#[derive(Debug, thiserror::Error)]
#[error("{path} has no passphrase in its first line: {source}")]
pub struct PassphraseError {
    path: PathBuf,
    source: std::io::Error,
}

/// Why a vault was not made, or not told what it should be. Shown to its operator.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The folder.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The file that says what the operator has said.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The folder cannot be made.
    #[error("the folder cannot be made: {0}")]
    Folder(std::io::Error),
}

/// Makes a vault in a folder, its root under the passphrases in these files, of which a start needs so many, and says what its
/// server is to be told.
///
/// # Errors
///
/// [`SetupError`]; a vault that is there stays as it is.
pub fn init(
    folder: &Path,
    jurisdiction: &str,
    address: &str,
    passphrase_files: &[PathBuf],
    quorum: usize,
) -> Result<String, SetupError> {
    // Judged before anything is made.
    Card::new(jurisdiction, address, Pin(VerifyingKey::from_bytes(&[0; 32])))?;
    let opener = Opener::new(folder, passphrase_files)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(SetupError::Folder)?;
    let vault = match opener.open() {
        Err(OpenError::NotAVault) => opener.init(quorum)?,
        // One whose making was cut short at its card.
        Ok(vault) if matches!(Card::read(folder), Err(CardError::Damaged)) && !vault.is_taken() => vault,
        Ok(_) => return Err(OpenError::AlreadyAVault.into()),
        Err(error) => return Err(error.into()),
    };
    let card = Card::new(jurisdiction, address, Pin(vault.verifying()))?;
    card.write(folder)?;
    Ok(card.line())
}

/// Pins a server's key, and says what that server is to be told. A vault that runs lets it in when it is started next.
///
/// # Errors
///
/// [`SetupError`].
pub fn enroll(folder: &Path, server: Pin) -> Result<String, SetupError> {
    let mut card = Card::read(folder)?;
    card.pin(server)?;
    card.write(folder)?;
    Ok(card.line())
}

/// Unpins a server's key. A vault that runs lets it in until it is started next.
///
/// # Errors
///
/// [`SetupError`].
pub fn dismiss(folder: &Path, server: Pin) -> Result<(), SetupError> {
    let mut card = Card::read(folder)?;
    card.unpin(server)?;
    Ok(card.write(folder)?)
}

/// Writes down where the vault is from now on, and says what its servers are to be told.
///
/// # Errors
///
/// [`SetupError`].
pub fn move_to(folder: &Path, address: &str) -> Result<String, SetupError> {
    let mut card = Card::read(folder)?;
    card.place(address)?;
    card.write(folder)?;
    Ok(card.line())
}

/// Writes down how many keys the vault gives in an hour. One that runs goes by it from its next start on.
///
/// # Errors
///
/// [`SetupError`].
pub fn allow(folder: &Path, keys_per_hour: u32) -> Result<(), SetupError> {
    let mut card = Card::read(folder)?;
    card.allow(keys_per_hour)?;
    Ok(card.write(folder)?)
}

/// A folder, and what opens it: again after a fault that needs it, too.
pub(crate) struct Opener {
    folder: PathBuf,
    passphrases: Vec<Zeroizing<Vec<u8>>>,
    /// Keys that it gives in an hour; as many as anybody asks for, if nobody has said.
    budget: Option<u32>,
    clock: Clock,
}

impl Opener {
    pub(crate) fn new(folder: &Path, passphrase_files: &[PathBuf]) -> Result<Opener, PassphraseError> {
        let read = |path: &PathBuf| {
            link::passphrase_in(path).map_err(|source| PassphraseError { path: path.clone(), source })
        };
        let passphrases = passphrase_files.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Opener { folder: folder.to_owned(), passphrases, budget: None, clock: Clock::start() })
    }

    fn words(&self) -> Vec<&[u8]> {
        self.passphrases.iter().map(|words| words.as_slice()).collect()
    }

    pub(crate) fn open(&self) -> Result<Vault, OpenError> {
        let mut vault = Vault::open_sealed(&self.folder, &self.words(), Box::new(OsRng))?;
        if let Some(budget) = self.budget {
            vault.limit(budget, self.clock.ms())?;
        }
        Ok(vault)
    }

    fn init(&self, quorum: usize) -> Result<Vault, OpenError> {
        let operators = Operators { passphrases: &self.words(), quorum };
        Vault::init_sealed(&self.folder, operators, Box::new(OsRng))
    }
}
