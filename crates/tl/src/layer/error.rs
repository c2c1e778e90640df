//! Why bytes of one layer have no form in another.

use ids::Layer;
use thiserror::Error;

use crate::DecodeError;

/// Why an object could not be rewritten; nothing has been written then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum LayerError {
    /// The layer is older than the history. The client is to blame, or its age.
    #[error("layer {} is older than the schema history", .0.get())]
    TooOld(Layer),
    /// The bytes are not what they should be. Their sender is to blame.
    #[error("malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// The object cannot be said in the other layer: a method that is gone, an answer that did not exist yet. Nobody is
    /// to blame.
    #[error("{id:#010x} has no form in the other layer")]
    NoForm {
        /// Id of the outermost object, as it was read.
        id: u32,
    },
}
