//! The one list of implemented methods, sorted by name; [`find`] looks them up by constructor id.

use std::sync::LazyLock;

use crate::run::{Handler, method};

static BY_ID: LazyLock<Vec<Handler>> = LazyLock::new(|| {
    let mut handlers = vec![
        method::<tl::account::CheckUsername>(),
        method::<tl::account::GetNotifyExceptions>(),
        method::<tl::account::GetNotifySettings>(),
        method::<tl::account::ResetNotifySettings>(),
        method::<tl::account::UpdateNotifySettings>(),
        method::<tl::account::UpdateProfile>(),
        method::<tl::account::UpdateUsername>(),
        method::<tl::auth::BindTempAuthKey>(),
        method::<tl::auth::CancelCode>(),
        method::<tl::auth::DropTempAuthKeys>(),
        method::<tl::auth::LogOut>(),
        method::<tl::auth::SendCode>(),
        method::<tl::auth::SignIn>(),
        method::<tl::auth::SignUp>(),
        method::<tl::contacts::AddContact>(),
        method::<tl::contacts::Block>(),
        method::<tl::contacts::DeleteByPhones>(),
        method::<tl::contacts::DeleteContacts>(),
        method::<tl::contacts::GetBlocked>(),
        method::<tl::contacts::GetContacts>(),
        method::<tl::contacts::ImportContacts>(),
        method::<tl::contacts::ResetSaved>(),
        method::<tl::contacts::ResolvePhone>(),
        method::<tl::contacts::ResolveUsername>(),
        method::<tl::contacts::Search>(),
        method::<tl::contacts::Unblock>(),
        method::<tl::folders::EditPeerFolders>(),
        method::<tl::help::GetAppConfig>(),
        method::<tl::help::GetConfig>(),
        method::<tl::help::GetNearestDc>(),
        method::<tl::messages::ClearAllDrafts>(),
        method::<tl::messages::DeleteHistory>(),
        method::<tl::messages::DeleteMessages>(),
        method::<tl::messages::EditMessage>(),
        method::<tl::messages::ForwardMessages>(),
        method::<tl::messages::GetAllDrafts>(),
        method::<tl::messages::GetDefaultHistoryTTL>(),
        method::<tl::messages::GetDialogFilters>(),
        method::<tl::messages::GetDialogUnreadMarks>(),
        method::<tl::messages::GetDialogs>(),
        method::<tl::messages::GetHistory>(),
        method::<tl::messages::GetMessageReactionsList>(),
        method::<tl::messages::GetMessages>(),
        method::<tl::messages::GetMessagesReactions>(),
        method::<tl::messages::GetPeerDialogs>(),
        method::<tl::messages::GetPinnedDialogs>(),
        method::<tl::messages::GetPollResults>(),
        method::<tl::messages::GetPollVotes>(),
        method::<tl::messages::GetSearchCounters>(),
        method::<tl::messages::GetSearchResultsCalendar>(),
        method::<tl::messages::GetSearchResultsPositions>(),
        method::<tl::messages::MarkDialogUnread>(),
        method::<tl::messages::ReadHistory>(),
        method::<tl::messages::ReadMentions>(),
        method::<tl::messages::ReadMessageContents>(),
        method::<tl::messages::ReadPollVotes>(),
        method::<tl::messages::ReadReactions>(),
        method::<tl::messages::ReorderPinnedDialogs>(),
        method::<tl::messages::SaveDraft>(),
        method::<tl::messages::Search>(),
        method::<tl::messages::SendMedia>(),
        method::<tl::messages::SendMessage>(),
        method::<tl::messages::SendReaction>(),
        method::<tl::messages::SendVote>(),
        method::<tl::messages::SetDefaultHistoryTTL>(),
        method::<tl::messages::SetHistoryTTL>(),
        method::<tl::messages::SetTyping>(),
        method::<tl::messages::ToggleDialogPin>(),
        method::<tl::messages::UnpinAllMessages>(),
        method::<tl::messages::UpdateDialogFilter>(),
        method::<tl::messages::UpdateDialogFiltersOrder>(),
        method::<tl::messages::UpdatePinnedMessage>(),
        method::<tl::updates::GetDifference>(),
        method::<tl::updates::GetState>(),
        method::<tl::users::GetFullUser>(),
        method::<tl::users::GetUsers>(),
    ];
    handlers.sort_unstable_by_key(|handler| handler.id);
    handlers
});

/// The handler of a method of the canonical layer.
pub(crate) fn find(id: u32) -> Option<&'static Handler> {
    let found = BY_ID.binary_search_by_key(&id, |handler| handler.id).ok()?;
    BY_ID.get(found)
}
