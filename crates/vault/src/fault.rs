//! What goes wrong, and who is to blame: the disk, the folder, or whoever opens it.

use ids::limits::VAULT_OPERATORS_MAX;

use crate::disk::DiskError;

/// A part of the folder that is not what was written. It is never served: with another vault's share what stands in it can
/// be written anew, by nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Part {
    /// The vault's root key.
    #[error("root")]
    Root,
    /// The key with which answers are signed.
    #[error("signer")]
    Signer,
    /// The table of pages.
    #[error("table")]
    Table,
    /// The file of pages with this number.
    #[error("p{0:016x}")]
    Pack(u64),
}

/// Why a folder cannot be opened or made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder, or another vault of this one.
    #[error("the folder is in use")]
    Taken,
    /// There is no vault, or one whose making was cut short.
    #[error("the folder holds no vault")]
    NotAVault,
    /// A vault is there already.
    #[error("the folder holds a vault")]
    AlreadyAVault,
    /// The root lies under passphrases, and none was given.
    #[error("the vault opens with a passphrase only")]
    NoPassphrase,
    /// Fewer passphrases were given than operators must be there.
    #[error("the vault opens with the passphrases of {needed} operators together")]
    TooFew {
        /// So many must be.
        needed: usize,
    },
    /// Too few of those that were given are the vault's.
    #[error("too few of the passphrases are those of the vault")]
    WrongPassphrase,
    /// No vault can be made that so many of so many operators open.
    #[error(
        "there can be up to {VAULT_OPERATORS_MAX} operators, of whom at least one and at most all are needed"
    )]
    Operators,
    /// A part is missing, too short, altered, or of another time or vault.
    #[error("{0} is damaged")]
    Damaged(Part),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Why a request has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// What it needs is damaged. Nothing was changed.
    #[error("{0} is damaged")]
    Damaged(Part),
    /// The disk failed, and nothing was changed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The disk failed when the new state was in place and not yet durable. Nothing is answered until the folder is
    /// opened again: what a disk says after such a failure is worth nothing.
    #[error("not known to be durable")]
    Unsure,
}
