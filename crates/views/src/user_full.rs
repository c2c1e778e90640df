//! `UserFull`: a profile page. What cannot be set yet is absent.
//!
//! Source: <https://core.telegram.org/constructor/userFull>.

use ids::UserId;
use tl::fields;

use crate::peer_settings::{peer_notify_settings, peer_settings};

/// The page of a user.
pub fn user_full(user: UserId) -> tl::UserFull {
    fields::UserFull {
        id: user.0,
        settings: peer_settings(),
        notify_settings: peer_notify_settings(),
        ..fields::UserFull::default()
    }
    .into()
}
