//! AES-256 key schedules, single blocks and the counter mode. Source: `openssl/aes.h` of AWS-LC.

use std::ffi::{c_int, c_uint};
use std::mem::MaybeUninit;

use aws_lc_sys as c;

use super::must;

/// The expanded key for the forward cipher, erased on drop.
pub(crate) struct EncryptKey(c::AES_KEY);

/// The expanded key for the inverse cipher, erased on drop.
pub(crate) struct DecryptKey(c::AES_KEY);

impl EncryptKey {
    pub(crate) fn new(key: &[u8; 32]) -> EncryptKey {
        EncryptKey(expanded(key, c::AES_set_encrypt_key))
    }

    /// One block, in place.
    pub(crate) fn block(&self, block: &mut [u8; 16]) {
        // SAFETY: reads and writes 16 bytes; equal input and output are allowed.
        unsafe { c::AES_encrypt(block.as_ptr(), block.as_mut_ptr(), &self.0) }
    }

    /// XORs `data` with the key stream: first what is left of the block `stream` after its first `used` bytes, then the
    /// blocks of `counter` and its successors. `used` must be below 16, and is so again afterwards.
    pub(crate) fn ctr(&self, data: &mut [u8], counter: &mut [u8; 16], stream: &mut [u8; 16], used: &mut u8) {
        let mut position = c_uint::from(*used % 16);
        // SAFETY: reads and writes `data` in place, which is allowed, and the 16 bytes of `counter` and of `stream`,
        // the latter from `position`, which is below 16.
        unsafe {
            c::AES_ctr128_encrypt(
                data.as_ptr(),
                data.as_mut_ptr(),
                data.len(),
                &self.0,
                counter.as_mut_ptr(),
                stream.as_mut_ptr(),
                &mut position,
            );
        }
        [*used, ..] = position.to_le_bytes();
    }
}

impl DecryptKey {
    pub(crate) fn new(key: &[u8; 32]) -> DecryptKey {
        DecryptKey(expanded(key, c::AES_set_decrypt_key))
    }

    /// One block, in place.
    pub(crate) fn block(&self, block: &mut [u8; 16]) {
        // SAFETY: reads and writes 16 bytes; equal input and output are allowed.
        unsafe { c::AES_decrypt(block.as_ptr(), block.as_mut_ptr(), &self.0) }
    }
}

impl Drop for EncryptKey {
    fn drop(&mut self) {
        erase(&mut self.0);
    }
}

impl Drop for DecryptKey {
    fn drop(&mut self) {
        erase(&mut self.0);
    }
}

fn expanded(
    key: &[u8; 32],
    expand: unsafe extern "C" fn(*const u8, c_uint, *mut c::AES_KEY) -> c_int,
) -> c::AES_KEY {
    let mut schedule = MaybeUninit::<c::AES_KEY>::zeroed();
    // SAFETY: `expand` is one of the two functions named above: it reads 256 bits of `key` and writes a schedule. It
    // answers 0, since it fails only for another number of bits.
    must(1 + unsafe { expand(key.as_ptr(), 256, schedule.as_mut_ptr()) });
    // SAFETY: a schedule is numbers only, and those the call left alone are zero.
    unsafe { schedule.assume_init() }
}

fn erase(schedule: &mut c::AES_KEY) {
    // SAFETY: overwrites the schedule with zeros, which are a value of it.
    unsafe { c::OPENSSL_cleanse((schedule as *mut c::AES_KEY).cast(), size_of::<c::AES_KEY>()) }
}
