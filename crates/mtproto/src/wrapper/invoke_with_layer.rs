//! invokeWithLayer: the layer of the query, and of all later answers and updates.
//!
//! Which layers are served is the answerer's business; here it only has to be a number that can be one.
//! Source: <https://core.telegram.org/method/invokeWithLayer>.

use ids::Layer;
use tl::codec::{Decode, Reader};

use super::{Wrapped, WrapperError};
use crate::server::failure;

pub(super) const ID: u32 = 0xda9b_0d0d;

pub(super) fn read(reader: &mut Reader<'_>, wrapped: &mut Wrapped) -> Result<(), WrapperError> {
    let layer =
        u16::try_from(i32::decode(reader)?).map_err(|_| WrapperError::Refused(failure::LAYER_INVALID))?;
    wrapped.layer = Some(Layer(layer));
    Ok(())
}
