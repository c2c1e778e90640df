//! SHA-256 over AWS-LC's compression function alone. Source: FIPS 180-4.
//!
//! A derivation hashes one block at a time: of its time AWS-LC's `Init`, `Update` and `Final`, made for any hash and any
//! length, take as much as the compression. What is left to do is to fill blocks and to pad the last one.

use aws_lc_sys as c;
use zeroize::Zeroize;

const BLOCK: usize = 64;
/// The length in bits ends the last block.
const LENGTH: usize = 8;

/// What fits into one block with its padding, as a node of a tree does, is written there at once.
const ONE_BLOCK: usize = BLOCK - 1 - LENGTH;

/// Inlined with the short way of it: where the parts have lengths that the compiler knows, nothing is left of the loops.
#[inline]
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let bytes = parts.iter().map(|part| part.len()).sum();
    if bytes <= ONE_BLOCK { one_block(parts, bytes) } else { blocks(parts) }
}

fn blocks(parts: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new();
    for part in parts {
        state.update(part);
    }
    state.finish()
}

/// The hash of parts that together fit into one block with its padding, after what was hashed before: `state`, of `before` blocks.
#[inline]
pub(crate) fn last_block(state: &State, before: u64, parts: &[&[u8]]) -> Option<[u8; 32]> {
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    if bytes > ONE_BLOCK {
        return None;
    }
    let block = padded(parts, before * BLOCK as u64 + bytes as u64);
    let mut state = state.clone();
    state.compress(std::slice::from_ref(&block.0));
    Some(state.digest())
}

/// The hash of a block of two halves and of parts: where these are one block with its padding, as where a record key is derived,
/// both are written as they are.
#[inline]
pub(crate) fn sha256_keyed(halves: [&[u8; 32]; 2], parts: &[&[u8]]) -> [u8; 32] {
    let [one, two] = halves;
    let mut first = Block([0; BLOCK]);
    let (left, right) = first.0.split_at_mut(one.len());
    left.copy_from_slice(one);
    right.copy_from_slice(two);
    let state = State::after(&first.0);
    last_block(&state, 1, parts).unwrap_or_else(|| {
        let mut hash = Sha256::resume(&state);
        parts.iter().for_each(|part| hash.update(part));
        hash.finish()
    })
}

#[inline]
fn one_block(parts: &[&[u8]], bytes: usize) -> [u8; 32] {
    State::after(&padded(parts, bytes as u64).0).digest()
}

/// The last block of a hash of so many bytes in all, which ends in these parts.
#[inline]
fn padded(parts: &[&[u8]], bytes: u64) -> Block {
    let mut block = Block([0; BLOCK]);
    let mut rest = block.0.as_mut_slice();
    for part in parts {
        let (to, free) = std::mem::take(&mut rest).split_at_mut(part.len());
        to.copy_from_slice(part);
        rest = free;
    }
    if let Some(end) = rest.first_mut() {
        *end = 0x80;
    }
    if let Some(length) = block.0.last_chunk_mut::<LENGTH>() {
        *length = (bytes * 8).to_be_bytes();
    }
    block
}

/// A block that is erased on drop.
struct Block([u8; BLOCK]);

impl Drop for Block {
    fn drop(&mut self) {
        erase(&mut self.0);
    }
}

/// As a whole: byte by byte it takes a sixth of all that sealing a message takes.
fn erase(block: &mut [u8; BLOCK]) {
    // SAFETY: the block is ours alone, and any bytes are a block.
    unsafe { std::ptr::write_volatile(block, [0; BLOCK]) }
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
}

/// What the compression function keeps between two blocks. Erased on drop.
#[derive(Clone)]
pub(crate) struct State([u32; 8]);

/// A hash under way. Erased on drop.
pub(crate) struct Sha256 {
    state: State,
    block: [u8; BLOCK],
    /// Bytes of `block` in use, below 64.
    used: usize,
    /// Bytes hashed in all, those in `block` included.
    bytes: u64,
}

impl State {
    /// That of a hash which begins with this block.
    pub(crate) fn after(block: &[u8; BLOCK]) -> State {
        let mut state = State::new();
        state.compress(std::slice::from_ref(block));
        state
    }

    fn new() -> State {
        State([
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ])
    }

    fn compress(&mut self, blocks: &[[u8; BLOCK]]) {
        if !blocks.is_empty() {
            // SAFETY: reads and writes the eight words, and reads exactly the blocks, at least one.
            unsafe { c::SHA256_TransformBlocks(self.0.as_mut_ptr(), blocks.as_ptr().cast(), blocks.len()) }
        }
    }

    fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        let (words, _) = digest.as_chunks_mut::<4>();
        words.iter_mut().zip(&self.0).for_each(|(word, state)| *word = state.to_be_bytes());
        digest
    }
}

impl Sha256 {
    pub(crate) fn new() -> Sha256 {
        Sha256 { state: State::new(), block: [0; BLOCK], used: 0, bytes: 0 }
    }

    /// Goes on from the state after one block.
    pub(crate) fn resume(state: &State) -> Sha256 {
        Sha256 { state: state.clone(), block: [0; BLOCK], used: 0, bytes: BLOCK as u64 }
    }

    pub(crate) fn update(&mut self, mut part: &[u8]) {
        self.bytes = self.bytes.wrapping_add(part.len() as u64);
        let room = self.block.get_mut(self.used..).unwrap_or_default();
        let Some((head, rest)) = part.split_at_checked(room.len()) else {
            return self.fill(part);
        };
        if self.used > 0 {
            room.copy_from_slice(head);
            self.state.compress(std::slice::from_ref(&self.block));
            self.used = 0;
            part = rest;
        }
        let (blocks, rest) = part.as_chunks();
        self.state.compress(blocks);
        self.fill(rest);
    }

    /// Appends to the block what leaves room in it.
    fn fill(&mut self, part: &[u8]) {
        let end = self.used + part.len();
        if let Some(to) = self.block.get_mut(self.used..end) {
            to.copy_from_slice(part);
            self.used = end;
        }
    }

    pub(crate) fn finish(mut self) -> [u8; 32] {
        let (_, free) = self.block.split_at_mut(self.used);
        free.fill(0);
        if let Some(end) = free.first_mut() {
            *end = 0x80;
        }
        if free.len() <= LENGTH {
            self.state.compress(std::slice::from_ref(&self.block));
            self.block.fill(0);
        }
        if let Some(length) = self.block.last_chunk_mut::<LENGTH>() {
            *length = self.bytes.wrapping_mul(8).to_be_bytes();
        }
        self.state.compress(std::slice::from_ref(&self.block));
        self.state.digest()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Sha256 {
    fn drop(&mut self) {
        erase(&mut self.block);
    }
}
