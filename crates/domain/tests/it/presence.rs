//! Who is online, when others were there last, and who sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::contact::{self, Contact, NewContact};
use domain::presence::{self, Presence, Status};
use domain::privacy::{self, PrivacyError, Rule};
use domain::profile::{self, Profile};
use domain::{Authed, ContactName, account, block};
use ids::limits::{
    ONLINE_AGAIN_MS, ONLINE_KEYS_PER_USER_MAX, ONLINE_MS, ONLINE_SAME_MS, PRIVACY_RULES_MAX,
    PRIVACY_USERS_MAX, SEEN_EXACT_MAX, SEEN_EXACT_MS,
};
use ids::{AuthKeyId, Now, UnixTime, UserId};
use store::{Record, Tapped};

use crate::world::{World, number};

const KEY: AuthKeyId = AuthKeyId(7);
const RECENTLY: Status = Status::Recently { by_me: false };
const TABLET: AuthKeyId = AuthKeyId(8);

/// So long after the world began.
fn at(world: &World, ms: u64) -> Now {
    let began = world.now.0.cast_unsigned() * 1_000_000_000;
    Now { wall_ns: began, mono_ms: 1_000 }.plus_ms(ms)
}

fn seen(world: &World, presence: &Presence, viewer: Authed, target: Authed, now: Now) -> Status {
    match world.look(|tx| profile::profile(tx, viewer.user(), target.user())) {
        Profile::Person(person) => person.status(presence, now),
        Profile::Deleted(_) => panic!("there is such a user"),
    }
}

/// Who is told when somebody comes or goes.
fn told(world: &World, of: Authed, is_live: &dyn Fn(UserId) -> bool) -> Vec<UserId> {
    let all = world.look(|tx| presence::audience(tx, of.user(), is_live));
    all.into_iter().filter(|one| one.sees_time).map(|one| one.user).collect()
}

fn after(world: &World, ms: u64) -> UnixTime {
    UnixTime(world.now.0 + ms.cast_signed() / 1000)
}

#[test]
fn somebody_is_online_from_when_he_says_so_until_he_says_otherwise() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let presence = Presence::default();
    assert_eq!(seen(&world, &presence, a, b, at(&world, 0)), Status::Empty);
    assert!(!presence.note(b.user(), KEY, false, at(&world, 0)), "who was not there does not go");
    assert!(presence.note(b.user(), KEY, true, at(&world, 2_000)));
    let online = Status::Online { expires: after(&world, 2_000 + ONLINE_MS) };
    for viewer in [a, b] {
        assert_eq!(seen(&world, &presence, viewer, b, at(&world, 9_000)), online);
    }
    // Saying it again at once changes nothing; a while later it does.
    assert!(!presence.note(b.user(), KEY, true, at(&world, 2_000 + ONLINE_SAME_MS / 2)));
    assert_eq!(seen(&world, &presence, a, b, at(&world, 9_000)), online);
    assert!(presence.note(b.user(), KEY, true, at(&world, 2_000 + ONLINE_AGAIN_MS)));
    let expires = after(&world, 2_000 + ONLINE_AGAIN_MS + ONLINE_MS);
    assert_eq!(seen(&world, &presence, a, b, at(&world, 300_000)), Status::Online { expires });
    assert!(presence.note(b.user(), KEY, false, at(&world, 400_000)));
    let offline = Status::Offline { was_online: after(&world, 400_000) };
    assert_eq!(seen(&world, &presence, a, b, at(&world, 500_000)), offline);
    assert_eq!(seen(&world, &presence, a, a, at(&world, 500_000)), Status::Empty, "nobody else moved");
}

#[test]
fn clients_say_it_again_before_it_ends_even_if_a_little_earlier_changed_nothing() {
    let kept_ms = ONLINE_MS - ONLINE_SAME_MS;
    assert!(ONLINE_AGAIN_MS < kept_ms, "he would be offline in between");
}

