//! Rows that are not what was written: a typed error, never a panic and never a missing row.

use domain::account::{Account, PhonePage};
use domain::authorization::{Binding, Client, Device, StoredKey};
use domain::block::{BlockPage, BlockedRow};
use domain::contact::{BookPage, HolderPage, NewContact};
use domain::dialog::{DialogPage, DialogRow, Folder};
use domain::draft::DraftRow;
use domain::filter::FiltersRow;
use domain::message::{ClearingRow, HistoryPage, MessageRow, SavedPinsRow, SentRow};
use domain::notify::NotifyRow;
use domain::privacy::PrivacyRow;
use domain::update::{LogRow, Since};
use domain::username::UsernamePage;
use domain::{Authed, ContactName, account, authorization, contact, dialog, message, profile, update};
use ids::{MsgId, Pts, UnixTime};
use proptest::prelude::*;
use store::{Fault, Order, Record, Scan, StoreError};

use crate::world::{World, number};

/// Reads bytes as every record there is.
fn decode_all(bytes: &[u8]) {
    fn one<R: Record>(bytes: &[u8]) {
        match R::decode(bytes) {
            // What decodes can be written, and is the same then.
            Ok(record) => {
                assert!(R::decode(&record.encode()).is_ok_and(|again| again.encode() == record.encode()))
            }
            Err(
                Fault::Version
                | Fault::Short
                | Fault::Long
                | Fault::Number
                | Fault::Tag
                | Fault::Text
                | Fault::Key
                | Fault::Forged
                | Fault::Dead,
            ) => {}
        }
    }
    one::<Account>(bytes);
    one::<PhonePage>(bytes);
    one::<StoredKey>(bytes);
    one::<Client>(bytes);
    one::<Binding>(bytes);
    one::<Device>(bytes);
    one::<MessageRow>(bytes);
    one::<ClearingRow>(bytes);
    one::<SentRow>(bytes);
    one::<SavedPinsRow>(bytes);
    one::<DialogRow>(bytes);
    one::<LogRow>(bytes);
    one::<DraftRow>(bytes);
    one::<NotifyRow>(bytes);
    one::<FiltersRow>(bytes);
    one::<BookPage>(bytes);
    one::<HolderPage>(bytes);
    one::<UsernamePage>(bytes);
    one::<BlockedRow>(bytes);
    one::<BlockPage>(bytes);
    one::<PrivacyRow>(bytes);
}

proptest! {
    #[test]
    fn any_bytes_decode_or_fault(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        decode_all(&bytes);
        (1..=4).for_each(|version| decode_all(&[&[version], bytes.as_slice()].concat()));
    }
}

/// A world with a row in every table, and what can be asked of it.
fn furnished() -> (World, Authed, Authed) {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "hello");
    world.send(b, a, "hello yourself");
    world.read_up_to(a, b, 0);
    world.act(|tx| {
        let contact =
            contact::Contact { phone: number("12025550002"), name: ContactName::parse("Bobby", "") };
        contact::import(tx, a, vec![NewContact { client_id: 1, contact }])
    });
    (world, a, b)
}

fn ask_everything(world: &World, a: Authed, b: Authed) -> Vec<Option<StoreError>> {
    let with = world.known(a, b);
    let ran = world.store.read(|tx| {
        let page = DialogPage {
            offset_date: UnixTime(0),
            offset_id: MsgId(0),
            offset_peer: None,
            limit: 9,
            folder: Folder::All,
            exclude_pinned: false,
        };
        let history = match message::history(tx, a, with, &HistoryPage::default()) {
            Err(message::HistoryError::Store(error)) => Some(error),
            Ok(_) | Err(message::HistoryError::AddOffset) => None,
        };
        let difference = match update::difference(tx, a, Since { pts: Pts(1), limit: None }) {
            Err(update::DifferenceError::Store(error)) => Some(error),
            Ok(_) | Err(update::DifferenceError::Empty | update::DifferenceError::Invalid) => None,
        };
        Ok::<_, StoreError>(vec![
            history,
            difference,
            update::state(tx, a).err(),
            dialog::list(tx, a, &page).err(),
            dialog::of(tx, a, &[with]).err(),
            message::by_id(tx, a, &[MsgId(2), MsgId(3)]).err(),
            profile::profiles(tx, a.user(), &[a.user(), b.user()]).err(),
            contact::list(tx, a).err(),
            contact::holders(tx, number("12025550002")).err(),
            account::by_phone(tx, number("12025550001")).err(),
            authorization::authenticate(tx, a.key()).err(),
            authorization::devices(tx, a.user()).err(),
        ])
    });
    ran.result.unwrap()
}

/// Each row in turn is replaced by garbage: nothing panics, and whoever needs the row says that it is corrupt.
#[test]
fn a_corrupt_row_is_reported_by_whoever_needs_it() {
    let (world, a, b) = furnished();
    assert!(ask_everything(&world, a, b).iter().all(Option::is_none));
    let everything = Scan { from: &[], to: &[0xff; 64], skip: 0, limit: usize::MAX, order: Order::Ascending };
    let rows = world.store.engine().view().unwrap().range(&everything).unwrap();
    let mut noticed = 0;
    for (key, value) in &rows {
        for garbage in [vec![], vec![0], vec![1], [value.as_bytes(), &[0]].concat()] {
            store::testsuite::apply(world.store.engine(), &[(key.as_bytes(), Some(&garbage))]);
            let errors = ask_everything(&world, a, b);
            assert!(errors.iter().flatten().all(|error| matches!(error, StoreError::Corrupt(_))));
            noticed += usize::from(errors.iter().any(Option::is_some));
        }
        store::testsuite::apply(world.store.engine(), &[(key.as_bytes(), Some(value.as_bytes()))]);
    }
    assert!(noticed > rows.len(), "{noticed} of {} times", 4 * rows.len());
    assert!(ask_everything(&world, a, b).iter().all(Option::is_none), "all is as before");
}
