//! messages.getPinnedSavedDialogs.

use super::get_saved_dialogs::{Saver, listed, saver};
use super::toggle_saved_dialog_pin::pin;

#[test]
fn none_at_first_then_what_was_pinned_with_its_newest_message() {
    let Saver { mut world, anna, boris, ids, .. } = saver();
    assert!(listed(world.ok(anna.device, &tl::messages::GetPinnedSavedDialogs {})).0.is_empty());
    let of = world.peer(anna, boris);
    pin(&mut world, anna, of, true).unwrap();
    let (found, count) = listed(world.ok(anna.device, &tl::messages::GetPinnedSavedDialogs {}));
    assert_eq!((found.as_slice(), count), (&[(boris.id.0, ids[0], true)][..], None));
    assert!(listed(world.ok(boris.device, &tl::messages::GetPinnedSavedDialogs {})).0.is_empty());
}
