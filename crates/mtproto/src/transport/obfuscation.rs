//! "Obfuscated2": 64 first bytes that look random and set up one AES-CTR stream for each direction.
//!
//! It hides the framing from naive filters and nothing else; with a secret, only who knows the secret can tell it
//! from noise. Source: docs, mtproto/mtproto-transports#transport-obfuscation.

use crypto::{Ctr, Rng};

use super::{Kind, detect};

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 64;
const TAG_AT: usize = 56;

/// The secret of this DC (`dcOption.secret`).
#[derive(Clone)]
pub struct Secret {
    /// The 16 bytes that clients mix into the keys.
    pub key: [u8; 16],
    /// Whether streams without the secret, plain ones among them, are closed in silence: an unknown web server to
    /// everybody who does not hold the secret (T13).
    pub required: bool,
}

/// What a client puts into an obfuscated header.
#[derive(Clone, Default)]
pub struct Obfuscation {
    /// The DC's secret, if it has one.
    pub secret: Option<[u8; 16]>,
    /// The DC meant: negative for media, +-10000 for a test environment.
    pub dc: i16,
}

/// The keystreams of one connection, as one side sees them.
pub(super) struct Ciphers {
    pub(super) receive: Ctr,
    pub(super) send: Ctr,
}

/// A header that was recognised.
pub(super) struct Accepted {
    pub(super) kind: Kind,
    pub(super) dc: i16,
    /// The beginning of the key material: random, and without it there are no keystreams.
    pub(super) fingerprint: u64,
    pub(super) ciphers: Box<Ciphers>,
}

/// The server's reading of a header, `None` if it is none of ours.
pub(super) fn accept(header: &[u8; HEADER_BYTES], secret: Option<&Secret>) -> Option<Accepted> {
    match secret {
        None => accept_with(header, None),
        Some(secret) if secret.required => accept_with(header, Some(&secret.key)),
        Some(secret) => accept_with(header, Some(&secret.key)).or_else(|| accept_with(header, None)),
    }
}

fn accept_with(header: &[u8; HEADER_BYTES], secret: Option<&[u8; 16]>) -> Option<Accepted> {
    let (mut receive, send) = keystreams(header, secret);
    let mut clear = *header;
    receive.apply(&mut clear);
    let (_, [t0, t1, t2, t3, d0, d1, _, _]) = clear.split_last_chunk::<8>()?;
    let kind = Kind::of_tag([*t0, *t1, *t2, *t3])?;
    let dc = i16::from_le_bytes([*d0, *d1]);
    let fingerprint = u64::from_le_bytes(*header.get(8..16)?.first_chunk()?);
    Some(Accepted { kind, dc, fingerprint, ciphers: Box::new(Ciphers { receive, send }) })
}

/// The streams client to server and server to client.
fn keystreams(header: &[u8; HEADER_BYTES], secret: Option<&[u8; 16]>) -> (Ctr, Ctr) {
    let mut material = [0; 48];
    for (to, from) in material.iter_mut().zip(header.iter().skip(8)) {
        *to = *from;
    }
    let forward = keystream(&material, secret);
    material.reverse();
    (forward, keystream(&material, secret))
}

fn keystream(material: &[u8; 48], secret: Option<&[u8; 16]>) -> Ctr {
    let mut key = [0; 32];
    let mut iv = [0; 16];
    for (to, from) in key.iter_mut().chain(iv.iter_mut()).zip(material) {
        *to = *from;
    }
    if let Some(secret) = secret {
        key = crypto::sha256(&[&key, secret]);
    }
    Ctr::new(&key, &iv)
}

impl Obfuscation {
    /// Draws a header that no server can mistake for another framing.
    pub(super) fn open(&self, tag: [u8; 4], rng: &mut dyn Rng) -> (Ciphers, [u8; HEADER_BYTES]) {
        let mut header = [0; HEADER_BYTES];
        loop {
            rng.fill(&mut header);
            if detect::plain(&header).is_none() {
                break;
            }
        }
        let [d0, d1] = self.dc.to_le_bytes();
        let [t0, t1, t2, t3] = tag;
        for (to, from) in header.iter_mut().skip(TAG_AT).zip([t0, t1, t2, t3, d0, d1]) {
            *to = from;
        }
        self.seal(header)
    }

    /// Encrypts the last eight bytes of a clear header; the first 56 travel as they are.
    pub(super) fn seal(&self, clear: [u8; HEADER_BYTES]) -> (Ciphers, [u8; HEADER_BYTES]) {
        let (mut send, receive) = keystreams(&clear, self.secret.as_ref());
        let mut sealed = clear;
        send.apply(&mut sealed);
        for (to, from) in sealed.iter_mut().zip(clear).take(TAG_AT) {
            *to = from;
        }
        (Ciphers { receive, send }, sealed)
    }
}
