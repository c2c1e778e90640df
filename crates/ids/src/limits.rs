//! Every limit of the system, with its unit in the name and its source in the comment; those of what is kept in `keeping`.
//!
//! What an operator may change is a field of the configuration whose default stands here. The borders of a format
//! (bytes of a header, of a padding) stand with the format, and what a client allows itself stands with the client.

mod keeping;

pub use keeping::*;

/// Oldest API layer that is served (schema history begins there).
pub const LAYER_MIN: u16 = 143;
/// The one typed layer; a newer client is served this one.
pub const LAYER_CANONICAL: u16 = 230;

/// Messages in one container (docs: service messages, containers).
pub const CONTAINER_MESSAGES_MAX: usize = 1024;
/// Largest frame from a peer whose auth key is known (A7): one 512 KiB file part and a container around it.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Largest frame while there is no auth key (A7); the largest handshake message is about 400 bytes.
pub const FRAME_PLAIN_BYTES_MAX: usize = 1024;
/// Output of one inflated gzip_packed (A8).
pub const GZIP_UNPACKED_BYTES_MAX: usize = 1 << 20;
/// Nesting of TL objects in one message (A9).
pub const TL_DEPTH_MAX: usize = 16;
/// invokeWithLayer, initConnection and the like around one query (A9).
pub const WRAPPERS_MAX: usize = 8;
/// Elements of one TL vector, whatever its bytes would allow (A10); as many ids as a msgs_ack, msgs_state_req or
/// msg_resend_req may name (docs: service messages about messages).
pub const VECTOR_ITEMS_MAX: usize = 8192;

/// Age of a client message that is still accepted (T6; docs: security guidelines).
pub const MSG_ID_PAST_S_MAX: i64 = 300;
/// How far ahead of our clock a client message may be (T6).
pub const MSG_ID_FUTURE_S_MAX: i64 = 30;
/// How far back the wall clock may be set before all salts are retired (T6): a second less than ids may be ahead, so
/// that wherever sessions end for it, their salts are retired as well.
pub const SET_BACK_MS_MAX: u64 = 29_000;
/// Ids of received messages remembered for each session (T6).
pub const SEEN_IDS_MAX: usize = 1024;
/// How long a later message waits for the earlier one that its seqno announces (T1).
pub const REORDER_HOLD_MS_MAX: u64 = 50;
/// Messages that a middleman is taken to have exchanged at the beginning of a session (T1). If more are missing, the
/// session is one that was forgotten here, and nothing waits.
pub const REORDERED_MESSAGES_MAX: u32 = 16;
/// Life of one server salt; it is accepted for as long again afterwards (T10).
pub const SALT_LIFE_S: i64 = 1800;
/// Salts in one answer to get_future_salts (T10).
pub const FUTURE_SALTS_MAX: usize = 64;
/// Temporary keys bound to one permanent key at a time; the oldest falls out.
pub const TEMP_KEYS_PER_KEY_MAX: usize = 32;
/// Life of a temporary key, whatever its maker asked for.
pub const TEMP_KEY_LIFE_S_MAX: i64 = 86_400;
/// Sessions of one auth key; the longest unused one is forgotten.
pub const SESSIONS_PER_KEY_MAX: usize = 64;
/// Life of a session after its last connection.
pub const SESSION_IDLE_MS: u64 = 300_000;
/// Updates waiting in one session before they are replaced by updatesTooLong.
pub const SESSION_BACKLOG_UPDATES_MAX: usize = 100;
/// Their bytes.
pub const SESSION_BACKLOG_BYTES_MAX: usize = 1 << 20;
/// A session that was silent for this long gives back the memory it does not need.
pub const SESSION_REST_MS: u64 = 60_000;
/// Connections one session is remembered to use; the longest unused one is forgotten.
pub const CONNS_PER_SESSION_MAX: usize = 16;
/// Calls of one session that are not answered yet: one full container. The next one is told to come back.
pub const SESSION_CALLS_MAX: usize = 1024;
/// How long an id stays remembered in a silent session. Replays die after 330 s (T6); this is for late resends.
pub const SEEN_ID_LIFE_MS: u64 = 900_000;
/// Ended sessions whose last id is remembered against replays (T6); beyond, one border stands for the oldest.
pub const ENDED_SESSIONS_MAX: usize = 64;
/// How long: the oldest and the newest accepted id, and a second for rounding (T6).
pub const ENDED_SESSION_MEMORY_MS: u64 = 331_000;
/// Content messages of one session held back because an earlier one is missing (T1).
pub const HELD_MESSAGES_MAX: usize = 256;
/// Their bytes.
pub const HELD_BYTES_MAX: usize = 1 << 20;
/// How long invokeAfterMsg waits for a call that has not come (docs: api/invoking).
pub const AFTER_UNKNOWN_MS_MAX: u64 = 500;
/// How long invokeAfterMsg waits for a call that runs; then MSG_WAIT_TIMEOUT.
pub const AFTER_RUNNING_MS_MAX: u64 = 20_000;
/// Calls that one invokeAfterMsgs may name.
pub const AFTER_IDS_MAX: usize = 1024;
/// Calls that all waiting calls of one session may name together: each answer looks them through.
pub const AFTER_NAMED_MAX: usize = 4096;
/// Bytes of calls of one key that wait for others: two of the largest.
pub const AFTER_BYTES_MAX: usize = 2 << 20;
/// A content message whose answer does not follow is acknowledged after this (docs: acknowledgment of receipt).
pub const ACK_DELAY_MS: u64 = 1_000;
/// Age from which a message is not sent again as it is: clients refuse 300 s, and it still has to travel.
pub const RESEND_AGE_MS_MAX: u64 = 270_000;
/// A packet to a client is closed when its body reaches this; only a single message makes a larger one.
pub const PACKET_BODY_BYTES: usize = 64 << 10;
/// Answers of one key that were sent and not acknowledged; beyond, the largest is given up. When twice as much waits to
/// be sent the connection is closed.
pub const KEY_UNACKED_BYTES_MAX: usize = 8 << 20;
/// Unacknowledged answers of one session.
pub const SESSION_UNACKED_MAX: usize = 1024;
/// Refusals to sessions of one key that do not exist, waiting to be sent; the newest gives way.
pub const STRAY_REFUSALS_MAX: usize = 64;
/// Longest delay of ping_delay_disconnect; clients ask for two minutes and less.
pub const DISCONNECT_DELAY_S_MAX: u64 = 3_600;
/// One text field of initConnection; the rest is cut.
pub const INIT_FIELD_BYTES_MAX: usize = 256;

