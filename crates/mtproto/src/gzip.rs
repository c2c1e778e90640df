//! `gzip_packed`: packed objects in both directions.
//!
//! Invariants: unpacking stops at the budget it is given and never holds more than twice of it (A8); what was
//! unpacked is never unpacked again. TDLib packs with a zlib header, everybody else with a gzip one; both are read,
//! gzip is written. Source: docs, mtproto/service_messages, "Packed object"; api/invoking, "Data compression".

use std::io::Read;

use flate2::{Compress, Compression, FlushCompress, Status};
use tl::codec::{Encode, Reader, put_bytes};

/// Constructor of `gzip_packed`.
pub const GZIP_PACKED: u32 = 0x3072_cfa1;
/// Bodies below this are not worth packing (docs: api/invoking).
const PACK_BYTES_MIN: usize = 512;
/// Bytes unpacked at a time.
const STEP_BYTES: usize = 8192;

/// Why a `gzip_packed` cannot be unpacked; its sender is to blame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GzipError {
    /// Not `gzip_packed`, or not a gzip or zlib stream, or a broken one.
    Malformed,
    /// More comes out than is allowed.
    TooLarge,
}

/// Unpacks a whole `gzip_packed` object and takes what came out from `budget_bytes`, also when it then turns out to be
/// broken or too large: the work was done.
pub fn unpack(object: &[u8], budget_bytes: &mut usize) -> Result<Vec<u8>, GzipError> {
    let mut reader = Reader::new(object);
    reader.expect_id(GZIP_PACKED).map_err(|_| GzipError::Malformed)?;
    let packed = reader.bytes().map_err(|_| GzipError::Malformed)?;
    match packed {
        [0x1f, 0x8b, ..] => drain(flate2::bufread::GzDecoder::new(packed), budget_bytes),
        [0x78, ..] => drain(flate2::bufread::ZlibDecoder::new(packed), budget_bytes),
        _ => Err(GzipError::Malformed),
    }
}

fn drain(mut stream: impl Read, budget_bytes: &mut usize) -> Result<Vec<u8>, GzipError> {
    let mut unpacked = Vec::new();
    let mut step = [0; STEP_BYTES];
    loop {
        let count = stream.read(&mut step).map_err(|_| GzipError::Malformed)?;
        let fresh = step.get(..count).unwrap_or_default();
        if fresh.is_empty() {
            return Ok(unpacked);
        }
        let left = budget_bytes.checked_sub(fresh.len());
        *budget_bytes = left.unwrap_or(0);
        if left.is_none() {
            return Err(GzipError::TooLarge);
        }
        unpacked.extend_from_slice(fresh);
    }
}

/// Packs answers. Owns the compressor's tables, about 300 KiB, so that packing allocates only its output: one per
/// thread that runs handlers.
pub struct Packer {
    deflate: Compress,
}

impl Packer {
    /// A packer for any number of bodies.
    pub fn new() -> Self {
        Self { deflate: Compress::new(Compression::fast(), false) }
    }

    /// The same object as `gzip_packed` where that is smaller, else unchanged. Not for file parts: they hardly ever
    /// shrink.
    pub fn pack(&mut self, body: Vec<u8>) -> Vec<u8> {
        if body.len() < PACK_BYTES_MIN {
            return body;
        }
        self.deflated(&body).unwrap_or(body)
    }

    fn deflated(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        // Header of RFC 1952: magic, deflate, no flags, no time, no extra flags, unknown system.
        let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        // Whatever does not fit in a body's length is not smaller.
        stream.reserve_exact(body.len());
        self.deflate.reset();
        let end = self.deflate.compress_vec(body, &mut stream, FlushCompress::Finish).ok()?;
        if end != Status::StreamEnd {
            return None;
        }
        stream.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
        stream.extend_from_slice(&u32::try_from(body.len()).ok()?.to_le_bytes());
        let mut packed = Vec::with_capacity(stream.len() + 12);
        GZIP_PACKED.encode(&mut packed);
        put_bytes(&mut packed, &stream);
        (packed.len() < body.len()).then_some(packed)
    }
}

impl Default for Packer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[path = "gzip_tests.rs"]
mod tests;