#[test]
fn who_says_nothing_for_long_is_gone_when_it_ended_whether_anybody_looked_or_not() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let presence = Presence::default();
    presence.note(b.user(), KEY, true, at(&world, 0));
    let late = at(&world, ONLINE_MS + 50_000);
    let offline = Status::Offline { was_online: after(&world, ONLINE_MS) };
    assert_eq!(seen(&world, &presence, a, b, late), offline);
    assert!(presence.settle(&|_, _| false, at(&world, ONLINE_MS - 1)).is_empty());
    assert_eq!(presence.settle(&|_, _| false, late), [b.user()]);
    assert!(presence.settle(&|_, _| false, late).is_empty(), "once");
    assert_eq!(seen(&world, &presence, a, b, late), offline);
}

#[test]
fn one_of_two_devices_that_goes_changes_nothing_and_the_last_one_does() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let presence = Presence::default();
    presence.note(b.user(), KEY, true, at(&world, 0));
    presence.note(b.user(), TABLET, true, at(&world, 100_000));
    assert!(!presence.note(b.user(), KEY, false, at(&world, 110_000)));
    let online = Status::Online { expires: after(&world, 100_000 + ONLINE_MS) };
    assert_eq!(seen(&world, &presence, a, b, at(&world, 120_000)), online);
    assert!(presence.note(b.user(), TABLET, false, at(&world, 130_000)));
    let offline = Status::Offline { was_online: after(&world, 130_000) };
    assert_eq!(seen(&world, &presence, a, b, at(&world, 130_000)), offline);
}

#[test]
fn a_connection_that_is_back_when_one_looks_again_was_never_gone() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let presence = Presence::default();
    presence.note(b.user(), KEY, true, at(&world, 0));
    let look = |ms, alone: bool| {
        presence.settle(&|user, key| alone && (user, key) == (b.user(), KEY), at(&world, ms))
    };
    for (ms, alone) in [(5_000, true), (10_000, false), (15_000, true)] {
        assert!(look(ms, alone).is_empty());
        assert!(matches!(seen(&world, &presence, a, b, at(&world, ms)), Status::Online { .. }));
    }
    assert_eq!(look(20_000, true), [b.user()]);
    let offline = Status::Offline { was_online: after(&world, 20_000) };
    assert_eq!(seen(&world, &presence, a, b, at(&world, 60_000)), offline);
}

/// SECURITY 10: exact in memory alone.
#[test]
fn a_restart_forgets_the_time_and_keeps_the_day() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let presence = Presence::default();
    presence.note(b.user(), KEY, true, at(&world, 0));
    assert!(!world.look(|tx| presence::is_marked(tx, b, world.now)));
    world.act(|tx| presence::mark(tx, b, world.now));
    assert!(world.look(|tx| presence::is_marked(tx, b, world.now)));
    let restarted = Presence::default();
    const DAY_MS: u64 = 86_400_000;
    for (days, expected) in [
        (0, RECENTLY),
        (2, RECENTLY),
        (3, Status::LastWeek { by_me: false }),
        (7, Status::LastWeek { by_me: false }),
        (8, Status::LastMonth { by_me: false }),
        (30, Status::LastMonth { by_me: false }),
        (31, Status::Empty),
        (400, Status::Empty),
    ] {
        let now = at(&world, days * DAY_MS);
        assert_eq!(seen(&world, &restarted, a, b, now), expected, "{days}");
        assert_eq!(seen(&world, &restarted, a, c, now), Status::Empty, "who was never there");
    }
    // Without a restart the time is forgotten as well, later.
    presence.note(b.user(), KEY, false, at(&world, 0));
    let long = at(&world, SEEN_EXACT_MS);
    assert_eq!(seen(&world, &presence, a, b, long), RECENTLY);
    presence.settle(&|_, _| false, long);
    assert!(presence.is_empty());
}