/// A handshake that is not finished is forgotten after this (T5).
pub const HANDSHAKE_LIFE_MS: u64 = 60_000;
/// Exchanges open on one connection: Telegram Desktop runs a probe, a permanent and a temporary one.
pub const EXCHANGES_PER_CONN_MAX: usize = 4;
/// Exchanges begun on one connection in its life: a client begins a few, a flood of requests for pq is cut off (A5).
pub const EXCHANGES_STARTED_PER_CONN_MAX: u32 = 64;
/// Times a client is told to try again because its new key's id is taken (T9).
pub const DH_RETRIES_MAX: u32 = 5;
/// Handshake states kept at a time, in all (A7).
pub const HANDSHAKES_MAX: usize = 50_000;

/// Beginnings of obfuscated streams that are remembered at least, so that a replayed one is not answered (T13).
pub const OPENINGS_MIN: usize = 64 * 1024;
/// Time for the first complete frame of a connection (A6).
pub const FIRST_FRAME_MS_MAX: u64 = 30_000;
/// Time for the rest of a frame that was begun (A6).
pub const PARTIAL_FRAME_MS_MAX: u64 = 30_000;
/// Time for the first message under an auth key (A6).
pub const KEY_UNUSED_MS_MAX: u64 = 60_000;
/// Slowest line over which a peer that used its key may send a large frame: bytes received extend the 30 s by this rate.
pub const FRAME_BYTES_PER_S_MIN: u64 = 4096;

