//! The promises of the sealed store, each with a test that can fail and a breach on purpose that makes it fail.
//!
//! All of it is in `tests/`; docs/claims.md says which test and which breach belong to which promise.
#![forbid(unsafe_code)]
