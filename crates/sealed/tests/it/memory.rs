//! What is in memory, for how long, and what is missing when it is not.

use crypto::testing::Seeded;
use ids::limits::{KEYS_HELD_MS_MAX, KEYS_IDLE_MS_MAX, OPEN_PAGES_PER_BOX_MAX};
use ids::{AuthKeyId, BoxId};
use sealed::{
    DirectoryBox, Evicted, Header, Incarnation, InstallError, Keyring, LeafError, Missing, Need, Number,
    NumberRange, Numbering, OwnerTag, Secret, StateError,
};

use crate::world::{ALICE, Ticked, ring, secrets};

const MINUTE_MS: u64 = 60_000;
const DEVICE: AuthKeyId = AuthKeyId(9);

#[test]
fn a_keyring_without_roots_is_sealed_and_says_so() {
    let ring = Keyring::new(64);
    assert!(ring.is_sealed());
    assert_eq!(ring.warm(ALICE).err(), Some(Missing::Roots));
    assert_eq!(ring.device(DEVICE).err(), Some(Missing::Roots));
    assert_eq!(ring.device_or_mint(DEVICE).err(), Some(Missing::Roots));
    assert_eq!(ring.blank().err(), Some(Missing::Roots));
    assert_eq!(ring.names().err(), Some(Missing::Roots));
    assert_eq!(ring.system().err(), Some(Missing::Roots));
    assert_eq!(ring.server_key().err(), Some(Missing::Roots));
    assert_eq!(ring.access_key().err(), Some(Missing::Roots));
    assert_eq!(ring.today().err(), Some(Missing::Roots));
    assert_eq!(ring.day(1).err(), Some(Missing::Roots));
    assert_eq!(ring.install_box(ALICE, secrets(ALICE)).err(), Some(InstallError::Sealed));
    assert_eq!(ring.install_blank(ALICE, secrets(ALICE)).err(), Some(InstallError::Sealed));
    assert_eq!(ring.install_device(DEVICE, Secret::new([1; 32])).err(), Some(InstallError::Sealed));
    assert_eq!(ring.install_day(1, Secret::new([1; 32])).err(), Some(InstallError::Sealed));
    let state = ring.state(ALICE, 0, Secret::new([1; 32]), None);
    assert_eq!(state.err(), Some(StateError::Sealed));

    let numbering = || Numbering::new(Incarnation::new(1).unwrap());
    ring.install_root(Secret::new([1; 32]), numbering()).unwrap();
    assert!(!ring.is_sealed());
    assert_eq!(ring.install_root(Secret::new([2; 32]), numbering()), Err(InstallError::Twice));
    assert_eq!(Incarnation::new(1 << 24), None);
}

#[test]
fn what_is_missing_is_named() {
    let ring = Keyring::cold(1);
    let needs = [Need::Box(ALICE), Need::Device(DEVICE), Need::Blank];
    let missing = || [ring.warm(ALICE).err(), ring.device(DEVICE).err(), ring.blank().err()];
    assert_eq!(missing(), needs.map(|need| Some(Missing::Key(need))));
    assert_eq!(ring.device_or_mint(DEVICE).err(), Some(Missing::Key(Need::MintDevice(DEVICE))));
    ring.satisfy(&needs);
    assert_eq!(missing(), [None, None, None]);
    // A key that was released is that of an earlier login.
    assert_eq!(ring.device_or_mint(DEVICE).err(), Some(Missing::Key(Need::MintDevice(DEVICE))));
    ring.satisfy(&[Need::MintDevice(DEVICE)]);
    assert_eq!(ring.device_or_mint(DEVICE).err(), None);
    assert!(DirectoryBox::all().all(|one| ring.warm(one.id()).is_ok()));
    assert!(ring.warm(OwnerTag::SHORT_LIVED).is_ok());
}

#[test]
fn a_self_sufficient_keyring_lacks_nothing() {
    let ring = Keyring::self_sufficient(1);
    assert!(
        ring.warm(ALICE).is_ok() && ring.device(DEVICE).is_ok() && ring.device_or_mint(AuthKeyId(10)).is_ok()
    );
    let blanks = [ring.blank().unwrap(), ring.blank().unwrap()];
    assert_ne!(blanks[0].id(), blanks[1].id());
    let again = Keyring::self_sufficient(1);
    assert_eq!(again.blank().unwrap().id(), blanks[0].id(), "a seed gives the same keyring");
}

