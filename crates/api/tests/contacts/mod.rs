//! Tests of the methods of `contacts`.

mod add_contact;
mod block;
mod delete_by_phones;
mod delete_contacts;
mod get_blocked;
mod get_contacts;
mod get_statuses;
mod import_contacts;
mod reset_saved;
mod resolve_phone;
mod resolve_username;
mod search;
mod unblock;