/// How long somebody is online after his client last said so; clients say it again earlier (docs: config,
/// online_update_period_ms).
pub const ONLINE_MS: u64 = 300_000;
/// How often a client in use says so (docs: config, online_update_period_ms).
pub const ONLINE_AGAIN_MS: u64 = 210_000;
/// What a client says again earlier than this changes nothing.
pub const ONLINE_SAME_MS: u64 = 60_000;
/// Keys of one user that are online at a time; beyond, one more is not noted.
pub const ONLINE_KEYS_PER_USER_MAX: usize = 32;
/// Keys that are online at a time, in all: many times the connections of one process.
pub const ONLINE_KEYS_MAX: usize = 200_000;
/// How long it is known to the second when somebody was there last; then to the day.
pub const SEEN_EXACT_MS: u64 = 48 * 3_600_000;
/// Users of whom that is known; beyond, those who were there longest ago are known to the day.
pub const SEEN_EXACT_MAX: usize = 100_000;
/// How often it is looked whether those who are online still are.
pub const PRESENCE_SWEEP_MS: u64 = 5_000;
/// How long after others were told of a user's status they are told of it again.
pub const STATUS_APART_MS: u64 = 5_000;
/// Rules of who may see something of somebody.
pub const PRIVACY_RULES_MAX: usize = 10;
/// Users whom they name (docs: account.setPrivacy, PRIVACY_TOO_LONG).
pub const PRIVACY_USERS_MAX: usize = 1_000;
/// Users who are told of another one's status or name at a time: those connected who know him.
pub const AUDIENCE_MAX: usize = 1_000;

/// What somebody is doing, as others are told of it at once: interactions with emoji, the longest, stay far below.
pub const TYPING_ACTION_BYTES_MAX: usize = 4096;
/// Text of one message, in UTF-16 units as clients count (docs: config, message_length_max).
pub const MESSAGE_TEXT_UNITS_MAX: usize = 4096;
/// Entities of one message (docs: entities; more are cut silently by other servers, refused here).
pub const MESSAGE_ENTITIES_MAX: usize = 100;
/// A URL or a language name in one entity (ours: longer ones are no address).
pub const ENTITY_TEXT_BYTES_MAX: usize = 2048;
/// What a person says of himself, in characters (docs: account.updateProfile; appConfig, about_length_limit_default).
pub const ABOUT_CHARS_MAX: usize = 70;
/// The shortest username, in characters (docs: account.updateUsername).
pub const USERNAME_CHARS_MIN: usize = 5;
/// The longest username, in characters (docs: account.updateUsername).
pub const USERNAME_CHARS_MAX: usize = 32;
/// Users whom one account can block (ours: each is a row of its box and an entry of a page that others share).
pub const BLOCKED_MAX: u32 = 10_000;
/// One text of a card or a place (ours: a card with a picture in it is a file).
pub const MEDIA_TEXT_BYTES_MAX: usize = 4096;
/// How long after it was sent a message can be edited (docs: config, edit_time_limit).
pub const EDIT_TIME_S_MAX: i64 = 172_800;
/// Messages named in one call (docs: messages.deleteMessages, messages.forwardMessages and others take 100).
pub const MESSAGE_IDS_MAX: usize = 100;
/// The longest timer of a dialog: a year (docs: messages.setHistoryTTL; clients offer no more).
pub const TIMER_S_MAX: u32 = 366 * 86_400;
/// Messages whose time is over that are taken away in one go.
pub const ENDINGS_MAX: usize = 4096;
/// Messages that one search looks at (ours: there is no index of words).
pub const SEARCH_MESSAGES_MAX: usize = 10_000;
/// Bytes of their texts.
pub const SEARCH_TEXT_BYTES_MAX: usize = 4 << 20;
/// Words of a query that are looked for each by itself; the rest of a longer query is one.
pub const SEARCH_WORDS_MAX: usize = 8;
/// Kinds of messages that are counted in one call; there are fewer.
pub const SEARCH_FILTERS_MAX: usize = 20;
/// Dialogs pinned in the main list (docs: client configuration, dialogs_pinned_limit_default).
pub const PINS_MAX: usize = 5;
/// Dialogs pinned in the archive (docs: client configuration, dialogs_folder_pinned_limit_default).
pub const ARCHIVED_PINS_MAX: usize = 100;
/// Dialogs of saved messages that are pinned (docs: client configuration, saved_dialogs_pinned_limit_default).
pub const SAVED_PINS_MAX: usize = 5;
/// How long a deletion of saved messages, which takes several calls, waits for the next one.
pub const CLEARING_S_MAX: i64 = 600;
/// Folders of a user's own (docs: client configuration, dialog_filters_limit_default).
pub const FILTERS_MAX: usize = 10;
/// Dialogs that one of them names as in it, and as many as not in it (docs: client configuration,
/// dialog_filters_chats_limit_default).
pub const FILTER_PEERS_MAX: usize = 100;
/// Name of one of them, in characters, as clients have it.
pub const FILTER_TITLE_CHARS_MAX: usize = 12;
/// Name of a notification sound, in bytes.
pub const SOUND_TEXT_BYTES_MAX: usize = 256;
/// Options of a poll that are looked at when it changes its layer (docs: config, poll_answers_max is 12).
pub const POLL_OPTIONS_MAX: u32 = 100;
/// Options of a poll (docs: client configuration, poll_answers_max).
pub const POLL_ANSWERS_MAX: usize = 12;
/// Fewest options of a poll (docs: constructor poll).
pub const POLL_ANSWERS_MIN: usize = 2;
/// Question of a poll, in characters (docs: bots send 300, users 255; the larger is taken from both).
pub const POLL_QUESTION_CHARS_MAX: usize = 300;
/// Option of a poll, in characters, as clients have it.
pub const POLL_OPTION_CHARS_MAX: usize = 100;
/// What an option of a poll is named by, in bytes; clients send 1.
pub const POLL_OPTION_BYTES_MAX: usize = 100;
/// Solution of a quiz, in characters, as clients have it.
pub const POLL_SOLUTION_CHARS_MAX: usize = 200;
/// Shortest time that a poll is open (docs: constructor poll, close_period).
pub const POLL_CLOSE_S_MIN: u32 = 5;
/// Longest time that a poll is open (docs: client configuration, poll_close_period_max).
pub const POLL_CLOSE_S_MAX: u32 = 2_628_000;
/// First and last name, in characters (docs: auth.signUp).
pub const NAME_CHARS_MAX: usize = 64;
/// Digits of a phone number, with country code (docs: E.164).
pub const PHONE_DIGITS_MAX: usize = 15;
/// Fewest digits taken for a phone number.
pub const PHONE_DIGITS_MIN: usize = 7;
/// Dialogs or messages on one page (docs: offsets).
pub const PAGE_ITEMS_MAX: usize = 100;
/// Items on a page whose limit is 0 or negative (docs: offsets).
pub const PAGE_ITEMS_DEFAULT: usize = 20;
/// How far add_offset may move the start of a history page, either way; more would be a scan.
pub const HISTORY_ADD_OFFSET_MAX: usize = 10_000;
/// Users in one users.getUsers (clients ask for at most 200).
pub const USERS_PER_CALL_MAX: usize = 200;
/// Events in one pushed `updates`.
pub const PUSH_EVENTS_MAX: usize = 100;
/// Events in one updates.getDifference slice.
pub const DIFFERENCE_EVENTS_MAX: usize = 500;
/// Bytes of text in one slice of messages; at least one message is in it, whatever its length.
pub const DIFFERENCE_TEXT_BYTES_MAX: usize = 512 * 1024;
/// Contacts in one contacts.importContacts; the rest come back in retry_contacts (ours: some hundred milliseconds of work).
pub const IMPORT_CONTACTS_MAX: usize = 3000;
/// Numbers in one of the 256 pages of an address book; what is beyond comes back in retry_contacts. A book of 20,000
/// numbers still fits.
pub const CONTACTS_PER_BOOK_PAGE_MAX: usize = 128;
/// How far back the clock may be set before a box stops to hold its dates; less is smoothed over, since dates in a
/// box do not go back.
pub const CLOCK_BACK_S_MAX: i64 = 3600;

