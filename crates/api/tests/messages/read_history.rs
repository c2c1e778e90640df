//! messages.readHistory.

use crate::world::{Person, World};

fn events(world: &mut World, of: Person, pts: i32) -> Vec<tl::Update> {
    let method = tl::updates::GetDifference { pts, ..tl::updates::GetDifference::default() };
    match world.ok(of.device, &method) {
        tl::updates::Difference::Difference(difference) => difference.other_updates,
        tl::updates::Difference::DifferenceEmpty { .. } => Vec::new(),
        _ => panic!("a slice"),
    }
}

#[test]
fn both_sides_get_an_event_with_their_own_numbers() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    world.send(vera, boris, "so that the numbers differ", 1);
    world.send(anna, boris, "one", 1);
    world.send(anna, boris, "two", 2);
    let method = tl::messages::ReadHistory { peer: world.peer(boris, anna), max_id: i32::MAX };
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = world.ok(boris.device, &method);
    assert_eq!((pts, pts_count), (5, 1));
    assert!(matches!(
        &events(&mut world, boris, 4)[..],
        [tl::Update::UpdateReadHistoryInbox(read)]
            if read.max_id == 4 && read.still_unread_count == 0 && read.pts == 5 && read.pts_count == 1
    ));
    assert!(matches!(
        &events(&mut world, anna, 3)[..],
        [tl::Update::UpdateReadHistoryOutbox { max_id: 3, pts: 4, pts_count: 1, .. }]
    ));
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = world.ok(boris.device, &method);
    assert_eq!((pts, pts_count), (5, 0));
    assert!(world.touched.is_empty());
}
