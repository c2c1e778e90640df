//! Another implementation of the canonical layer reads what we write and writes what we read, byte for byte.

use grammers_tl_types::{Deserializable, Serializable};
use ids::Layer;
use tl::arbitrary::Maker;
use tl::{Decode, Encode, Function, schema};

use crate::dice::{times, with_maker};
use crate::history::CANONICAL;
use crate::strict::Strict;

const LAYER: u16 = 230;

include!(concat!(env!("OUT_DIR"), "/typed_list.rs"));

/// Constructors of which the history remembers bare flags that the oracle's schema has dropped.
const MORE_FLAGS: [&str; 4] =
    ["groupCallDonor", "payments.getSavedStarGifts", "stickerSet", "stickers.createStickerSet"];

/// Random objects of all constructors of type `ty`.
fn objects(ty: &str) -> Vec<(String, Vec<u8>)> {
    let constructors = CANONICAL.values().filter(|def| !def.function && def.result == ty);
    let mut objects = Vec::new();
    for constructor in constructors {
        let version = schema::by_id(constructor.id).unwrap();
        for round in 0..6 * times() {
            let seed = u64::from(constructor.id) << 16 ^ round;
            let make = |maker: &mut Maker<'_>| maker.object(version);
            objects.push((constructor.name.clone(), with_maker(LAYER, seed, make)));
        }
    }
    objects
}

fn ours<T: Encode + Decode>(name: &str, bytes: &[u8]) {
    let value = T::from_bytes(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(value.to_bytes() == bytes, "{name}: we write {:?}, read was {bytes:?}", value.to_bytes());
}

fn theirs<T: Serializable + Deserializable>(name: &str, bytes: &[u8]) {
    let names = Strict::read_all(&CANONICAL, bytes, "").unwrap();
    if names.iter().any(|name| MORE_FLAGS.contains(name)) {
        return;
    }
    let value = T::from_bytes(bytes).unwrap_or_else(|error| panic!("{name}: they say {error}"));
    assert!(value.to_bytes() == bytes, "{name}: they write {:?}, read was {bytes:?}", value.to_bytes());
}

/// They read a call without its id and write it with it.
fn their_call<T: Serializable + Deserializable>(name: &str, bytes: &[u8]) {
    let value = T::from_bytes(&bytes[4..]).unwrap_or_else(|error| panic!("{name}: they say {error}"));
    assert!(value.to_bytes() == bytes, "{name}: they write {:?}, read was {bytes:?}", value.to_bytes());
}

#[test]
fn every_typed_constructor_is_the_same_to_both() {
    macro_rules! check {
        ($name:literal, $ours:ty, $theirs:ty) => {
            for (name, bytes) in objects($name) {
                ours::<$ours>(&name, &bytes);
                theirs::<$theirs>(&name, &bytes);
            }
        };
    }
    typed_types!(check);
}

#[test]
fn every_typed_method_is_the_same_to_both() {
    macro_rules! check {
        ($name:literal, $ours:ty, $theirs:ty) => {
            let version = schema::by_name($name, Layer(LAYER)).unwrap();
            assert_eq!(<$ours as Function>::ID, version.id());
            assert_eq!(<$ours as Function>::NAME, $name);
            for seed in 0..20 * times() {
                let bytes = with_maker(LAYER, seed, |maker| maker.object(version));
                ours::<$ours>($name, &bytes);
                their_call::<$theirs>($name, &bytes);
                let answer = with_maker(LAYER, seed, |maker| maker.answer(version));
                ours::<<$ours as Function>::Result>($name, &answer);
            }
        };
    }
    typed_methods!(check);
}

/// The defaults are what the tables call plain, and whole.
#[test]
fn every_default_reads_back() {
    macro_rules! check {
        ($name:literal, $ours:ty, $theirs:ty) => {
            let bytes = <$ours>::default().to_bytes();
            let read = Strict::read_all(&CANONICAL, &bytes, $name);
            assert!(read.is_ok(), "{}: {read:?}", $name);
        };
    }
    typed_types!(check);
}