/// Tokens of asking that one user has at once (A4): every call costs one, a page of a chat two (ours: an app that starts
/// asks some hundred things).
pub const ASK_TOKENS_BURST: u32 = 1_200;
/// Tokens of asking that come back in a minute (ours: A4, a chat is read to its end at 30 pages a second).
pub const ASK_TOKENS_PER_MINUTE: u32 = 3_600;
/// Tokens of changing that one user has at once: one for each call that writes, and for each message it makes (ours: A4).
pub const CHANGE_TOKENS_BURST: u32 = 600;
/// Tokens of changing that come back in a minute (A4): 30 messages a second, as bots send them (docs: bots/faq).
pub const CHANGE_TOKENS_PER_MINUTE: u32 = 1_800;
/// Tokens of a search (ours: A4).
pub const SEARCH_TOKENS: u32 = 20;
/// Tokens of searching that one user has at once: sixty searches (ours: A4, apps make some for each chat that is opened).
pub const SEARCH_TOKENS_BURST: u32 = 1_200;
/// Tokens of searching that come back in a minute (ours: A4, four searches a second, as fast as one types).
pub const SEARCH_TOKENS_PER_MINUTE: u32 = 4_800;
/// What of them each user has by default, in hundredths.
pub const CALLS_PERCENT: u32 = 100;
/// Calls of a key that are refused within the time it was told to wait and cost it nothing: it had sent them before it knew.
pub const REFUSALS_FREE: u32 = 32;
/// How long after he was told to wait calls of his are counted so, however long it was.
pub const REFUSAL_WINDOW_MS_MAX: u64 = 60_000;
/// How long nothing is read from a client's connections for each call that he makes within the time he was told to wait, but
/// for the first 32 (ours: A4).
pub const REFUSAL_REST_MS: u64 = 50;
/// How long at a time, however many there were: its acknowledgements and pings come the same way.
pub const REST_MS_MAX: u64 = 2_000;
/// How many bytes are read at a time for a while after that: some calls.
pub const REST_READ_BYTES: usize = 1_024;
/// Users, and keys without a user, whose calls are counted at a time; beyond, only the limits on the sum hold.
pub const FLOOD_SUBJECTS_MAX: usize = 100_000;

