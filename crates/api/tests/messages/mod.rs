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
mod read_history;
mod send_message;
mod set_typing;
