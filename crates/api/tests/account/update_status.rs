//! account.updateStatus.

use api::{Change, Effect};
use domain::Presence;
use ids::limits::{ONLINE_AGAIN_MS, ONLINE_MS};
use tl::Encode;

use crate::world::{BEGIN_S, Person, World, full_user};

const HERE: tl::account::UpdateStatus = tl::account::UpdateStatus { offline: false };
const GONE: tl::account::UpdateStatus = tl::account::UpdateStatus { offline: true };

/// As bytes: objects of the API are not compared.
fn status(world: &mut World, viewer: Person, of: Person) -> Vec<u8> {
    let access_hash = world.env.hashes.of(viewer.id, of.id);
    let id = vec![tl::InputUser::InputUser { user_id: of.id.0, access_hash }];
    let users = world.ok(viewer.device, &tl::users::GetUsers { id });
    full_user(&users[0]).status.as_ref().unwrap().to_bytes()
}

#[test]
fn others_see_it_and_are_told_and_the_box_does_not_move() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let told = |world: &World| matches!(&world.effects[..], [Effect::Changed { user, what: Change::Status }] if *user == anna.id);
    assert!(world.ok(anna.device, &HERE));
    assert!(told(&world) && world.touched.is_empty());
    let expires = BEGIN_S as i32 + ONLINE_MS as i32 / 1000;
    let online = tl::UserStatus::UserStatusOnline { expires }.to_bytes();
    assert_eq!(status(&mut world, boris, anna), online);
    assert_eq!(status(&mut world, anna, anna), online, "he sees himself");
    assert!(world.ok(anna.device, &HERE));
    assert!(world.effects.is_empty(), "that is nothing new");
    world.pass_s(7);
    assert!(world.ok(anna.device, &GONE));
    assert!(told(&world));
    let was_online = BEGIN_S as i32 + 7;
    assert_eq!(status(&mut world, boris, anna), tl::UserStatus::UserStatusOffline { was_online }.to_bytes());
    assert!(world.ok(anna.device, &GONE));
    assert!(world.effects.is_empty());
    // What a restart leaves.
    world.presence = Presence::default();
    assert_eq!(
        status(&mut world, boris, anna),
        tl::UserStatus::UserStatusRecently { by_me: false }.to_bytes()
    );
}

/// Neither a message nor that he types says that somebody is there: only his client does.
#[test]
fn what_somebody_does_makes_him_no_more_online() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.sent(anna, boris, "hello", 1);
    let action = tl::SendMessageAction::SendMessageTypingAction;
    let peer = world.peer(anna, boris);
    world.ok(anna.device, &tl::messages::SetTyping { peer, top_msg_id: None, action });
    assert_eq!(status(&mut world, boris, anna), tl::UserStatus::UserStatusEmpty.to_bytes());
}

#[test]
fn who_is_blocked_sees_a_long_time_ago() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.ok(anna.device, &HERE);
    let id = world.peer(anna, boris);
    world.ok(anna.device, &tl::contacts::Block { my_stories_from: false, id });
    assert_eq!(status(&mut world, boris, anna), tl::UserStatus::UserStatusEmpty.to_bytes());
}

#[test]
fn the_configuration_says_what_the_server_does() {
    let mut world = World::new();
    let device = world.device();
    let tl::Config::Config(config) = world.ok(device, &tl::help::GetConfig {});
    assert_eq!(config.online_update_period_ms, ONLINE_AGAIN_MS as i32);
    assert!(config.online_update_period_ms < ONLINE_MS as i32);
}