#[test]
fn p13_keys_leave_after_a_quarter_of_an_hour_without_use() {
    let ring = ring(64, 1);
    ring.install_box(ALICE, secrets(ALICE)).unwrap();
    ring.install_device(DEVICE, Secret::new([1; 32])).unwrap();
    ring.install_box(BoxId(-1), secrets(BoxId(-1))).unwrap();
    let mut now_ms = 5 * MINUTE_MS;
    assert_eq!(ring.evict(now_ms), Evicted::default());
    // Used again and again, it stays.
    for _ in 0..10 {
        now_ms += 10 * MINUTE_MS;
        assert!(ring.warm(ALICE).is_ok() && ring.device(DEVICE).is_ok());
        assert_eq!(ring.evict(now_ms), Evicted::default());
    }
    assert_eq!(ring.evict(now_ms + KEYS_IDLE_MS_MAX - 1), Evicted::default());
    assert_eq!(ring.evict(now_ms + KEYS_IDLE_MS_MAX), Evicted { boxes: 1, devices: 1 });
    assert_eq!(ring.warm(ALICE).err(), Some(Missing::Key(Need::Box(ALICE))));
    assert_eq!(ring.device(DEVICE).err(), Some(Missing::Key(Need::Device(DEVICE))));
    assert!(ring.warm(BoxId(-1)).is_ok(), "the directory is always warm");
}

#[test]
fn p13_keys_leave_after_twelve_hours_of_use() {
    let ring = ring(64, 1);
    ring.install_box(ALICE, secrets(ALICE)).unwrap();
    let mut now_ms = 0;
    while now_ms + MINUTE_MS < KEYS_HELD_MS_MAX {
        now_ms += MINUTE_MS;
        assert!(ring.warm(ALICE).is_ok());
        assert_eq!(ring.evict(now_ms), Evicted::default());
    }
    assert!(ring.warm(ALICE).is_ok());
    assert_eq!(ring.evict(KEYS_HELD_MS_MAX).boxes, 1);
}

#[test]
fn what_is_held_is_not_dropped() {
    let ring = ring(64, 1);
    let keys = ring.install_box(ALICE, secrets(ALICE)).unwrap();
    let device = ring.install_device(DEVICE, Secret::new([1; 32])).unwrap();
    let long = 2 * KEYS_HELD_MS_MAX;
    assert_eq!(ring.evict(long), Evicted::default());
    assert!(keys.next_number().is_ok());
    drop((keys, device));
    assert_eq!(ring.evict(long + MINUTE_MS), Evicted { boxes: 1, devices: 1 });
}

#[test]
fn full_memory_drops_the_longest_unused_and_never_what_is_held() {
    // Three keys of the root; then room for three boxes.
    let ring = ring(9, 1);
    for (minute, id) in (1..4).enumerate() {
        ring.install_box(BoxId(id), secrets(BoxId(id))).unwrap();
        ring.evict(minute as u64 * MINUTE_MS);
    }
    let held = ring.warm(BoxId(1)).unwrap();
    ring.install_box(BoxId(4), secrets(BoxId(4))).unwrap();
    assert_eq!(ring.warm(BoxId(2)).err(), Some(Missing::Key(Need::Box(BoxId(2)))), "the longest unused");
    let (three, four) = (ring.warm(BoxId(3)).unwrap(), ring.warm(BoxId(4)).unwrap());
    let full = ring.install_box(BoxId(5), secrets(BoxId(5))).err();
    assert_eq!(full, Some(InstallError::State(StateError::Full)));
    drop((held, four));
    assert!(ring.install_box(BoxId(5), secrets(BoxId(5))).is_ok());
    assert!(three.next_number().is_ok());
}

/// To find the longest unused takes a look at each, under the lock that everybody takes: so a part goes at once.
#[test]
fn full_memory_drops_a_part_of_what_is_there() {
    let ring = ring(3 + 2 * 128, 1);
    for id in 1..=128 {
        ring.install_box(BoxId(id), secrets(BoxId(id))).unwrap();
    }
    ring.evict(0);
    // Used since the last look, so they go last.
    let used: Vec<BoxId> = (1..=126).map(BoxId).filter(|id| ring.warm(*id).is_ok()).collect();
    ring.install_box(BoxId(129), secrets(BoxId(129))).unwrap();
    let there = |id: &BoxId| ring.warm(*id).is_ok();
    assert!(used.iter().all(there) && there(&BoxId(129)));
    assert!(!there(&BoxId(127)) && !there(&BoxId(128)));
}

