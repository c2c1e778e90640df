//! account.updateUsername.

use api::{Change, Effect};

use crate::world::{Person, World, full_user};

fn update(username: &str) -> tl::account::UpdateUsername {
    tl::account::UpdateUsername { username: username.to_owned() }
}

fn tells_others(world: &World, of: Person) -> bool {
    matches!(&world.effects[..], [Effect::Changed { user, what: Change::Name }] if *user == of.id)
}

#[test]
fn a_name_is_one_persons_whatever_its_case() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let user = world.ok(anna.device, &update("Anna_B"));
    assert_eq!(full_user(&user).username.as_deref(), Some("Anna_B"));
    assert!(tells_others(&world, anna));
    let events = world.events(anna, 1);
    assert!(matches!(
        &events[..],
        [tl::Update::UpdateUserName(name)]
            if matches!(&name.usernames[..], [tl::Username::Username { active: true, username, .. }] if username == "Anna_B")
    ));
    assert_eq!(world.err(boris.device, &update("aNNA_b")), "400 USERNAME_OCCUPIED");
    assert_eq!(world.err(anna.device, &update("Anna_B")), "400 USERNAME_NOT_MODIFIED");
    assert!(world.effects.is_empty());
    world.ok(anna.device, &update("ANNA_B"));
    // Given up, it is free.
    world.ok(anna.device, &update(""));
    assert_eq!(world.err(anna.device, &update("")), "400 USERNAME_NOT_MODIFIED");
    world.ok(boris.device, &update("anna_b"));
}

#[test]
fn what_is_no_name_is_refused() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let long = "a".repeat(33);
    for text in ["anna", "1anna", "_anna", "anna_", "an__na", "ann\u{430}a", "anna b", long.as_str()] {
        assert_eq!(world.err(anna.device, &update(text)), "400 USERNAME_INVALID", "{text}");
    }
}
