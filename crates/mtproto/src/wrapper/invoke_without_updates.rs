//! invokeWithoutUpdates: this session makes requests only and wants no pushes.
//!
//! Source: <https://core.telegram.org/method/invokeWithoutUpdates>.

use tl::codec::Reader;

use super::{Wrapped, WrapperError};

pub(super) const ID: u32 = 0xbf94_59b7;

pub(super) fn read(_: &mut Reader<'_>, wrapped: &mut Wrapped) -> Result<(), WrapperError> {
    wrapped.without_updates = true;
    Ok(())
}
