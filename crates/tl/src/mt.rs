//! The service layer, all of it: key exchange and messages about messages.
//!
//! rpc_result, msg_container, msg_copy and gzip_packed hold whole messages and are read by hand in `mtproto`.
//! Source: `schema/mtproto.tl`, <https://core.telegram.org/mtproto/service_messages>.
#![allow(missing_docs, reason = "the fields are those of the schema")]
#![allow(unused_qualifications, reason = "generated code names everything from the root")]
#![allow(clippy::all, reason = "generated code is read by its generator's reviewers")]

include!(concat!(env!("OUT_DIR"), "/mt.rs"));
