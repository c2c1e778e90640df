//! What a log field can be.
