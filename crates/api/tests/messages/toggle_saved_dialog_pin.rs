//! messages.toggleSavedDialogPin, and messages.getPinnedSavedDialogs after it.

use super::get_saved_dialogs::{Saver, listed, save, saver};
use crate::world::{Person, World};

pub(crate) fn pin(world: &mut World, by: Person, of: tl::InputPeer, pinned: bool) -> Result<bool, String> {
    let peer = tl::InputDialogPeer::InputDialogPeer { peer: of };
    world.call(by.device, &tl::messages::ToggleSavedDialogPin { pinned, peer })
}

pub(crate) fn pinned(world: &mut World, by: Person) -> Vec<i64> {
    let answer = world.ok(by.device, &tl::messages::GetPinnedSavedDialogs {});
    listed(answer).0.into_iter().map(|(peer, ..)| peer).collect()
}

#[test]
fn what_is_pinned_stands_first_and_all_devices_are_told() {
    let Saver { mut world, anna, boris, vera, ids } = saver();
    let tl::updates::State::State { pts, .. } = world.ok(anna.device, &tl::updates::GetState {});
    let (of_boris, of_vera) = (world.peer(anna, boris), world.peer(anna, vera));
    pin(&mut world, anna, of_boris.clone(), true).unwrap();
    let events = world.events(anna, pts);
    assert!(
        matches!(&events[..], [tl::Update::UpdatePinnedSavedDialogs { order: Some(order) }] if order.len() == 1)
    );
    pin(&mut world, anna, of_vera, true).unwrap();
    assert_eq!(pinned(&mut world, anna), [vera.id.0, boris.id.0]);
    let (all, _) = listed(world.ok(anna.device, &tl::messages::GetSavedDialogs::default()));
    assert_eq!(
        all.iter().map(|(peer, _, pin)| (*peer, *pin)).collect::<Vec<_>>(),
        [(vera.id.0, true), (boris.id.0, true), (anna.id.0, false),]
    );
    let without = tl::messages::GetSavedDialogs { exclude_pinned: true, ..Default::default() };
    assert_eq!(listed(world.ok(anna.device, &without)).0, [(anna.id.0, ids[1], false)]);
    // What has lost its messages is pinned no more; unpinning twice changes nothing.
    let delete = tl::messages::DeleteMessages { revoke: false, id: vec![ids[2]] };
    world.ok(anna.device, &delete);
    assert_eq!(pinned(&mut world, anna), [boris.id.0]);
    // Nor is it again with the next thing saved: who was pinned went with his messages.
    let again = save(&mut world, anna, vera, "again", 9);
    assert_eq!(pinned(&mut world, anna), [boris.id.0]);
    world.ok(anna.device, &tl::messages::DeleteMessages { revoke: false, id: vec![again] });
    pin(&mut world, anna, of_boris.clone(), false).unwrap();
    pin(&mut world, anna, of_boris, false).unwrap();
    assert!(world.touched.is_empty() && pinned(&mut world, anna).is_empty());
}

/// P38: with the last message of somebody goes what says that there were any, and all devices are told; before the last one
/// nothing does.
#[test]
fn p38_deleted_notes_leave_no_pin_behind() {
    let Saver { mut world, anna, boris, vera, .. } = saver();
    let second = save(&mut world, anna, boris, "more of Boris", 9);
    for other in [boris, vera] {
        let peer = world.peer(anna, other);
        pin(&mut world, anna, peer, true).unwrap();
    }
    let tl::updates::State::State { pts, .. } = world.ok(anna.device, &tl::updates::GetState {});
    world.ok(anna.device, &tl::messages::DeleteMessages { revoke: false, id: vec![second] });
    assert_eq!(world.events(anna, pts).len(), 1, "Boris has another one");
    let order = |world: &mut World| {
        world
            .events(anna, pts)
            .into_iter()
            .filter_map(|update| match update {
                tl::Update::UpdatePinnedSavedDialogs { order } => Some(order.map_or(0, |order| order.len())),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    let peer = world.peer(anna, boris);
    world.ok(anna.device, &tl::messages::DeleteSavedHistory { peer, ..Default::default() });
    assert_eq!(order(&mut world).len(), 1);
    assert_eq!(pinned(&mut world, anna), [vera.id.0]);
    let clear = tl::messages::DeleteHistory { peer: tl::InputPeer::InputPeerSelf, ..Default::default() };
    world.ok(anna.device, &clear);
    assert!(!order(&mut world).is_empty() && pinned(&mut world, anna).is_empty());
    save(&mut world, anna, vera, "new", 10);
    assert!(pinned(&mut world, anna).is_empty());
}

#[test]
fn only_so_many_and_only_what_is_there() {
    let Saver { mut world, anna, boris, .. } = saver();
    let of_anna = world.peer(boris, anna);
    assert_eq!(pin(&mut world, boris, of_anna, true), Err("400 PEER_HISTORY_EMPTY".to_owned()));
    let folder = tl::InputDialogPeer::InputDialogPeerFolder { folder_id: 1 };
    let method = tl::messages::ToggleSavedDialogPin { pinned: true, peer: folder };
    assert_eq!(world.err(anna.device, &method), "400 PEER_ID_INVALID");
    let phones = ["9996600011", "9996600012", "9996600013", "9996600014", "9996600015", "9996600016"];
    for (at, phone) in (0..).zip(phones) {
        let somebody = world.person(phone, "Somebody");
        save(&mut world, anna, somebody, "words", 100 + at);
        let of = world.peer(anna, somebody);
        let wanted = if at < 5 { Ok(true) } else { Err("400 PINNED_DIALOGS_TOO_MUCH".to_owned()) };
        assert_eq!(pin(&mut world, anna, of, true), wanted);
    }
}
