//! messages.updateDialogFilter: makes or changes a folder of the caller's own, or takes it away.
//!
//! Errors: FILTER_ID_INVALID, FILTER_TITLE_EMPTY, FILTER_INCLUDE_EMPTY, FILTER_NOT_SUPPORTED, CHATLIST_EXCLUDE_INVALID,
//! LIMIT_INVALID, PEER_ID_INVALID, MESSAGE_TOO_LONG, ENTITY_BOUNDS_INVALID, ENTITIES_TOO_LONG, ENTITY_MENTION_USER_INVALID.
//! Source: <https://core.telegram.org/method/messages.updateDialogFilter>.

use domain::filter::{self, FIRST_ID, FilterError};
use views::FilterInputError;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::UpdateDialogFilter {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let id = u8::try_from(self.id).ok().filter(|id| *id >= FIRST_ID).ok_or(RpcError::FilterIdInvalid)?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            match &self.filter {
                Some(input) => filter::set(tx, by, views::parse_filter(sight, by, id, input)?, now)?,
                None => filter::remove(tx, by, id, now)?,
            }
            Ok(true)
        })
    }
}

impl From<FilterInputError> for RpcError {
    fn from(error: FilterInputError) -> Self {
        match error {
            FilterInputError::Kind => Self::FilterNotSupported,
            FilterInputError::Peer(error) => error.into(),
            FilterInputError::Title(error) => error.into(),
            FilterInputError::Entity(error) => error.into(),
        }
    }
}

impl From<FilterError> for RpcError {
    fn from(error: FilterError) -> Self {
        match error {
            FilterError::Id => Self::FilterIdInvalid,
            FilterError::TitleEmpty => Self::FilterTitleEmpty,
            FilterError::TitleLong => Self::MessageTooLong,
            FilterError::Empty => Self::FilterIncludeEmpty,
            FilterError::Contradiction => Self::ChatlistExcludeInvalid,
            FilterError::TooMany => Self::LimitInvalid,
            FilterError::Append(error) => error.into(),
        }
    }
}
