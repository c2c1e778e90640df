//! `UserFull`: a profile page. What cannot be set yet is absent.
//!
//! Source: <https://core.telegram.org/constructor/userFull>.

use domain::dialog::Dialog;
use domain::notify::NotifySettings;
use domain::profile::Person;
use ids::MsgId;
use tl::fields;

use crate::notify::peer_notify_settings;
use crate::peer_settings::peer_settings;

/// The page of a person whom the viewer has blocked, or not, with what the viewer keeps of their dialog.
pub fn user_full(
    person: &Person,
    blocked: bool,
    dialog: &Dialog,
    pinned: Option<MsgId>,
    notify: &NotifySettings,
) -> tl::UserFull {
    let about = person.about.text();
    fields::UserFull {
        blocked,
        can_pin_message: true,
        id: person.id.0,
        about: (!about.is_empty()).then(|| about.to_owned()),
        settings: peer_settings(),
        notify_settings: peer_notify_settings(notify),
        pinned_msg_id: pinned.map(|id| id.0),
        folder_id: (dialog.folder > 0).then(|| i32::from(dialog.folder)),
        ttl_period: (dialog.ttl_s > 0).then(|| i32::try_from(dialog.ttl_s).unwrap_or(i32::MAX)),
        ..fields::UserFull::default()
    }
    .into()
}
