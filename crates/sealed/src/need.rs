//! What a transaction lacked: named, so that the driver can bring it and run the transaction again.

use ids::{AuthKeyId, BoxId};

/// A key that has to be brought or made before a transaction can go on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Need {
    /// The keys of a box: C, X and the sheet of its current epoch.
    Box(BoxId),
    /// The key of a device, which exists.
    Device(AuthKeyId),
    /// A new key for a device that has none.
    MintDevice(AuthKeyId),
    /// A box minted ahead, for a new account.
    Blank,
}

/// Why the keyring does not have a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Missing {
    /// There are no roots yet: the server is sealed and answers nothing.
    #[error("the keyring is sealed")]
    Roots,
    /// A key that can be brought.
    #[error("a key is not in memory")]
    Key(Need),
}
