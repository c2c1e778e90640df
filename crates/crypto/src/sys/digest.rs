//! SHA-1 and SHA-512 over parts, with the state on the stack and erased. Source: `openssl/sha.h` of AWS-LC.
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
