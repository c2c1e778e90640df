//! Contacts and profiles: exactly a number and a name, and who sees what.

use domain::contact::{self, Contact, ContactList, Imported, NewContact};
use domain::profile::{self, Person, Profile};
use domain::{Authed, ContactName};
use ids::UserId;
use store::Record;

use crate::world::{World, number};

fn import(world: &World, by: Authed, entries: &[(&str, &str, &str)]) -> Imported {
    let contacts: Vec<_> = entries.iter().map(|(phone, first, last)| contact(phone, first, last)).collect();
    let numbered = || {
        let each = contacts.iter().cloned().zip(100..);
        each.map(|(contact, client_id)| NewContact { client_id, contact }).collect()
    };
    world.act(|tx| contact::import(tx, by, numbered()))
}

fn contact(phone: &str, first: &str, last: &str) -> Contact {
    Contact { phone: number(phone), name: ContactName::parse(first, last) }
}

fn contacts(world: &World, by: Authed) -> ContactList {
    world.look(|tx| contact::list(tx, by))
}

fn seen(world: &World, viewer: Authed, target: Authed) -> Person {
    match world.look(|tx| profile::profile(tx, viewer.user(), target.user())) {
        Profile::Person(person) => person,
        Profile::Deleted(_) => panic!("there is such a user"),
    }
}

#[test]
fn an_import_names_who_has_an_account() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let imported = import(
        &world,
        a,
        &[("12025550002", "Bobby", "B"), ("19995550000", "Nobody", ""), ("12025550003", "Cyril", "")],
    );
    assert_eq!(imported.users, [(b.user(), 100), (c.user(), 102)]);
    assert!(imported.retry.is_empty());
    let list = contacts(&world, a);
    let mut wanted = vec![b.user(), c.user()];
    wanted.sort_unstable();
    assert_eq!((list.users, list.saved), (wanted, 3));
    assert_eq!(contacts(&world, b).saved, 0, "a contact is one-sided");
}

#[test]
fn a_number_that_registers_later_is_a_contact_then() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    import(&world, a, &[("19995550000", "Dee", "")]);
    import(&world, b, &[("19995550000", "Dolly", "")]);
    let key = world.new_key();
    let proof = world.verified(key, number("19995550000"));
    let name = domain::PersonName::parse("Dora", "Day").unwrap();
    let now = world.now;
    let signed = world.store.write(|tx| domain::login::sign_up(tx, &proof, name.clone(), now));
    let signed = signed.result.unwrap();
    let mut holders = vec![a.user(), b.user()];
    holders.sort_unstable();
    assert_eq!(signed.holders, holders, "who may be told");
    assert_eq!(contacts(&world, a).users, [signed.by.user()]);
    let person = seen(&world, a, signed.by);
    assert!(person.contact && !person.mutual && person.first_name == "Dee" && person.last_name.is_empty());
}

#[test]
fn the_viewers_own_name_stands_in_front() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    import(&world, a, &[("12025550002", "Bobby", "Tables")]);
    let person = seen(&world, a, b);
    assert!(person.first_name == "Bobby" && person.last_name == "Tables" && person.contact);
    assert!(seen(&world, c, b).first_name == "Bob", "others see his own name");
    import(&world, a, &[("12025550002", "Robert", "")]);
    assert!(seen(&world, a, b).first_name == "Robert" && seen(&world, a, b).last_name.is_empty());
    assert_eq!(contacts(&world, a).saved, 1, "renamed, not added");
    import(&world, a, &[("12025550002", "", "")]);
    assert!(
        seen(&world, a, b).first_name == "Bob" && seen(&world, a, b).contact,
        "no name given, his own shows"
    );
}

/// A number is shown to its owner, to who has it already, and to those in its owner's book.
#[test]
fn who_sees_a_number() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let shows = |world: &World, viewer, target| seen(world, viewer, target).phone.is_some();
    assert!(shows(&world, a, a));
    assert!(!shows(&world, a, b) && !shows(&world, b, a) && !shows(&world, c, a));
    import(&world, a, &[("12025550002", "Bobby", "")]);
    assert!(shows(&world, a, b), "a has b's number");
    assert!(shows(&world, b, a), "b is in a's book");
    assert!(!shows(&world, c, a) && !shows(&world, c, b));
    let (ab, ba) = (seen(&world, a, b), seen(&world, b, a));
    assert_eq!((ab.contact, ab.mutual, ba.contact, ba.mutual), (true, false, false, false));
    import(&world, b, &[("12025550001", "Annie", "")]);
    let (ab, ba) = (seen(&world, a, b), seen(&world, b, a));
    assert_eq!((ab.contact, ab.mutual, ba.contact, ba.mutual), (true, true, true, true));
}

