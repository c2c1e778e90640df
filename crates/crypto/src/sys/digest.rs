//! SHA-1, SHA-256 and SHA-512 over parts, with the state on the stack and erased. Source: `openssl/sha.h` of AWS-LC.
//!
//! The safe binding allocates its state: for the few dozen bytes of a key derivation that is a third of the time.

use std::mem::MaybeUninit;

use aws_lc_sys as c;

use super::must;

macro_rules! digest {
    ($name:ident, $len:literal, $context:ty, $init:path, $update:path, $finish:path) => {
        pub(crate) fn $name(parts: &[&[u8]]) -> [u8; $len] {
            let mut context = MaybeUninit::<$context>::uninit();
            let mut digest = [0; $len];
            // SAFETY: `init` writes the whole context before anything reads it; each `update` reads exactly its part;
            // `finish` writes the digest's length, which is that of `digest`; `cleanse` overwrites the context only,
            // and nothing reads it again.
            unsafe {
                must($init(context.as_mut_ptr()));
                for part in parts {
                    must($update(context.as_mut_ptr(), part.as_ptr().cast(), part.len()));
                }
                must($finish(digest.as_mut_ptr(), context.as_mut_ptr()));
                c::OPENSSL_cleanse(context.as_mut_ptr().cast(), size_of::<$context>());
            }
            digest
        }
    };
}

digest!(sha1, 20, c::SHA_CTX, c::SHA1_Init, c::SHA1_Update, c::SHA1_Final);
digest!(sha512, 64, c::SHA512_CTX, c::SHA512_Init, c::SHA512_Update, c::SHA512_Final);

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new();
    for part in parts {
        state.update(part);
    }
    state.finish()
}

/// SHA-256 under way, erased on drop.
#[derive(Clone)]
pub(crate) struct Sha256(c::SHA256_CTX);

impl Sha256 {
    pub(crate) fn new() -> Sha256 {
        let mut context = MaybeUninit::<c::SHA256_CTX>::zeroed();
        // SAFETY: `init` writes to the context only.
        must(unsafe { c::SHA256_Init(context.as_mut_ptr()) });
        // SAFETY: a context is numbers only, and those the call left alone are zero.
        Sha256(unsafe { context.assume_init() })
    }

    pub(crate) fn update(&mut self, part: &[u8]) {
        // SAFETY: reads exactly the part, and the context is initialised.
        must(unsafe { c::SHA256_Update(&mut self.0, part.as_ptr().cast(), part.len()) });
    }

    pub(crate) fn finish(mut self) -> [u8; 32] {
        let mut digest = [0; 32];
        // SAFETY: writes 32 bytes, since the context was made by `SHA256_Init`.
        must(unsafe { c::SHA256_Final(digest.as_mut_ptr(), &mut self.0) });
        digest
    }
}

impl Drop for Sha256 {
    fn drop(&mut self) {
        // SAFETY: overwrites the context with zeros, which are a value of it.
        unsafe { c::OPENSSL_cleanse((&raw mut self.0).cast(), size_of::<c::SHA256_CTX>()) }
    }
}
