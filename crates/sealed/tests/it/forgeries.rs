//! P16 at its root: what was changed, moved, swapped or brought back does not open, and never opens as something else.

use crypto::testing::Seeded;
use ids::{AuthKeyId, BoxId};
use sealed::{
    AtRest, BoxSecrets, Header, InstallError, Keyring, LeafError, Number, OpenError, OwnerTag, PageId,
    Plaintext, RowKey, Secret, StateError, Version,
};

use crate::world::{ALICE, Ticked, range, ring, secrets, x_of};

const BOB: BoxId = BoxId(4712);
const DAY: u32 = 20_000;

type Opened = Result<Plaintext, OpenError>;

/// Everything that opens values of rows.
struct Openers {
    ring: Keyring,
}

impl Openers {
    fn new() -> Self {
        let ring = ring(64, 1);
        for id in [ALICE, BOB, OwnerTag::SHORT_LIVED] {
            ring.install_box(id, secrets(id)).unwrap();
        }
        ring.install_device(AuthKeyId(1), Secret::new([1; 32])).unwrap();
        ring.install_day(DAY - 1, Secret::new([2; 32])).unwrap();
        ring.install_day(DAY, Secret::new([3; 32])).unwrap();
        Self { ring }
    }

    /// Whether anything at all opens the value as this row.
    fn any(&self, row: &RowKey, value: &AtRest) -> Option<Vec<u8>> {
        let short = self.ring.warm(OwnerTag::SHORT_LIVED).unwrap();
        let boxes = [ALICE, BOB].map(|id| self.ring.warm(id).unwrap());
        let days = [DAY - 1, DAY].map(|day| self.ring.day(day).unwrap().unwrap());
        let mut tries: Vec<Opened> = Vec::new();
        for keys in &boxes {
            tries.push(keys.open(row, value));
            tries.push(keys.open_short(&short, row, value));
        }
        tries.extend(days.iter().map(|key| key.open(row, value)));
        tries.push(self.ring.device(AuthKeyId(1)).unwrap().open(row, value));
        tries.push(self.ring.system().unwrap().open(row, value));
        tries.into_iter().flatten().map(|plain| plain.expose().to_vec()).next()
    }

    /// One value of each kind in its row.
    fn values(&self, rng: &mut Seeded) -> Vec<(RowKey, AtRest)> {
        let names = self.ring.names().unwrap();
        let alice = self.ring.warm(ALICE).unwrap();
        let short = self.ring.warm(OwnerTag::SHORT_LIVED).unwrap();
        let row = |tag, table| names.owner(tag).row(table, b"suffix");
        let (record, draft) = (row(OwnerTag::Box(ALICE), 1), row(OwnerTag::Box(ALICE), 2));
        let (device, day, system) = (
            row(OwnerTag::Device(AuthKeyId(1)), 3),
            row(OwnerTag::Device(AuthKeyId(1)), 4),
            row(OwnerTag::System, 5),
        );
        let version = Version::first(alice.next_number().unwrap());
        let number = short.next_number().unwrap();
        vec![
            (record.clone(), alice.seal(&record, version, b"record", rng).unwrap()),
            (draft.clone(), alice.seal_short(&short, &draft, number, b"short", rng).unwrap()),
            (device.clone(), self.ring.device(AuthKeyId(1)).unwrap().seal(&device, b"device", rng)),
            (day.clone(), self.ring.today().unwrap().seal(&day, b"day", rng)),
            (system.clone(), self.ring.system().unwrap().seal(&system, b"system", rng)),
        ]
    }
}

#[test]
fn p16_no_bit_can_be_turned_over() {
    let openers = Openers::new();
    for (row, value) in openers.values(&mut Seeded::new(1)) {
        assert!(openers.any(&row, &value).is_some());
        for bit in 0..value.as_bytes().len() * 8 {
            let mut bytes = value.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(openers.any(&row, &AtRest::read_back(bytes)), None, "bit {bit}");
        }
    }
}

