//! `PeerSettings` and `PeerNotifySettings`: nothing set, which is the truth while neither can be changed.

use tl::fields;

/// No action bar over a chat.
pub fn peer_settings() -> tl::PeerSettings {
    fields::PeerSettings::default().into()
}

/// The client's own defaults apply.
pub fn peer_notify_settings() -> tl::PeerNotifySettings {
    fields::PeerNotifySettings::default().into()
}
