//! messages.reorderPinnedSavedDialogs.

use super::get_saved_dialogs::{Saver, saver};
use super::toggle_saved_dialog_pin::{pin, pinned};
use crate::world::{Person, World};

fn reorder(
    world: &World,
    by: Person,
    order: &[Person],
    force: bool,
) -> tl::messages::ReorderPinnedSavedDialogs {
    let peer = |of: &Person| tl::InputDialogPeer::InputDialogPeer { peer: world.peer(by, *of) };
    tl::messages::ReorderPinnedSavedDialogs { force, order: order.iter().map(peer).collect() }
}

#[test]
fn the_order_is_as_named_and_the_rest_follows_or_goes() {
    let Saver { mut world, anna, boris, vera, .. } = saver();
    let of = world.peer(anna, boris);
    pin(&mut world, anna, of, true).unwrap();
    let method = reorder(&world, anna, &[anna, vera], false);
    world.ok(anna.device, &method);
    assert_eq!(pinned(&mut world, anna), [anna.id.0, vera.id.0, boris.id.0]);
    let tl::updates::State::State { pts, .. } = world.ok(anna.device, &tl::updates::GetState {});
    let method = reorder(&world, anna, &[vera, vera, boris], true);
    world.ok(anna.device, &method);
    assert_eq!(pinned(&mut world, anna), [vera.id.0, boris.id.0]);
    assert!(
        matches!(&world.events(anna, pts)[..], [tl::Update::UpdatePinnedSavedDialogs { order: Some(order) }] if order.len() == 2)
    );
    world.ok(anna.device, &method);
    assert!(world.touched.is_empty(), "the same again changes nothing");
    let method = reorder(&world, boris, &[anna], true);
    world.ok(boris.device, &method);
    assert!(pinned(&mut world, boris).is_empty());
    let method = reorder(&world, anna, &[boris; 101], true);
    assert_eq!(world.err(anna.device, &method), "400 LIMIT_INVALID");
}
