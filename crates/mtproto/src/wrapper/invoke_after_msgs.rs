//! invokeAfterMsgs: run the query only after all these other calls of the session succeeded.
//!
//! Source: <https://core.telegram.org/method/invokeAfterMsgs>.

use ids::WireMsgId;
use ids::limits::AFTER_IDS_MAX;
use tl::codec::Reader;

use super::{Wrapped, WrapperError};

pub(super) const ID: u32 = 0x3dc4_b4f0;

pub(super) fn read(reader: &mut Reader<'_>, wrapped: &mut Wrapped) -> Result<(), WrapperError> {
    let msg_ids = reader.vector::<i64>()?;
    if msg_ids.len() > AFTER_IDS_MAX {
        return Err(WrapperError::Malformed);
    }
    wrapped.after.extend(msg_ids.into_iter().map(|msg_id| WireMsgId(msg_id.cast_unsigned())));
    Ok(())
}
