//! The functions that wrap API calls: what they say is collected, what is inside is the query.
//!
//! Invariants: any order, at most [`WRAPPERS_MAX`] of them (A9), read in a loop; one `gzip_packed` may stand where a
//! `!X` stands, and none in what came out of one (A8). One file per wrapper; [`ALL`] is the only list.
//! Source: docs, api/invoking.

mod init_connection;
mod invoke_after_msg;
mod invoke_after_msgs;
mod invoke_with_apns_secret;
mod invoke_with_business_connection;
mod invoke_with_google_play_integrity;
mod invoke_with_layer;
mod invoke_with_messages_range;
mod invoke_with_re_captcha;
mod invoke_with_takeout;
mod invoke_without_updates;

use ids::limits::WRAPPERS_MAX;
use ids::{Layer, WireMsgId};
use tl::codec::{DecodeError, Reader};

use crate::gzip::{self, GZIP_PACKED, GzipError};
use crate::server::{InitConnection, MessagesRange, RpcFailure, failure};

/// What the wrappers of one call said.
#[derive(Default)]
pub(crate) struct Wrapped {
    /// `invokeWithLayer`.
    pub(crate) layer: Option<Layer>,
    /// `initConnection`.
    pub(crate) init: Option<Box<InitConnection>>,
    /// `invokeAfterMsg` and `invokeAfterMsgs`: the calls to wait for.
    pub(crate) after: Vec<WireMsgId>,
    /// `invokeWithoutUpdates`.
    pub(crate) without_updates: bool,
    /// `invokeWithTakeout`.
    pub(crate) takeout_id: Option<i64>,
    /// `invokeWithMessagesRange`.
    pub(crate) range: Option<MessagesRange>,
}

/// Why a wrapper is not taken.
enum WrapperError {
    /// Its fields cannot be read.
    Malformed,
    /// It says something that is refused.
    Refused(RpcFailure),
}

impl From<DecodeError> for WrapperError {
    fn from(_: DecodeError) -> Self {
        Self::Malformed
    }
}

/// Reads one wrapper's fields, its id already taken; leaves the reader at the query.
type Read = fn(&mut Reader<'_>, &mut Wrapped) -> Result<(), WrapperError>;

/// Every wrapper: constructor id and how to read it.
const ALL: [(u32, Read); 11] = [
    (init_connection::ID, init_connection::read),
    (invoke_after_msg::ID, invoke_after_msg::read),
    (invoke_after_msgs::ID, invoke_after_msgs::read),
    (invoke_with_apns_secret::ID, invoke_with_apns_secret::read),
    (invoke_with_business_connection::ID, invoke_with_business_connection::read),
    (invoke_with_google_play_integrity::ID, invoke_with_google_play_integrity::read),
    (invoke_with_layer::ID, invoke_with_layer::read),
    (invoke_with_messages_range::ID, invoke_with_messages_range::read),
    (invoke_with_re_captcha::ID, invoke_with_re_captcha::read),
    (invoke_with_takeout::ID, invoke_with_takeout::read),
    (invoke_without_updates::ID, invoke_without_updates::read),
];

/// Peels a call to its query. `unpacked` says that the call itself came out of a `gzip_packed`; `budget_bytes` is
/// what may still be unpacked of its packet.
pub(crate) fn peel(
    mut call: Vec<u8>,
    mut unpacked: bool,
    budget_bytes: &mut usize,
) -> Result<(Wrapped, Vec<u8>), RpcFailure> {
    let mut wrapped = Wrapped::default();
    let mut depth = 0;
    loop {
        let query_len = strip(&call, &mut wrapped, &mut depth)?;
        call.drain(..call.len() - query_len);
        if Reader::new(&call).peek_id() != Ok(GZIP_PACKED) {
            return Ok((wrapped, call));
        }
        if unpacked {
            return Err(failure::INPUT_FETCH);
        }
        unpacked = true;
        call = gzip::unpack(&call, budget_bytes).map_err(gzip_failure)?;
    }
}

/// What a call gets for a bad `gzip_packed`.
pub(crate) const fn gzip_failure(error: GzipError) -> RpcFailure {
    match error {
        GzipError::Malformed => failure::INPUT_FETCH,
        GzipError::TooLarge => failure::INPUT_TOO_LONG,
    }
}

/// Reads wrappers until something else comes; the length of that.
fn strip(call: &[u8], wrapped: &mut Wrapped, depth: &mut usize) -> Result<usize, RpcFailure> {
    let mut reader = Reader::new(call);
    loop {
        let id = reader.peek_id().map_err(|_| failure::INPUT_FETCH)?;
        let Some((_, read)) = ALL.iter().find(|(wrapper, _)| *wrapper == id) else {
            return Ok(reader.rest().len());
        };
        *depth += 1;
        if *depth > WRAPPERS_MAX {
            return Err(failure::INPUT_FETCH);
        }
        let fields = reader.expect_id(id).map_err(WrapperError::from);
        fields.and_then(|()| read(&mut reader, wrapped)).map_err(|error| match error {
            WrapperError::Malformed => failure::INPUT_FETCH,
            WrapperError::Refused(failure) => failure,
        })?;
    }
}

#[cfg(test)]
mod tests;
