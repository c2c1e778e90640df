//! Encrypted packets byte by byte: whatever a real client never makes. Written from the documents.
//!
//! Source: docs, mtproto/description and mtproto/description_v1.
use crypto::{ige, sha1, sha256};
use mtproto::AuthKey;

/// A packet before encryption, every field open.
#[derive(Clone)]
pub(crate) struct Plaintext {
    pub(crate) salt: u64,
    pub(crate) session: u64,
    pub(crate) msg_id: u64,
    pub(crate) seqno: u32,
    pub(crate) length: u32,
    pub(crate) body: Vec<u8>,
    pub(crate) padding: Vec<u8>,
}

impl Plaintext {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.salt.to_le_bytes().to_vec();
        bytes.extend_from_slice(&self.session.to_le_bytes());
        bytes.extend_from_slice(&self.msg_id.to_le_bytes());
        bytes.extend_from_slice(&self.seqno.to_le_bytes());
        bytes.extend_from_slice(&self.length.to_le_bytes());
        bytes.extend_from_slice(&self.body);
        bytes.extend_from_slice(&self.padding);
        bytes
    }
}

/// The msg_key that belongs to a plaintext of a client (`x` = 0) or a server (`x` = 8).
pub(crate) fn msg_key(key: &AuthKey, x: usize, plaintext: &[u8]) -> [u8; 16] {
    let large = sha256(&[&key.bytes()[88 + x..120 + x], plaintext]);
    large[8..24].try_into().expect("16 bytes")
}

/// Encrypts as a client under any msg_key: a server decrypts it to this very plaintext, whether or not it then finds
/// the msg_key right.
pub(crate) fn seal(key: &AuthKey, msg_key: [u8; 16], plaintext: &[u8]) -> Vec<u8> {
    let mut packet = [&key.id().get().to_le_bytes()[..], &msg_key, plaintext].concat();
    let (aes_key, aes_iv) = aes(key, 0, &msg_key);
    ige::encrypt(&aes_key, &aes_iv, &mut packet[24..]).expect("whole blocks");
    packet
}

/// The whole plaintext of a server's packet, padding included.
pub(crate) fn open(key: &AuthKey, packet: &[u8]) -> Vec<u8> {
    let claimed: [u8; 16] = packet[8..24].try_into().expect("16 bytes");
    let (aes_key, aes_iv) = aes(key, 8, &claimed);
    let mut plaintext = packet[24..].to_vec();
    ige::decrypt(&aes_key, &aes_iv, &mut plaintext).expect("whole blocks");
    assert_eq!(msg_key(key, 8, &plaintext), claimed);
    plaintext
}

fn aes(key: &AuthKey, x: usize, msg_key: &[u8; 16]) -> ([u8; 32], [u8; 32]) {
    let key = key.bytes();
    let a = sha256(&[msg_key, &key[x..x + 36]]);
    let b = sha256(&[&key[40 + x..76 + x], msg_key]);
    let aes_key = [&a[..8], &b[8..24], &a[24..]].concat();
    let aes_iv = [&b[..8], &a[8..24], &b[24..]].concat();
    (aes_key.try_into().expect("32 bytes"), aes_iv.try_into().expect("32 bytes"))
}

/// A packet of MTProto 1.0 as a client makes it, here for the one place where there still are some; `hashed` is what
/// the msg_key is computed over, the rest of the plaintext follows it.
pub(crate) fn seal_v1(key: &AuthKey, plaintext: &[u8], hashed: usize) -> Vec<u8> {
    let msg_key: [u8; 16] = sha1(&[&plaintext[..hashed]])[4..].try_into().expect("16 bytes");
    let bytes = key.bytes();
    let a = sha1(&[&msg_key, &bytes[..32]]);
    let b = sha1(&[&bytes[32..48], &msg_key, &bytes[48..64]]);
    let c = sha1(&[&bytes[64..96], &msg_key]);
    let d = sha1(&[&msg_key, &bytes[96..128]]);
    let aes_key: [u8; 32] = [&a[..8], &b[8..20], &c[4..16]].concat().try_into().expect("32 bytes");
    let aes_iv: [u8; 32] = [&a[8..20], &b[..8], &c[16..20], &d[..8]].concat().try_into().expect("32 bytes");
    let mut packet = [&key.id().get().to_le_bytes()[..], &msg_key, plaintext].concat();
    ige::encrypt(&aes_key, &aes_iv, &mut packet[24..]).expect("whole blocks");
    packet
}
