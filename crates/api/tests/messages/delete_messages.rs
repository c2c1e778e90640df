//! messages.deleteMessages.

use crate::world::World;

fn delete(ids: Vec<i32>, revoke: bool) -> tl::messages::DeleteMessages {
    tl::messages::DeleteMessages { revoke, id: ids }
}

#[test]
fn p38_without_revoke_the_other_side_keeps_its_copy() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "for both", 1);
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } =
        world.ok(anna.device, &delete(vec![sent], false));
    assert_eq!((pts, pts_count, world.touched.len()), (3, 1, 1));
    assert_eq!(world.texts(anna, boris), Vec::<String>::new());
    assert_eq!(world.texts(boris, anna), ["for both"]);
}

#[test]
fn p32_with_revoke_it_is_gone_for_both_and_both_are_told() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "for nobody", 1);
    world.ok(anna.device, &delete(vec![sent, 77], true));
    assert_eq!(world.touched.len(), 2);
    assert!(world.texts(anna, boris).is_empty() && world.texts(boris, anna).is_empty());
    let events = world.events(boris, 1);
    assert!(
        matches!(&events[..], [tl::Update::UpdateDeleteMessages { messages, pts: 3, pts_count: 1 }] if *messages == [2])
    );
}

#[test]
fn a_list_has_an_end() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    assert_eq!(world.err(anna.device, &delete((1..=101).collect(), false)), "400 LIMIT_INVALID");
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } =
        world.ok(anna.device, &delete((1..=100).map(|id| -id).collect(), true));
    assert_eq!((pts, pts_count), (1, 0));
}
