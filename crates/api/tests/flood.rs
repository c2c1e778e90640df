//! A4: what one user may ask in so long, and that whoever waits as he was told is not refused again.
//!
//! Red without `Ctx::charge`, that of refused calls when it follows `admit` in `run::answer`; the last test, among those over
//! a keyring without keys, without `Ctx::give_back_but`.

use api::Export;
use ids::Layer;
use ids::limits::{
    ASK_TOKENS_BURST, ASK_TOKENS_PER_MINUTE, CHANGE_TOKENS_BURST, CHANGE_TOKENS_PER_MINUTE, LAYER_MIN,
    SEARCH_TOKENS, SEARCH_TOKENS_BURST,
};
use mtproto::server::RpcResult;
use tl::Encode;

use crate::world::{Device, Person, World, text_message};

/// Longer than any bucket takes to fill.
const LONG_S: u64 = 600;

fn two(world: &mut World) -> (Person, Person) {
    let people = (world.person("9996600001", "Anna"), world.person("9996600002", "Bert"));
    world.pass_s(LONG_S);
    people
}

/// The seconds of a FLOOD_WAIT.
#[track_caller]
fn wait_s(error: &str) -> u64 {
    error.strip_prefix("420 FLOOD_WAIT_").and_then(|s| s.parse().ok()).expect("FLOOD_WAIT_X")
}

/// How many calls of a kind go through before one is refused.
fn until_refused<M: tl::Function>(
    world: &mut World,
    by: Person,
    mut call: impl FnMut(i64) -> M,
) -> (u32, String) {
    for n in 0..100_000 {
        if let Err(error) = world.call(by.device, &call(n.into())) {
            return (n, error);
        }
    }
    panic!("never refused");
}

#[test]
fn a4_a_user_sends_as_much_as_he_may_and_again_after_as_long_as_he_is_told() {
    let mut world = World::new();
    let (anna, bert) = two(&mut world);
    let peer = world.peer(anna, bert);
    let (sent, error) = until_refused(&mut world, anna, |n| text_message(peer.clone(), "hello", n + 1));
    assert_eq!((sent, error.as_str()), (CHANGE_TOKENS_BURST, "420 FLOOD_WAIT_1"));
    let head = world.texts(bert, anna).len();
    assert!(head > 0, "he can still ask, and others can");
    world.send(bert, anna, "an answer", 1);
    world.pass_s(wait_s(&error));
    for n in 0..CHANGE_TOKENS_PER_MINUTE / 60 {
        world.send(anna, bert, "again", 1_000_000 + i64::from(n));
    }
    assert_eq!(world.err(anna.device, &text_message(peer, "too many", 2_000_000)), "420 FLOOD_WAIT_1");
}

#[test]
fn a4_of_many_calls_under_way_each_is_taken_when_it_was_told_to_come_again() {
    let mut world = World::new();
    let (anna, bert) = two(&mut world);
    let peer = world.peer(anna, bert);
    let all = i64::from(CHANGE_TOKENS_BURST) + 500;
    let mut due: Vec<(u64, i64)> = (1..=all)
        .filter_map(|n| {
            let refused = world.call(anna.device, &text_message(peer.clone(), "hello", n)).err()?;
            Some((wait_s(&refused), n))
        })
        .collect();
    assert_eq!(due.len(), 500);
    due.sort_unstable();
    let mut passed = 0;
    for (after_s, n) in due {
        world.pass_s(after_s - passed);
        passed = after_s;
        world.ok(anna.device, &text_message(peer.clone(), "hello", n));
    }
    assert_eq!(passed, 500_u64.div_ceil(u64::from(CHANGE_TOKENS_PER_MINUTE / 60)));
}

#[test]
fn a4_all_devices_of_a_user_share_his_budget() {
    let mut world = World::new();
    let (anna, bert) = two(&mut world);
    let second = Person { device: world.second_device(anna), ..anna };
    world.pass_s(LONG_S);
    let peer = world.peer(anna, bert);
    let (sent, _) = until_refused(&mut world, anna, |n| text_message(peer.clone(), "hello", n + 1));
    assert_eq!(sent, CHANGE_TOKENS_BURST);
    wait_s(&world.err(second.device, &text_message(peer, "hello", -1)));
}