#[test]
fn profiles_come_in_the_order_asked() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    import(&world, a, &[("12025550003", "Cyril", "")]);
    let ghost = UserId(4242);
    let asked = [c.user(), ghost, a.user(), b.user(), c.user()];
    let names: Vec<_> = world
        .look(|tx| profile::profiles(tx, a.user(), &asked))
        .into_iter()
        .map(|profile| match profile {
            Profile::Person(person) => (person.id, person.first_name, person.is_self),
            Profile::Deleted(user) => (user, String::from("deleted"), false),
        })
        .collect();
    let wanted = ["Cyril", "deleted", "Ann", "Bob", "Cyril"];
    let wanted: Vec<_> =
        asked.into_iter().zip(wanted).map(|(id, name)| (id, name.to_owned(), id == a.user())).collect();
    assert_eq!(names, wanted);
}

/// P26: the stored contact is a number and two names, and nothing else fits in.
#[test]
fn p26_a_contact_is_exactly_three_fields() {
    let page = contact::BookPage::decode(
        &[
            &[1, 1][..],
            // 1 and the digits 2025550001, as a varint.
            &varint(12_025_550_001),
            &[3],
            b"Ann",
            &[1],
            b"B",
        ]
        .concat(),
    );
    assert!(page.is_ok_and(|page| page.encode().len() == 2 + varint(12_025_550_001).len() + 4 + 2));
    let Contact { phone, name } = contact("2025550001", "Ann", "B");
    assert!(phone == number("2025550001") && name.first() == "Ann" && name.last() == "B");
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

/// P27: what is removed is gone on both sides, and who registers then is news to nobody.
#[test]
fn p27_a_removed_contact_leaves_no_trace() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let empty = all_rows(&world);
    import(&world, a, &[("12025550002", "Bobby", ""), ("12025550003", "Cyril", "")]);
    assert_eq!(world.look(|tx| contact::holders(tx, number("12025550002"))), [a.user()]);
    let (users, now) = ([b.user(), UserId(4242), c.user(), c.user(), a.user()], world.now);
    let ran = world.store.write(|tx| contact::remove(tx, a, &users, now));
    ran.result.expect("removed");
    assert_eq!(contacts(&world, a).saved, 0);
    assert!(world.look(|tx| contact::holders(tx, number("12025550002"))).is_empty());
    assert!(!seen(&world, a, b).contact && seen(&world, a, b).first_name == "Bob");
    assert!(all_rows(&world) == empty, "rows are left behind");
}

fn all_rows(world: &World) -> Vec<store::Row> {
    let everything = store::Scan {
        from: &[],
        to: &[0xff; 64],
        skip: 0,
        limit: usize::MAX,
        order: store::Order::Ascending,
    };
    let mut rows = world.store.engine().view().unwrap().range(&everything).unwrap();
    // But for the numbers that are to be cut out, which say nothing and go with the next tick, and the log of the book's
    // owner, which says that he sees somebody otherwise, as his devices must hear.
    let log = domain::tables::LOG.info().id;
    rows.retain(|(key, _)| key.table().is_some_and(|table| table < sealed::table::SHEET && table != log));
    rows
}

#[test]
fn what_is_beyond_a_limit_comes_back() {
    let mut world = World::new();
    let [a, ..] = world.trio();
    let phones: Vec<_> = (0..3_010).map(|n| format!("1888{n:07}")).collect();
    let entries: Vec<_> = phones.iter().map(|phone| (phone.as_str(), "N", "")).collect();
    let imported = import(&world, a, &entries);
    assert_eq!(imported.retry, (3_100..3_110).collect::<Vec<_>>());
    assert_eq!(contacts(&world, a).saved, 3_000);
    // The same again adds nothing.
    assert_eq!(import(&world, a, &entries[..3_000]).retry, [0_i64; 0]);
    assert_eq!(contacts(&world, a).saved, 3_000);
}

#[test]
fn a_full_book_takes_no_more_and_says_so() {
    let mut world = World::new();
    let [a, ..] = world.trio();
    let phones: Vec<_> = (0..45_000).map(|n| format!("1888{n:07}")).collect();
    let mut refused = 0;
    for phones in phones.chunks(3_000) {
        let entries: Vec<_> = phones.iter().map(|phone| (phone.as_str(), "N", "")).collect();
        refused += import(&world, a, &entries).retry.len();
    }
    let saved = contacts(&world, a).saved as usize;
    assert_eq!(saved + refused, 45_000);
    assert!((20_000..=32_768).contains(&saved), "{saved}");
}

#[test]
fn contact_names_are_cut_not_refused() {
    let name = ContactName::parse(&"x".repeat(10_000), "  \u{202e}y\0z ");
    assert!(name.first() == "x".repeat(64) && name.last() == "y z" && !name.is_empty());
    assert!(ContactName::parse(" ", "\n").is_empty());
}
