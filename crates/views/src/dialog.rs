//! `Dialog`: a conversation in a list.
//!
//! `pts` is absent, since it belongs to channels: TDLib refuses a whole page that has it for a user.
//! Source: <https://core.telegram.org/constructor/dialog>.

use domain::dialog::Dialog;
use tl::fields;

use crate::peer::peer;
use crate::peer_settings::peer_notify_settings;

/// A dialog of the viewer's own box.
pub fn dialog(dialog: &Dialog) -> tl::Dialog {
    fields::Dialog {
        unread_mark: dialog.unread_mark,
        peer: peer(dialog.peer),
        top_message: dialog.top.0,
        read_inbox_max_id: dialog.read_inbox_max.0,
        read_outbox_max_id: dialog.read_outbox_max.0,
        unread_count: i32::try_from(dialog.unread).unwrap_or(i32::MAX),
        notify_settings: peer_notify_settings(),
        folder_id: (dialog.folder > 0).then(|| i32::from(dialog.folder)),
        ttl_period: (dialog.ttl_s > 0).then(|| i32::try_from(dialog.ttl_s).unwrap_or(i32::MAX)),
        ..fields::Dialog::default()
    }
    .into()
}
