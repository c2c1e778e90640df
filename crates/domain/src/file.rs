//! Files, and the proof that a caller may read one (A12).
//!
//! A client names a file by id, access hash and reference, all of which it was given with the file itself. Hash and reference are
//! keyed hashes of (viewer, file): they need no row, and say nothing to anybody else. What has an origin that can go, such as a
//! message, will have that in its reference; what every account is shown has none, and its reference holds for ever.
//! Source: docs, file references.

use ids::{FileId, UserId};

use crate::{AccessHashes, Authed};

/// Bytes of a file reference.
pub const REFERENCE_BYTES: usize = 16;

/// What a caller shows to read a file.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The file.
    pub file: FileId,
    /// His access hash of it.
    pub access_hash: i64,
    /// His reference to it.
    pub reference: &'a [u8],
}

/// The caller may read this file, if there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Readable(FileId);

/// Why a file may not be read; whether there is such a file is not said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FileRefusal {
    /// He has no reference.
    #[error("no file reference")]
    NoReference,
    /// The reference is not his reference to this file.
    #[error("wrong file reference")]
    WrongReference,
    /// The access hash is not his hash of this file.
    #[error("wrong access hash of a file")]
    WrongHash,
}

impl AccessHashes {
    /// What `viewer` must show of `file`, besides the reference.
    pub fn of_file(&self, viewer: UserId, file: FileId) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = self.file_hash(b"access hash of a file", viewer, file);
        i64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// How `viewer` refers to `file`, which every account is shown.
    pub fn file_reference(&self, viewer: UserId, file: FileId) -> [u8; REFERENCE_BYTES] {
        self.whole_reference(viewer, file).to_le_bytes()
    }

    /// Checks what the caller showed.
    ///
    /// # Errors
    /// The [`FileRefusal`].
    pub fn readable(&self, by: Authed, shown: Shown<'_>) -> Result<Readable, FileRefusal> {
        if shown.reference.is_empty() {
            return Err(FileRefusal::NoReference);
        }
        // Each is one comparison of whole words: there is no prefix to learn from its time.
        let reference = <[u8; REFERENCE_BYTES]>::try_from(shown.reference).ok().map(u128::from_le_bytes);
        if reference != Some(self.whole_reference(by.user(), shown.file)) {
            return Err(FileRefusal::WrongReference);
        }
        if self.of_file(by.user(), shown.file) != shown.access_hash {
            return Err(FileRefusal::WrongHash);
        }
        Ok(Readable(shown.file))
    }

    fn whole_reference(&self, viewer: UserId, file: FileId) -> u128 {
        let hash = self.file_hash(b"reference to a file", viewer, file);
        hash.first_chunk().copied().map_or(0, u128::from_le_bytes)
    }

    fn file_hash(&self, label: &[u8], viewer: UserId, file: FileId) -> [u8; 32] {
        self.0.hash(&[label, &viewer.0.to_le_bytes(), &file.0.to_le_bytes()])
    }
}

impl Readable {
    /// The file.
    pub const fn file(self) -> FileId {
        self.0
    }
}
