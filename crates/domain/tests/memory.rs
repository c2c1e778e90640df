//! What an idle account costs in the in-memory engine (15,000 of them with their connections must fit in 10 KiB each), and
//! what is remembered of who is there.
//!
//! One test in a binary of its own, since it reads the resident set of the whole process.
#![cfg(target_os = "linux")]

use std::sync::Arc;

use domain::authorization::{self, Client, ClientText, KeyBytes, StoredKey};
use domain::login::{self, Codes};
use domain::message::{self, FormattedText, NewMessage};
use domain::{Allowed, Known, PersonName, PhoneNumber, Presence};
use ids::{AuthKeyId, Layer, Now, RandomId, UnixTime, UserId};
use store::{Memory, Store, testing};

const ACCOUNTS: u64 = 5_000;
/// Bytes an account may cost, with its key, what its client says of itself, and one message.
const BYTES_MAX: u64 = 3 * 1024;

/// Bytes that are remembered of somebody who was there lately, and of somebody who is online.
const SEEN_BYTES_MAX: u64 = 48;
const ONLINE_BYTES_MAX: u64 = 72;

#[test]
fn an_account_with_one_message_costs_little_and_that_somebody_is_there_next_to_nothing() {
    that_somebody_is_there_costs_next_to_nothing();
    let engine = Arc::new(Memory::new());
    let door = testing::door();
    let store = Store::new(Arc::clone(&engine) as _, door.clone());
    // A first one outside the measurement: what is allocated once is no cost of an account.
    account(&store, 0);
    let before = resident_bytes();
    for n in 1..=ACCOUNTS {
        account(&store, n);
        // Idle accounts have no keys in memory after a quarter of an hour.
        door.keyring().evict(n * 10_000);
    }
    let each = (resident_bytes() - before) / ACCOUNTS;
    #[allow(clippy::print_stderr, reason = "the figure is what the test is read for")]
    {
        eprintln!("{each} bytes per account, {} rows", engine.rows() as u64 / (ACCOUNTS + 1));
    }
    assert!(each <= BYTES_MAX, "{each} bytes per account");
}

fn that_somebody_is_there_costs_next_to_nothing() {
    const USERS: u64 = 100_000;
    let now = |n: u64| Now { wall_ns: 0, mono_ms: 1_000 + n / 1_000 };
    // Ids come in no order, as they are drawn.
    let user = |n: u64| UserId((n.wrapping_mul(6_364_136_223_846_793_005) >> 25).cast_signed());
    let (online, seen) = (Presence::default(), Presence::default());
    let begin = resident_bytes();
    for n in 0..USERS {
        online.note(user(n), AuthKeyId(n), true, now(n));
    }
    let middle = resident_bytes();
    for n in 0..USERS {
        seen.note(user(n), AuthKeyId(n), true, now(n));
        seen.note(user(n), AuthKeyId(n), false, now(n));
    }
    let end = resident_bytes();
    let each = ((middle - begin) / USERS, (end - middle) / USERS);
    assert_eq!((online.len(), seen.len()), (USERS as usize, USERS as usize));
    #[allow(clippy::print_stderr, reason = "the figure is what the test is read for")]
    {
        eprintln!("{} bytes per user who is online, {} per user who was", each.0, each.1);
    }
    assert!(each.0 <= ONLINE_BYTES_MAX && each.1 <= SEEN_BYTES_MAX, "{each:?}");
}

fn account(store: &Store, n: u64) {
    let key = AuthKeyId(n);
    let now = UnixTime(1_767_225_600);
    let phone = PhoneNumber::parse(&format!("1999{n:07}")).unwrap_or_else(|error| panic!("{error}"));
    let mut codes = Codes::new(Box::new(|_: &[&[u8]]| [0; 32]));
    let mut random = n;
    let mut draw = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random.rotate_left(32)
    };
    let issued = codes.request(key, phone, now, &mut draw).unwrap_or_else(|error| panic!("{error}"));
    let proof = codes.check(key, phone, &issued.hash.to_text(), issued.code.expose(), now);
    let proof = proof.unwrap_or_else(|error| panic!("{error}"));
    let by = store.write(|tx| {
        let name = PersonName::parse("Firstname", "Lastname").unwrap();
        authorization::store_key(tx, key, &StoredKey { bytes: KeyBytes::new(&[7; 256]), created: now })?;
        authorization::describe(tx, key, &client())?;
        login::sign_up(tx, &proof, name, now).map(|signed| signed.by)
    });
    let by = by.result.unwrap_or_else(|error| panic!("{error}"));
    let sent = store.write(|tx| {
        let text = FormattedText::new("A message of an average length, as people write.".into(), Vec::new());
        let text = text.unwrap_or_else(|error| panic!("{error}"));
        let to = Allowed::to_write(tx, by, Known::own(by)).unwrap_or_else(|error| panic!("{error}"));
        let new = NewMessage::text(to, RandomId(1), text);
        message::send(tx, by, new, now)
    });
    assert!(sent.result.is_ok());
}

fn client() -> Client {
    Client {
        layer: Layer(230),
        api_id: 12345,
        device_model: ClientText::new("PC 64bit"),
        system_version: ClientText::new("Linux"),
        app_version: ClientText::new("1.45.0"),
        system_lang_code: ClientText::new("en-US"),
        lang_pack: ClientText::new(""),
        lang_code: ClientText::new("en"),
    }
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}
