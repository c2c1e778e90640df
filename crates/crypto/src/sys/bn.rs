//! Big numbers: exponentiation and multiplication modulo one odd number, in constant time.
//!
//! Numbers are read from 256-byte strings without trimming leading zeros, so their width says nothing about their
//! value. Source: `openssl/bn.h` of AWS-LC.

use std::ptr::NonNull;

use aws_lc_sys as c;

use super::{allocated, must};

/// The length of every number that crosses this module's border, in bytes.
const LEN: usize = 256;

/// One number, erased on drop.
pub(crate) struct Bn(NonNull<c::BIGNUM>);

// SAFETY: a BIGNUM is a plain buffer with one owner; AWS-LC keeps no thread-bound state for it.
unsafe impl Send for Bn {}
// SAFETY: through `&Bn` the C side is only given `*const BIGNUM`, which it only reads.
unsafe impl Sync for Bn {}

impl Bn {
    pub(crate) fn zero() -> Bn {
        // SAFETY: takes nothing; a null answer does not pass `allocated`.
        Bn(allocated(unsafe { c::BN_new() }))
    }

    pub(crate) fn from_be(bytes: &[u8; LEN]) -> Bn {
        let number = Bn::zero();
        // SAFETY: reads LEN bytes of `bytes`; writes the live number we own.
        allocated(unsafe { c::BN_bin2bn(bytes.as_ptr(), LEN, number.0.as_ptr()) });
        number
    }

    /// Overwrites the number with the little-endian `bytes`, in the buffer it has.
    pub(crate) fn set_le(&mut self, bytes: &[u8; LEN]) {
        // SAFETY: reads LEN bytes of `bytes`; writes the live number we own.
        allocated(unsafe { c::BN_le2bn(bytes.as_ptr(), LEN, self.0.as_ptr()) });
    }

    /// The number as big-endian bytes with leading zeros. It must be below 2^2048, as every residue here is.
    pub(crate) fn write_be(&self, out: &mut [u8; LEN]) {
        // SAFETY: writes exactly LEN bytes to `out`; fails without writing more if the number does not fit.
        must(unsafe { c::BN_bn2bin_padded(out.as_mut_ptr(), LEN, self.0.as_ptr()) });
    }

    /// The number shifted right by one bit.
    pub(crate) fn halved(&self) -> Bn {
        let half = Bn::zero();
        // SAFETY: both numbers are live and distinct.
        must(unsafe { c::BN_rshift1(half.0.as_ptr(), self.0.as_ptr()) });
        half
    }
}

impl Drop for Bn {
    fn drop(&mut self) {
        // SAFETY: we are the only owner and the pointer is not used again.
        unsafe { c::BN_clear_free(self.0.as_ptr()) }
    }
}

/// Scratch numbers for one calculation; AWS-LC erases what it frees.
struct Scratch(NonNull<c::BN_CTX>);

impl Scratch {
    fn new() -> Scratch {
        // SAFETY: takes nothing; a null answer does not pass `allocated`.
        Scratch(allocated(unsafe { c::BN_CTX_new() }))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: we are the only owner and the pointer is not used again.
        unsafe { c::BN_CTX_free(self.0.as_ptr()) }
    }
}

/// A public odd modulus of exactly 2048 bits with what Montgomery multiplication precomputes for it.
pub(crate) struct Modulus {
    n: Bn,
    montgomery: NonNull<c::BN_MONT_CTX>,
}

// SAFETY: the Montgomery context is written once, in `new`, and only read afterwards, by any thread.
unsafe impl Send for Modulus {}
// SAFETY: as above: no method writes through the pointer.
unsafe impl Sync for Modulus {}

impl Modulus {
    /// Precomputes for `bytes`, an odd number with its top bit set.
    pub(crate) fn new(bytes: &[u8; LEN]) -> Modulus {
        let n = Bn::from_be(bytes);
        let scratch = Scratch::new();
        // SAFETY: both pointers are live; the context copies the modulus and keeps no reference to it.
        let montgomery = unsafe { c::BN_MONT_CTX_new_for_modulus(n.0.as_ptr(), scratch.0.as_ptr()) };
        Modulus { n, montgomery: allocated(montgomery) }
    }

    /// `base^exponent`, constant time in both. `base` must be below the modulus.
    pub(crate) fn pow(&self, base: &Bn, exponent: &Bn) -> Bn {
        let (power, scratch) = (Bn::zero(), Scratch::new());
        // SAFETY: all pointers are live for the call; only `power` and `scratch` are written.
        must(unsafe {
            c::BN_mod_exp_mont_consttime(
                power.0.as_ptr(),
                base.0.as_ptr(),
                exponent.0.as_ptr(),
                self.n.0.as_ptr(),
                scratch.0.as_ptr(),
                self.montgomery.as_ptr(),
            )
        });
        power
    }

