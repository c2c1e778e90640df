//! Counters survive an update that has no form. No update of the history needs it today, so it is shown on the walk itself.

use super::super::walk::{Fate, Toward, Walk};
use crate::tables::UPDATE;
use crate::{Decode, Encode, Update, fields};

/// What stands for `update` at layer 158 when it has no form there.
fn instead(update: Update) -> Option<Update> {
    let bytes = update.to_bytes();
    let mut out = Vec::new();
    let mut walk = Walk::new(&bytes, &mut out, Toward::Layer(158));
    let mark = walk.mark();
    let src = walk.id().unwrap();
    walk.skip_fields(src).unwrap();
    let fate = walk.instead(src, UPDATE, mark).unwrap();
    (fate == Fate::Kept).then(|| Update::from_bytes(&out).unwrap())
}

#[test]
fn a_pts_goes_on_as_the_deletion_of_nothing() {
    let message =
        fields::MessageService { peer_id: crate::Peer::PeerChannel { channel_id: 9 }, ..Default::default() };
    let mine = fields::UpdateNewMessage { message: message.clone().into(), pts: 5, pts_count: 2 };
    let deleted = instead(mine.into());
    assert!(matches!(
        deleted,
        Some(Update::UpdateDeleteMessages { messages, pts: 5, pts_count: 2 }) if messages.is_empty()
    ));
    let channels = fields::UpdateNewChannelMessage { message: message.into(), pts: 6, pts_count: 1 };
    let Some(Update::UpdateDeleteChannelMessages { channel_id: 9, messages, pts: 6, pts_count: 1 }) =
        instead(channels.into())
    else {
        panic!("the channel's counter is lost");
    };
    assert!(messages.is_empty());
    let pinned =
        Update::UpdateReadHistoryOutbox { peer: crate::Peer::default(), max_id: 1, pts: 7, pts_count: 0 };
    assert!(matches!(instead(pinned), Some(Update::UpdateDeleteMessages { pts: 7, pts_count: 0, .. })));
}

#[test]
fn an_update_without_a_pts_vanishes() {
    assert!(instead(Update::UpdateConfig).is_none());
}
