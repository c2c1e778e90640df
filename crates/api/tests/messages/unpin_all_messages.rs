//! messages.unpinAllMessages.

use super::update_pinned_message::pin;
use crate::world::World;

#[test]
fn all_of_a_dialog_go_for_both() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let (one, two) = (world.sent(anna, boris, "one", 1), world.sent(anna, boris, "two", 2));
    for id in [one, two] {
        let method = tl::messages::UpdatePinnedMessage { silent: true, ..pin(&world, anna, boris, id) };
        world.ok(anna.device, &method);
    }
    let method = tl::messages::UnpinAllMessages { peer: world.peer(anna, boris), ..Default::default() };
    let tl::messages::AffectedHistory::AffectedHistory { pts, pts_count, offset } =
        world.ok(anna.device, &method);
    assert_eq!((pts, pts_count, offset, world.touched.len()), (9, 2, 0, 2));
    let events = world.events(boris, 7);
    assert!(
        matches!(&events[..], [tl::Update::UpdatePinnedMessages(update)] if !update.pinned && update.messages == [2, 3])
    );
    let tl::messages::AffectedHistory::AffectedHistory { pts, pts_count, .. } =
        world.ok(anna.device, &method);
    assert_eq!((pts, pts_count), (9, 0));
    let topic = tl::messages::UnpinAllMessages { top_msg_id: Some(1), ..method };
    assert_eq!(world.err(anna.device, &topic), "400 OPTION_NOT_SUPPORTED");
}
