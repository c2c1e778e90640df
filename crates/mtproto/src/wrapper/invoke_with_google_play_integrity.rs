//! invokeWithGooglePlayIntegrity: an attestation towards Telegram's own log-in; there is nothing to attest here.
//!
//! Source: <https://core.telegram.org/method/invokeWithGooglePlayIntegrity>.

use tl::codec::Reader;

use super::{Wrapped, WrapperError};

pub(super) const ID: u32 = 0x1df9_2984;

pub(super) fn read(reader: &mut Reader<'_>, _: &mut Wrapped) -> Result<(), WrapperError> {
    let _nonce = reader.bytes()?;
    let _token = reader.bytes()?;
    Ok(())
}
