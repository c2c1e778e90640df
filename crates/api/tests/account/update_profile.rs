//! account.updateProfile.

use api::{Change, Effect};

use crate::world::{World, full_user};

fn full(world: &mut World, viewer: crate::world::Person, of: crate::world::Person) -> tl::fields::UserFull {
    let tl::InputPeer::InputPeerUser { user_id, access_hash } = world.peer(viewer, of) else {
        panic!("no user")
    };
    let id = tl::InputUser::InputUser { user_id, access_hash };
    let tl::users::UserFull::UserFull(answer) = world.ok(viewer.device, &tl::users::GetFullUser { id });
    let tl::UserFull::UserFull(full) = answer.full_user;
    *full
}

#[test]
fn what_is_given_changes_and_the_rest_stays() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let method = tl::account::UpdateProfile {
        first_name: None,
        last_name: Some("Bauer".to_owned()),
        about: Some("  sends words by sunlight\u{202e} ".to_owned()),
    };
    let user = world.ok(anna.device, &method);
    assert!(matches!(&world.effects[..], [Effect::Changed { user, what: Change::Name }] if *user == anna.id));
    let user = full_user(&user);
    assert_eq!((user.first_name.as_deref(), user.last_name.as_deref()), (Some("Anna"), Some("Bauer")));
    assert_eq!(full(&mut world, boris, anna).about.as_deref(), Some("sends words by sunlight"));
    let events = world.events(anna, 1);
    assert!(matches!(&events[..], [tl::Update::UpdateUserName(name)] if name.last_name == "Bauer"));
    // The same again changes nothing.
    world.ok(anna.device, &method);
    assert!(world.touched.is_empty() && world.effects.is_empty());
}

#[test]
fn names_and_texts_have_limits() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let text = |of: &str, count: usize| Some(of.repeat(count));
    let name = |first_name, about| tl::account::UpdateProfile { first_name, last_name: None, about };
    assert_eq!(world.err(anna.device, &name(text(" ", 9), None)), "400 FIRSTNAME_INVALID");
    assert_eq!(world.err(anna.device, &name(None, text("\u{1d11e}", 71))), "400 ABOUT_TOO_LONG");
    world.ok(anna.device, &name(None, text("\u{1d11e}", 70)));
}