#[test]
fn a_closed_box_is_erased_whoever_holds_it() {
    let ring = ring(64, 1);
    let keys = ring.install_box(ALICE, secrets(ALICE)).unwrap();
    let number = keys.next_number().unwrap();
    ring.close_box(ALICE);
    assert_eq!(keys.reach(number), Err(LeafError::Closed));
    assert_eq!(keys.state().err(), Some(LeafError::Closed));
    assert_eq!(ring.warm(ALICE).err(), Some(Missing::Key(Need::Box(ALICE))));
    ring.install_device(DEVICE, Secret::new([1; 32])).unwrap();
    ring.close_device(DEVICE);
    assert_eq!(ring.device(DEVICE).err(), Some(Missing::Key(Need::Device(DEVICE))));
}

/// P13: a key that comes late, when its login has ended, is no key for the next login; and the new one takes its place.
#[test]
fn p13_the_key_of_a_login_that_has_ended_serves_no_other() {
    let ring = ring(64, 1);
    let sealed = |key: u8| {
        ring.mint_device(DEVICE, Secret::new([key; 32])).unwrap();
        assert!(ring.has_minted(DEVICE));
    };
    sealed(1);
    ring.close_device(DEVICE);
    assert!(!ring.has_minted(DEVICE));
    ring.install_device(DEVICE, Secret::new([1; 32])).unwrap();
    assert!(!ring.has_minted(DEVICE) && ring.device(DEVICE).is_ok());
    assert_eq!(ring.device_or_mint(DEVICE).err(), Some(Missing::Key(Need::MintDevice(DEVICE))));
    sealed(2);
    let row = ring.names().unwrap().owner(OwnerTag::Device(DEVICE)).row(1, b"row");
    let at_rest = ring.device(DEVICE).unwrap().seal(&row, b"text", &mut Seeded::new(1));
    ring.close_device(DEVICE);
    ring.install_device(DEVICE, Secret::new([2; 32])).unwrap();
    assert!(ring.device(DEVICE).unwrap().open(&row, &at_rest).is_ok(), "it was not the new one");
    // What has left memory is not remembered to have been there.
    sealed(3);
    ring.evict(0);
    ring.evict(2 * KEYS_HELD_MS_MAX);
    ring.install_device(DEVICE, Secret::new([3; 32])).unwrap();
    assert!(!ring.has_minted(DEVICE));
}

#[test]
fn a_box_that_is_brought_twice_is_one_box() {
    let ring = ring(64, 1);
    let keys = ring.install_box(ALICE, secrets(ALICE)).unwrap();
    let first = keys.next_number().unwrap();
    let same = ring.install_box(ALICE, secrets(ALICE)).unwrap();
    assert_eq!(same.next_number().unwrap().counter(), first.counter() + 1);
}

#[test]
fn pages_that_are_open_are_bounded() {
    let mut ticked = Ticked::new(1);
    let cuts: Vec<NumberRange> = (0..60_000).map(|n| NumberRange::one(Number(n * 2))).collect();
    ticked.tick(&cuts);
    let pages = ticked.state().pages();
    assert!(pages.len() > OPEN_PAGES_PER_BOX_MAX);
    let at = |page: usize| Number((page * 60_000 / pages.len() * 2 + 501) as u64);
    assert!(ticked.is_alive(at(0)));
    for page in 1..OPEN_PAGES_PER_BOX_MAX {
        assert!(ticked.is_alive(at(page)) && ticked.is_alive(at(0)));
    }
    assert_eq!(ticked.keys.reach(Number(at(1).0 + 2)), Ok(()));
    assert!(ticked.is_alive(at(OPEN_PAGES_PER_BOX_MAX)));
    assert_eq!(ticked.keys.reach(Number(at(0).0 + 2)), Ok(()), "what is used stays");
    assert_eq!(ticked.keys.reach(Number(at(2).0 + 2)), Err(LeafError::PageMissing(pages[2])));
}

