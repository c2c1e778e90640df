//! Domain records as TL objects for one viewer, and TL inputs as domain values.
//!
//! One file per TL type, named after it. Views decide nothing: what a viewer may see was decided by `domain`.
//! Only here do the canonical layer's types and the domain's meet.
#![forbid(unsafe_code)]

mod dialog;
mod draft;
mod filter;
mod message;
mod message_entity;
mod message_media;
mod message_reactions;
mod notify;
mod peer;
mod peer_settings;
mod poll;
mod privacy_rule;
mod saved_dialog;
mod sight;
mod update;
mod updates;
mod user;
mod user_full;
mod user_status;

pub use dialog::{archive, dialogs};
pub use draft::draft_update;
pub use filter::{FilterInputError, dialog_filters, parse_filter};
pub use message::message;
pub use message_entity::{EntityError, entities, parse_entities};
pub use message_reactions::{message_reactions, peer_reaction, update_reactions};
pub use notify::{input_notify_peer, notify_settings, notify_update, peer_notify_settings};
pub use peer::{PeerError, dialog_peer, input_dialog_peer, input_peer, input_user, peer};
pub use peer_settings::peer_settings;
pub use poll::{PollInputError, parse_poll, poll_hash, poll_votes};
pub use privacy_rule::{RuleRefused, parse_privacy_rules, privacy_rules};
pub use saved_dialog::saved_dialog;
pub use sight::Sight;
pub use update::{Counting, News, news, peer_history_ttl, step, user_changed};
pub use updates::{Mentioned, updates};
pub use user::{user, users};
pub use user_full::user_full;
pub use user_status::user_status;
