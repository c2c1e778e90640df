//! contacts.getContacts.

use super::import_contacts::contact;
use crate::world::{Person, World};

fn contacts(world: &mut World, of: Person, hash: i64) -> tl::contacts::Contacts {
    world.ok(of.device, &tl::contacts::GetContacts { hash })
}

#[test]
fn those_with_an_account_and_whether_it_is_mutual() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let boris = world.person("9996600002", "Boris");
    let book = vec![contact(1, boris.phone, "Bob"), contact(2, "9996600009", "Later")];
    world.ok(anna.device, &tl::contacts::ImportContacts { contacts: book });
    let book = vec![contact(1, anna.phone, "Anna")];
    world.ok(boris.device, &tl::contacts::ImportContacts { contacts: book });
    let tl::contacts::Contacts::Contacts(list) = contacts(&mut world, anna, 0) else {
        panic!("not modified")
    };
    assert_eq!(list.saved_count, 2);
    assert_eq!(list.users.len(), 1);
    assert!(
        matches!(list.contacts[..], [tl::Contact::Contact { user_id, mutual: true }] if user_id == boris.id.0)
    );
    world.person("9996600009", "Vera");
    let tl::contacts::Contacts::Contacts(list) = contacts(&mut world, anna, 0) else {
        panic!("not modified")
    };
    assert_eq!(list.contacts.len(), 2);
}

#[test]
fn a_client_that_holds_the_list_is_told_so() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let boris = world.person("9996600002", "Boris");
    let book = vec![contact(1, boris.phone, "Bob")];
    world.ok(anna.device, &tl::contacts::ImportContacts { contacts: book });
    // The client's own reckoning: h = 1 (saved_count), mixed, plus the user's id.
    let mut hash = 1_u64;
    hash ^= hash >> 21;
    hash ^= hash << 35;
    hash ^= hash >> 4;
    hash = hash.wrapping_add(boris.id.0 as u64);
    let answer = contacts(&mut world, anna, hash as i64);
    assert!(matches!(answer, tl::contacts::Contacts::ContactsNotModified));
    let answer = contacts(&mut world, anna, hash as i64 + 1);
    assert!(matches!(answer, tl::contacts::Contacts::Contacts(_)));
}
