//! account.setPrivacy.

use api::{Change, Effect};

use crate::world::{Person, World, full_user};

const STATUS: tl::InputPrivacyKey = tl::InputPrivacyKey::InputPrivacyKeyStatusTimestamp;

fn set(key: tl::InputPrivacyKey, rules: Vec<tl::InputPrivacyRule>) -> tl::account::SetPrivacy {
    tl::account::SetPrivacy { key, rules }
}

fn input(world: &World, viewer: Person, of: Person) -> tl::InputUser {
    tl::InputUser::InputUser { user_id: of.id.0, access_hash: world.env.hashes.of(viewer.id, of.id) }
}

fn sees(world: &mut World, viewer: Person, of: Person) -> Option<tl::UserStatus> {
    let id = vec![input(world, viewer, of)];
    let users = world.ok(viewer.device, &tl::users::GetUsers { id });
    full_user(&users[0]).status.clone()
}

#[test]
fn who_may_not_see_the_time_sees_recently_and_all_devices_are_told_of_the_rules() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    for person in [anna, boris] {
        world.ok(person.device, &tl::account::UpdateStatus { offline: false });
    }
    let users = vec![input(&world, anna, boris)];
    let rules = vec![
        tl::InputPrivacyRule::InputPrivacyValueDisallowUsers { users },
        tl::InputPrivacyRule::InputPrivacyValueAllowAll,
    ];
    let before = world.events(anna, 1).len();
    let tl::account::PrivacyRules::PrivacyRules(set_to) = world.ok(anna.device, &set(STATUS, rules.clone()));
    let told = |effect: &Effect| matches!(effect, Effect::Changed { user, what: Change::Status } if *user == anna.id);
    assert!(world.effects.iter().any(told));
    assert_eq!(set_to.users.len(), 1, "whom a rule names");
    let events = world.events(anna, 1);
    assert!(matches!(
        &events[before..],
        [tl::Update::UpdatePrivacy { key: tl::PrivacyKey::PrivacyKeyStatusTimestamp, rules }] if rules.len() == 2
    ));
    let recently = |status| match status {
        Some(tl::UserStatus::UserStatusRecently { by_me }) => Some(by_me),
        _ => None,
    };
    assert_eq!(recently(sees(&mut world, boris, anna)), Some(false));
    assert_eq!(recently(sees(&mut world, anna, boris)), Some(true), "he could see it, if he showed it");
    assert!(matches!(sees(&mut world, vera, anna), Some(tl::UserStatus::UserStatusOnline { .. })));
    world.ok(anna.device, &set(STATUS, rules));
    assert!(world.touched.is_empty() && world.effects.is_empty(), "the same again is nothing");
    let all = vec![tl::InputPrivacyRule::InputPrivacyValueAllowAll];
    world.ok(anna.device, &set(STATUS, all));
    assert!(matches!(sees(&mut world, boris, anna), Some(tl::UserStatus::UserStatusOnline { .. })));
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let phone = tl::InputPrivacyKey::InputPrivacyKeyPhoneNumber;
    assert_eq!(world.err(anna.device, &set(phone, Vec::new())), "400 PRIVACY_KEY_INVALID");
    // A13: his hash of himself is not Anna's.
    let foreign = vec![input(&world, boris, boris)];
    for rule in [
        tl::InputPrivacyRule::InputPrivacyValueAllowPremium,
        tl::InputPrivacyRule::InputPrivacyValueAllowCloseFriends,
        tl::InputPrivacyRule::InputPrivacyValueAllowChatParticipants { chats: vec![1] },
        tl::InputPrivacyRule::InputPrivacyValueAllowUsers { users: foreign },
    ] {
        assert_eq!(world.err(anna.device, &set(STATUS, vec![rule])), "400 PRIVACY_VALUE_INVALID");
    }
    let many = vec![tl::InputPrivacyRule::InputPrivacyValueDisallowAll; 11];
    assert_eq!(world.err(anna.device, &set(STATUS, many)), "400 PRIVACY_TOO_LONG");
}
