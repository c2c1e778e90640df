//! messages.readMessageContents.

use crate::world::World;

#[test]
fn there_is_nothing_to_mark_and_the_answer_says_so() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } =
        world.ok(anna.device, &tl::messages::ReadMessageContents { id: vec![2, 99] });
    assert_eq!((pts, pts_count, world.touched.len()), (2, 0, 0));
    let many = tl::messages::ReadMessageContents { id: vec![2; 101] };
    assert_eq!(world.err(anna.device, &many), "400 LIMIT_INVALID");
}
