//! Tests of the methods of `messages`.

mod delete_history;
mod delete_messages;
mod edit_message;
mod forward_messages;
mod get_dialogs;
mod get_history;
mod get_messages;
mod get_peer_dialogs;
mod get_pinned_dialogs;
mod get_search_counters;
mod get_search_results_calendar;
mod get_search_results_positions;
mod read_history;
mod read_mentions;
mod read_message_contents;
mod read_reactions;
mod search;
mod send_message;
mod set_typing;
mod unpin_all_messages;
mod update_pinned_message;
