//! invokeWithReCaptcha: the answer to a captcha; none is ever asked here.
//!
//! Source: <https://core.telegram.org/method/invokeWithReCaptcha>.

use tl::codec::Reader;

use super::{Wrapped, WrapperError};

pub(super) const ID: u32 = 0xadbb_0f94;

pub(super) fn read(reader: &mut Reader<'_>, _: &mut Wrapped) -> Result<(), WrapperError> {
    let _token = reader.bytes()?;
    Ok(())
}
