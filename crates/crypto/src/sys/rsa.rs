//! RSA keys of 2048 bits with exponent 65537 and their raw operations. Source: `openssl/rsa.h` of AWS-LC.
//!
//! The private operation is blinded, uses the Chinese remainder theorem on constant-time exponentiations and checks
//! its result with the public exponent, so that a faulty processor gives nothing away.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use aws_lc_sys as c;
use zeroize::Zeroizing;

use super::{allocated, must};

const BITS: c_int = 2048;
const LEN: usize = 256;
const EXPONENT: c::BN_ULONG = 65_537;

/// One key, public or private, erased on drop.
pub(crate) struct Rsa(NonNull<c::RSA>);

/// `RSA_encrypt` and `RSA_decrypt`: key, length and place of the output and its room, input, padding.
type Operation =
    unsafe extern "C" fn(*mut c::RSA, *mut usize, *mut u8, usize, *const u8, usize, c_int) -> c_int;

// SAFETY: the key is not bound to a thread.
unsafe impl Send for Rsa {}
// SAFETY: the operations used here are documented as safe to call at once on one key: what they fill in later
// (Montgomery contexts, blinding factors) is behind locks of AWS-LC.
unsafe impl Sync for Rsa {}

impl Rsa {
    /// A new private key. AWS-LC draws the primes from its own generator, seeded by the operating system.
    pub(crate) fn generate() -> Rsa {
        // SAFETY: takes nothing; a null answer does not pass `allocated`.
        let key = Rsa(allocated(unsafe { c::RSA_new() }));
        // SAFETY: takes nothing; a null answer does not pass `allocated`.
        let exponent = allocated(unsafe { c::BN_new() });
        // SAFETY: all pointers are live; the key copies the exponent, which is freed once, last.
        unsafe {
            must(c::BN_set_word(exponent.as_ptr(), EXPONENT));
            must(c::RSA_generate_key_ex(key.0.as_ptr(), BITS, exponent.as_ptr(), ptr::null_mut()));
            c::BN_free(exponent.as_ptr());
        }
        key
    }

    /// A private key from PKCS#1 DER, if it is consistent, of 2048 bits and with the exponent 65537.
    pub(crate) fn from_private_der(der: &[u8]) -> Option<Rsa> {
        // SAFETY: reads `der.len()` bytes of `der`; the answer is null or ours.
        Rsa::parsed(unsafe { c::RSA_private_key_from_bytes(der.as_ptr(), der.len()) })
    }

    /// A public key from PKCS#1 DER, if it is of 2048 bits and with the exponent 65537.
    pub(crate) fn from_public_der(der: &[u8]) -> Option<Rsa> {
        // SAFETY: reads `der.len()` bytes of `der`; the answer is null or ours.
        Rsa::parsed(unsafe { c::RSA_public_key_from_bytes(der.as_ptr(), der.len()) })
    }

    /// The public half of a key, as a key of its own.
    pub(crate) fn public_half(&self) -> Rsa {
        // SAFETY: both numbers belong to the live key and are copied; a null answer does not pass `allocated`.
        Rsa(allocated(unsafe {
            c::RSA_new_public_key(c::RSA_get0_n(self.0.as_ptr()), c::RSA_get0_e(self.0.as_ptr()))
        }))
    }

    fn parsed(key: *mut c::RSA) -> Option<Rsa> {
        let Some(key) = NonNull::new(key) else {
            clear_errors();
            return None;
        };
        let key = Rsa(key);
        // SAFETY: the key is live; the two numbers belong to it and are only read.
        let fits = unsafe {
            c::BN_num_bits(c::RSA_get0_n(key.0.as_ptr())) == BITS.unsigned_abs()
                && c::BN_is_word(c::RSA_get0_e(key.0.as_ptr()), EXPONENT) == 1
        };
        fits.then_some(key)
    }

    /// The private key in PKCS#1 DER. Calling it on a public key is a fault of this crate and ends the process.
    pub(crate) fn private_der(&self) -> Zeroizing<Vec<u8>> {
        // SAFETY: the key is live.
        der(|bytes, len| unsafe { c::RSA_private_key_to_bytes(bytes, len, self.0.as_ptr()) })
    }

    /// The public half in PKCS#1 DER.
    pub(crate) fn public_der(&self) -> Zeroizing<Vec<u8>> {
        // SAFETY: the key is live.
        der(|bytes, len| unsafe { c::RSA_public_key_to_bytes(bytes, len, self.0.as_ptr()) })
    }

    /// The modulus, big-endian.
    pub(crate) fn modulus(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        // SAFETY: the modulus belongs to the live key and is read only; LEN bytes are written to `out`.
        must(unsafe { c::BN_bn2bin_padded(out.as_mut_ptr(), LEN, c::RSA_get0_n(self.0.as_ptr())) });
        out
    }

    /// `input^d mod n` into `out`; false, with nothing useful in `out`, if `input` is 0, 1, or not below `n - 1`.
    pub(crate) fn private_raw(&self, input: &[u8; LEN], out: &mut [u8; LEN]) -> bool {
        self.raw(c::RSA_decrypt, input, out)
    }

    /// `input^65537 mod n` into `out`; false, with nothing useful in `out`, if `input` is not below `n`.
    pub(crate) fn public_raw(&self, input: &[u8; LEN], out: &mut [u8; LEN]) -> bool {
        self.raw(c::RSA_encrypt, input, out)
    }

    fn raw(&self, operation: Operation, input: &[u8; LEN], out: &mut [u8; LEN]) -> bool {
        let (key, mut len) = (self.0.as_ptr(), 0);
        // SAFETY: `operation` is one of the two above: it reads LEN bytes of `input`, writes at most LEN to `out` and
        // their number to `len`; the key is live and its inner caches are locked by the C side.
        let answer = unsafe {
            operation(key, &mut len, out.as_mut_ptr(), LEN, input.as_ptr(), LEN, c::RSA_NO_PADDING)
        };
        if answer != 1 {
            clear_errors();
        }
        answer == 1
    }
}

impl Drop for Rsa {
    fn drop(&mut self) {
        // SAFETY: we are the only owner and the pointer is not used again; AWS-LC erases what it frees.
        unsafe { c::RSA_free(self.0.as_ptr()) }
    }
}

/// Copies what a C function allocates and writes, then gives it back to be erased.
fn der(write: impl FnOnce(*mut *mut u8, *mut usize) -> c_int) -> Zeroizing<Vec<u8>> {
    let (mut bytes, mut len) = (ptr::null_mut(), 0);
    must(write(&mut bytes, &mut len));
    // SAFETY: on success `bytes` points to `len` bytes that are ours until freed, which happens once, after the copy.
    unsafe {
        let copy = Zeroizing::new(std::slice::from_raw_parts(bytes, len).to_vec());
        c::OPENSSL_free(bytes.cast());
        copy
    }
}

/// Empties the thread's error queue, so that what one peer sends leaves no trace for the next.
fn clear_errors() {
    // SAFETY: touches only the queue of this thread.
    unsafe { c::ERR_clear_error() }
}
