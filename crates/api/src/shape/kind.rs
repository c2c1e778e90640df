//! What a filter of messages asks for.

use domain::message::Kind;
use tl::MessagesFilter as Filter;

use crate::RpcError;

/// The kind of messages that a filter lets through. Most kinds of media do not exist here, so nothing is of them; nobody is
/// mentioned in a dialog of two.
pub(crate) const fn kind(filter: &Filter) -> Kind {
    match filter {
        Filter::InputMessagesFilterEmpty => Kind::Any,
        Filter::InputMessagesFilterPinned => Kind::Pinned,
        Filter::InputMessagesFilterUrl => Kind::Link,
        Filter::InputMessagesFilterContacts => Kind::Contact,
        Filter::InputMessagesFilterGeo => Kind::Geo,
        Filter::InputMessagesFilterPoll => Kind::Poll,
        Filter::InputMessagesFilterPhotos
        | Filter::InputMessagesFilterVideo
        | Filter::InputMessagesFilterPhotoVideo
        | Filter::InputMessagesFilterDocument
        | Filter::InputMessagesFilterGif
        | Filter::InputMessagesFilterVoice
        | Filter::InputMessagesFilterMusic
        | Filter::InputMessagesFilterChatPhotos
        | Filter::InputMessagesFilterPhoneCalls { .. }
        | Filter::InputMessagesFilterRoundVoice
        | Filter::InputMessagesFilterRoundVideo
        | Filter::InputMessagesFilterMyMentions => Kind::None,
    }
}

/// The kind, for a call that is about a kind and not about all messages.
///
/// # Errors
/// FILTER_NOT_SUPPORTED.
pub(crate) const fn kind_with_places(filter: &Filter) -> Result<Kind, RpcError> {
    if matches!(filter, Filter::InputMessagesFilterEmpty | Filter::InputMessagesFilterMyMentions) {
        return Err(RpcError::FilterNotSupported);
    }
    Ok(kind(filter))
}
