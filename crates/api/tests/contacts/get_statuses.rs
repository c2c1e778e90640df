//! contacts.getStatuses.

use crate::world::World;

#[test]
fn contacts_with_an_account_and_nobody_else() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let (vera, gena) = (world.person("9996600003", "Vera"), world.person("9996600004", "Gena"));
    world.import(anna, boris);
    world.import(anna, vera);
    for person in [boris, gena] {
        world.ok(person.device, &tl::account::UpdateStatus { offline: false });
    }
    let id = world.peer(vera, anna);
    world.ok(vera.device, &tl::account::UpdateStatus { offline: false });
    world.ok(vera.device, &tl::contacts::Block { my_stories_from: false, id });
    let statuses = world.ok(anna.device, &tl::contacts::GetStatuses {});
    let online = |status: &tl::ContactStatus| match status {
        tl::ContactStatus::ContactStatus { user_id, status } => {
            (*user_id, matches!(status, tl::UserStatus::UserStatusOnline { .. }))
        }
    };
    let mut wanted = vec![(boris.id.0, true), (vera.id.0, false)];
    wanted.sort_unstable();
    assert_eq!(statuses.iter().map(online).collect::<Vec<_>>(), wanted);
}
