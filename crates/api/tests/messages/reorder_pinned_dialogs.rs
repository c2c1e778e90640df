//! messages.reorderPinnedDialogs.

use super::toggle_dialog_pin::{order, pin};
use crate::world::{Person, World};

fn reorder(world: &World, of: Person, to: &[Person], force: bool) -> tl::messages::ReorderPinnedDialogs {
    let peer = |with: &Person| tl::InputDialogPeer::InputDialogPeer { peer: world.peer(of, *with) };
    tl::messages::ReorderPinnedDialogs { force, folder_id: 0, order: to.iter().map(peer).collect() }
}

fn pinned(world: &mut World, of: Person) -> Vec<i64> {
    let answer = world.ok(of.device, &tl::messages::GetPinnedDialogs { folder_id: 0 });
    let tl::messages::PeerDialogs::PeerDialogs(answer) = answer;
    let user = |dialog: &tl::Dialog| match dialog {
        tl::Dialog::Dialog(dialog) => match dialog.peer {
            tl::Peer::PeerUser { user_id } if dialog.pinned => user_id,
            _ => panic!("not a pinned user"),
        },
        _ => panic!("not a dialog"),
    };
    answer.dialogs.iter().map(user).collect()
}

#[test]
fn the_order_is_the_callers_and_with_force_nobody_else_stays() {
    let mut world = World::new();
    let [anna, boris, vera, gleb] =
        ["9996600001", "9996600002", "9996600003", "9996600004"].map(|phone| world.person(phone, "Somebody"));
    for (at, other) in [boris, vera].into_iter().enumerate() {
        world.send(other, anna, "text", 1);
        let method = pin(&world, anna, other, true);
        world.ok(anna.device, &method);
        assert_eq!(pinned(&mut world, anna).len(), at + 1);
    }
    world.send(gleb, anna, "text", 1);
    let method = reorder(&world, anna, &[boris], false);
    assert!(world.ok(anna.device, &method));
    assert_eq!(pinned(&mut world, anna), [boris.id.0, vera.id.0], "who is not named stays behind");
    assert!(world.ok(anna.device, &method) && world.touched.is_empty(), "no change, no event");
    // Gleb is pinned by it; the caller himself has no dialog.
    let method = reorder(&world, anna, &[gleb, anna, boris, gleb], true);
    assert!(world.ok(anna.device, &method));
    assert_eq!(pinned(&mut world, anna), [gleb.id.0, boris.id.0]);
    let events = world.events(anna, 1);
    assert_eq!(order(events.last().unwrap()), [gleb.id.0, boris.id.0]);
    let method = tl::messages::ReorderPinnedDialogs { folder_id: 2, ..reorder(&world, anna, &[], true) };
    assert_eq!(world.err(anna.device, &method), "400 FOLDER_ID_INVALID");
    let method = reorder(&world, anna, &[], true);
    assert!(world.ok(anna.device, &method) && pinned(&mut world, anna).is_empty());
}

#[test]
fn a_list_with_too_many_is_refused_as_a_whole() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let phones = ["9996600002", "9996600003", "9996600004", "9996600005", "9996600006", "9996600007"];
    let others = phones.map(|phone| world.person(phone, "Other"));
    for other in others {
        world.send(other, anna, "text", 1);
    }
    let method = reorder(&world, anna, &others, true);
    assert_eq!(world.err(anna.device, &method), "400 PINNED_DIALOGS_TOO_MUCH");
    let method = reorder(&world, anna, &others[..5], true);
    assert!(world.ok(anna.device, &method));
    let method = reorder(&world, anna, &others[5..], false);
    assert_eq!(world.err(anna.device, &method), "400 PINNED_DIALOGS_TOO_MUCH");
    assert_eq!(pinned(&mut world, anna).len(), 5);
}
