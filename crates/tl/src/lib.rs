//! The API schema: typed TL of the canonical layer, codec, layer tables, transcoder.
