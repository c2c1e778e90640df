//! Every error a method can answer: the only place that knows their codes and texts.
//!
//! Source: the documentation's error list (`api/errors`) and each method's "Possible errors". Clients match on the
//! text, some on code and text. A 5xx or a negative code makes clients retry for ever, so nothing permanent has one.

use std::borrow::Cow;

use domain::AboutTooLong;
use domain::update::AppendError;
use store::StoreError;

macro_rules! rpc_errors {
    ($($(#[doc = $doc:literal])+ $code:literal $text:ident => $name:ident,)+) => {
        /// An error as a client sees it: a number and an upper-case word.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum RpcError {
            $($(#[doc = $doc])+ $name,)+
            /// 420 FLOOD_WAIT_X: the same call is accepted again after so many seconds.
            FloodWait {
                /// Seconds to wait, at least 1.
                seconds: u32,
            },
            /// An error that `stubs.toml` names for a method that is not implemented.
            Stub {
                /// The numeric code.
                code: i32,
                /// The upper-case word.
                text: &'static str,
            },
        }

        impl RpcError {
            /// The numeric code of `rpc_error`.
            pub const fn code(self) -> i32 {
                match self {
                    $(Self::$name => $code,)+
                    Self::FloodWait { .. } => 420,
                    Self::Stub { code, .. } => code,
                }
            }

            /// The text of `rpc_error`.
            pub fn text(self) -> Cow<'static, str> {
                match self {
                    $(Self::$name => Cow::Borrowed(stringify!($text)),)+
                    Self::FloodWait { seconds } => Cow::Owned(format!("FLOOD_WAIT_{}", seconds.max(1))),
                    Self::Stub { text, .. } => Cow::Borrowed(text),
                }
            }
        }
    };
}

rpc_errors! {
    /// The method needs a login and the key has no user.
    401 AUTH_KEY_UNREGISTERED => AuthKeyUnregistered,
    /// A temporary key that is not bound may do next to nothing (T12).
    401 AUTH_KEY_PERM_EMPTY => AuthKeyPermEmpty,
    /// The key has never said which layer it speaks.
    400 CONNECTION_NOT_INITED => ConnectionNotInited,
    /// The layer is older than the oldest that is served.
    400 CONNECTION_LAYER_INVALID => ConnectionLayerInvalid,
    /// No method with this id in any layer, or one that this server does not have.
    400 INPUT_METHOD_INVALID => InputMethodInvalid,
    /// The method is known, its arguments cannot be read.
    400 INPUT_FETCH_ERROR => InputFetchError,
    /// The number is not 7 to 15 digits.
    400 PHONE_NUMBER_INVALID => PhoneNumberInvalid,
    /// The number has an account already.
    400 PHONE_NUMBER_OCCUPIED => PhoneNumberOccupied,
    /// An empty code.
    400 PHONE_CODE_EMPTY => PhoneCodeEmpty,
    /// A wrong code.
    400 PHONE_CODE_INVALID => PhoneCodeInvalid,
    /// An unknown, old, used or exhausted code.
    400 PHONE_CODE_EXPIRED => PhoneCodeExpired,
    /// The code could not be sent, as on a server without anything to send it.
    400 SMS_CODE_CREATE_FAILED => SmsCodeCreateFailed,
    /// An empty api hash or an api id that is not positive.
    400 API_ID_INVALID => ApiIdInvalid,
    /// A first name of 0 or more than 64 characters.
    400 FIRSTNAME_INVALID => FirstnameInvalid,
    /// A last name of more than 64 characters.
    400 LASTNAME_INVALID => LastnameInvalid,
    /// The binding message does not fit the keys, the session or the request (T12).
    400 ENCRYPTED_MESSAGE_INVALID => EncryptedMessageInvalid,
    /// Bound to another permanent key already.
    400 TEMP_AUTH_KEY_ALREADY_BOUND => TempAuthKeyAlreadyBound,
    /// The request did not come with a temporary key.
    400 TEMP_AUTH_KEY_EMPTY => TempAuthKeyEmpty,
    /// The binding's end lies in the past.
    400 EXPIRES_AT_INVALID => ExpiresAtInvalid,
    /// A text about oneself of more than 70 characters.
    400 ABOUT_TOO_LONG => AboutTooLong,
    /// Not 5 to 32 letters, digits and single underscores.
    400 USERNAME_INVALID => UsernameInvalid,
    /// Somebody else has the username.
    400 USERNAME_OCCUPIED => UsernameOccupied,
    /// The caller has it already.
    400 USERNAME_NOT_MODIFIED => UsernameNotModified,
    /// Nobody has the username.
    400 USERNAME_NOT_OCCUPIED => UsernameNotOccupied,
    /// The number is in nobody's hands whom the caller could know.
    400 PHONE_NOT_OCCUPIED => PhoneNotOccupied,
    /// A kind of media that is not served, or one that is not what it should be.
    400 MEDIA_INVALID => MediaInvalid,
    /// A poll with files, or one that others add answers to or may not answer: none is served.
    400 POLL_UNSUPPORTED => PollUnsupported,
    /// A poll without a question, or with too long a one.
    400 POLL_QUESTION_INVALID => PollQuestionInvalid,
    /// A poll with too few or too many answers.
    400 POLL_ANSWERS_INVALID => PollAnswersInvalid,
    /// An answer of a poll without text, or with too much.
    400 POLL_ANSWER_INVALID => PollAnswerInvalid,
    /// An answer of a poll that is named by nothing, or by too much.
    400 POLL_OPTION_INVALID => PollOptionInvalid,
    /// Two answers of a poll that are named alike.
    400 POLL_OPTION_DUPLICATE => PollOptionDuplicate,
    /// A quiz in which nothing is right.
    400 QUIZ_CORRECT_ANSWERS_EMPTY => QuizCorrectAnswersEmpty,
    /// A quiz in which more is right than can be answered.
    400 QUIZ_CORRECT_ANSWERS_TOO_MUCH => QuizCorrectAnswersTooMuch,
    /// What is right in a quiz is none of its answers.
    400 QUIZ_CORRECT_ANSWER_INVALID => QuizCorrectAnswerInvalid,
    /// A quiz is passed on as one's own that one has not answered.
    400 QUIZ_ANSWER_MISSING => QuizAnswerMissing,
    /// The poll has ended.
    400 MESSAGE_POLL_CLOSED => MessagePollClosed,
    /// More answers than the poll takes of one person.
    400 OPTIONS_TOO_MUCH => OptionsTooMuch,
    /// No such answer in this poll.
    400 OPTION_INVALID => OptionInvalid,
    /// The caller has answered, and that stays.
    400 REVOTE_NOT_ALLOWED => RevoteNotAllowed,
    /// Who has not answered does not see who did.
    403 POLL_VOTE_REQUIRED => PollVoteRequired,
    /// The message has no media that could be put in the place of.
    400 MEDIA_PREV_INVALID => MediaPrevInvalid,
    /// Media that cannot be put in the place of another.
    400 MEDIA_NEW_INVALID => MediaNewInvalid,
    /// No die of this name.
    400 EMOTICON_INVALID => EmoticonInvalid,
    /// No such login token.
    400 AUTH_TOKEN_INVALID => AuthTokenInvalid,
    /// A login token that nobody accepted in time.
    400 AUTH_TOKEN_EXPIRED => AuthTokenExpired,
    /// A login token that was accepted before.
    400 AUTH_TOKEN_ALREADY_ACCEPTED => AuthTokenAlreadyAccepted,
    /// The device that shows the token has this user already.
    400 AUTH_TOKEN_EXCEPTION => AuthTokenException,
    /// Not one of the reactions there are.
    400 REACTION_INVALID => ReactionInvalid,
    /// No file is there that the caller could read.
    400 LOCATION_INVALID => LocationInvalid,
    /// A file is read with a reference, and there is none.
    400 FILE_REFERENCE_EMPTY => FileReferenceEmpty,
    /// The reference to a file is not the caller's, or not to this file.
    400 FILE_REFERENCE_INVALID => FileReferenceInvalid,
    /// Fewer than 3 characters to search for.
    400 QUERY_TOO_SHORT => QueryTooShort,
    /// No such account, or one's own.
    400 CONTACT_ID_INVALID => ContactIdInvalid,
    /// A contact without a first name.
    400 CONTACT_NAME_EMPTY => ContactNameEmpty,
    /// A contact is a number, and this one's is not known to the caller.
    400 CONTACT_REQ_MISSING => ContactReqMissing,
    /// The caller has blocked whom he writes to.
    400 YOU_BLOCKED_USER => YouBlockedUser,
    /// Not a peer of this user, or not with this access hash.
    400 PEER_ID_INVALID => PeerIdInvalid,
    /// No channel has dialogs inside it.
    400 PARENT_PEER_INVALID => ParentPeerInvalid,
    /// Not a user known to this user, or not with this access hash.
    400 USER_ID_INVALID => UserIdInvalid,
    /// No chat with this id.
    400 CHAT_ID_INVALID => ChatIdInvalid,
    /// No channel with this id.
    400 CHANNEL_INVALID => ChannelInvalid,
    /// A message id out of range.
    400 MSG_ID_INVALID => MsgIdInvalid,
    /// A message with this number is not in this dialog.
    400 MESSAGE_ID_INVALID => MessageIdInvalid,
    /// Somebody else wrote the message.
    403 MESSAGE_AUTHOR_REQUIRED => MessageAuthorRequired,
    /// The message is older than what may be edited.
    400 MESSAGE_EDIT_TIME_EXPIRED => MessageEditTimeExpired,
    /// The message says that already.
    400 MESSAGE_NOT_MODIFIED => MessageNotModified,
    /// No text, or nothing left of it.
    400 MESSAGE_EMPTY => MessageEmpty,
    /// More than 4,096 UTF-16 units.
    400 MESSAGE_TOO_LONG => MessageTooLong,
    /// An entity outside the text.
    400 ENTITY_BOUNDS_INVALID => EntityBoundsInvalid,
    /// More than 100 entities.
    400 ENTITIES_TOO_LONG => EntitiesTooLong,
    /// A mention of somebody the sender does not know.
    400 ENTITY_MENTION_USER_INVALID => EntityMentionUserInvalid,
    /// The message that was sent under it is gone.
    400 RANDOM_ID_DUPLICATE => RandomIdDuplicate,
    /// A random id of 0.
    400 RANDOM_ID_EMPTY => RandomIdEmpty,
    /// The message replied to does not exist.
    400 REPLY_MESSAGE_ID_INVALID => ReplyMessageIdInvalid,
    /// The quoted text is not part of the message that is answered.
    400 QUOTE_TEXT_INVALID => QuoteTextInvalid,
    /// A kind of reply that is not served.
    400 REPLY_TO_INVALID => ReplyToInvalid,
    /// Buttons under messages are for bots, which are not served.
    400 REPLY_MARKUP_INVALID => ReplyMarkupInvalid,
    /// Scheduled sending is not served.
    400 SCHEDULE_DATE_INVALID => ScheduleDateInvalid,
    /// Sending in another peer's name is not served.
    400 SEND_AS_PEER_INVALID => SendAsPeerInvalid,
    /// Nothing would change in the dialog.
    400 CHAT_NOT_MODIFIED => ChatNotModified,
    /// A search for everything.
    400 SEARCH_QUERY_EMPTY => SearchQueryEmpty,
    /// Not a peer of this user whose messages could be searched for.
    400 FROM_PEER_INVALID => FromPeerInvalid,
    /// A filter that lets through what this call is not about.
    400 FILTER_NOT_SUPPORTED => FilterNotSupported,
    /// A time to live that is negative or longer than a year.
    400 TTL_PERIOD_INVALID => TtlPeriodInvalid,
    /// No messages named.
    400 MESSAGE_IDS_EMPTY => MessageIdsEmpty,
    /// A random id is there twice, or there are more or fewer than messages.
    400 RANDOM_ID_INVALID => RandomIdInvalid,
    /// A first date that cannot be, or that is after the last one.
    400 MIN_DATE_INVALID => MinDateInvalid,
    /// A last date that cannot be.
    400 MAX_DATE_INVALID => MaxDateInvalid,
    /// No peers asked for.
    400 INPUT_PEERS_EMPTY => InputPeersEmpty,
    /// No folder with this id.
    400 FOLDER_ID_INVALID => FolderIdInvalid,
    /// Nothing that can be shown to some and hidden from others here.
    400 PRIVACY_KEY_INVALID => PrivacyKeyInvalid,
    /// A rule that cannot be kept, or names somebody unknown.
    400 PRIVACY_VALUE_INVALID => PrivacyValueInvalid,
    /// More rules, or users in them, than there may be.
    400 PRIVACY_TOO_LONG => PrivacyTooLong,
    /// Nothing has been said in the dialog.
    400 PEER_HISTORY_EMPTY => PeerHistoryEmpty,
    /// The folder has as many pinned dialogs as it may have.
    400 PINNED_DIALOGS_TOO_MUCH => PinnedDialogsTooMuch,
    /// Not the number of a folder of one's own.
    400 FILTER_ID_INVALID => FilterIdInvalid,
    /// Such a folder without a name.
    400 FILTER_TITLE_EMPTY => FilterTitleEmpty,
    /// Such a folder that nothing can be in.
    400 FILTER_INCLUDE_EMPTY => FilterIncludeEmpty,
    /// A dialog that is in a folder and excluded from it.
    400 CHATLIST_EXCLUDE_INVALID => ChatlistExcludeInvalid,
    /// A setting that cannot be.
    400 SETTINGS_INVALID => SettingsInvalid,
    /// A page position that cannot be.
    400 OFFSET_PEER_ID_INVALID => OffsetPeerIdInvalid,
    /// The account on the other side is gone.
    400 INPUT_USER_DEACTIVATED => InputUserDeactivated,
    /// An option that this server does not have yet; our own word, since no documented one says it.
    400 OPTION_NOT_SUPPORTED => OptionNotSupported,
    /// An offset of more than 10,000 messages.
    400 OFFSET_INVALID => OffsetInvalid,
    /// A negative limit, or more items than one call may name.
    400 LIMIT_INVALID => LimitInvalid,
    /// No such export of data is open.
    400 TAKEOUT_INVALID => TakeoutInvalid,
    /// A pts of 0.
    400 PERSISTENT_TIMESTAMP_EMPTY => PersistentTimestampEmpty,
    /// A pts that was never reached.
    400 PERSISTENT_TIMESTAMP_INVALID => PersistentTimestampInvalid,
    /// A record that cannot be read, or a store that does not answer: the client tries again.
    500 RPC_CALL_FAIL => RpcCallFail,
}

impl From<AppendError> for RpcError {
    fn from(error: AppendError) -> Self {
        match error {
            // No number is left for the event.
            AppendError::Full => Self::MsgIdInvalid,
            AppendError::Store(error) => error.into(),
        }
    }
}

impl From<AboutTooLong> for RpcError {
    fn from(_: AboutTooLong) -> Self {
        Self::AboutTooLong
    }
}

impl From<StoreError> for RpcError {
    fn from(_: StoreError) -> Self {
        Self::RpcCallFail
    }
}

#[cfg(test)]
mod tests {
    use super::RpcError;

    #[test]
    fn flood_wait_is_never_zero() {
        assert_eq!(RpcError::FloodWait { seconds: 0 }.text(), "FLOOD_WAIT_1");
        assert_eq!(RpcError::FloodWait { seconds: 31 }.code(), 420);
    }
}
