//! MTProto 2.0 encryption of one packet, both directions.
//!
//! Invariants: a received packet is decrypted whole and its msg_key compared in constant time before any field is
//! looked at, and every failure is the same error (T3); padding is 12 to 1,024 fresh random bytes (T2, T15).
//! Source: docs, mtproto/description, and security_guidelines, "Checking SHA256 hash value of msg_key".

use crypto::Rng;
use ids::{SessionId, WireMsgId};
use zeroize::Zeroizing;

use crate::{AuthKey, Envelope};

/// `auth_key_id` and `msg_key`.
const OUTER_BYTES: usize = 24;
/// salt, session, message id, seqno, length.
const HEAD_BYTES: usize = 32;
/// Fewest bytes of padding.
const PADDING_BYTES_MIN: usize = 12;
/// Most bytes of padding.
const PADDING_BYTES_MAX: usize = 1024;
/// Smallest possible ciphertext: head, an empty container's worth of body, padding.
const CIPHERTEXT_BYTES_MIN: usize = 48;
/// Sizes of the plaintext that small messages are padded up to.
const SIZE_CLASSES: [usize; 9] = [64, 128, 192, 256, 384, 512, 768, 1024, 1280];
/// Beyond the last class sizes grow by this much.
const SIZE_STEP_BYTES: usize = 448;

/// Which side made a packet; the two directions use different parts of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// Client to server.
    Client,
    /// Server to client.
    Server,
}

/// The four fields that stand before the body inside the encryption.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Server salt (docs: server salt); attached to the auth key.
    pub salt: u64,
    /// The session; chosen by the client.
    pub session: SessionId,
    /// Message id: about unix time x 2^32.
    pub msg_id: WireMsgId,
    /// Twice the number of content messages sent before, plus one if this is one.
    pub seqno: u32,
}

/// How much padding a packet gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Padding {
    /// 12 to 27 bytes: the least that is allowed.
    Short,
    /// Up to the next of a few sizes, so that the length of a packet says little about its content.
    SizeClass,
}

/// A packet that is not what its key makes: the sender, or somebody between, is to blame. Which check failed is
/// deliberately not said; the answer is the same for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Undecryptable;

/// A decrypted packet.
pub struct Opened {
    /// The message, integrity checked.
    pub message: Envelope,
    /// What answers a request for a quick acknowledgement (docs: mtproto-transports, quick ack).
    pub quick_ack: u32,
}

/// The body of a packet to be, with room in front for what encryption puts there.
pub struct Body(Vec<u8>);

impl Body {
    /// An empty body that can take `body_bytes` without moving.
    pub fn with_capacity(body_bytes: usize) -> Self {
        let packet_bytes = OUTER_BYTES + padded_len(HEAD_BYTES + body_bytes, Padding::SizeClass);
        let mut buffer = Vec::with_capacity(packet_bytes);
        buffer.resize(OUTER_BYTES + HEAD_BYTES, 0);
        Self(buffer)
    }

    /// A body made of these bytes.
    pub fn new(body: &[u8]) -> Self {
        let mut built = Self::with_capacity(body.len());
        built.0.extend_from_slice(body);
        built
    }

    /// Where the body is written: append only.
    pub(crate) const fn sink(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// Bytes of the body so far.
    pub(crate) const fn body_len(&self) -> usize {
        self.0.len().saturating_sub(OUTER_BYTES + HEAD_BYTES)
    }
}

/// Encrypts one message into one packet: `auth_key_id`, `msg_key`, ciphertext.
pub fn encrypt(
    key: &AuthKey,
    sender: Sender,
    head: Head,
    body: Body,
    padding: Padding,
    rng: &mut dyn Rng,
) -> Vec<u8> {
    let body_len = body.body_len();
    let mut packet = body.0;
    let padded = padded_len(HEAD_BYTES + body_len, padding);
    let message_end = packet.len();
    packet.resize(OUTER_BYTES + padded, 0);
    if let Some(tail) = packet.get_mut(message_end..) {
        rng.fill(tail);
    }
    let Some((outer, plaintext)) = packet.split_first_chunk_mut::<OUTER_BYTES>() else { return Vec::new() };
    if let Some(place) = plaintext.first_chunk_mut::<HEAD_BYTES>() {
        // No packet comes near 4 GiB: a frame is at most a few MiB.
        *place = head_bytes(head, u32::try_from(body_len).unwrap_or(u32::MAX));
    }
    let parts = KeyParts::of(key, sender);
    let msg_key = msg_key(&parts.large_msg_key(plaintext));
    let (aes_key, aes_iv) = parts.aes(&msg_key);
    outer[..8].copy_from_slice(&key.id().0.to_le_bytes());
    outer[8..].copy_from_slice(&msg_key);
    match crypto::ige::encrypt(&aes_key, &aes_iv, plaintext) {
        Ok(()) => packet,
        // `padded_len` is a multiple of 16; should it ever not be, nothing may leave in clear.
        Err(_) => Vec::new(),
    }
}

/// Opens one packet without transport padding: key id, msg_key and ciphertext, nothing behind. `sender` made it.
///
/// All work up to the verdict depends on the packet's length alone.
pub fn decrypt(key: &AuthKey, sender: Sender, packet: &[u8]) -> Result<Opened, Undecryptable> {
    let (outer, ciphertext) = packet.split_first_chunk::<OUTER_BYTES>().ok_or(Undecryptable)?;
    let (key_id, claimed) = outer.split_first_chunk::<8>().ok_or(Undecryptable)?;
    if ciphertext.len() < CIPHERTEXT_BYTES_MIN || *key_id != key.id().0.to_le_bytes() {
        return Err(Undecryptable);
    }
    let claimed: &[u8; 16] = claimed.try_into().map_err(|_| Undecryptable)?;
    let parts = KeyParts::of(key, sender);
    let (aes_key, aes_iv) = parts.aes(claimed);
    let mut plaintext = ciphertext.to_vec();
    crypto::ige::decrypt(&aes_key, &aes_iv, &mut plaintext).map_err(|_| Undecryptable)?;
    let large = parts.large_msg_key(&plaintext);
    if !crypto::ct_eq(&msg_key(&large), claimed) {
        return Err(Undecryptable);
    }
    let (head, length) = plaintext.first_chunk::<HEAD_BYTES>().map(read_head).ok_or(Undecryptable)?;
    let length = usize::try_from(length).map_err(|_| Undecryptable)?;
    let padding = (plaintext.len() - HEAD_BYTES).checked_sub(length).ok_or(Undecryptable)?;
    if length < 4 || !length.is_multiple_of(4) || !(PADDING_BYTES_MIN..=PADDING_BYTES_MAX).contains(&padding)
    {
        return Err(Undecryptable);
    }
    plaintext.truncate(HEAD_BYTES + length);
    plaintext.drain(..HEAD_BYTES);
    let Head { salt, session, msg_id, seqno } = head;
    Ok(Opened {
        message: Envelope { key: key.id(), salt, session, msg_id, seqno, body: plaintext },
        quick_ack: quick_ack_token(&large),
    })
}

/// The parts of the auth key that one direction uses.
struct KeyParts<'a> {
    mac: &'a [u8],
    a: &'a [u8],
    b: &'a [u8],
}

