//! A secret of 32 bytes shared over up to 15 places, any k of which give it back and k-1 of which tell nothing:
//! Shamir's scheme, byte by byte over GF(2^8) with the polynomial x^8+x^4+x^3+x+1 (docs/keys.md 3).
//!
//! Share v is the value at x = v of a random polynomial of degree k-1 whose value at 0 is the secret. Its coefficients
//! are uniform, zero included. There are no tables and no branches on secrets: eight bytes at a time are multiplied in
//! the halves of a word, by numbers that are public (the places).

use zeroize::{Zeroize, Zeroizing};

use crate::Rng;

/// Places at most.
pub const PLACES_MAX: u8 = 15;

/// What one place keeps. Erased on drop.
#[derive(Clone)]
pub struct Share {
    /// The place, 1 to 15.
    pub at: u8,
    /// The value there.
    pub bytes: Zeroizing<[u8; 32]>,
}

/// Not 1 <= k <= n <= 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadThreshold;

/// The shares given can be no shares of one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// There is none.
    NoShares,
    /// A place is 0 or above 15.
    NoSuchPlace,
    /// Two are of the same place.
    SamePlace,
}

/// Shares `secret` so that any `k` of the `n` shares, at places 1 to `n` in order, give it back.
pub fn split(secret: &[u8; 32], k: u8, n: u8, rng: &mut dyn Rng) -> Result<Vec<Share>, BadThreshold> {
    if k == 0 || k > n || n > PLACES_MAX {
        return Err(BadThreshold);
    }
    let mut coefficients: Vec<Lanes> = Vec::with_capacity(usize::from(k));
    coefficients.push(Lanes::read(secret));
    for _ in 1..k {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill(&mut *bytes);
        coefficients.push(Lanes::read(&bytes));
    }
    let at = |place: u8| {
        let mut sum = Lanes([0; 4]);
        for coefficient in coefficients.iter().rev() {
            sum = sum.times(place);
            sum.add(coefficient);
        }
        Share { at: place, bytes: sum.write() }
    };
    Ok((1..=n).map(at).collect())
}

/// The secret of which these are shares, if they are k or more and every one is right. What they are is not looked at:
/// fewer than k, or a wrong one, give other bytes, so callers compare with a commitment.
pub fn join(shares: &[Share]) -> Result<Zeroizing<[u8; 32]>, JoinError> {
    if shares.is_empty() {
        return Err(JoinError::NoShares);
    }
    let mut secret = Lanes([0; 4]);
    for (index, share) in shares.iter().enumerate() {
        if share.at == 0 || share.at > PLACES_MAX {
            return Err(JoinError::NoSuchPlace);
        }
        let mut weight = 1;
        for (other_index, other) in shares.iter().enumerate() {
            if index == other_index {
                continue;
            }
            if share.at == other.at {
                return Err(JoinError::SamePlace);
            }
            // Lagrange at 0: the product of x / (x - own x); minus is plus here.
            weight = times(weight, times(other.at, inverse(other.at ^ share.at)));
        }
        secret.add(&Lanes::read(&share.bytes).times(weight));
    }
    Ok(secret.write())
}

/// 32 bytes as four words, each byte an element of the field. Erased on drop.
struct Lanes([u64; 4]);

impl Lanes {
    fn read(bytes: &[u8; 32]) -> Lanes {
        let (words, _) = bytes.as_chunks::<8>();
        let mut lanes = Lanes([0; 4]);
        lanes.0.iter_mut().zip(words).for_each(|(lane, word)| *lane = u64::from_le_bytes(*word));
        lanes
    }

    fn write(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        let (words, _) = bytes.as_chunks_mut::<8>();
        words.iter_mut().zip(&self.0).for_each(|(word, lane)| *word = lane.to_le_bytes());
        bytes
    }

    fn add(&mut self, other: &Lanes) {
        self.0.iter_mut().zip(&other.0).for_each(|(lane, other)| *lane ^= other);
    }

    /// Every byte times one factor.
    fn times(&self, factor: u8) -> Lanes {
        let mut product = Lanes([0; 4]);
        for (product, lane) in product.0.iter_mut().zip(&self.0) {
            let mut power = *lane;
            for bit in 0..8 {
                *product ^= power & u64::from((factor >> bit) & 1).wrapping_neg();
                let carries = (power >> 7) & 0x0101_0101_0101_0101;
                power = ((power & 0x7f7f_7f7f_7f7f_7f7f) << 1) ^ (carries * 0x1b);
            }
        }
        product
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The product of two public numbers.
fn times(a: u8, b: u8) -> u8 {
    let mut product = 0;
    let mut power = a;
    for bit in 0..8 {
        product ^= power & ((b >> bit) & 1).wrapping_neg();
        power = (power << 1) ^ ((power >> 7) * 0x1b);
    }
    product
}

/// What a public number has to be multiplied with to give 1: its 254th power.
fn inverse(a: u8) -> u8 {
    let mut result = 1;
    let mut square = a;
    for _ in 0..7 {
        square = times(square, square);
        result = times(result, square);
    }
    result
}