/// Wrong guesses at one login code before it is dead (ours: A1).
pub const CODE_TRIES_MAX: u32 = 3;
/// Life of a login code (ours: A1).
pub const CODE_LIFE_S: i64 = 300;
/// Login codes for one number in a day (ours: A1).
pub const CODES_PER_DAY_MAX: u32 = 5;
/// Digits of a login code (A1).
pub const CODE_DIGITS: u32 = 5;
/// Digits of a login code while guessing goes on (A1).
pub const CODE_DIGITS_GUESSED: u32 = 6;
/// Wrong codes in an hour, in all, from which on new codes are longer (A1).
pub const WRONG_CODES_PER_HOUR_MAX: usize = 1_000;
/// Before a code for the same number is issued again to the same key (ours: codes cost money and patience).
pub const CODE_AGAIN_S: i64 = 60;
/// Login codes asked for with one auth key in a day, for all numbers together: whoever asks for more wants to use up
/// what there is for everybody (A3).
pub const CODES_PER_KEY_PER_DAY_MAX: u32 = 10;
/// Auth keys whose codes of the day are counted at a time, in all; beyond, only the other limits hold.
pub const CODE_KEYS_MAX: usize = 100_000;
/// Numbers whose codes of the day are counted at a time, in all; beyond it no code is issued to a new number.
pub const CODE_NUMBERS_MAX: usize = 500_000;
/// How long a login token lives that is shown as a QR code (docs: login via QR code; A15).
pub const LOGIN_TOKEN_LIFE_S: i64 = 30;
/// How long a client may take to fetch the login of a token that was accepted (ours).
pub const LOGIN_TOKEN_FETCH_S: i64 = 60;
/// Login codes alive at a time, in all; and login tokens.
pub const CODES_ALIVE_MAX: usize = 100_000;

