//! The calls into AWS-LC, the AES instructions, the memory that long-lived keys are kept in, and the calls about heap and threads.
//!
//! Each type owns its C object and erases it on drop. Where a function has no failure of its own, the C side can fail,
//! with the inputs the types admit, only for want of memory, which ends the process as it does everywhere in Rust.

mod aes;
#[cfg(target_arch = "x86_64")]
mod aesni;
mod arena;
mod bn;
mod digest;
mod ed25519;
mod gcm;
mod heap;
#[cfg_attr(miri, path = "pages_of_miri.rs")]
mod pages;
mod rsa;
mod sched;
mod scrypt;
mod sha256;

pub(crate) use aes::{DecryptKey, EncryptKey};
#[cfg(target_arch = "x86_64")]
pub(crate) use aesni::AesNi;
pub use arena::{Arena, Full, Slot};
pub(crate) use bn::{Bn, Factor, Modulus, Product, is_prime};
pub(crate) use digest::{sha1, sha512};
pub(crate) use ed25519::{ed25519_expand, ed25519_sign, ed25519_verify};
pub(crate) use gcm::Gcm;
pub use heap::Erasing;
pub(crate) use heap::limit_arenas;
pub(crate) use rsa::Rsa;
pub(crate) use sched::schedule;
pub(crate) use scrypt::scrypt;
pub(crate) use sha256::{Sha256, State, last_block, sha256, sha256_keyed};

use std::alloc::{Layout, handle_alloc_error};
use std::ptr::NonNull;

/// The end of the process when the C side has no memory left; the size named is that of a 2048-bit number.
pub(crate) fn out_of_memory() -> ! {
    handle_alloc_error(Layout::new::<[u8; 256]>())
}

/// The pointer of a C constructor, which is null only for want of memory.
fn allocated<T>(pointer: *mut T) -> NonNull<T> {
    NonNull::new(pointer).unwrap_or_else(|| out_of_memory())
}

/// The answer of a C function that can fail only for want of memory: 1 or no return.
fn must(answer: std::ffi::c_int) {
    if answer != 1 {
        out_of_memory();
    }
}