#[test]
fn p16_no_byte_can_be_taken_away_or_added() {
    let openers = Openers::new();
    for (row, value) in openers.values(&mut Seeded::new(1)) {
        for len in 0..value.as_bytes().len() {
            let bytes = value.as_bytes()[..len].to_vec();
            assert_eq!(openers.any(&row, &AtRest::read_back(bytes)), None, "{len} bytes");
        }
        let longer = [value.as_bytes(), &[0]].concat();
        assert_eq!(openers.any(&row, &AtRest::read_back(longer)), None);
    }
}

#[test]
fn p16_no_value_can_be_moved_to_another_row() {
    let openers = Openers::new();
    let names = openers.ring.names().unwrap();
    let values = openers.values(&mut Seeded::new(1));
    for (row, value) in &values {
        for (other, _) in values.iter().filter(|(other, _)| other != row) {
            assert_eq!(openers.any(other, value), None);
        }
        let (table, suffix) = (row.table().unwrap(), row.suffix());
        let mut same_owner = row.as_bytes()[..12].to_vec();
        same_owner.extend_from_slice(&[0, 9]);
        same_owner.extend_from_slice(suffix);
        assert_eq!(openers.any(&RowKey::read_back(same_owner), value), None, "another table");
        let next = RowKey::read_back([row.as_bytes(), b"."].concat());
        assert_eq!(openers.any(&next, value), None, "another suffix");
        let bobs = names.owner(OwnerTag::Box(BOB)).row(table, suffix);
        assert_eq!(openers.any(&bobs, value), None, "another box");
    }
}

/// A byte that leaves the header for the row key, or the other way, is not the same header and row key.
#[test]
fn p16_the_header_cannot_be_told_in_another_way() {
    let ring = ring(64, 1);
    let system = ring.system().unwrap();
    let row = ring.names().unwrap().owner(OwnerTag::System).row(1, b"");
    let sealed = system.seal(&row, b"plain", &mut Seeded::new(1));
    let mut day = vec![4, 0, 0, 0, 0];
    day.extend_from_slice(&sealed.as_bytes()[1..]);
    ring.install_day(0, Secret::new([9; 32])).unwrap();
    let error = ring.today().unwrap().open(&row, &AtRest::read_back(day)).err();
    assert_eq!(error, Some(OpenError::Forged));
}

#[test]
fn p16_errors_say_who_is_to_blame() {
    let openers = Openers::new();
    let values = openers.values(&mut Seeded::new(1));
    let alice = openers.ring.warm(ALICE).unwrap();
    let (record_row, record) = &values[0];
    let (day_row, day) = &values[3];
    let kinds = |open: &dyn Fn(&AtRest) -> Opened| {
        values.iter().map(|(_, value)| open(value).err()).collect::<Vec<_>>()
    };
    let other = Some(OpenError::OtherKind);
    let of_alice = kinds(&|value| alice.open(record_row, value));
    assert_eq!(of_alice, [None, other, other, other, other]);
    let of_yesterday = openers.ring.day(DAY - 1).unwrap().unwrap();
    assert_eq!(of_yesterday.open(day_row, day).err(), other, "each day opens its own values");
    let bob = openers.ring.warm(BOB).unwrap();
    assert_eq!(bob.open(record_row, record).err(), Some(OpenError::Forged));
    assert_eq!(alice.open(record_row, &AtRest::read_back(Vec::new())).err(), Some(OpenError::Forged));
    assert_eq!(alice.open(record_row, &AtRest::read_back(vec![7; 99])).err(), Some(OpenError::Forged));
    assert_eq!(Header::of(&AtRest::read_back(vec![1; 11])), None);
}

/// An older write under the same number opens as itself and not as the newer one: the header says which it is.
#[test]
fn p16_a_write_cannot_pass_for_another() {
    let openers = Openers::new();
    let alice = openers.ring.warm(ALICE).unwrap();
    let row = alice.names().row(1, b"x");
    let mut rng = Seeded::new(1);
    let first = Version::first(alice.next_number().unwrap());
    let again = first.again().unwrap();
    assert_eq!((again.number, again.write), (first.number, 1));
    let old = alice.seal(&row, first, b"old", &mut rng).unwrap();
    let new = alice.seal(&row, again, b"new", &mut rng).unwrap();
    let mixed = [&new.as_bytes()[..12], &old.as_bytes()[12..]].concat();
    assert_eq!(alice.open(&row, &AtRest::read_back(mixed)).err(), Some(OpenError::Forged));
    let last = Version { number: first.number, write: Version::WRITES_MAX - 1 };
    assert_eq!(last.again(), None, "2^20 writes under one number");
}

