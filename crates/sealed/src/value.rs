//! A value around its ciphertext: header, nonce, AEAD. Source: docs/keys.md 4.2.

use crypto::aead::{Key, NONCE_BYTES, TAG_BYTES};

use crate::{AtRest, Few, Header, OpenError, Plaintext, RowKey};

/// Bytes of the longest header.
const HEADER_BYTES_MAX: usize = 12;

/// Seals a value for its row. The nonce is random: 96 bits, at most 2^20 values under one key.
pub(crate) fn seal(
    key: &[u8; 32],
    header: Header,
    row: &RowKey,
    plain: &[u8],
    rng: &mut dyn crypto::Rng,
) -> AtRest {
    let nonce = rng.array::<NONCE_BYTES>();
    // All that will ever be in it fits, so that no plaintext is left behind in a smaller buffer.
    let mut bytes = Vec::with_capacity(HEADER_BYTES_MAX + NONCE_BYTES + plain.len() + TAG_BYTES);
    header.write(&mut bytes);
    let aad = bound(&bytes, row);
    bytes.extend_from_slice(&nonce);
    let from = bytes.len();
    bytes.extend_from_slice(plain);
    Key::new(key).seal(&nonce, aad.as_slice(), &mut bytes, from);
    AtRest::sealed(bytes)
}

/// Opens a value whose header was read and has `header_bytes`.
pub(crate) fn open(
    key: &[u8; 32],
    header_bytes: usize,
    row: &RowKey,
    at_rest: &AtRest,
) -> Result<Plaintext, OpenError> {
    let (header, rest) = at_rest.as_bytes().split_at_checked(header_bytes).ok_or(OpenError::Forged)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError::Forged)?;
    let mut bytes = sealed.to_vec();
    // Where it does not open, no plaintext is left in the buffer.
    let plain = Key::new(key).open(nonce, bound(header, row).as_slice(), &mut bytes);
    let plain = plain.map_err(|_| OpenError::Forged)?.len();
    // What is cut off is the tag.
    bytes.truncate(plain);
    Ok(Plaintext::new(bytes))
}

/// What a value is bound to.
fn bound(header: &[u8], row: &RowKey) -> Few {
    let mut bound = Few::from(header);
    bound.extend_from_slice(row.binding());
    bound
}
