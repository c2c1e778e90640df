//! invokeWithTakeout: the query belongs to this export of data.
//!
//! Source: <https://core.telegram.org/method/invokeWithTakeout>.

use tl::codec::{Decode, Reader};

use super::{Wrapped, WrapperError};

pub(super) const ID: u32 = 0xaca9_fd2e;

pub(super) fn read(reader: &mut Reader<'_>, wrapped: &mut Wrapped) -> Result<(), WrapperError> {
    wrapped.takeout_id = Some(i64::decode(reader)?);
    Ok(())
}
