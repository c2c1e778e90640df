//! The RSA keys of a server, as the job pool needs them.

use crypto::rsa::PrivateKey;

/// The private keys and their fingerprints, in the order they are offered to clients.
pub struct ServerKeys {
    keys: Vec<(u64, PrivateKey)>,
}

impl ServerKeys {
    /// Takes over the keys. Clients use the first one they know.
    pub fn new(keys: Vec<PrivateKey>) -> Self {
        Self { keys: keys.into_iter().map(|key| (key.fingerprint(), key)).collect() }
    }

    /// For [`crate::server::Config`].
    pub fn fingerprints(&self) -> Vec<u64> {
        self.keys.iter().map(|(fingerprint, _)| *fingerprint).collect()
    }

    pub(super) fn key(&self, fingerprint: u64) -> Option<&PrivateKey> {
        self.keys.iter().find(|(own, _)| *own == fingerprint).map(|(_, key)| key)
    }
}
