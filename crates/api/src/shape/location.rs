//! Where a file is that a client wants to read.
//!
//! Today that is a document, and of documents the server has its own drawings alone. Photos, encrypted files and streams do
//! not exist yet, so no location of theirs is right. Source: <https://core.telegram.org/type/InputFileLocation>.

use domain::file::{FileRefusal, Readable, Shown};
use domain::{AccessHashes, Authed};
use ids::FileId;

use crate::RpcError;

/// A file that the caller may read, if there is one.
pub(crate) enum Location {
    /// A whole document.
    Document(Readable),
}

/// What a location names.
///
/// # Errors
/// LOCATION_INVALID, FILE_REFERENCE_EMPTY, FILE_REFERENCE_INVALID.
pub(crate) fn location(
    hashes: &AccessHashes,
    by: Authed,
    named: &tl::InputFileLocation,
) -> Result<Location, RpcError> {
    match named {
        tl::InputFileLocation::InputDocumentFileLocation(named) => {
            let (file, reference) = (FileId(named.id), named.file_reference.as_slice());
            let readable = hashes.readable(by, Shown { file, access_hash: named.access_hash, reference })?;
            // No document has a small picture beside it.
            named
                .thumb_size
                .is_empty()
                .then_some(Location::Document(readable))
                .ok_or(RpcError::LocationInvalid)
        }
        tl::InputFileLocation::InputFileLocation { .. }
        | tl::InputFileLocation::InputEncryptedFileLocation { .. }
        | tl::InputFileLocation::InputSecureFileLocation { .. }
        | tl::InputFileLocation::InputTakeoutFileLocation
        | tl::InputFileLocation::InputPhotoFileLocation { .. }
        | tl::InputFileLocation::InputPhotoLegacyFileLocation { .. }
        | tl::InputFileLocation::InputPeerPhotoFileLocation { .. }
        | tl::InputFileLocation::InputStickerSetThumb { .. }
        | tl::InputFileLocation::InputGroupCallStream { .. } => Err(RpcError::LocationInvalid),
    }
}

impl From<FileRefusal> for RpcError {
    fn from(refusal: FileRefusal) -> Self {
        match refusal {
            FileRefusal::NoReference => Self::FileReferenceEmpty,
            FileRefusal::WrongReference => Self::FileReferenceInvalid,
            FileRefusal::WrongHash => Self::LocationInvalid,
        }
    }
}