#[test]
fn a_box_that_rests_closes_its_pages() {
    let mut ticked = Ticked::new(1);
    ticked.tick(&[NumberRange::one(Number(7))]);
    let page = ticked.state().pages()[0];
    assert!(ticked.is_alive(Number(5)));
    let ring = ticked.ring.clone();
    let keys = ring.warm(ALICE).unwrap();
    ring.evict(MINUTE_MS);
    assert_eq!(keys.reach(Number(5)), Ok(()), "it is held");
    drop((keys, ticked));
    ring.evict(2 * MINUTE_MS);
    ring.evict(3 * MINUTE_MS);
    let keys = ring.warm(ALICE).unwrap();
    assert_eq!(keys.reach(Number(5)), Err(LeafError::PageMissing(page)));
}

#[test]
fn a_blank_box_goes_back_unless_it_is_used_up() {
    let ring = ring(64, 1);
    assert_eq!(ring.blank().err(), Some(Missing::Key(Need::Blank)));
    ring.install_blank(ALICE, secrets(ALICE)).unwrap();
    ring.install_blank(ALICE, secrets(ALICE)).unwrap();
    assert_eq!(ring.blanks(), 1);
    let blank = ring.blank().unwrap();
    assert_eq!((blank.id(), ring.blanks()), (ALICE, 0));
    assert_eq!(ring.blank().err(), Some(Missing::Key(Need::Blank)), "one box is lent once");
    drop(blank);
    assert_eq!(ring.blanks(), 1);
    assert_eq!(ring.evict(2 * KEYS_HELD_MS_MAX), Evicted::default(), "a blank box waits");
    ring.blank().unwrap().use_up();
    assert_eq!(ring.blanks(), 0);
    assert!(ring.warm(ALICE).is_ok());
    ring.install_blank(BoxId(5), secrets(BoxId(5))).unwrap();
    let blank = ring.blank().unwrap();
    ring.close_box(blank.id());
    drop(blank);
    assert_eq!(ring.blanks(), 0, "what was closed meanwhile is nobody's for good");
}

#[test]
fn days_stay_until_they_end_and_today_is_what_the_clock_says() {
    let ring = ring(128, 1);
    assert_eq!(ring.today().err(), Some(Missing::Roots));
    let row = ring.names().unwrap().owner(OwnerTag::Device(DEVICE)).row(1, b"row");
    let today = || match Header::of(&ring.today().unwrap().seal(&row, b"text", &mut Seeded::new(1))) {
        Some(Header::Day(day)) => day,
        _ => panic!("not under a day"),
    };
    let there = |days: &[u32]| days.iter().map(|day| ring.day(*day).unwrap().is_some()).collect::<Vec<_>>();
    for day in [7, 8, 6] {
        ring.install_day(day, Secret::new([1; 32])).unwrap();
    }
    assert_eq!((there(&[6, 7, 8, 9]), today()), (vec![true, true, true, false], 8));
    // A clock that jumps ahead drops nothing, and one that goes back is followed.
    ring.install_day(9_999, Secret::new([1; 32])).unwrap();
    assert_eq!((there(&[7, 8, 9_999]), today()), (vec![true, true, true], 9_999));
    assert!(ring.turn_to_day(8) && !ring.turn_to_day(9));
    assert_eq!(today(), 8);
    ring.close_day(7);
    assert_eq!((there(&[6, 7, 8]), today()), (vec![true, false, true], 8));
    ring.close_day(8);
    assert_eq!(today(), 9_999);
    // A clock that jumps without end does not fill the memory of keys.
    for day in 100..300 {
        ring.install_day(day, Secret::new([1; 32])).unwrap();
        ring.turn_to_day(day);
    }
    assert_eq!((there(&[6, 200, 299]), today()), (vec![false, false, true], 299));
}

#[test]
fn a_state_of_a_box_that_is_not_warm_can_be_cut() {
    let mut ticked = Ticked::new(1);
    let ring = ring(16, 2);
    let state = ring.state(ALICE, 0, secrets(ALICE).x, None).unwrap();
    let ranges = [NumberRange::one(Number(77))];
    let change = state.cut(&ranges, &[], Secret::new([7; 32]), &mut ticked.rng).unwrap();
    assert_eq!(ring.warm(ALICE).err(), Some(Missing::Key(Need::Box(ALICE))));
    ticked.keys.advance(&change).unwrap();
    ticked.rows.extend(change.pages);
    assert!(ticked.is_alive(Number(76)) && !ticked.is_alive(Number(77)));
}
