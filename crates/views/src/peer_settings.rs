//! `PeerSettings`: nothing set, which is the truth while it cannot be changed.

use tl::fields;

/// No action bar over a chat.
pub fn peer_settings() -> tl::PeerSettings {
    fields::PeerSettings::default().into()
}
