//! The program of a vault: run by somebody else than the server, in another jurisdiction.
//!
//! It lets in the servers whose keys its operator has pinned, and hands their requests to the key holder (`vault`), which
//! answers what is durable. It knows no user, no message and no number, and holds no code of the messenger.
//!
//! | file | does |
//! |---|---|
//! | `card` | what the operator has said: jurisdiction, address, servers |
//! | `desk` | the one thread that has the folder; requests that wait together share a commit |
//! | `serve` | sockets, start and stop |
//! | `control` | what the operator of a running vault asks of it, over a socket in its folder |
//!
//! Invariants: who has not proved a pinned key costs a handshake and no more; every queue and every wait has a limit;
//! answers leave in the order of their requests.

mod card;
mod control;
mod desk;
mod entropy;
mod serve;

pub use card::{Card, CardError, JURISDICTION_CHARS_MAX};
pub use control::{StatusError, status};
pub use serve::{Event, ServeError, Settings, serve};

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use link::Pin;
use vault::{OpenError, Vault};

use crate::entropy::OsRng;

/// Why a vault was not made, or not told what it should be. Shown to its operator.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The folder.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The file that says what the operator has said.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The folder cannot be made.
    #[error("the folder cannot be made: {0}")]
    Folder(std::io::Error),
}

/// Makes a vault in a folder, and says what its server is to be told.
///
/// # Errors
///
/// [`SetupError`]; a vault that is there stays as it is.
pub fn init(folder: &Path, jurisdiction: &str, address: &str) -> Result<String, SetupError> {
    let card = Card::new(jurisdiction, address)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(SetupError::Folder)?;
    match Vault::open(folder, Box::new(OsRng)) {
        Err(OpenError::NotAVault) => {}
        Ok(_) => return Err(OpenError::AlreadyAVault.into()),
        Err(error) => return Err(error.into()),
    }
    // First, so that a vault that is there always has one.
    card.write(folder)?;
    let vault = Vault::init(folder, Box::new(OsRng))?;
    Ok(card.line(Pin(vault.verifying())))
}

/// Pins a server's key, and says what that server is to be told. The vault must not run meanwhile.
///
/// # Errors
///
/// [`SetupError`].
pub fn enroll(folder: &Path, server: Pin) -> Result<String, SetupError> {
    let vault = Vault::open(folder, Box::new(OsRng))?;
    let mut card = Card::read(folder)?;
    card.pin(server)?;
    card.write(folder)?;
    Ok(card.line(Pin(vault.verifying())))
}