/// Connections of one address that have not used an auth key with which somebody is logged in (A6).
pub const UNAUTHENTICATED_PER_ADDRESS_MAX: u32 = 100;
/// Key exchanges that one address may start per minute, in the long run (A5).
pub const HANDSHAKES_PER_ADDRESS_PER_MINUTE: u32 = 10;
/// Key exchanges that one address may start at once (A5).
pub const HANDSHAKES_PER_ADDRESS_BURST: u32 = 20;
/// Addresses whose key exchanges are counted at a time; beyond, only the limits on the sum hold.
pub const HANDSHAKE_ADDRESSES_MAX: usize = 100_000;
/// Key exchanges waiting for the processor; the newest is refused (A5).
pub const HANDSHAKE_JOBS_WAITING_MAX: u32 = 200;
/// Share of one processor core that key exchanges may take (A5).
pub const HANDSHAKE_CPU_PERCENT: u32 = 50;
/// Ids of auth keys that are known not to exist (A7).
pub const UNKNOWN_KEYS_MAX: usize = 256 * 1024;
/// Calls waiting for a handler thread, all sessions together.
pub const CALLS_WAITING_MAX: u32 = 10_000;
/// Their bytes; unpacked they are much larger than what their senders had to send.
pub const CALL_BYTES_WAITING_MAX: u64 = 64 << 20;
/// A call that still finds room when half of that is taken; the largest message is shorter.
pub const CALL_BYTES_SMALL: u64 = 32 << 10;
/// Users of whom it is known at a time that they had more than their part of the handlers (A4).
pub const FAIR_SUBJECTS_MAX: usize = 16 * 1024;
/// Time that calls of others which wait for a handler thread may take before a key may only have few waiting (R10).
pub const CALL_WAIT_CROWDED_MS: u64 = 100;
/// Calls of one key that wait all the same: an app asks for some things at once.
pub const CALLS_OF_KEY_CROWDED: usize = 16;
/// Calls of one session waiting for their turn; a client pipelines tens.
pub const CALLS_WAITING_PER_SESSION_MAX: u32 = 1024;
/// Bytes waiting to be written to one connection: some answers of the largest size.
pub const WRITE_QUEUE_BYTES_MAX: usize = 8 << 20;
/// How long a connection may refuse what is written to it (A6).
pub const WRITE_STALL_S_MAX: u64 = 60;
/// Permanent keys with which nobody has logged in; beyond, the oldest is destroyed (whoever can connect can make one).
pub const KEYS_WITHOUT_USER_MAX: usize = 100_000;
/// Answers that are kept for a key with which nobody is logged in, until it acknowledges them.
pub const KEY_WITHOUT_USER_UNACKED_BYTES_MAX: usize = 256 << 10;
/// Keys that one connection serves at a time; clients use one or two. The longest unused one goes, as if its connection
/// were closed.
pub const KEYS_PER_CONN_MAX: usize = 16;
/// Connections that use one auth key at a time; beyond, the oldest is closed. Clients open some ten.
pub const CONNS_PER_KEY_MAX: usize = 64;
/// How long a temporary key may stay without a user, bound or not, while nobody is connected with it.
pub const TEMP_KEY_WITHOUT_USER_LIFE_MS: u64 = 300_000;
/// How long a permanent key waits for somebody to log in.
pub const KEY_WITHOUT_USER_LIFE_MS: u64 = 86_400_000;
/// Bytes of answers that a peer leaves unread before we stop to read what he sends.
pub const UNREAD_ANSWERS_BYTES_MAX: usize = 64 << 10;

/// Time for the head of an HTTP request, the wait for it included: idle keep-alive connections end with it (A6).
pub const HTTP_HEAD_S_MAX: u64 = 10;
/// Life of an HTTP connection that is not upgraded: long enough for every answer there is, and the end of a peer that
/// does not read it (A6).
pub const HTTP_LIFE_S_MAX: u64 = 60;
/// Buffer of one HTTP connection: requests here are small.
pub const HTTP_BUFFER_BYTES_MAX: usize = 16 << 10;
/// Login codes in the development inbox, of all numbers together; beyond, the oldest goes.
pub const INBOX_LETTERS_MAX: usize = 10_000;
/// Login codes in one answer of the development inbox.
pub const INBOX_ANSWER_LETTERS_MAX: usize = 100;
/// Lines that may wait for standard error; what comes on top is counted and lost.
pub const LOG_LINES_WAITING_MAX: usize = 4096;
/// How often a transaction is run again because another one came in between.
pub const CONFLICT_RERUNS_MAX: u32 = 8;
/// How far the counters of a box move on when its store was found behind: further than any client can have been told of
/// in what is lost.
pub const REPAIR_PTS_STEP: i32 = 100_000;
/// Rows of a box that are looked at in one transaction of a repair or of a move.
pub const SWEEP_ROWS_MAX: usize = 4_096;
/// Boxes of a store that was put back whose states are in memory at a time, though nobody has opened them.
pub const REPAIR_WALK_BOXES_MAX: usize = 16;
/// How long after one such lot the next one is asked for: 64 boxes a second, a million in four hours.
pub const REPAIR_WALK_MS: u64 = 250;
/// How often a call is run again because keys had to be brought; then it is told to come back.
pub const NEED_RERUNS_MAX: u32 = 3;
/// Characters kept of each text of initConnection.
pub const CLIENT_TEXT_CHARS_MAX: usize = 64;

/// Ids of accounts, and so of their boxes, begin here: beyond 32 bits, so that no client takes one for another kind.
pub const USER_ID_MIN: i64 = 1 << 33;
/// Ids of accounts end below this.
pub const USER_ID_END: i64 = 1_000_000_000_000;
