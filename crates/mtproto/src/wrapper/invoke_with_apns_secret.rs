//! invokeWithApnsSecret: proof of a push token towards Telegram's own log-in; there is nothing to prove here.
//!
//! Source: <https://core.telegram.org/method/invokeWithApnsSecret>.

use tl::codec::Reader;

use super::{Wrapped, WrapperError};

pub(super) const ID: u32 = 0x0dae_54f8;

pub(super) fn read(reader: &mut Reader<'_>, _: &mut Wrapped) -> Result<(), WrapperError> {
    let _nonce = reader.bytes()?;
    let _secret = reader.bytes()?;
    Ok(())
}
