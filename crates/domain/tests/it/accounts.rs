//! Accounts and the keys that are logged in to them.

use std::collections::BTreeSet;

use domain::authorization::{self, Client, ClientText, KeyBytes, StoredKey};
use domain::login::{self, SignIn, SignUpError};
use domain::{NameError, PersonName, PhoneError, PhoneNumber, account};
use ids::{AuthKeyId, Layer, UnixTime};

use crate::world::{World, number};

#[test]
fn ids_are_random_and_keep_clear_of_well_known_ones() {
    let mut world = World::new();
    let ids: Vec<_> = (0..200).map(|i| world.user(&format!("1999{i:07}"), "N").user().0).collect();
    assert!(ids.iter().all(|id| (1 << 33..1_000_000_000_000).contains(id)));
    assert!(!ids.is_sorted(), "ids follow each other");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn a_number_leads_to_sign_up_once_and_then_to_its_account() {
    let mut world = World::new();
    let key = world.new_key();
    let phone = number("+999 66 10001");
    let proof = world.verified(key, phone);
    let now = world.now;
    let first = world.act(|tx| login::sign_in(tx, &proof, now));
    assert!(matches!(first, SignIn::SignUpRequired));
    assert_eq!(world.look(|tx| authorization::authenticate(tx, key)), None, "not logged in yet");

    let by = world.sign_up(&proof, "Ann").unwrap();
    assert_eq!((by.key(), world.look(|tx| authorization::authenticate(tx, key))), (key, Some(by)));
    assert_eq!(world.sign_up(&proof, "Ann").err(), Some(SignUpError::Occupied));
    let account = world.look(|tx| account::find(tx, by.user())).unwrap();
    assert!(account.phone == phone && account.name.first() == "Ann" && account.created == now);
    assert_eq!(world.look(|tx| account::by_phone(tx, phone)), Some(by.user()));
    assert_eq!(world.device("9996610001").user(), by.user());
}

#[test]
fn a_key_is_logged_out_and_may_log_in_again() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let a2 = world.device("12025550001");
    let now = world.now;
    let keys = |world: &World| {
        let mut keys = world.look(|tx| authorization::devices(tx, a.user()));
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys(&world), [a.key(), a2.key()]);
    let whose = world.act(|tx| authorization::log_out(tx, a2.key(), now));
    assert_eq!(whose, Some(a.user()));
    assert_eq!(world.act(|tx| authorization::log_out(tx, a2.key(), now)), None);
    assert_eq!(keys(&world), [a.key()]);
    assert_eq!(world.look(|tx| authorization::authenticate(tx, a2.key())), None);

    // The same key logs in as somebody else: it is nobody's device any more but his (A16).
    let proof = world.verified(a.key(), number("12025550002"));
    assert!(
        matches!(world.act(|tx| login::sign_in(tx, &proof, now)), SignIn::Authorized(by) if by.user() == b.user())
    );
    assert!(keys(&world).is_empty());
    assert_eq!(world.look(|tx| authorization::devices(tx, b.user())).len(), 2);
    assert_eq!(world.look(|tx| authorization::binding(tx, a.key())).map(|binding| binding.since), Some(now));
}

#[test]
fn a_key_is_kept_until_it_is_destroyed() {
    let mut world = World::new();
    let by = world.user("1999000001", "Ann");
    let bytes: [u8; 256] = std::array::from_fn(|at| at.to_le_bytes()[0]);
    let stored = StoredKey { bytes: KeyBytes::new(&bytes), created: UnixTime(5) };
    let client = Client {
        layer: Layer(230),
        api_id: 4,
        device_model: ClientText::new(&"x\u{7}".repeat(200)),
        system_version: ClientText::new("Linux"),
        app_version: ClientText::new("1.0"),
        system_lang_code: ClientText::new("en-US"),
        lang_pack: ClientText::new(""),
        lang_code: ClientText::new("en"),
    };
    world.act(|tx| {
        authorization::store_key(tx, by.key(), &stored)?;
        authorization::describe(tx, by.key(), &client)
    });
    let found = world.look(|tx| authorization::key(tx, by.key())).unwrap();
    assert!(found == stored && found.bytes.expose() == &bytes);
    let said = world.look(|tx| authorization::client(tx, by.key())).unwrap();
    assert!(said == client && said.device_model.as_str() == "x".repeat(64));
    let again = world.store.write(|tx| authorization::describe(tx, by.key(), &client));
    assert_eq!(again.seen, world.store.engine().durable(), "nothing new, nothing written");

    world.act(|tx| authorization::destroy_key(tx, by.key(), UnixTime(9)));
    assert!(world.look(|tx| authorization::key(tx, by.key())).is_none());
    assert!(world.look(|tx| authorization::client(tx, by.key())).is_none());
    assert!(world.look(|tx| authorization::devices(tx, by.user())).is_empty());
    assert!(world.look(|tx| authorization::key(tx, AuthKeyId(99))).is_none());
}

#[test]
fn numbers_are_read_in_every_dress() {
    for same in
        ["12025550001", "+12025550001", " +1 (202) 555-0001 ", "1.202.555.0001", "+1\u{a0}202/5550001"]
    {
        assert!(number(same) == number("12025550001"), "{same}");
    }
    assert!(number("0012025550001") != number("12025550001"), "leading zeros count");
    assert_eq!(number("0012025550001").digits(), "0012025550001");
    for (text, fits) in
        [("1234567", true), ("123456", false), ("123456789012345", true), ("1234567890123456", false)]
    {
        assert_eq!(PhoneNumber::parse(text).is_ok(), fits, "{text}");
    }
    for wrong in ["", "+", "12025550001x", "1202555+0001", "１２０２５５５０００１", "12025550001\0"]
    {
        assert_eq!(PhoneNumber::parse(wrong).err(), Some(PhoneError), "{wrong}");
    }
}

#[test]
fn names_are_cleaned_and_bounded() {
    let name = |first: &str, last: &str| {
        PersonName::parse(first, last).map(|name| (name.first().to_owned(), name.last().to_owned()))
    };
    let both = |first: &str, last: &str| Ok((first.to_owned(), last.to_owned()));
    assert_eq!(name("  Ann \n Mary ", ""), both("Ann Mary", ""));
    assert_eq!(name("A\0n\u{202e}n", "\u{2066}B\u{2069}"), both("A nn", "B"));
    assert_eq!(name(&"水".repeat(64), &"x".repeat(64)), both(&"水".repeat(64), &"x".repeat(64)));
    for empty in ["", " \t\n", "\u{202e}\u{feff}", "\0"] {
        assert_eq!(name(empty, "x"), Err(NameError::First));
    }
    assert_eq!(name(&"x".repeat(65), ""), Err(NameError::First));
    assert_eq!(name(&"x".repeat(10_000), ""), Err(NameError::First));
    assert_eq!(name("x", &"x".repeat(65)), Err(NameError::Last));
}