/// P06, by what is written: a day's number, whatever the time, and not even once for each time.
#[test]
fn p06_what_is_written_is_the_same_at_every_second_of_a_day() {
    let written = |seconds: &[i64]| {
        let writes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&writes);
        let engine = Tapped::new(Box::new(move |batch| {
            counted.fetch_add(batch.len(), Ordering::Relaxed);
            Ok(())
        }));
        let mut world = World::on(Arc::new(engine));
        let b = world.user("+1 202 555 0001", "Bob");
        let before = world.look(|tx| account::find(tx, b.user())).unwrap().encode();
        writes.store(0, Ordering::Relaxed);
        for second in seconds {
            let now = UnixTime(world.now.0 + second);
            if !world.look(|tx| presence::is_marked(tx, b, now)) {
                world.act(|tx| presence::mark(tx, b, now));
            }
        }
        let after = world.look(|tx| account::find(tx, b.user())).unwrap().encode();
        assert!(before.to_vec() != after.to_vec());
        (after.to_vec(), writes.load(Ordering::Relaxed))
    };
    let first = written(&[0]);
    assert!(first == written(&[86_399]));
    assert!(first == written(&[5, 77, 12_345, 86_000]));
    assert!(first.0 != written(&[86_400]).0);
}

#[test]
fn who_is_blocked_sees_nothing_and_who_blocks_sees_the_day() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "hello");
    let presence = Presence::default();
    presence.note(b.user(), KEY, true, at(&world, 0));
    world.act(|tx| presence::mark(tx, b, world.now));
    let audience = |of: Authed| told(&world, of, &|_| true);
    assert_eq!(audience(b), [a.user()]);
    let (known, now) = (world.known(b, a), world.now);
    world.store.write(|tx| block::set(tx, b, known, true, now)).result.unwrap();
    assert_eq!(seen(&world, &presence, a, b, at(&world, 0)), Status::Empty);
    assert_eq!(seen(&world, &Presence::default(), a, b, at(&world, 0)), Status::Empty, "not the day either");
    assert!(audience(b).is_empty());
    // Whoever blocks hides his own time, and sees no other's for it; no rule of his would change that, so none is named.
    presence.note(a.user(), KEY, true, at(&world, 0));
    world.act(|tx| presence::mark(tx, a, world.now));
    assert_eq!(seen(&world, &presence, b, a, at(&world, 0)), RECENTLY, "the blocker sees the day");
    assert!(audience(a).is_empty(), "nor is he told");
    world.store.write(|tx| block::set(tx, b, known, false, now)).result.unwrap();
    assert!(matches!(seen(&world, &presence, a, b, at(&world, 0)), Status::Online { .. }));
    assert_eq!((audience(a), audience(b)), (vec![b.user()], vec![a.user()]));
    assert!(matches!(seen(&world, &presence, b, a, at(&world, 0)), Status::Online { .. }));
}

#[test]
fn who_has_his_number_or_a_dialog_is_told_if_connected_and_nobody_else() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let d = world.user("12025550004", "Dee");
    let e = world.user("12025550005", "Eve");
    let audience = |world: &World, live: &[Authed]| {
        let live: Vec<_> = live.iter().map(|user| user.user()).collect();
        told(world, b, &|user| live.contains(&user))
    };
    world.send(b, b, "note");
    assert!(audience(&world, &[a, b, c, d, e]).is_empty(), "strangers and oneself");
    world.send(c, b, "hello");
    for (book, phone) in [(d, "12025550002"), (b, "12025550005")] {
        let contact = || Contact { phone: number(phone), name: ContactName::parse("B", "") };
        let new = || vec![NewContact { client_id: 1, contact: contact() }];
        world.act(|tx| contact::import(tx, book, new()));
    }
    let mut wanted = vec![c.user(), d.user()];
    wanted.sort_unstable();
    assert_eq!(audience(&world, &[a, b, c, d, e]), wanted, "not whom he has in his own book");
    assert_eq!(audience(&world, &[a, b, d, e]), [d.user()]);
}

fn set(world: &World, by: Authed, rules: &[Rule]) -> bool {
    let now = world.now;
    world.store.write(|tx| privacy::set(tx, by, rules.to_vec(), now)).result.unwrap()
}