#[test]
fn a4_what_costs_more_is_taken_less_often_and_each_kind_has_a_budget_of_its_own() {
    let mut world = World::new();
    let (anna, bert) = two(&mut world);
    let peer = world.peer(anna, bert);
    let id = world.sent(anna, bert, "hello", 1);
    world.pass_s(LONG_S);
    let (searches, error) = until_refused(&mut world, anna, |_| tl::messages::Search {
        peer: peer.clone(),
        q: "hello".to_owned(),
        ..Default::default()
    });
    assert_eq!(searches, SEARCH_TOKENS_BURST / SEARCH_TOKENS);
    wait_s(&error);
    let (forwards, error) = until_refused(&mut world, anna, |n| tl::messages::ForwardMessages {
        from_peer: peer.clone(),
        id: vec![id; 100],
        random_id: (0..100).map(|m| (n + 2) * 1_000 + m).collect(),
        to_peer: peer.clone(),
        ..Default::default()
    });
    assert_eq!(forwards, CHANGE_TOKENS_BURST / 100);
    assert!(wait_s(&error) >= 3, "a hundred at 30 a second");
    world.pass_s(LONG_S);
    let (pages, _) = until_refused(&mut world, anna, |_| tl::messages::GetHistory {
        peer: peer.clone(),
        limit: 1,
        ..Default::default()
    });
    assert_eq!(pages, ASK_TOKENS_BURST / 2);
    // What is only answered costs too.
    let (stubs, error) = until_refused(&mut world, bert, |_| tl::help::GetConfig {});
    assert_eq!((stubs, wait_s(&error)), (ASK_TOKENS_BURST, 1));
    assert_eq!(ASK_TOKENS_PER_MINUTE % 60, 0);
}

/// A step of a deletion among one's notes looks at as many as a search does; a look at the whole book is worth one.
#[test]
fn a4_whoever_has_all_of_something_looked_through_pays_for_searches() {
    let mut world = World::new();
    let (anna, bert) = two(&mut world);
    let peer = world.peer(anna, bert);
    let delete = tl::messages::DeleteSavedHistory { peer, ..Default::default() };
    let (steps, error) = until_refused(&mut world, anna, |_| delete.clone());
    assert_eq!(steps, SEARCH_TOKENS_BURST / SEARCH_TOKENS);
    wait_s(&error);
    let (looks, error) = until_refused(&mut world, bert, |_| tl::contacts::GetStatuses {});
    assert_eq!(looks, SEARCH_TOKENS_BURST / SEARCH_TOKENS);
    wait_s(&error);
}

/// Whoever is refused for want of a login, a layer or a method waits like all others, and then hears again what was wrong.
#[test]
fn a4_what_is_refused_costs_as_much_as_what_is_answered() {
    let unknown: &[u8] = &[0xff; 64];
    let state = &tl::updates::GetState {}.to_bytes()[..];
    let mut world = World::new();
    let (anna, _) = two(&mut world);
    let old = Device { layer: Some(Layer(LAYER_MIN - 1)), ..world.device() };
    let silent = Device { layer: None, ..world.device() };
    let unbound = Device { bound: false, ..world.device() };
    let wrapped = Device { export: Some(Export::Takeout), ..world.device() };
    let rows = [
        (anna.device, unknown, "400 INPUT_METHOD_INVALID"),
        (world.device(), unknown, "400 INPUT_METHOD_INVALID"),
        (world.device(), state, "401 AUTH_KEY_UNREGISTERED"),
        (old, state, "400 CONNECTION_LAYER_INVALID"),
        (silent, state, "400 CONNECTION_NOT_INITED"),
        (unbound, state, "401 AUTH_KEY_PERM_EMPTY"),
        (wrapped, state, "401 AUTH_KEY_UNREGISTERED"),
    ];
    for (device, body, error) in rows {
        let refused = |world: &mut World| match world.run(device, body) {
            RpcResult::Answer(_) => panic!("answered"),
            RpcResult::Error(failure) => format!("{} {}", failure.code, failure.name),
        };
        for n in 0..ASK_TOKENS_BURST {
            assert_eq!(refused(&mut world), error, "{n}");
        }
        let told = refused(&mut world);
        assert_eq!(wait_s(&told), 1, "{error}");
        world.ok(anna.device, &tl::updates::GetState {});
        world.pass_s(wait_s(&told));
        assert_eq!(refused(&mut world), error);
        world.pass_s(LONG_S);
    }
}

#[test]
fn a4_a_call_that_waits_for_keys_is_paid_once() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let others =
        ["9996600002", "9996600003", "9996600004", "9996600005"].map(|phone| world.person(phone, "Bert"));
    world.pass_s(LONG_S);
    let peers = others.map(|other| world.peer(anna, other));
    if crate::COLD {
        // Whoever was not asked for lately has no keys in memory.
        let later_ms = |times: u64| world.now.mono_ms + times * 86_400_000;
        let dropped =
            (1..3).map(|times| world.store.door().keyring().evict(later_ms(times)).boxes).sum::<usize>();
        assert!(dropped > 0);
    }
    let (sent, _) = until_refused(&mut world, anna, |n| {
        let to = usize::try_from(n).unwrap_or(0) % peers.len();
        text_message(peers[to].clone(), "hello", n + 1)
    });
    assert_eq!(sent, CHANGE_TOKENS_BURST);
}
