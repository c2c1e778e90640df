//! contacts.importContacts.

use crate::world::{World, full_user};

pub(crate) fn contact(client_id: i64, phone: &str, first_name: &str) -> tl::InputContact {
    tl::fields::InputPhoneContact {
        client_id,
        phone: phone.to_owned(),
        first_name: first_name.to_owned(),
        last_name: String::new(),
        note: None,
    }
    .into()
}

#[test]
fn who_is_here_is_named_and_my_name_for_him_counts() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let boris = world.person("9996600002", "Boris");
    let contacts = vec![
        contact(7, "+999 660 0002", "Bob"),
        contact(8, "9996600009", "Nobody yet"),
        contact(9, "no number", "Nobody"),
    ];
    let answer = world.ok(anna.device, &tl::contacts::ImportContacts { contacts });
    let tl::contacts::ImportedContacts::ImportedContacts(answer) = answer;
    let named: Vec<_> = answer
        .imported
        .iter()
        .map(|tl::ImportedContact::ImportedContact { user_id, client_id }| (*user_id, *client_id))
        .collect();
    assert_eq!(named, [(boris.id.0, 7)]);
    assert!(answer.popular_invites.is_empty() && answer.retry_contacts.is_empty());
    let user = full_user(&answer.users[0]);
    assert_eq!(user.first_name.as_deref(), Some("Bob"));
    assert_eq!(user.phone.as_deref(), Some(boris.phone));
    assert!(user.contact && !user.mutual_contact);
}

#[test]
fn p28_what_is_in_annas_book_is_not_told_to_others() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let eve = world.person("9996600003", "Eve");
    let contacts = vec![contact(1, "9996600009", "Somebody")];
    world.ok(anna.device, &tl::contacts::ImportContacts { contacts });
    let contacts = vec![contact(1, "9996600009", "Somebody")];
    let answer = world.ok(eve.device, &tl::contacts::ImportContacts { contacts });
    let tl::contacts::ImportedContacts::ImportedContacts(answer) = answer;
    assert!(answer.imported.is_empty() && answer.popular_invites.is_empty() && answer.users.is_empty());
}
