//! A drawing of the server's own as the document that clients take for a sticker.
//!
//! It is said to lie in the data centre that the client talks to, so that no client looks for it elsewhere.
//! Source: <https://core.telegram.org/constructor/document>, <https://core.telegram.org/api/stickers>.

use ids::{DcId, UserId};
use tl::fields;
use views::Sight;

use crate::drawings::{DRAWN_S, Drawing};

/// A drawing, with the viewer's own hash of it and reference to it.
pub(crate) fn document(drawing: &Drawing, sight: &Sight<'_>, viewer: UserId, dc: DcId) -> tl::Document {
    let side = drawing.side();
    let sticker = fields::DocumentAttributeSticker {
        alt: drawing.emoji.to_owned(),
        stickerset: tl::InputStickerSet::InputStickerSetEmpty,
        ..fields::DocumentAttributeSticker::default()
    };
    fields::Document {
        id: drawing.id.0,
        access_hash: sight.of_file(viewer, drawing.id),
        file_reference: sight.file_reference(viewer, drawing.id).to_vec(),
        date: DRAWN_S,
        mime_type: drawing.mime_type().to_owned(),
        size: i64::try_from(drawing.bytes.len()).unwrap_or(i64::MAX),
        dc_id: dc.0,
        attributes: vec![
            tl::DocumentAttribute::DocumentAttributeImageSize { w: side, h: side },
            sticker.into(),
            tl::DocumentAttribute::DocumentAttributeFilename { file_name: drawing.file_name.to_owned() },
        ],
        ..fields::Document::default()
    }
    .into()
}
