//! AES-256 key schedules, single blocks and the counter mode. Source: `openssl/aes.h` of AWS-LC.

use std::mem::MaybeUninit;

use aws_lc_sys as c;
use zeroize::Zeroize;

use super::must;

const BITS: std::ffi::c_uint = 256;

/// The expanded key for the forward cipher, erased on drop.
pub(crate) struct EncryptKey(c::AES_KEY);

/// The expanded key for the inverse cipher, erased on drop.
pub(crate) struct DecryptKey(c::AES_KEY);

impl EncryptKey {
    pub(crate) fn new(key: &[u8; 32]) -> EncryptKey {
        let mut schedule = MaybeUninit::uninit();
        // SAFETY: reads 256 bits of `key` and writes the whole schedule; fails only for another bit count.
        must((unsafe { c::AES_set_encrypt_key(key.as_ptr(), BITS, schedule.as_mut_ptr()) } == 0).into());
        // SAFETY: written by the call above, which succeeded.
        EncryptKey(unsafe { schedule.assume_init() })
    }

    /// One block, in place.
    pub(crate) fn block(&self, block: &mut [u8; 16]) {
        // SAFETY: reads and writes 16 bytes; equal input and output are allowed.
        unsafe { c::AES_encrypt(block.as_ptr(), block.as_mut_ptr(), &self.0) }
    }

    /// XORs `data` with the key stream of `counter`, beginning `used` bytes into the block `stream`.
    pub(crate) fn ctr(&self, data: &mut [u8], counter: &mut [u8; 16], stream: &mut [u8; 16], used: &mut u32) {
        // SAFETY: reads and writes `data` in place and the three pieces of state; `used` is below 16 in between calls,
        // as only this function writes it.
        unsafe {
            c::AES_ctr128_encrypt(
                data.as_ptr(),
                data.as_mut_ptr(),
                data.len(),
                &self.0,
                counter.as_mut_ptr(),
                stream.as_mut_ptr(),
                used,
            );
        }
    }
}

impl DecryptKey {
    pub(crate) fn new(key: &[u8; 32]) -> DecryptKey {
        let mut schedule = MaybeUninit::uninit();
        // SAFETY: reads 256 bits of `key` and writes the whole schedule; fails only for another bit count.
        must((unsafe { c::AES_set_decrypt_key(key.as_ptr(), BITS, schedule.as_mut_ptr()) } == 0).into());
        // SAFETY: written by the call above, which succeeded.
        DecryptKey(unsafe { schedule.assume_init() })
    }

    /// One block, in place.
    pub(crate) fn block(&self, block: &mut [u8; 16]) {
        // SAFETY: reads and writes 16 bytes; equal input and output are allowed.
        unsafe { c::AES_decrypt(block.as_ptr(), block.as_mut_ptr(), &self.0) }
    }
}

impl Drop for EncryptKey {
    fn drop(&mut self) {
        self.0.rd_key.zeroize();
    }
}

impl Drop for DecryptKey {
    fn drop(&mut self) {
        self.0.rd_key.zeroize();
    }
}
