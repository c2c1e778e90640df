//! How peers, entities and texts that cannot be taken are told.

use domain::message::FormatError;
use views::{EntityError, PeerError};

use crate::RpcError;

impl From<PeerError> for RpcError {
    fn from(error: PeerError) -> Self {
        match error {
            PeerError::User | PeerError::Empty => Self::PeerIdInvalid,
            PeerError::Chat => Self::ChatIdInvalid,
            PeerError::Channel => Self::ChannelInvalid,
        }
    }
}

impl From<EntityError> for RpcError {
    fn from(error: EntityError) -> Self {
        match error {
            EntityError::Bounds => Self::EntityBoundsInvalid,
            EntityError::Mention => Self::EntityMentionUserInvalid,
        }
    }
}

impl From<FormatError> for RpcError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Empty => Self::MessageEmpty,
            FormatError::TooLong => Self::MessageTooLong,
            FormatError::EntityBounds => Self::EntityBoundsInvalid,
            FormatError::EntitiesTooLong => Self::EntitiesTooLong,
        }
    }
}
