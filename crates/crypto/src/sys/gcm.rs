//! AES-256-GCM with its state on the stack. Source: `openssl/aead.h` of AWS-LC.
//!
//! The safe binding allocates its state and takes longer for a key than for the few hundred bytes sealed under it.

use std::mem::MaybeUninit;
use std::ptr;

use aws_lc_sys as c;

use super::must;

/// An expanded key with its hash tables. Erased on drop.
pub(crate) struct Gcm(c::EVP_AEAD_CTX);

// SAFETY: the context is plain numbers and a pointer to the immutable static that describes the cipher; it owns no
// memory, and sealing and opening only read it.
unsafe impl Send for Gcm {}
// SAFETY: as above.
unsafe impl Sync for Gcm {}

impl Gcm {
    pub(crate) fn new(key: &[u8; 32]) -> Gcm {
        let mut context = MaybeUninit::<c::EVP_AEAD_CTX>::zeroed();
        // SAFETY: reads the 32 bytes of `key`, writes the context; the engine may be null. It fails only for another
        // length of key or tag.
        must(unsafe {
            c::EVP_AEAD_CTX_init(
                context.as_mut_ptr(),
                c::EVP_aead_aes_256_gcm(),
                key.as_ptr().cast(),
                key.len(),
                16,
                ptr::null_mut(),
            )
        });
        // SAFETY: zero bytes are a value of the context, and so is what `init` made of it. The context holds no
        // pointer into itself, so it may move.
        Gcm(unsafe { context.assume_init() })
    }

    /// Encrypts in place. It could fail only for more than 64 GiB, which is taken as want of memory.
    pub(crate) fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> [u8; 16] {
        let (mut tag, mut tag_len) = ([0; 16], 0);
        // SAFETY: input and output are the same bytes, which is allowed; there is no extra input; the tag has room
        // for the 16 bytes that the context was made for.
        must(unsafe {
            c::EVP_AEAD_CTX_seal_scatter(
                &self.0,
                data.as_mut_ptr(),
                tag.as_mut_ptr(),
                &mut tag_len,
                tag.len(),
                nonce.as_ptr(),
                nonce.len(),
                data.as_ptr(),
                data.len(),
                ptr::null(),
                0,
                aad.as_ptr(),
                aad.len(),
            )
        });
        tag
    }

    /// Decrypts in place; `false` if the tag does not fit, and then AWS-LC has filled `data` with zeros.
    pub(crate) fn open(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> bool {
        // SAFETY: input and output are the same bytes, which is allowed; all lengths are those of the slices.
        let answer = unsafe {
            c::EVP_AEAD_CTX_open_gather(
                &self.0,
                data.as_mut_ptr(),
                nonce.as_ptr(),
                nonce.len(),
                data.as_ptr(),
                data.len(),
                tag.as_ptr(),
                tag.len(),
                aad.as_ptr(),
                aad.len(),
            )
        };
        if answer != 1 {
            // SAFETY: drops what the refusal left in the thread's queue of errors.
            unsafe { c::ERR_clear_error() }
        }
        answer == 1
    }
}

impl Drop for Gcm {
    fn drop(&mut self) {
        // SAFETY: `cleanup` releases nothing but what `init` took, which is nothing for this cipher; then the context is
        // overwritten and not read again.
        unsafe {
            c::EVP_AEAD_CTX_cleanup(&mut self.0);
            c::OPENSSL_cleanse((&raw mut self.0).cast(), size_of::<c::EVP_AEAD_CTX>());
        }
    }
}
