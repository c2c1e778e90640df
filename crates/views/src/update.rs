//! `Update`: one event of a box.
//!
//! Source: <https://core.telegram.org/api/updates>.

use domain::message::Message;
use domain::update::{Entry, Event};
use tl::fields;

use crate::message::message;
use crate::peer::peer;

/// An event of the viewer's own box; `of` is its message as it is now. `None` for the coming of a message that is
/// not there any more: whoever deleted it left an event of his own, and the counter goes on without this one.
pub fn update(entry: &Entry, of: Option<&Message>) -> Option<tl::Update> {
    let (pts, pts_count) = (entry.pts.0, entry.pts_count);
    match entry.event {
        Event::NewMessage { .. } => {
            Some(fields::UpdateNewMessage { message: message(of?), pts, pts_count }.into())
        }
        Event::ReadInbox { peer: with, max, unread } => Some(
            fields::UpdateReadHistoryInbox {
                peer: peer(with),
                max_id: max.0,
                still_unread_count: i32::try_from(unread).unwrap_or(i32::MAX),
                pts,
                pts_count,
                ..fields::UpdateReadHistoryInbox::default()
            }
            .into(),
        ),
        Event::ReadOutbox { peer: with, max } => {
            Some(tl::Update::UpdateReadHistoryOutbox { peer: peer(with), max_id: max.0, pts, pts_count })
        }
        // No update says it; the session is told that it has missed too much.
        Event::Repaired => None,
    }
}
