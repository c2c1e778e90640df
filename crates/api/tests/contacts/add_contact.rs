//! contacts.addContact.

use crate::world::{Person, World, full_user};

fn add(world: &World, by: Person, whom: Person, first_name: &str, phone: &str) -> tl::contacts::AddContact {
    let tl::InputPeer::InputPeerUser { user_id, access_hash } = world.peer(by, whom) else {
        panic!("no user")
    };
    tl::contacts::AddContact {
        add_phone_privacy_exception: false,
        id: tl::InputUser::InputUser { user_id, access_hash },
        first_name: first_name.to_owned(),
        last_name: String::new(),
        phone: phone.to_owned(),
        note: Some(tl::fields::TextWithEntities { text: "canary".to_owned(), entities: Vec::new() }.into()),
    }
}

#[test]
fn whose_number_one_knows_becomes_a_contact() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let method = add(&world, anna, boris, "Bo", boris.phone);
    let tl::Updates::Updates(answer) = world.ok(anna.device, &method) else { panic!("no updates") };
    assert!(matches!(
        &answer.updates[..],
        [tl::Update::UpdateUserName(name), tl::Update::UpdateFolderPeers { pts: 2, pts_count: 1, .. }]
            if name.first_name == "Bo"
    ));
    let user = full_user(&answer.users[0]);
    assert!(user.contact && user.phone.is_some() && user.first_name.as_deref() == Some("Bo"));
    // He has her number by nothing of this, but sees her as nobody's contact of his own.
    let rename = add(&world, anna, boris, "Boris B.", "");
    let tl::Updates::Updates(answer) = world.ok(anna.device, &rename) else { panic!("no updates") };
    assert_eq!(full_user(&answer.users[0]).first_name.as_deref(), Some("Boris B."));
}

#[test]
fn an_id_alone_shows_no_number() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    for phone in ["", "9996600003"] {
        let method = add(&world, anna, boris, "Bo", phone);
        assert_eq!(world.err(anna.device, &method), "400 CONTACT_REQ_MISSING");
    }
    let nameless = add(&world, anna, boris, " ", boris.phone);
    assert_eq!(world.err(anna.device, &nameless), "400 CONTACT_NAME_EMPTY");
    let oneself = add(&world, anna, anna, "I", anna.phone);
    assert_eq!(world.err(anna.device, &oneself), "400 CONTACT_ID_INVALID");
}
