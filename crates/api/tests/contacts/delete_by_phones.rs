//! contacts.deleteByPhones.

use crate::world::World;

#[test]
fn p27_numbers_go_with_and_without_an_account() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.import(anna, boris);
    let phones = vec!["+999 66 00002".to_owned(), "no number".to_owned(), "9996600077".to_owned()];
    assert!(world.ok(anna.device, &tl::contacts::DeleteByPhones { phones }));
    let tl::contacts::Contacts::Contacts(left) =
        world.ok(anna.device, &tl::contacts::GetContacts { hash: 0 })
    else {
        panic!("not modified")
    };
    assert!(left.contacts.is_empty() && left.saved_count == 0);
}
