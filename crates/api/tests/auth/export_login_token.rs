//! auth.exportLoginToken.

use api::Effect;
use tl::Decode;

use crate::world::{Device, World, sign_in, user};

pub(crate) fn export(except_ids: Vec<i64>) -> tl::auth::ExportLoginToken {
    tl::auth::ExportLoginToken { api_id: 1, api_hash: "x".to_owned(), except_ids }
}

/// The token that a device shows.
pub(crate) fn token(world: &mut World, device: Device) -> Vec<u8> {
    match world.ok(device, &export(Vec::new())) {
        tl::auth::LoginToken::LoginToken { token, expires } => {
            assert!(i64::from(expires) > world.date().0 && i64::from(expires) <= world.date().0 + 30);
            token
        }
        _ => panic!("not a token"),
    }
}

#[test]
fn a15_a_device_that_was_let_in_is_logged_in_and_all_others_are_told() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let (screen, other) = (world.device(), world.device());
    let shown = token(&mut world, screen);
    world.pass_s(3);
    assert_eq!(token(&mut world, screen), shown, "asked again it is the same");
    world.ok(anna.device, &tl::auth::AcceptLoginToken { token: shown });
    assert_eq!(
        world.err(screen, &tl::updates::GetState {}),
        "401 AUTH_KEY_UNREGISTERED",
        "not before it asks"
    );
    assert_ne!(token(&mut world, other), [0; 32], "another key is not let in");
    let tl::auth::LoginToken::LoginTokenSuccess(success) = world.ok(screen, &export(Vec::new())) else {
        panic!("not logged in")
    };
    assert_eq!(user(&success.authorization).id, anna.id.0);
    let [Effect::Ephemeral { to, update }, Effect::SignedIn { key, user }] = &world.effects[..] else {
        panic!("two effects")
    };
    assert_eq!((*to, *key, *user), (anna.id, screen.key, anna.id));
    let tl::Updates::UpdateShort(update) =
        tl::Updates::from_bytes(update).unwrap_or_else(|_| panic!("unreadable"))
    else {
        panic!("not short")
    };
    assert!(matches!(&update.update, tl::Update::UpdateNewAuthorization(new) if !new.unconfirmed));
    world.ok(screen, &tl::updates::GetState {});
}

/// Red without the question for the accepting key in `login::sign_in_accepted`.
#[test]
fn a16_a_device_that_was_thrown_out_has_let_nobody_in() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let screen = world.device();
    for as_another in [false, true] {
        let lost = world.second_device(anna);
        let shown = token(&mut world, screen);
        world.ok(lost, &tl::auth::AcceptLoginToken { token: shown.clone() });
        world.ok(lost, &tl::auth::LogOut {});
        if as_another {
            let (hash, code) = world.code(lost, boris.phone);
            world.ok(lost, &sign_in(boris.phone, &hash, &code));
        }
        assert_eq!(world.err(screen, &export(Vec::new())), "400 AUTH_TOKEN_INVALID");
        assert!(world.effects.is_empty());
        assert_eq!(world.err(screen, &tl::updates::GetState {}), "401 AUTH_KEY_UNREGISTERED");
        assert_ne!(token(&mut world, screen), shown, "what is shown next is new");
    }
    // One who stays logged in lets it in.
    let shown = token(&mut world, screen);
    world.ok(anna.device, &tl::auth::AcceptLoginToken { token: shown });
    assert!(matches!(world.ok(screen, &export(Vec::new())), tl::auth::LoginToken::LoginTokenSuccess(_)));
}

#[test]
fn a_login_that_nobody_fetches_is_over_and_bad_arguments_are_refused() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let screen = world.device();
    let shown = token(&mut world, screen);
    world.ok(anna.device, &tl::auth::AcceptLoginToken { token: shown.clone() });
    world.pass_s(61);
    assert_ne!(token(&mut world, screen), shown);
    let nobody = tl::auth::ExportLoginToken { api_id: 0, ..export(Vec::new()) };
    assert_eq!(world.err(screen, &nobody), "400 API_ID_INVALID");
    assert_eq!(world.err(screen, &export(vec![1; 17])), "400 LIMIT_INVALID");
}
