//! messages.getDialogs and getPeerDialogs: order, pages, and what is not there.

use domain::dialog::{self, DialogList, DialogPage, Folder};
use domain::{Authed, Peer};
use ids::{MsgId, UnixTime};
use proptest::prelude::*;

use crate::world::{World, peer};

const FIRST: DialogPage = DialogPage {
    offset_date: UnixTime(0),
    offset_id: MsgId(0),
    offset_peer: None,
    limit: 100,
    folder: Folder::All,
    exclude_pinned: false,
};

fn list(world: &World, by: Authed, page: &DialogPage) -> DialogList {
    world.look(|tx| dialog::list(tx, by, page))
}

/// A user with a dialog with each of `n` others and with himself, in some order of time.
fn crowd(n: usize, order: &[usize]) -> (World, Authed, Vec<Authed>) {
    let mut world = World::new();
    let me = world.user("19990000000", "Me");
    let mut others: Vec<_> = (1..=n).map(|i| world.user(&format!("1999000{i:04}"), "Other")).collect();
    others.push(me);
    for (i, &at) in order.iter().enumerate() {
        // Some share a second.
        world.now = UnixTime(world.now.0 + (i % 2) as i64);
        let other = others[at % others.len()];
        if i % 3 == 0 {
            world.send(me, other, "out")
        } else {
            world.send(other, me, "in")
        };
    }
    (world, me, others)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// Page by page, each from where the one before ended, all dialogs come once and in order.
    #[test]
    fn pages_cover_the_list(order in prop::collection::vec(0..12_usize, 0..40), limit in 1..7_i32) {
        let (world, me, _) = crowd(11, &order);
        let whole = list(&world, me, &FIRST);
        prop_assert!(whole.whole);
        prop_assert_eq!(whole.total as usize, whole.dialogs.len());
        let keys: Vec<_> =
            whole.dialogs.iter().map(|(dialog, _)| (dialog.top_date, dialog.top, dialog.peer)).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a > b));

        let mut walked = Vec::new();
        let mut page = DialogPage { limit, ..FIRST };
        loop {
            let part = list(&world, me, &page);
            prop_assert_eq!(part.total, whole.total);
            prop_assert_eq!(part.whole, page.offset_id.0 == 0 && part.dialogs.len() == keys.len());
            let Some((last, top)) = part.dialogs.last() else { break };
            prop_assert_eq!((top.id, top.date, top.peer), (last.top, last.top_date, last.peer));
            page.offset_date = last.top_date;
            page.offset_id = last.top;
            page.offset_peer = Some(last.peer);
            walked.extend(part.dialogs.iter().map(|(dialog, _)| (dialog.top_date, dialog.top, dialog.peer)));
        }
        prop_assert_eq!(walked, keys);
    }

    /// Any offset, of messages that are there or not, cuts the list as the sort key says.
    #[test]
    fn any_offset_cuts_by_the_sort_key(
        order in prop::collection::vec(0..8_usize, 0..30),
        date in 0..20_i64, id in 0..60_i32, limit in 0..9_i32, with_peer in any::<bool>())
    {
        let (world, me, others) = crowd(7, &order);
        let offset_date = UnixTime(if date == 0 { 0 } else { 1_767_225_600 + date });
        let offset_peer = with_peer.then(|| peer(others[3]));
        let page = DialogPage { offset_date, offset_id: MsgId(id), offset_peer, limit, folder: Folder::Main, exclude_pinned: false };
        let all = list(&world, me, &FIRST);
        let limit = if limit == 0 { 20 } else { limit as usize };
        let wanted: Vec<_> = all
            .dialogs
            .iter()
            .filter(|(dialog, _)| {
                let least = Peer::User(ids::UserId(i64::MIN));
                let peer = if id > 0 { offset_peer } else { None }.unwrap_or(least);
                match (date > 0, id > 0) {
                    (true, _) => (dialog.top_date, dialog.top, dialog.peer) < (offset_date, MsgId(id), peer),
                    (false, true) => (dialog.top, dialog.peer) < (MsgId(id), peer),
                    (false, false) => true,
                }
            })
            .take(limit)
            .map(|(dialog, _)| dialog.top)
            .collect();
        let got: Vec<_> = list(&world, me, &page).dialogs.iter().map(|(dialog, _)| dialog.top).collect();
        prop_assert_eq!(got, wanted);
    }
}

#[test]
fn the_archive_is_truthfully_empty() {
    let (world, me, _) = crowd(3, &[0, 1, 2]);
    let archive = list(&world, me, &DialogPage { folder: Folder::Archive, ..FIRST });
    assert!(archive.dialogs.is_empty() && archive.whole);
    assert_eq!(archive.total, 0);
    assert_eq!(list(&world, me, &DialogPage { folder: Folder::Main, ..FIRST }).total, 3);
}

#[test]
fn limits_are_capped() {
    let order: Vec<_> = (0..105).collect();
    let (world, me, _) = crowd(110, &order);
    for (limit, wanted) in [(0, 20), (-1, 20), (500, 100), (i32::MAX, 100), (3, 3)] {
        let page = list(&world, me, &DialogPage { limit, ..FIRST });
        assert_eq!((page.dialogs.len(), page.total, page.whole), (wanted, 105, false));
    }
}

/// TDLib opens a chat with whom it has never written to only if it gets a dialog for it.
#[test]
fn a_peer_without_messages_has_an_empty_dialog() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(a, b, "hello");
    let asked = [world.known(a, c), world.known(a, b), world.known(a, a)];
    let dialogs = world.look(|tx| dialog::of(tx, a, &asked));
    let facts: Vec<_> = dialogs
        .iter()
        .map(|(dialog, top)| (dialog.peer, dialog.messages, dialog.top.0 > 0, top.is_some()))
        .collect();
    assert_eq!(facts, [(peer(c), 0, false, false), (peer(b), 1, true, true), (peer(a), 0, false, false)]);
    assert_eq!(list(&world, a, &FIRST).total, 1, "asking makes no dialog");
}
