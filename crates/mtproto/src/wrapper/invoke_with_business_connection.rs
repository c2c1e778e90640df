//! invokeWithBusinessConnection: a bot acts for a business. No connection exists, so every one named is invalid.
//!
//! Source: <https://core.telegram.org/method/invokeWithBusinessConnection>.

use tl::codec::Reader;

use super::{Wrapped, WrapperError};
use crate::server::failure;

pub(super) const ID: u32 = 0xdd28_9f8e;

pub(super) fn read(reader: &mut Reader<'_>, _: &mut Wrapped) -> Result<(), WrapperError> {
    let _connection_id = reader.bytes()?;
    Err(WrapperError::Refused(failure::BUSINESS_CONNECTION_INVALID))
}
