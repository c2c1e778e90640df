//! One file per TL method, dispatch, RPC errors, stubs.