impl<'a> KeyParts<'a> {
    fn of(key: &'a AuthKey, sender: Sender) -> Self {
        let key = key.bytes();
        match sender {
            Sender::Client => Self { mac: &key[88..120], a: &key[0..36], b: &key[40..76] },
            Sender::Server => Self { mac: &key[96..128], a: &key[8..44], b: &key[48..84] },
        }
    }

    fn large_msg_key(&self, plaintext: &[u8]) -> [u8; 32] {
        crypto::sha256(&[self.mac, plaintext])
    }

    fn aes(&self, msg_key: &[u8; 16]) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
        let a = Zeroizing::new(crypto::sha256(&[msg_key, self.a]));
        let b = Zeroizing::new(crypto::sha256(&[self.b, msg_key]));
        let (a, b): (&[u8; 32], &[u8; 32]) = (&a, &b);
        (joined([&a[..8], &b[8..24], &a[24..]]), joined([&b[..8], &a[8..24], &b[24..]]))
    }
}

/// Pieces of hashes in a row: 32 bytes of key material.
pub(crate) fn joined<const N: usize>(pieces: [&[u8]; N]) -> Zeroizing<[u8; 32]> {
    let mut joined = Zeroizing::new([0; 32]);
    for (place, byte) in joined.iter_mut().zip(pieces.into_iter().flatten()) {
        *place = *byte;
    }
    joined
}

fn msg_key(large: &[u8; 32]) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&large[8..24]);
    key
}

fn quick_ack_token(large: &[u8; 32]) -> u32 {
    let [a, b, c, d, ..] = *large;
    u32::from_le_bytes([a, b, c, d]) | 0x8000_0000
}

fn padded_len(message_len: usize, padding: Padding) -> usize {
    let least = (message_len + PADDING_BYTES_MIN).next_multiple_of(16);
    match padding {
        Padding::Short => least,
        Padding::SizeClass => {
            let [.., last] = SIZE_CLASSES;
            SIZE_CLASSES
                .into_iter()
                .find(|class| least <= *class)
                .unwrap_or_else(|| last + (least - last).next_multiple_of(SIZE_STEP_BYTES))
        }
    }
}

fn head_bytes(head: Head, length: u32) -> [u8; HEAD_BYTES] {
    let mut bytes = [0; HEAD_BYTES];
    bytes[..8].copy_from_slice(&head.salt.to_le_bytes());
    bytes[8..16].copy_from_slice(&head.session.0.to_le_bytes());
    bytes[16..24].copy_from_slice(&head.msg_id.0.to_le_bytes());
    bytes[24..28].copy_from_slice(&head.seqno.to_le_bytes());
    bytes[28..].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn read_head(bytes: &[u8; HEAD_BYTES]) -> (Head, u32) {
    let mut longs = bytes.as_chunks::<8>().0.iter().map(|long| u64::from_le_bytes(*long));
    let mut next = || longs.next().unwrap_or(0);
    let (salt, session, msg_id, last) = (next(), next(), next(), next());
    let [s0, s1, s2, s3, l0, l1, l2, l3] = last.to_le_bytes();
    let head = Head {
        salt,
        session: SessionId(session),
        msg_id: WireMsgId(msg_id),
        seqno: u32::from_le_bytes([s0, s1, s2, s3]),
    };
    (head, u32::from_le_bytes([l0, l1, l2, l3]))
}

#[cfg(test)]
#[path = "cipher_tests.rs"]
pub(crate) mod tests;
