//! The proof of work of a handshake: the server multiplies two primes, the client finds them.
//!
//! The primes have 31 bits like those of the official servers, so that they fit the signed and 4-byte fields of every
//! client; the product always has 8 bytes. None of it is a secret. Source: docs `mtproto/auth_key#proof-of-work`.

use crate::Rng;

/// Two primes with `p < q`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pq {
    /// The smaller prime.
    pub p: u32,
    /// The larger prime.
    pub q: u32,
}

const LOWEST: u32 = 1 << 30;
const HIGHEST: u32 = (1 << 31) - 1;

impl Pq {
    /// Draws two primes between 2^30 and 2^31.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Pq {
        let first = prime_from(rng.u32());
        loop {
            let second = prime_from(rng.u32());
            if first != second {
                return Pq { p: first.min(second), q: first.max(second) };
            }
        }
    }

    /// `p * q`: between 2^60 and 2^62.
    #[must_use]
    pub fn product(self) -> u64 {
        u64::from(self.p) * u64::from(self.q)
    }
}

/// The first prime at or after a random odd number between 2^30 and 2^31, going round at the end. Primes after long
/// gaps come a little more often, which is of no use to anyone.
fn prime_from(random: u32) -> u32 {
    let mut candidate = (random >> 1) | LOWEST | 1;
    while !is_prime(candidate) {
        candidate = if candidate >= HIGHEST { LOWEST + 1 } else { candidate + 2 };
    }
    candidate
}

/// Whether an odd number of 3 or more is prime: Miller and Rabin with the bases 2, 7 and 61, exact below 4,759,123,141
/// (G. Jaeschke, 1993).
fn is_prime(number: u32) -> bool {
    let number = u64::from(number);
    let (odd, twos) = ((number - 1) >> (number - 1).trailing_zeros(), (number - 1).trailing_zeros());
    [2, 7, 61].into_iter().filter(|base| base % number != 0).all(|base| {
        let mut power = pow(base, odd, number);
        power == 1
            || (0..twos).any(|_| {
                let hit = power == number - 1;
                power = power * power % number;
                hit
            })
    })
}

/// Finds the factors of a product of two different odd primes below 2^32, as a client must. `None` if `product` is
/// none, or after far more steps than such a product needs, since it comes from the other side.
#[must_use]
pub fn factor(product: u64) -> Option<Pq> {
    if product < 4 || product.is_multiple_of(2) {
        return None;
    }
    let factor = (1..=POLYNOMIALS).find_map(|constant| rho(product, constant))?;
    let (p, q) = (factor.min(product / factor), factor.max(product / factor));
    let pq = Pq { p: u32::try_from(p).ok()?, q: u32::try_from(q).ok()? };
    (pq.p < pq.q && is_prime(pq.p) && is_prime(pq.q)).then_some(pq)
}

/// How many polynomials are tried before giving up.
const POLYNOMIALS: u64 = 8;
/// How many steps each is followed, some 8 times what a factor near 2^32 takes on average.
const STEPS: u32 = 1 << 19;
/// How many differences are multiplied before one common divisor is taken.
const BATCH: u32 = 128;

/// A proper factor by Pollard's method in Brent's form, with `x -> x^2 / 2^64 + constant`: in numbers that are all divided by
/// 2^64 that is a square and a constant, as it should be, and no long division is needed.
fn rho(product: u64, constant: u64) -> Option<u64> {
    let modulus = Montgomery::new(product);
    let step = |x| {
        let square = modulus.mul(x, x);
        if square >= product - constant { square - (product - constant) } else { square + constant }
    };
    let mut fast = 2;
    let (mut steps, mut round) = (0, 1);
    while steps < STEPS {
        let slow = fast;
        let mut left = round;
        while left > 0 {
            let batch = left.min(BATCH);
            let (start, mut differences) = (fast, 1);
            for _ in 0..batch {
                fast = step(fast);
                differences = modulus.mul(differences, slow.abs_diff(fast));
            }
            if gcd(differences, product) != 1 {
                return first_divisor(product, slow, start, batch, step);
            }
            left -= batch;
            steps += batch;
        }
        round *= 2;
    }
    None
}

/// Goes through a batch again, difference by difference.
fn first_divisor(product: u64, slow: u64, start: u64, batch: u32, step: impl Fn(u64) -> u64) -> Option<u64> {
    let mut fast = start;
    for _ in 0..batch {
        fast = step(fast);
        let divisor = gcd(slow.abs_diff(fast), product);
        if divisor != 1 {
            return (divisor != product).then_some(divisor);
        }
    }
    None
}

/// Products modulo an odd number, each divided by 2^64 (P. Montgomery, 1985).
struct Montgomery {
    modulus: u64,
    /// Times `modulus` it is 1 modulo 2^64.
    inverse: u64,
}

impl Montgomery {
    fn new(modulus: u64) -> Montgomery {
        // Every odd number is its own inverse modulo 8, and each round doubles the bits that are right.
        let inverse = (0..5).fold(modulus, |inverse, _| {
            inverse.wrapping_mul(2_u64.wrapping_sub(modulus.wrapping_mul(inverse)))
        });
        Montgomery { modulus, inverse }
    }

    /// Below the modulus if one of the two is.
    fn mul(&self, a: u64, b: u64) -> u64 {
        let (low, high) = a.carrying_mul(b, 0);
        let (_, taken) = low.wrapping_mul(self.inverse).carrying_mul(self.modulus, 0);
        let (difference, borrows) = high.overflowing_sub(taken);
        if borrows { difference.wrapping_add(self.modulus) } else { difference }
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The modulus is below 2^32, so that products fit.
fn pow(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let mut power = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = power * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    power
}
