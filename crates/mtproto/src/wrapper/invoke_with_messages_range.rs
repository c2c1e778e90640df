//! invokeWithMessagesRange: the query sees only messages of this range; used while exporting.
//!
//! Source: <https://core.telegram.org/method/invokeWithMessagesRange>.

use tl::MessageRange;
use tl::codec::{Decode, Reader};

use super::{Wrapped, WrapperError};
use crate::server::MessagesRange;

pub(super) const ID: u32 = 0x3652_75f2;

pub(super) fn read(reader: &mut Reader<'_>, wrapped: &mut Wrapped) -> Result<(), WrapperError> {
    let MessageRange::MessageRange { min_id, max_id } = MessageRange::decode(reader)?;
    wrapped.range = Some(MessagesRange { min_id, max_id });
    Ok(())
}
