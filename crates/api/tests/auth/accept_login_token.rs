//! auth.acceptLoginToken.

use api::Effect;
use tl::Decode;

use super::export_login_token::{export, token};
use crate::world::World;

#[test]
fn a15_the_device_that_shows_it_is_told_and_nobody_accepts_it_twice() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let screen = world.device();
    let accept = tl::auth::AcceptLoginToken { token: token(&mut world, screen) };
    assert_eq!(world.err(screen, &accept), "401 AUTH_KEY_UNREGISTERED");
    let tl::Authorization::Authorization(told) = world.ok(anna.device, &accept);
    assert_ne!(told.hash, 0);
    assert_eq!(i64::from(told.date_created), world.date().0);
    let [Effect::TokenAccepted { key, update, .. }] = &world.effects[..] else { panic!("one effect") };
    assert_eq!(*key, screen.key);
    let update = tl::Updates::from_bytes(update).unwrap_or_else(|_| panic!("unreadable"));
    assert!(
        matches!(update, tl::Updates::UpdateShort(short) if matches!(short.update, tl::Update::UpdateLoginToken))
    );
    for again in [anna, boris] {
        assert_eq!(world.err(again.device, &accept), "400 AUTH_TOKEN_ALREADY_ACCEPTED");
    }
}

#[test]
fn a15_a_token_that_is_none_or_old_or_not_for_him_lets_nobody_in() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let screen = world.device();
    let accept = |token| tl::auth::AcceptLoginToken { token };
    assert_eq!(world.err(anna.device, &accept(vec![1; 32])), "400 AUTH_TOKEN_INVALID");
    let shown = token(&mut world, screen);
    world.pass_s(31);
    assert_eq!(world.err(anna.device, &accept(shown)), "400 AUTH_TOKEN_EXPIRED");
    let tl::auth::LoginToken::LoginToken { token, .. } = world.ok(screen, &export(vec![anna.id.0])) else {
        panic!("no token")
    };
    assert_eq!(world.err(anna.device, &accept(token)), "400 AUTH_TOKEN_EXCEPTION");
}
