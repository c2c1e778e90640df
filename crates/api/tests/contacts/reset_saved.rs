//! contacts.resetSaved.

use crate::world::World;

#[test]
fn p27_the_book_is_empty_afterwards() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    world.import(anna, boris);
    world.import(anna, vera);
    assert!(world.ok(anna.device, &tl::contacts::ResetSaved {}));
    let tl::contacts::Contacts::Contacts(left) =
        world.ok(anna.device, &tl::contacts::GetContacts { hash: 0 })
    else {
        panic!("not modified")
    };
    assert!(left.contacts.is_empty() && left.saved_count == 0);
}
