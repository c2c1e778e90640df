//! `UserFull`: a profile page. What cannot be set yet is absent.
//!
//! Source: <https://core.telegram.org/constructor/userFull>.

use domain::profile::Person;
use tl::fields;

use crate::peer_settings::{peer_notify_settings, peer_settings};

/// The page of a person whom the viewer has blocked, or not.
pub fn user_full(person: &Person, blocked: bool) -> tl::UserFull {
    let about = person.about.text();
    fields::UserFull {
        blocked,
        can_pin_message: true,
        id: person.id.0,
        about: (!about.is_empty()).then(|| about.to_owned()),
        settings: peer_settings(),
        notify_settings: peer_notify_settings(),
        ..fields::UserFull::default()
    }
    .into()
}
