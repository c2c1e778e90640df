//! `p_q_inner_data`: what the client encrypted for the server's RSA key.
//!
//! Whoever could learn *which* check refuses a ciphertext would have a decryption oracle (T4). So nothing here branches
//! on what was decrypted: the object is read in one shape whatever its bytes are, all checks are added up in one mask,
//! and the mask decides once, at the end. Source: docs, mtproto/auth_key, step 4.

use crypto::Choice;
use crypto::padding::Decoded;
use ids::limits::TEMP_KEY_LIFE_S_MAX;
use zeroize::Zeroizing;

use super::pq_sent::PqSent;
use crate::handshake::KeyKind;

/// An object without `dc`, and one with; each also for temporary keys.
const INNER: u32 = 0x83c9_5aec;
const INNER_DC: u32 = 0xa9f5_5f95;
const INNER_TEMP: u32 = 0x3c6a_84d4;
const INNER_TEMP_DC: u32 = 0x56fd_df88;

/// What the object says, once all of it is right but perhaps the DC.
pub(super) struct Inner {
    pub(super) new_nonce: Box<Zeroizing<[u8; 32]>>,
    pub(super) kind: KeyKind,
    /// 0 where the constructor has none.
    pub(super) dc: i32,
}

/// Judges a decrypted number against the run it came for.
pub(super) fn judge(decoded: &Decoded, run: &PqSent) -> Option<Inner> {
    let object = Object::read(decoded.data());
    let valid = object.sound
        & decoded.accepts(object.len)
        & choice(object.pq == run.pq.product())
        & choice(object.p == u64::from(run.pq.p))
        & choice(object.q == u64::from(run.pq.q))
        & choice(crypto::ct_eq(&object.nonce, &run.nonces.client))
        & choice(crypto::ct_eq(&object.server_nonce, &run.nonces.server))
        & choice(object.expires_in_s > 0);
    if !bool::from(valid) {
        return None;
    }
    let kind = if bool::from(object.is_temporary) {
        let clamped = i64::from(object.expires_in_s).min(TEMP_KEY_LIFE_S_MAX);
        KeyKind::Temporary { expires_in_s: u32::try_from(clamped).ok()? }
    } else {
        KeyKind::Permanent
    };
    Some(Inner { new_nonce: object.new_nonce, kind, dc: object.dc })
}

fn choice(holds: bool) -> Choice {
    Choice::from(u8::from(holds))
}

/// All ones if the choice is made.
fn mask(choice: Choice) -> u64 {
    u64::from(choice.unwrap_u8()).wrapping_neg()
}

/// The fields of an object, or of garbage read as one.
struct Object {
    /// Whether this is an object at all: a known constructor, numbers of possible lengths.
    sound: Choice,
    is_temporary: Choice,
    pq: u64,
    p: u64,
    q: u64,
    nonce: [u8; 16],
    server_nonce: [u8; 16],
    new_nonce: Box<Zeroizing<[u8; 32]>>,
    /// 0 if the constructor has none.
    dc: i32,
    /// 1 if the constructor has none.
    expires_in_s: i32,
    len: usize,
}

impl Object {
    fn read(data: &[u8; 192]) -> Self {
        let mut cursor = Cursor { data, at: 0, sound: Choice::from(1) };
        let id = u32::from_le_bytes(cursor.array());
        let has_dc = choice(id == INNER_DC) | choice(id == INNER_TEMP_DC);
        let is_temporary = choice(id == INNER_TEMP) | choice(id == INNER_TEMP_DC);
        let (pq, p, q) = (cursor.number(), cursor.number(), cursor.number());
        let (nonce, server_nonce) = (cursor.array(), cursor.array());
        let mut new_nonce = Box::new(Zeroizing::new([0; 32]));
        cursor.fill(new_nonce.as_mut_slice());
        let dc = cursor.optional_int(has_dc, 0);
        let expires_in_s = cursor.optional_int(is_temporary, 1);
        let sound = cursor.sound & (choice(id == INNER) | has_dc | is_temporary);
        let len = cursor.at;
        Self { sound, is_temporary, pq, p, q, nonce, server_nonce, new_nonce, dc, expires_in_s, len }
    }
}

/// Reads forward without ever failing: three numbers of at most 16 bytes, 68 bytes of nonces and id and two ints end far
/// before the data does.
struct Cursor<'a> {
    data: &'a [u8; 192],
    at: usize,
    sound: Choice,
}

impl Cursor<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.data.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn fill(&mut self, field: &mut [u8]) {
        for (i, byte) in field.iter_mut().enumerate() {
            *byte = self.byte(i);
        }
        self.at += field.len();
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        self.fill(&mut field);
        field
    }

    /// A TL string of up to 15 bytes as a big-endian number, with or without zeros in front. A longer one is read as if
    /// it were shorter and is not sound, nor is one whose number takes more than 64 bits.
    fn number(&mut self) -> u64 {
        let length = usize::from(self.byte(0) & 15);
        let mut number = 0_u64;
        let mut lost = 0;
        for i in 0..15 {
            let inside = mask(choice(i < length));
            lost |= (number >> 56) & inside;
            let longer = number << 8 | u64::from(self.byte(1 + i));
            number = (longer & inside) | (number & !inside);
        }
        self.sound &= choice(self.byte(0) < 16) & choice(lost == 0);
        // The length byte and the content, up to a whole word.
        self.at += (length + 4) & !3;
        number
    }

    fn optional_int(&mut self, present: Choice, absent: i32) -> i32 {
        let here = u64::from(u32::from_le_bytes([self.byte(0), self.byte(1), self.byte(2), self.byte(3)]));
        let mask = mask(present);
        let chosen = (here & mask) | (u64::from(absent.cast_unsigned()) & !mask);
        self.at += usize::from(present.unwrap_u8()) * 4;
        u32::try_from(chosen).unwrap_or(0).cast_signed()
    }
}

#[cfg(test)]
#[path = "inner_tests.rs"]
mod tests;
