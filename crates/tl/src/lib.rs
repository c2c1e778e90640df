//! The API schema: typed TL of the canonical layer, codec, layer tables, transcoder.
//!
//! One layer is typed ([`ids::limits::LAYER_CANONICAL`]), and of it only what the methods of `typed.txt` reach; all
//! other layers are tables. Everything above this crate knows the canonical layer alone.
//!
//! # The shape of the generated code
//!
//! * A type is an enum named after it; its variants are its constructors in CamelCase: [`Peer::PeerUser`],
//!   `messages::Messages::MessagesSlice`. A single constructor is an enum with one variant.
//! * Fields stand inline in the variant. A variant of more than 40 bytes holds a box of a struct instead, which has the
//!   constructor's name in [`fields`]: `User::User(Box<fields::User>)`; `fields::User { .. }.into()` makes the value.
//! * A method is a struct in the module of its namespace ([`messages::SendMessage`]) and implements [`Function`].
//! * int, long, double, int128, int256, string, bytes, Bool, Vector are i32, i64, f64, `[u8; 16]`, `[u8; 32]`, String,
//!   `Vec<u8>`, bool, Vec. `flags.N?true` is bool, `flags.N?T` is `Option<T>`; flags words are not fields. Fields that
//!   share a bit stand or fall together: the bit is set when all of them are present. A string that is not UTF-8
//!   is a [`DecodeError`].
//! * A field whose name is a keyword is raw (`r#type`); `self` is `self_`.
//! * `Default` is the plainest value: zeros, empty, absent; of constructors an `..Empty` one, else the one with the
//!   fewest fields.
//! * Nothing here prints its content: no `Debug`. Compare values by their bytes.
//!
//! Source of the format: <https://core.telegram.org/mtproto/TL>.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )
)]

#[cfg(any(test, feature = "arbitrary"))]
pub mod arbitrary;
pub mod codec;
pub mod layer;
pub mod mt;
pub mod schema;

mod api;
mod tables;

pub use api::*;
pub use codec::{Decode, DecodeError, Encode, Function, Raw, Reader};
