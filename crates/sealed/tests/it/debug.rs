//! What each type shows of itself: nothing, or what may be seen (P31); and what can become what (P06).

use std::fmt::Debug;

use crypto::testing::Filled;
use ids::{AuthKeyId, BoxId, UserId};
use sealed::log::{Count, Took};
use sealed::{
    AtRest, Blank, BoxKeys, BoxSecrets, Change, CutError, DayKey, DeviceKey, DirectoryBox, Estimate, Evicted,
    Header, Incarnation, InstallError, Keyring, LeafError, Missing, Need, Number, Numbering, OpenError,
    OwnerNames, OwnerTag, PageId, Plaintext, RecordKey, RowKey, RowNames, Sealed, Secret, State, StateError,
    SystemKey, Version,
};

use crate::world::{range, ring};

/// For each trait a module in which `Is::<T>::SO` says whether `T` has it: the inherent constant is found first, where
/// it is there.
macro_rules! asked {
    ($($module:ident: $bound:path),* $(,)?) => {$(
        mod $module {
            pub(super) struct Is<T: ?Sized>(std::marker::PhantomData<T>);
            pub(super) trait Otherwise {
                const SO: bool = false;
            }
            impl<T: ?Sized> Otherwise for Is<T> {}
            impl<T: ?Sized + $bound> Is<T> {
                pub(super) const SO: bool = true;
            }
        }
    )*};
}
asked! {
    debug: std::fmt::Debug,
    display: std::fmt::Display,
    serialize: serde::Serialize,
    log_safe: sealed::log::LogSafe,
    at_rest: Into<sealed::AtRest>,
    sent: Send,
    shared: Sync,
}

/// The names of those types that have the trait of the module.
macro_rules! which {
    ($module:ident of $($name:ty),* $(,)?) => {{
        #[allow(unused_imports, reason = "unless a type lacks the trait")]
        use $module::{Is, Otherwise};
        let all: &[(&str, bool)] = &[$((stringify!($name), Is::<$name>::SO)),*];
        all.iter().filter(|(_, so)| *so).map(|(name, _)| *name).collect::<Vec<&str>>()
    }};
}

/// `which!` over everything that holds keys or plaintext, and one type that has the trait.
macro_rules! which_secrets {
    ($module:ident and $example:ty) => {
        which!($module of
            $example, Secret<[u8; 32]>, Secret<Vec<u8>>, Secret<String>, Blank, BoxKeys, BoxSecrets, Change, DayKey,
            DeviceKey, Keyring, Numbering, OwnerNames, Plaintext, RecordKey, RowNames, State, SystemKey,
        )
    };
}

#[test]
fn p31_what_holds_keys_or_plaintext_does_not_print() {
    assert_eq!(which_secrets!(debug and AtRest), ["AtRest"]);
    assert_eq!(which_secrets!(display and u8), ["u8"]);
    assert_eq!(which_secrets!(serialize and u8), ["u8"]);
    assert_eq!(which_secrets!(log_safe and LeafError), ["LeafError"]);
}

#[test]
fn p31_only_counts_durations_and_words_are_logged() {
    let logged = which!(log_safe of
        Count, Took, bool, LeafError, OpenError, StateError, CutError, InstallError,
        String, &str, str, Vec<u8>, &[u8], [u8; 8], u8, u32, i64, u64, usize, BoxId, UserId, AuthKeyId, Number,
        PageId, Need, Missing, RowKey, AtRest, Header, OwnerTag, Secret<String>,
    );
    let expected =
        ["Count", "Took", "bool", "LeafError", "OpenError", "StateError", "CutError", "InstallError"];
    assert_eq!(logged, expected);
}

#[test]
fn p06_nothing_becomes_what_a_disk_takes() {
    let into = which!(at_rest of AtRest, Vec<u8>, &[u8], String, &str, Secret<Vec<u8>>, Plaintext, RowKey, Sealed<u8>);
    assert_eq!(into, ["AtRest"]);
}

#[test]
fn keys_are_shared_between_threads() {
    let expected = ["Keyring", "BoxKeys", "State", "Change", "DeviceKey", "Blank"];
    type Bare = std::rc::Rc<u8>;
    assert_eq!(which!(sent of Keyring, BoxKeys, State, Change, DeviceKey, Blank, Bare), expected);
    assert_eq!(which!(shared of Keyring, BoxKeys, State, Change, DeviceKey, Blank, Bare), expected);
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
