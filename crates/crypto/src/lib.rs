//! Typed doors to the cryptographic libraries; the only crate that depends on them.
