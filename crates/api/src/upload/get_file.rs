//! upload.getFile: a part of a file.
//!
//! A part lies within one MiB of the file, begins and ends at 4 KiB and is such a piece of that MiB as others fit beside; with
//! `precise` it begins and ends at 1 KiB and may be of any length. What lies beyond the end of the file is not there, which is no
//! error. Errors: LOCATION_INVALID, FILE_REFERENCE_EMPTY, FILE_REFERENCE_INVALID, OFFSET_INVALID, LIMIT_INVALID.
//! Source: <https://core.telegram.org/method/upload.getFile>, <https://core.telegram.org/api/files#downloading-files>.

use std::ops::Range;

use crate::drawings::{self, DRAWN_S, Form};
use crate::shape::{Location, location};
use crate::{Access, Ctx, Method, RpcError};

/// No part reaches over a border of these.
const FILE_CHUNK_BYTES: usize = 1 << 20;
/// What offset and length of a part are multiples of.
const FILE_PART_BYTES_STEP: usize = 4 << 10;
/// The same for a reader who wants it precise.
const FILE_PRECISE_BYTES_STEP: usize = 1 << 10;

impl Method for tl::upload::GetFile {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::upload::File, RpcError> {
        let sight = &ctx.sight();
        let Location::Document(document) = ctx.read(|_, by| location(sight, by, &self.location))?;
        let part = part(self.offset, self.limit, self.precise)?;
        // Whoever was given hash and reference was given those of a file that there is, or was in an older program.
        let drawing = drawings::drawing(document.file()).ok_or(RpcError::LocationInvalid)?;
        let r#type = match drawing.form {
            Form::Still => tl::storage::FileType::FileWebp,
            Form::Moving => tl::storage::FileType::FileUnknown,
        };
        let end = part.end.min(drawing.bytes.len());
        let bytes = drawing.bytes.get(part.start..end).unwrap_or_default().to_vec();
        Ok(tl::upload::File::File { r#type, mtime: DRAWN_S, bytes })
    }
}

/// The bytes that are asked for.
fn part(offset: i64, limit: i32, precise: bool) -> Result<Range<usize>, RpcError> {
    let step = if precise { FILE_PRECISE_BYTES_STEP } else { FILE_PART_BYTES_STEP };
    let offset = usize::try_from(offset).ok().filter(|offset| offset % step == 0);
    let offset = offset.ok_or(RpcError::OffsetInvalid)?;
    let fits = |limit: &usize| {
        let is_piece = precise || FILE_CHUNK_BYTES.is_multiple_of(*limit);
        *limit > 0
            && limit.is_multiple_of(step)
            && is_piece
            && offset % FILE_CHUNK_BYTES + limit <= FILE_CHUNK_BYTES
    };
    let limit = usize::try_from(limit).ok().filter(fits).ok_or(RpcError::LimitInvalid)?;
    Ok(offset..offset.checked_add(limit).ok_or(RpcError::OffsetInvalid)?)
}
