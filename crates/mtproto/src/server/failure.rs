//! The `rpc_error`s that sessions give by themselves, before anybody runs a call.
//!
//! Source: docs, api/errors, api/invoking.

use super::RpcFailure;

/// The call cannot be parsed.
pub(crate) const INPUT_FETCH: RpcFailure = RpcFailure::new(400, "INPUT_FETCH_ERROR");
/// The call unpacks to more than is allowed (A8).
pub(crate) const INPUT_TOO_LONG: RpcFailure = RpcFailure::new(400, "INPUT_REQUEST_TOO_LONG");
/// `invokeWithLayer` with a number that is no layer.
pub(crate) const LAYER_INVALID: RpcFailure = RpcFailure::new(400, "CONNECTION_LAYER_INVALID");
/// `invokeWithBusinessConnection`: there are none.
pub(crate) const BUSINESS_CONNECTION_INVALID: RpcFailure =
    RpcFailure::new(400, "BUSINESS_CONNECTION_INVALID");
/// A call this one was to follow failed, or never came.
pub(crate) const WAIT_FAILED: RpcFailure = RpcFailure::new(400, "MSG_WAIT_FAILED");
/// A call this one was to follow did not end in time.
pub(crate) const WAIT_TIMEOUT: RpcFailure = RpcFailure::new(400, "MSG_WAIT_TIMEOUT");
/// Too many calls are running or waiting in this session.
pub(crate) const TOO_MANY_CALLS: RpcFailure = RpcFailure::new(420, "FLOOD_WAIT_1");
