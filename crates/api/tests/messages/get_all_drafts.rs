//! messages.getAllDrafts.

use super::save_draft::{draft, shown};
use crate::world::{World, updates};

#[test]
fn each_draft_is_an_update_with_whom_it_is_to() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    assert!(updates(world.ok(anna.device, &tl::messages::GetAllDrafts {})).is_empty());
    world.ok(anna.device, &draft(&world, anna, boris, "never said a word yet"));
    world.ok(anna.device, &draft(&world, anna, anna, "to myself"));
    let tl::Updates::Updates(all) = world.ok(anna.device, &tl::messages::GetAllDrafts {}) else {
        panic!("no updates")
    };
    let mut texts: Vec<_> = all.updates.iter().filter_map(shown).collect();
    texts.sort_unstable();
    assert_eq!((texts, all.users.len()), (vec!["never said a word yet", "to myself"], 2));
}
