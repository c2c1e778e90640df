//! invokeAfterMsg: run the query only after this other call of the session succeeded.
//!
//! Source: <https://core.telegram.org/method/invokeAfterMsg>.

use ids::WireMsgId;
use tl::codec::Reader;

use super::{Wrapped, WrapperError};

pub(super) const ID: u32 = 0xcb9f_372d;

pub(super) fn read(reader: &mut Reader<'_>, wrapped: &mut Wrapped) -> Result<(), WrapperError> {
    wrapped.after.push(WireMsgId(u64::from_le_bytes(reader.array()?)));
    Ok(())
}
