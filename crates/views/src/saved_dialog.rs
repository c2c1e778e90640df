//! `SavedDialog`: messages that were saved from one peer.
//!
//! Source: <https://core.telegram.org/constructor/savedDialog>.

use domain::message::SavedDialog;

use crate::peer::peer;

/// One of the list.
pub fn saved_dialog(of: &SavedDialog) -> tl::SavedDialog {
    tl::SavedDialog::SavedDialog { pinned: of.pinned, peer: peer(of.peer), top_message: of.top.id.0 }
}
