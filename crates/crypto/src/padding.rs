//! The two paddings under the server's RSA key, written for clients and read for the server.
//!
//! Telegram had two: RSA_PAD (an OAEP variant) and, before 2021, a SHA-1 in front of the object, which Telethon and
//! Pyrogram still send. Whoever learns which check refused a ciphertext has a decryption oracle (T4), so the server
//! reads every ciphertext both ways, always in full, and chooses the result with a mask.
//! Source: docs `mtproto/auth_key#41-rsa-paddata-server-public-key-mentioned-above-is-implemented-as-follows`.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::rsa::PublicKey;
use crate::{Rng, hash, ige};

/// The longest object RSA_PAD carries, in bytes.
pub const RSA_PAD_OBJECT_BYTES_MAX: usize = 144;

/// The lengths of object the old padding is read for, in bytes.
///
/// The hash covers the object and not the random bytes after it, and nothing says how long the object is. These are all
/// lengths of `p_q_inner_data` in its four forms with an 8-byte `pq` and `p` and `q` of up to 11 bytes, leading zeros
/// included; hashing five prefixes of known length is what keeps the reading free of branches.
pub const LEGACY_OBJECT_BYTES: [usize; 5] = [96, 100, 104, 108, 112];

const OBJECT_FIELD: usize = 192;

/// The object is too long for the padding, or, for the old one, of a length no `p_q_inner_data` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLength;

/// What a decrypted number held, or garbage of the same shape. Erased on drop.
pub struct Decoded {
    data: Zeroizing<[u8; OBJECT_FIELD]>,
    /// How many bytes the old padding's hash covered; meaningless for RSA_PAD.
    legacy_len: u64,
    rsa_pad: Choice,
    legacy: Choice,
}

impl Decoded {
    /// The object, then random bytes: 192 in all. Garbage unless [`accepts`](Decoded::accepts) says otherwise, but
    /// to be read and checked all the same, so that a refusal takes as long as an answer.
    #[must_use]
    pub fn data(&self) -> &[u8; OBJECT_FIELD] {
        &self.data
    }

    /// Whether either padding was sound, whatever the length of the object.
    #[must_use]
    pub fn sound(&self) -> Choice {
        self.rsa_pad | self.legacy
    }

    /// Whether the padding was sound for an object of `object_len` bytes at the start of [`data`](Decoded::data).
    #[must_use]
    pub fn accepts(&self, object_len: usize) -> Choice {
        let object_len = u64::try_from(object_len).unwrap_or(u64::MAX);
        self.rsa_pad | (self.legacy & self.legacy_len.ct_eq(&object_len))
    }
}

/// Reads a decrypted number both ways, in a time that does not depend on it.
#[must_use]
pub fn decode(number: &[u8; 256]) -> Decoded {
    let (mut data, rsa_pad) = decode_rsa_pad(number);
    let (legacy_data, legacy_len, legacy) = decode_legacy(number);
    for (byte, legacy_byte) in data.iter_mut().zip(legacy_data) {
        byte.conditional_assign(legacy_byte, !rsa_pad);
    }
    Decoded { data, legacy_len, rsa_pad, legacy }
}

/// `temp_key ^ SHA256(sealed) || sealed`, where `sealed` is `IGE(reverse(data) || SHA256(temp_key || data))`.
fn decode_rsa_pad(number: &[u8; 256]) -> (Zeroizing<[u8; OBJECT_FIELD]>, Choice) {
    let mut temp_key = Zeroizing::new(hash::sha256(&[&number[32..]]));
    for (key, masked) in temp_key.iter_mut().zip(&number[..32]) {
        *key ^= masked;
    }
    let mut opened = Zeroizing::new(*number);
    let (_mask, sealed) = opened.split_at_mut(32);
    ige::decrypt_blocks(&temp_key, &[0; 32], sealed.as_chunks_mut().0);
    let (data_reversed, digest) = sealed.split_at(OBJECT_FIELD);
    let mut data = Zeroizing::new([0; OBJECT_FIELD]);
    data.copy_from_slice(data_reversed);
    data.reverse();
    let sound = hash::sha256(&[&*temp_key, &*data]).ct_eq(digest);
    (data, sound)
}

/// `00 || SHA1(object) || object || random`, for every length of object there is.
fn decode_legacy(number: &[u8; 256]) -> (&[u8], u64, Choice) {
    let field = &number[21..21 + OBJECT_FIELD];
    let (mut len, mut sound) = (0, Choice::from(0));
    for candidate in LEGACY_OBJECT_BYTES {
        let object = field.get(..candidate).unwrap_or_default();
        let matches = hash::sha1(&[object]).ct_eq(&number[1..21]);
        len.conditional_assign(&(candidate as u64), matches);
        sound |= matches;
    }
    (field, len, sound & number[0].ct_eq(&0))
}

/// Encrypts an object of up to 144 bytes under RSA_PAD, as every current client does.
pub fn rsa_pad_encrypt(object: &[u8], key: &PublicKey, rng: &mut dyn Rng) -> Result<[u8; 256], BadLength> {
    if object.len() > RSA_PAD_OBJECT_BYTES_MAX {
        return Err(BadLength);
    }
    let mut data = Zeroizing::new([0; OBJECT_FIELD]);
    fill(&mut *data, object, rng);
    let (mut temp_key, mut number) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 256]));
    loop {
        rng.fill(&mut *temp_key);
        rsa_pad(&mut number, &data, &temp_key);
        // A number that is not below the modulus is made again, with another temporary key.
        if let Ok(ciphertext) = key.encrypt_raw(&number) {
            return Ok(ciphertext);
        }
    }
}

/// Encrypts an object of one of [`LEGACY_OBJECT_BYTES`] under the old padding, as Telethon and Pyrogram do.
pub fn legacy_encrypt(object: &[u8], key: &PublicKey, rng: &mut dyn Rng) -> Result<[u8; 256], BadLength> {
    if !LEGACY_OBJECT_BYTES.contains(&object.len()) {
        return Err(BadLength);
    }
    let mut number = Zeroizing::new([0; 256]);
    let (head, field) = number.split_at_mut(21);
    let (_zero, digest) = head.split_at_mut(1);
    digest.copy_from_slice(&hash::sha1(&[object]));
    fill(field, object, rng);
    // The first byte is zero and the modulus has its top bit set, so the number is below it.
    key.encrypt_raw(&number).map_err(|_too_large| BadLength)
}

/// `object`, then random bytes up to the end of `field`, which is longer.
fn fill(field: &mut [u8], object: &[u8], rng: &mut dyn Rng) {
    let (start, rest) = field.split_at_mut(object.len());
    start.copy_from_slice(object);
    rng.fill(rest);
}

/// Makes the number of `data` and a temporary key; its parts are `mask(32) | sealed data(192) | sealed hash(32)`.
fn rsa_pad(number: &mut [u8; 256], data: &[u8; OBJECT_FIELD], temp_key: &[u8; 32]) {
    number[32..224].copy_from_slice(data);
    number[32..224].reverse();
    number[224..].copy_from_slice(&hash::sha256(&[temp_key, data]));
    ige::encrypt_blocks(temp_key, &[0; 32], number[32..].as_chunks_mut().0);
    let mask = Zeroizing::new(hash::sha256(&[&number[32..]]));
    for ((masked, mask), key) in number.iter_mut().zip(mask.iter()).zip(temp_key) {
        *masked = mask ^ key;
    }
}