#[test]
fn the_first_rule_that_is_about_somebody_decides_and_is_returned() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let contact = || Contact { phone: number("12025550001"), name: ContactName::parse("Ann", "") };
    let new = || vec![NewContact { client_id: 1, contact: contact() }];
    world.act(|tx| contact::import(tx, b, new()));
    world.send(b, a, "hello");
    world.send(b, c, "hello");
    let presence = Presence::default();
    presence.note(b.user(), KEY, true, at(&world, 0));
    world.act(|tx| presence::mark(tx, b, world.now));
    let online = Status::Online { expires: after(&world, ONLINE_MS) };
    let sees = |world: &World, viewer: Authed| {
        let status = seen(world, &presence, viewer, b, at(world, 0));
        assert!(status == online || status == RECENTLY, "{status:?}");
        status == online
    };
    let users = |of: Authed| vec![of.user()];
    use Rule::{AllowAll, AllowContacts, AllowUsers, DenyAll, DenyContacts, DenyUsers};
    // Ann is in Bob's book, Cy is not.
    for (rules, ann, cy) in [
        (vec![DenyAll], false, false),
        (vec![AllowContacts], true, false),
        (vec![AllowContacts, DenyAll], true, false),
        (vec![], false, false),
        (vec![DenyContacts, AllowAll], false, true),
        (vec![AllowUsers { users: users(c) }, DenyAll], false, true),
        (vec![DenyUsers { users: users(a) }, AllowContacts], false, false),
        (vec![DenyUsers { users: users(c) }, AllowAll], true, false),
        (vec![AllowAll, DenyAll], true, true),
    ] {
        assert!(set(&world, b, &rules));
        assert_eq!((sees(&world, a), sees(&world, c)), (ann, cy));
        let expected: Vec<_> = [(a, ann), (c, cy)].into_iter().filter(|(_, sees)| *sees).collect();
        let mut expected: Vec<_> = expected.into_iter().map(|(user, _)| user.user()).collect();
        expected.sort_unstable();
        assert_eq!(told(&world, b, &|_| true), expected, "who is told sees it, and who sees it is told");
        assert!(sees(&world, b), "himself he always sees");
    }
    // Who hides as much from Bob does not see it of him.
    assert!(set(&world, b, &[AllowAll]));
    assert!(!set(&world, b, &[AllowAll]), "nothing changes");
    assert!(set(&world, a, &[DenyUsers { users: users(b) }, AllowAll]));
    let hidden = seen(&world, &presence, a, b, at(&world, 0));
    assert_eq!(hidden, Status::Recently { by_me: true });
    assert!(sees(&world, c));
    assert_eq!(told(&world, b, &|_| true), [c.user()]);
}

#[test]
fn rules_have_a_length() {
    let mut world = World::new();
    let [a, _, _] = world.trio();
    let try_set = |rules: Vec<Rule>| {
        let now = world.now;
        world.store.write(|tx| privacy::set(tx, a, rules.clone(), now)).result
    };
    let users = |count: i64| (0..count).map(UserId).collect();
    let most = PRIVACY_USERS_MAX as i64;
    assert_eq!(try_set(vec![Rule::AllowUsers { users: users(most + 1) }]), Err(PrivacyError::TooLong));
    assert_eq!(try_set(vec![Rule::DenyAll; PRIVACY_RULES_MAX + 1]), Err(PrivacyError::TooLong));
    assert_eq!(try_set(vec![Rule::AllowUsers { users: users(most) }]), Ok(true));
}

#[test]
fn what_is_remembered_is_bounded() {
    let presence = Presence::default();
    let now = Now { wall_ns: 0, mono_ms: 1_000 };
    let many = ONLINE_KEYS_PER_USER_MAX as u64 + 5;
    for key in 0..many {
        presence.note(UserId(1), AuthKeyId(key), true, now);
    }
    assert_eq!(presence.len(), ONLINE_KEYS_PER_USER_MAX);
    for user in 2..SEEN_EXACT_MAX as i64 + 1_000 {
        presence.note(UserId(user), KEY, true, now.plus_ms(user.cast_unsigned()));
        presence.note(UserId(user), KEY, false, now.plus_ms(user.cast_unsigned()));
    }
    assert!(presence.len() <= SEEN_EXACT_MAX + ONLINE_KEYS_PER_USER_MAX);
    assert!(presence.exact(UserId(SEEN_EXACT_MAX as i64 + 999), now).is_some(), "the newest are known");
    assert!(presence.exact(UserId(2), now).is_none());
}
