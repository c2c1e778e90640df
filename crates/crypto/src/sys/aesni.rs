//! AES-256-IGE with the AES instructions of x86-64.
//!
//! Each block waits for the one before it, so what counts is the way of one block through the rounds, and keeping
//! schedule and chain in registers makes that as short as it gets: twice as fast as calls to single blocks for a
//! message of 100 bytes. Several messages at once could share the instructions' latency; this is where that would go.

use std::arch::x86_64::{
    __m128i, _mm_aesdec_si128, _mm_aesdeclast_si128, _mm_aesenc_si128, _mm_aesenclast_si128,
    _mm_aesimc_si128, _mm_aeskeygenassist_si128, _mm_loadu_si128, _mm_set1_epi32, _mm_setzero_si128,
    _mm_shuffle_epi32, _mm_slli_si128, _mm_storeu_si128, _mm_xor_si128,
};

use aws_lc_sys as c;

/// Proof that the processor has the AES instructions.
#[derive(Clone, Copy)]
pub(crate) struct AesNi(());

impl AesNi {
    pub(crate) fn detect() -> Option<AesNi> {
        is_x86_feature_detected!("aes").then_some(AesNi(()))
    }

    /// Encrypts in place; the vector is `c[-1] || p[-1]`.
    pub(crate) fn ige_encrypt(self, key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
        // SAFETY: `self` exists only where `detect` found the instructions.
        unsafe { encrypt(key, iv, blocks) }
    }

    /// Decrypts in place; the vector is `c[-1] || p[-1]`.
    pub(crate) fn ige_decrypt(self, key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
        // SAFETY: `self` exists only where `detect` found the instructions.
        unsafe { decrypt(key, iv, blocks) }
    }
}

#[target_feature(enable = "aes")]
fn encrypt(key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
    let Schedule([first, rounds @ .., last]) = &Schedule::forward(key);
    let [mut cipher, mut plain] = halves(iv);
    for block in blocks {
        let this_plain = load(block);
        // The chain is XORed into round keys and plain text, off the path from one block to the next.
        let mut state = _mm_xor_si128(_mm_xor_si128(this_plain, *first), cipher);
        for round in rounds {
            state = _mm_aesenc_si128(state, *round);
        }
        cipher = _mm_aesenclast_si128(state, _mm_xor_si128(*last, plain));
        plain = this_plain;
        store(block, cipher);
    }
}

#[target_feature(enable = "aes")]
fn decrypt(key: &[u8; 32], iv: &[u8; 32], blocks: &mut [[u8; 16]]) {
    let Schedule([first, rounds @ .., last]) = &Schedule::inverse(key);
    let [mut cipher, mut plain] = halves(iv);
    for block in blocks {
        let this_cipher = load(block);
        let mut state = _mm_xor_si128(_mm_xor_si128(this_cipher, *first), plain);
        for round in rounds {
            state = _mm_aesdec_si128(state, *round);
        }
        plain = _mm_aesdeclast_si128(state, _mm_xor_si128(*last, cipher));
        cipher = this_cipher;
        store(block, plain);
    }
}

/// The fifteen round keys, in the order of use; erased on drop.
struct Schedule([__m128i; 15]);

impl Schedule {
    /// The key expansion of FIPS 197, two round keys at a time.
    #[target_feature(enable = "aes")]
    fn forward(key: &[u8; 32]) -> Schedule {
        let mut schedule = Schedule([_mm_setzero_si128(); 15]);
        let [mut even, mut odd] = halves(key);
        let (pairs, last) = schedule.0.as_chunks_mut::<2>();
        for (number, pair) in pairs.iter_mut().enumerate() {
            *pair = [even, odd];
            let word = _mm_shuffle_epi32::<0xff>(_mm_aeskeygenassist_si128::<0>(odd));
            even = _mm_xor_si128(running_xor(even), _mm_xor_si128(word, _mm_set1_epi32(1 << number)));
            let word = _mm_shuffle_epi32::<0xaa>(_mm_aeskeygenassist_si128::<0>(even));
            odd = _mm_xor_si128(running_xor(odd), word);
        }
        last.fill(even);
        schedule
    }

    /// The same keys backwards, those in the middle transformed for the equivalent inverse cipher.
    #[target_feature(enable = "aes")]
    fn inverse(key: &[u8; 32]) -> Schedule {
        let mut schedule = Schedule::forward(key);
        schedule.0.reverse();
        for round in &mut schedule.0[1..14] {
            *round = _mm_aesimc_si128(*round);
        }
        schedule
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        // SAFETY: overwrites the round keys with zeros, which are values of them.
        unsafe { c::OPENSSL_cleanse(self.0.as_mut_ptr().cast(), size_of_val(&self.0)) }
    }
}

/// Each of the four words XORed with all words below it.
#[target_feature(enable = "sse2")]
fn running_xor(words: __m128i) -> __m128i {
    let words = _mm_xor_si128(words, _mm_slli_si128::<4>(words));
    _mm_xor_si128(words, _mm_slli_si128::<8>(words))
}

fn halves(bytes: &[u8; 32]) -> [__m128i; 2] {
    // SAFETY: reads bytes 0 to 16 and 16 to 32 of 32; SSE2 is part of x86-64.
    unsafe { [_mm_loadu_si128(bytes.as_ptr().cast()), _mm_loadu_si128(bytes.as_ptr().add(16).cast())] }
}

fn load(block: &[u8; 16]) -> __m128i {
    // SAFETY: reads the 16 bytes of `block`, at any alignment; SSE2 is part of x86-64.
    unsafe { _mm_loadu_si128(block.as_ptr().cast()) }
}

fn store(block: &mut [u8; 16], value: __m128i) {
    // SAFETY: writes the 16 bytes of `block`, at any alignment; SSE2 is part of x86-64.
    unsafe { _mm_storeu_si128(block.as_mut_ptr().cast(), value) }
}