#[test]
fn p16_sheets_and_pages_cannot_be_exchanged() {
    let mut ticked = Ticked::new(1);
    let cuts: Vec<_> = (0..4000).map(|n| range(n * 7, n * 7)).collect();
    let first = ticked.tick(&cuts);
    assert!(first.pages.len() > 2);
    let [(one, one_page), (two, two_page), ..] = &first.pages[..] else { panic!("pages") };
    assert_eq!(ticked.keys.open_page(*one, two_page), Err(StateError::Forged));
    assert_eq!(ticked.keys.open_page(*one, one_page), Ok(()));
    let no_page = PageId { epoch: 1, index: 999 };
    assert_eq!(ticked.keys.open_page(no_page, one_page), Err(StateError::Stale));
    let mut bytes = two_page.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(ticked.keys.open_page(*two, &AtRest::read_back(bytes)), Err(StateError::Forged));

    // The page of an epoch that is over, at the place of the one that came after it.
    let second = ticked.tick(&[range(1, 1)]);
    let (new, _) = second.pages[0];
    assert_eq!(ticked.keys.open_page(new, one_page), Err(StateError::Forged));
    assert_eq!(ticked.keys.open_page(*one, one_page), Err(StateError::Stale));

    // An older sheet under the newer X, and one of another box.
    let again = |id, epoch, sheet| {
        let ring = ring(16, 1);
        let BoxSecrets { c, .. } = secrets(id);
        ring.install_box(id, BoxSecrets { c, x: Secret::new(x_of(2)), epoch, sheet }).err()
    };
    let forged = Some(InstallError::State(StateError::Forged));
    assert_eq!(again(ALICE, 2, Some(second.sheet.clone())), None);
    assert_eq!(again(ALICE, 2, Some(first.sheet.clone())), forged);
    assert_eq!(again(ALICE, 3, Some(second.sheet.clone())), forged);
    assert_eq!(again(BOB, 2, Some(second.sheet.clone())), forged);
    assert_eq!(again(ALICE, 2, None), Some(InstallError::State(StateError::Sheet)));
    assert_eq!(again(ALICE, 0, Some(second.sheet)), Some(InstallError::State(StateError::Sheet)));
}

/// P33 at its root: a record that lay around all the time, and a state of before.
#[test]
fn p33_what_was_cut_out_opens_under_no_later_state() {
    let mut ticked = Ticked::new(1);
    let row = ticked.keys.names().row(1, b"x");
    let numbers: Vec<Number> = (0..8).map(|_| ticked.keys.next_number().unwrap()).collect();
    let seal = |number: &Number, rng: &mut Seeded| {
        ticked.keys.seal(&row, Version::first(*number), b"plain", rng).unwrap()
    };
    let mut rng = Seeded::new(1);
    let values: Vec<AtRest> = numbers.iter().map(|number| seal(number, &mut rng)).collect();
    let first = ticked.tick(&[sealed::NumberRange::one(numbers[3])]);
    ticked.is_alive(numbers[0]);
    for (number, value) in numbers.iter().zip(&values) {
        let dead = (*number == numbers[3]).then_some(OpenError::Leaf(LeafError::Dead));
        assert_eq!(ticked.keys.open(&row, value).err(), dead);
    }
    let stale = ticked.keys.state().unwrap();
    let second = ticked.tick(&[sealed::NumberRange::one(numbers[4])]);
    assert_eq!(ticked.keys.advance(&second), Ok(()), "going over twice is going over once");
    assert_eq!(ticked.keys.advance(&first), Err(StateError::Stale), "there is no way back");
    let other = stale.cut(&[range(9, 9)], &ticked_pages(&first), Secret::new([5; 32]), &mut rng).unwrap();
    assert_eq!(ticked.keys.advance(&other), Err(StateError::Stale), "nor to the side");
}

fn ticked_pages(change: &sealed::Change) -> Vec<(PageId, AtRest)> {
    change.pages.clone()
}
