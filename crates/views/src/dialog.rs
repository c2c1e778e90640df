//! `Dialog`: a conversation in a list.
//!
//! `pts` is absent, since it belongs to channels: TDLib refuses a whole page that has it for a user.
//! Source: <https://core.telegram.org/constructor/dialog>.

use domain::dialog::{ARCHIVE, Archive, Dialog};
use domain::draft::{self, Draft};
use domain::notify::{self, NotifySettings};
use domain::{Authed, Peer};
use store::{StoreError, Tx};
use tl::fields;

use crate::Mentioned;
use crate::draft::draft_message;
use crate::notify::peer_notify_settings;
use crate::peer::peer;

/// Dialogs of the viewer's own box, in the order given, with what is kept beside them. Who is named in that is added to
/// those mentioned.
///
/// # Errors
/// When the store fails.
pub fn dialogs(
    tx: &Tx<'_>,
    by: Authed,
    dialogs: &[Dialog],
    mentioned: &mut Mentioned,
) -> Result<Vec<tl::Dialog>, StoreError> {
    let peers: Vec<Peer> = dialogs.iter().map(|dialog| dialog.peer).collect();
    let drafts = draft::of(tx, by, &peers)?;
    drafts.iter().flatten().for_each(|draft| mentioned.add_draft(draft));
    peers.iter().for_each(|peer| mentioned.add_peer(*peer));
    let settings = notify::of_peers(tx, by, &peers)?;
    let all = dialogs.iter().zip(drafts).zip(&settings);
    Ok(all.map(|((of, draft), notify)| dialog(of, draft.as_ref(), notify)).collect())
}

/// The archive as an entry of the main list.
pub fn archive(archive: &Archive) -> tl::Dialog {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let folder =
        fields::Folder { id: ARCHIVE.into(), title: "Archived Chats".to_owned(), ..Default::default() };
    fields::DialogFolder {
        pinned: true,
        folder: folder.into(),
        peer: peer(archive.top.peer),
        top_message: archive.top.top.0,
        unread_muted_peers_count: number(archive.muted.dialogs),
        unread_unmuted_peers_count: number(archive.unmuted.dialogs),
        unread_muted_messages_count: number(archive.muted.messages),
        unread_unmuted_messages_count: number(archive.unmuted.messages),
    }
    .into()
}

fn dialog(dialog: &Dialog, draft: Option<&Draft>, notify: &NotifySettings) -> tl::Dialog {
    fields::Dialog {
        pinned: dialog.pin > 0,
        unread_mark: dialog.unread_mark,
        peer: peer(dialog.peer),
        top_message: dialog.top.0,
        read_inbox_max_id: dialog.read_inbox_max.0,
        read_outbox_max_id: dialog.read_outbox_max.0,
        unread_count: i32::try_from(dialog.unread).unwrap_or(i32::MAX),
        notify_settings: peer_notify_settings(notify),
        draft: draft.map(draft_message),
        folder_id: (dialog.folder > 0).then(|| i32::from(dialog.folder)),
        ttl_period: (dialog.ttl_s > 0).then(|| i32::try_from(dialog.ttl_s).unwrap_or(i32::MAX)),
        ..fields::Dialog::default()
    }
    .into()
}
