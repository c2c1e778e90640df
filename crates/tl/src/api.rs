//! The typed part of the canonical layer.
//!
//! Source: `schema/api.tl`, `typed.txt`.
#![allow(missing_docs, reason = "the fields are those of the schema")]
#![allow(unused_qualifications, reason = "generated code names everything from the root")]
#![allow(clippy::all, reason = "generated code is read by its generator's reviewers")]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
