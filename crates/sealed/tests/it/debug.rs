//! What each type shows of itself: nothing, or what may be seen (P31).

use std::fmt::Debug;
use std::marker::PhantomData;

use crypto::testing::Filled;
use ids::BoxId;
use sealed::{
    AtRest, Blank, BoxKeys, BoxSecrets, Change, CutError, DayKey, DeviceKey, DirectoryBox, Estimate, Evicted,
    Header, Incarnation, InstallError, Keyring, LeafError, Missing, Need, Number, Numbering, OpenError,
    OwnerNames, OwnerTag, PageId, RecordKey, RowNames, Sealed, Secret, State, StateError, SystemKey, Version,
};

use crate::world::{range, ring};

/// The inherent constant is found first, where it is there.
struct Is<T: ?Sized>(PhantomData<T>);
trait Otherwise {
    const SHOWN: bool = false;
}
impl<T: ?Sized> Otherwise for Is<T> {}
impl<T: ?Sized + Debug> Is<T> {
    const SHOWN: bool = true;
}

macro_rules! shown {
    ($($name:ty),* $(,)?) => { [$((stringify!($name), Is::<$name>::SHOWN)),*] };
}

#[test]
fn p31_what_holds_keys_or_plaintext_has_no_debug() {
    assert_eq!(shown![AtRest], [("AtRest", true)], "the test can tell");
    let hidden = shown![
        Secret<[u8; 32]>,
        Secret<Vec<u8>>,
        Blank,
        BoxKeys,
        BoxSecrets,
        Change,
        DayKey,
        DeviceKey,
        Keyring,
        Numbering,
        OwnerNames,
        RecordKey,
        RowNames,
        State,
        SystemKey,
    ];
    for (name, is_shown) in hidden {
        assert!(!is_shown, "{name} shows itself");
    }
}

#[test]
fn p31_what_has_a_debug_shows_no_byte_of_a_row() {
    let row = ring(8, 1).names().unwrap().owner(OwnerTag::Box(BoxId(5))).row(7, b"name");
    let sealed = ring(8, 1).system().unwrap().seal(&row, b"plain", &mut Filled(3));
    let number = Number(12);
    let page = PageId { epoch: 1, index: 2 };
    let shown: [(&dyn Debug, &str); 27] = [
        (&row, "RowKey(18 bytes)"),
        (&sealed, "AtRest(34 bytes)"),
        (&Sealed::<u8>::of(sealed.clone()), "Sealed(34 bytes)"),
        (&Header::of(&sealed), "Some(System)"),
        (&Header::Record(Version::first(number)), "Record(Version { number: Number(12), write: 0 })"),
        (&Header::Short(number), "Short(Number(12))"),
        (&range(1, 2), "NumberRange { first: Number(1), last: Number(2) }"),
        (&Incarnation::new(5), "Some(Incarnation(5))"),
        (&page, "PageId { epoch: 1, index: 2 }"),
        (&DirectoryBox::new(17), "DirectoryBox(1)"),
        (&OwnerTag::Box(BoxId(5)), "Box(BoxId(5))"),
        (&Need::Box(BoxId(5)), "Box(BoxId(5))"),
        (&Missing::Key(Need::Blank), "Key(Blank)"),
        (&Missing::Roots, "Roots"),
        (&LeafError::Dead, "Dead"),
        (&LeafError::PageMissing(page), "PageMissing(PageId { epoch: 1, index: 2 })"),
        (&LeafError::Closed, "Closed"),
        (&LeafError::Exhausted, "Exhausted"),
        (&OpenError::Leaf(LeafError::Dead), "Leaf(Dead)"),
        (&OpenError::Forged, "Forged"),
        (&OpenError::OtherKind, "OtherKind"),
        (&StateError::Stale, "Stale"),
        (&CutError::PagesMissing(vec![page]), "PagesMissing([PageId { epoch: 1, index: 2 }])"),
        (&CutError::TooLarge, "TooLarge"),
        (&InstallError::State(StateError::Sheet), "State(Sheet)"),
        (&Evicted::default(), "Evicted { boxes: 0, devices: 0 }"),
        (&Estimate { state_bytes: 1, change_bytes: 2 }, "Estimate { state_bytes: 1, change_bytes: 2 }"),
    ];
    for (value, expected) in shown {
        assert_eq!(format!("{value:?}"), expected);
    }
}
