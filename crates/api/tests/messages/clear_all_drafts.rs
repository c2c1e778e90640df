//! messages.clearAllDrafts.

use super::save_draft::{draft, shown};
use crate::world::{World, updates};

#[test]
fn all_drafts_go_and_other_sessions_hear_of_each() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.ok(anna.device, &draft(&world, anna, boris, "one"));
    world.ok(anna.device, &draft(&world, anna, anna, "two"));
    assert!(world.ok(anna.device, &tl::messages::ClearAllDrafts {}));
    assert!(updates(world.ok(anna.device, &tl::messages::GetAllDrafts {})).is_empty());
    let events = world.events(anna, 3);
    assert!(events.len() == 2 && events.iter().all(|update| shown(update).is_none()));
    assert!(world.ok(anna.device, &tl::messages::ClearAllDrafts {}) && world.touched.is_empty());
}
