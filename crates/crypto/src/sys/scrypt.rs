//! scrypt. Source: RFC 7914; `openssl/evp.h` of AWS-LC.

use aws_lc_sys as c;
use zeroize::Zeroizing;

use super::must;

/// The block size that everybody uses, in units of 128 bytes, and the number of them side by side.
const R: u64 = 8;
const P: u64 = 1;
/// Bytes of a block of that size.
const BLOCK_BYTES: usize = 1024;

/// 32 bytes from a passphrase, with 2^`log_n` blocks of 1 KiB in memory.
pub(crate) fn scrypt(passphrase: &[u8], salt: &[u8; 16], log_n: u32) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // The blocks, and room for what it keeps beside them.
    let memory = BLOCK_BYTES * ((1 << log_n) + 64);
    // SAFETY: reads the passphrase and the 16 bytes of salt, writes 32 bytes.
    must(unsafe {
        c::EVP_PBE_scrypt(
            passphrase.as_ptr().cast(),
            passphrase.len(),
            salt.as_ptr(),
            salt.len(),
            1 << log_n,
            R,
            P,
            memory,
            key.as_mut_ptr(),
            key.len(),
        )
    });
    key
}
