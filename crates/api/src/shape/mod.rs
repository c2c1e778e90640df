//! Shapes that several methods share: the answer to a login, list hashes, people in answers, peers in arguments, messages
//! that a call has sent, kinds of messages, polls, rules of privacy, saved messages, what was found, what cannot be unread,
//! login codes, files and where they are.

mod authorization;
mod document;
mod found;
mod kind;
mod list_hash;
mod location;
mod nothing_read;
mod peers;
mod people;
mod poll;
mod privacy;
mod saved;
mod sending;
mod sent;
mod sent_code;

pub(crate) use authorization::authorization;
pub(crate) use document::document;
pub(crate) use found::found;
pub(crate) use kind::{kind, kind_with_places};
pub(crate) use list_hash::list_hash;
pub(crate) use location::{Location, location};
pub(crate) use nothing_read::nothing_read;
pub(crate) use people::{changed_users, resolved};
pub(crate) use poll::poll;
pub(crate) use privacy::{must_be_status, privacy_rules};
pub(crate) use saved::{saved_dialogs, saved_from};
pub(crate) use sending::{refuse_kinds, reply_to};
pub(crate) use sent::{sent_any, sent_one};
pub(crate) use sent_code::sent_code;
