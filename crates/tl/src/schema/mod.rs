//! The schema at run time: constructors and methods by id, by name and layer; values put together by name.
//!
//! Source: the tables of `schema/api.tl`, all layers of it.

mod value;
mod version;

pub use value::{Value, ValueError, encode, encode_answer};
pub use version::{FieldInfo, Version, by_id, by_name, methods};
