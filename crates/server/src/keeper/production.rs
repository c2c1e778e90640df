//! What `production` demands of the vaults (P11): whoever can order one of them to give its shares can order no other, and
//! not the server either.
use custody::Roster;

use crate::config::Settings;

/// Why these vaults are not good enough. Shown to the operator.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProductionError {
    /// Both modes at once.
    #[error("production and development mode exclude each other")]
    Development,
    /// Not said, or not a word.
    #[error("production has to know whose law the server is under: set jurisdiction to one word, such as DE")]
    Jurisdiction,
    /// Folders of this machine.
    #[error("production takes no vaults on folders of this machine")]
    Here,
    /// Two of them.
    #[error("two vaults are in the jurisdiction {0}: production demands another one for each")]
    Shared(String),
    /// One of them and the server.
    #[error("a vault is in the jurisdiction of the server, {0}: production demands others")]
    OfServer(String),
}

/// Checks the rules; the first one that is broken. That more than half of at least three vaults open a key is the roster's.
pub(super) fn check(settings: &Settings, roster: &Roster, is_far: bool) -> Result<(), ProductionError> {
    let own = &settings.jurisdiction;
    if own.is_empty() || own.chars().any(char::is_whitespace) {
        return Err(ProductionError::Jurisdiction);
    }
    if !is_far {
        return Err(ProductionError::Here);
    }
    let all: Vec<&str> = roster.vaults().map(|(_, member)| member.jurisdiction.as_str()).collect();
    for (at, jurisdiction) in all.iter().enumerate() {
        // Laws do not differ by how they are written.
        if all[..at].iter().any(|other| other.eq_ignore_ascii_case(jurisdiction)) {
            return Err(ProductionError::Shared((*jurisdiction).to_owned()));
        }
        if own.eq_ignore_ascii_case(jurisdiction) {
            return Err(ProductionError::OfServer((*jurisdiction).to_owned()));
        }
    }
    Ok(())
}
