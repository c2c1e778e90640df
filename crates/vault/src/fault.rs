//! What goes wrong, and who is to blame: the disk, the folder, or whoever opens it.

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
    /// The root lies under a passphrase, and none was given.
    #[error("the vault opens with a passphrase only")]
    NoPassphrase,
    /// The root lies under another one.
    #[error("the passphrase is not that of the vault")]
    WrongPassphrase,
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
