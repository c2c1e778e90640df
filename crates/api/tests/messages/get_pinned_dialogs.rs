//! messages.getPinnedDialogs.

use crate::world::World;

#[test]
fn nothing_is_pinned_and_the_state_is_the_callers() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let answer = world.ok(anna.device, &tl::messages::GetPinnedDialogs { folder_id: 0 });
    let tl::messages::PeerDialogs::PeerDialogs(answer) = answer;
    assert!(answer.dialogs.is_empty());
    let tl::updates::State::State { pts, unread_count, .. } = answer.state;
    assert_eq!((pts, unread_count), (2, 1));
    let other = tl::messages::GetPinnedDialogs { folder_id: 2 };
    assert_eq!(world.err(anna.device, &other), "400 FOLDER_ID_INVALID");
}
