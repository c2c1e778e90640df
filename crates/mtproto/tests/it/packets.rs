//! Encrypted packets written from the documents: right ones, and wrong ones of every kind.

use std::sync::Arc;

use crypto::{ige, sha256};
use ids::AuthKeyId;
use mtproto::AuthKey;
use zeroize::Zeroizing;

/// An auth key whose byte `i` is `7 i + 3`, as in the published vectors, changed by `variant`.
pub(crate) fn key(variant: u8) -> Arc<AuthKey> {
    let mut bytes = Box::new(Zeroizing::new([0; 256]));
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = (7 * i + 3) as u8 ^ variant;
    }
    Arc::new(AuthKey::new(bytes))
}

/// A client's packet in the making.
#[derive(Clone)]
pub(crate) struct Packet {
    pub(crate) salt: u64,
    pub(crate) session: u64,
    pub(crate) msg_id: u64,
    pub(crate) seqno: u32,
    /// What the length field says; the body's length if it is `None`.
    pub(crate) length: Option<u32>,
    pub(crate) body: Vec<u8>,
    pub(crate) padding: usize,
}

impl Packet {
    /// A faithful one of 16 bytes, padded to whole blocks.
    pub(crate) fn new(msg_id: u64) -> Self {
        let body = (0..16).map(|i| i ^ msg_id as u8).collect();
        Self { salt: 0x5a17, session: 0x5e55, msg_id, seqno: 1, length: None, body, padding: 16 }
    }

    /// The padding that fills up to whole blocks, at least `padding`.
    pub(crate) fn with_body(mut self, bytes: usize, padding: usize) -> Self {
        self.body = vec![0xb0; bytes];
        self.padding = (32 + bytes + padding).next_multiple_of(16) - 32 - bytes;
        self
    }

    fn plaintext(&self) -> Vec<u8> {
        let mut plaintext = self.salt.to_le_bytes().to_vec();
        plaintext.extend_from_slice(&self.session.to_le_bytes());
        plaintext.extend_from_slice(&self.msg_id.to_le_bytes());
        plaintext.extend_from_slice(&self.seqno.to_le_bytes());
        plaintext.extend_from_slice(&self.length.unwrap_or(self.body.len() as u32).to_le_bytes());
        plaintext.extend_from_slice(&self.body);
        plaintext.resize(plaintext.len() + self.padding, 0xee);
        plaintext
    }

    /// The packet, and the quick ack it earns.
    pub(crate) fn seal(&self, key: &AuthKey) -> (Vec<u8>, u32) {
        let (id, bytes) = (key.id(), key.bytes());
        let mut data = self.plaintext();
        let large = sha256(&[&bytes[88..120], &data]);
        let msg_key = &large[8..24];
        let (a, b) = (sha256(&[msg_key, &bytes[..36]]), sha256(&[&bytes[40..76], msg_key]));
        let aes_key: Vec<u8> = [&a[..8], &b[8..24], &a[24..]].concat();
        let aes_iv: Vec<u8> = [&b[..8], &a[8..24], &b[24..]].concat();
        ige::encrypt(&aes_key.try_into().unwrap(), &aes_iv.try_into().unwrap(), &mut data).unwrap();
        let token = u32::from_le_bytes(large[..4].try_into().unwrap()) | 1 << 31;
        (under(id, &[msg_key, &data].concat()), token)
    }
}

/// Any bytes under a key id.
pub(crate) fn under(id: AuthKeyId, rest: &[u8]) -> Vec<u8> {
    [&id.get().to_le_bytes()[..], rest].concat()
}