    /// Two powers at once, which processors with AVX-512-IFMA do in the time of one. Elsewhere AWS-LC does them in
    /// turn.
    pub(crate) fn pow_pair(
        &self,
        (base_1, exponent_1): (&Bn, &Bn),
        (base_2, exponent_2): (&Bn, &Bn),
    ) -> (Bn, Bn) {
        let (power_1, power_2, scratch) = (Bn::zero(), Bn::zero(), Scratch::new());
        // SAFETY: all pointers are live for the call; only the two powers and `scratch` are written. The vector path
        // reads 32 words of each base and exponent, and is taken only where AWS-LC finds exactly that width.
        must(unsafe {
            c::BN_mod_exp_mont_consttime_x2(
                power_1.0.as_ptr(),
                base_1.0.as_ptr(),
                exponent_1.0.as_ptr(),
                self.n.0.as_ptr(),
                self.montgomery.as_ptr(),
                power_2.0.as_ptr(),
                base_2.0.as_ptr(),
                exponent_2.0.as_ptr(),
                self.n.0.as_ptr(),
                self.montgomery.as_ptr(),
                scratch.0.as_ptr(),
            )
        });
        (power_1, power_2)
    }
}

/// A running product modulo one number, kept in Montgomery form, every step in constant time.
pub(crate) struct Product<'m> {
    modulus: &'m Modulus,
    value: Bn,
    factor: Bn,
    scratch: Scratch,
}

/// A residue in Montgomery form, little-endian: the form in which tables of factors are kept.
pub(crate) type Factor = [u8; LEN];

impl<'m> Product<'m> {
    /// Begins with a big-endian number below the modulus.
    pub(crate) fn from_be(modulus: &'m Modulus, bytes: &[u8; LEN]) -> Product<'m> {
        let (value, factor, scratch) = (Bn::from_be(bytes), Bn::zero(), Scratch::new());
        // SAFETY: all pointers are live; only `value` and `scratch` are written.
        must(unsafe {
            c::BN_to_montgomery(
                value.0.as_ptr(),
                value.0.as_ptr(),
                modulus.montgomery.as_ptr(),
                scratch.0.as_ptr(),
            )
        });
        Product { modulus, value, factor, scratch }
    }

    /// Begins with a factor.
    pub(crate) fn from_factor(modulus: &'m Modulus, factor: &Factor) -> Product<'m> {
        let mut value = Bn::zero();
        value.set_le(factor);
        Product { modulus, value, factor: Bn::zero(), scratch: Scratch::new() }
    }

    pub(crate) fn multiply(&mut self, factor: &Factor) {
        self.factor.set_le(factor);
        self.times(self.factor.0);
    }

    pub(crate) fn square(&mut self) {
        self.times(self.value.0);
    }

    fn times(&mut self, other: NonNull<c::BIGNUM>) {
        // SAFETY: all pointers are live, `other` being one of our own two numbers; the result may be an operand; only
        // `value` and `scratch` are written.
        must(unsafe {
            c::BN_mod_mul_montgomery(
                self.value.0.as_ptr(),
                self.value.0.as_ptr(),
                other.as_ptr(),
                self.modulus.montgomery.as_ptr(),
                self.scratch.0.as_ptr(),
            )
        });
    }

    /// The product so far, as a factor for other products.
    pub(crate) fn factor(&self) -> Factor {
        let mut out = [0; LEN];
        // SAFETY: writes exactly LEN bytes to `out`; fails without writing more if the number does not fit.
        must(unsafe { c::BN_bn2le_padded(out.as_mut_ptr(), LEN, self.value.0.as_ptr()) });
        out
    }

    /// The product as a plain number.
    pub(crate) fn finish(self) -> Bn {
        // SAFETY: all pointers are live; only `value` and `scratch` are written.
        must(unsafe {
            c::BN_from_montgomery(
                self.value.0.as_ptr(),
                self.value.0.as_ptr(),
                self.modulus.montgomery.as_ptr(),
                self.scratch.0.as_ptr(),
            )
        });
        self.value
    }
}

impl Drop for Modulus {
    fn drop(&mut self) {
        // SAFETY: we are the only owner and the pointer is not used again.
        unsafe { c::BN_MONT_CTX_free(self.montgomery.as_ptr()) }
    }
}

/// Whether a public number passes `rounds` rounds of Miller and Rabin with random bases.
pub(crate) fn is_prime(number: &Bn, rounds: u16) -> bool {
    let (mut answer, scratch) = (0, Scratch::new());
    // SAFETY: all pointers are live; `answer` is written; no callback is given.
    must(unsafe {
        c::BN_primality_test(
            &mut answer,
            number.0.as_ptr(),
            rounds.into(),
            scratch.0.as_ptr(),
            1,
            std::ptr::null_mut(),
        )
    });
    answer == 1
}
