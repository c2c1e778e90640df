//! Every layer against every constructor and method: what is rewritten reads, to the last byte, by the other layer's schema.
//!
//! The reader and the schema parser of these tests share nothing with the crate. `TL_CASES=n` makes n times as many cases.

use std::collections::HashMap;

use ids::Layer;
use tl::arbitrary::Maker;
use tl::layer::{self, LayerError};
use tl::schema;

use crate::dice::{times, with_maker};
use crate::history::{Def, HISTORY};
use crate::strict::Strict;

const CANONICAL: u16 = 230;

/// What a layer may know by name and still be unable to say, for a value that has no room there.
const FORMLESS: [&str; 21] = [
    // A peer that is not a user, where only users could stand.
    "messageReplyStoryHeader",
    "starGiftAttributeOriginalDetails",
    "starGiftUnique",
    "todoCompletion",
    "updateGroupCall",
    "updateMessagePollVote",
    "updateReadStories",
    "updateSentStoryReaction",
    "updateStory",
    "webPageAttributeStory",
    // A field that was required and is not there.
    "ephemeralMessage",
    "messageReplyHeader",
    "payments.checkedGiftCode",
    "updateGroupCallMessage",
    "updateMessageExtendedMedia",
    // An amount of TON, where only stars could stand.
    "payments.updateStarGiftPrice",
    // A way to verify an address other than a code; an answer that says no where no error could be told.
    "account.verifyEmail",
    "phone.sendGroupCallMessage",
    // Answers of another kind altogether.
    "messages.messagesNotModified",
    "phone.createConferenceCall",
    "stats.getMessagePublicForwards",
];

type Rewrite = fn(u32, &[u8], Layer, &mut Vec<u8>) -> Result<(), LayerError>;

/// One way through one pair of layers.
struct Way {
    from: u16,
    to: u16,
    rewrite: Rewrite,
    /// Whether answers are made, not objects and calls; they are read as the other layer's answer to the same method.
    answers: bool,
}

impl Way {
    fn lower(layer: u16, rewrite: Rewrite) -> Self {
        Self { from: CANONICAL, to: layer, rewrite, answers: false }
    }

    fn raise(layer: u16, rewrite: Rewrite) -> Self {
        Self { from: layer, to: CANONICAL, rewrite, answers: false }
    }

    fn answers(self) -> Self {
        Self { answers: true, ..self }
    }

    /// Rewrites random objects of every version that `wanted` chooses, and reads them in the other layer. What has no
    /// form there must hold a constructor that the layer does not know, or be one of [`FORMLESS`].
    fn check(self, wanted: impl Fn(&Def) -> bool) {
        let other = if self.from == CANONICAL { self.to } else { self.from };
        let (source, target) = (HISTORY.at(self.from), HISTORY.at(self.to));
        let names: HashMap<&str, &str> =
            target.values().map(|def| (def.name.as_str(), def.result.as_str())).collect();
        for def in source.values().filter(|def| wanted(def)) {
            let version = schema::by_id(def.id).unwrap();
            for round in 0..times() {
                let seed = u64::from(def.id) << 20 ^ u64::from(other) << 8 ^ round;
                let make = |maker: &mut Maker<'_>| {
                    if self.answers { maker.answer(version) } else { maker.object(version) }
                };
                let bytes = with_maker(self.from, seed, make);
                let mut out = vec![0xaa];
                match (self.rewrite)(def.id, &bytes, Layer(other), &mut out) {
                    Ok(()) => {
                        let ty = if self.answers { names[def.name.as_str()] } else { "" };
                        let read = Strict::read_all(&target, &out[1..], ty);
                        assert!(read.is_ok(), "{} {} to {}: {read:?}", def.name, self.from, self.to);
                    }
                    Err(LayerError::NoForm { .. }) => {
                        let ty = if self.answers { def.result.as_str() } else { "" };
                        let read = Strict::read_all(&source, &bytes, ty).unwrap();
                        let is_unknown = |name: &&str| !names.contains_key(name) || FORMLESS.contains(name);
                        let excused = FORMLESS.contains(&def.name.as_str()) || read.iter().any(is_unknown);
                        assert!(excused, "{} {} to {}: no form: {read:?}", def.name, self.from, self.to);
                    }
                    Err(error) => panic!("{} {} to {}: {error}", def.name, self.from, self.to),
                }
                assert_eq!(out[0], 0xaa, "what was there stays");
            }
        }
    }
}

fn is_known(name: &str, layer: u16) -> bool {
    schema::by_name(name, Layer(layer)).is_some()
}

#[test]
fn every_object_lowered_reads_in_every_layer() {
    for layer in HISTORY.layers() {
        let way = Way::lower(layer, |_, bytes, layer, out| layer::lower(bytes, layer, out));
        way.check(|def| !def.function);
    }
}

/// The answer to every call that a client of the layer can make, under the id that it made it with.
#[test]
fn every_answer_lowered_reads_in_every_layer() {
    for layer in HISTORY.layers() {
        let target = HISTORY.at(layer);
        for def in target.values().filter(|def| def.function && def.result != "X") {
            let Some(canonical) = schema::by_id(def.id).unwrap().canonical() else { continue };
            let seed = u64::from(def.id) << 20 ^ u64::from(layer);
            let bytes = with_maker(CANONICAL, seed, |maker| maker.answer(canonical));
            let mut out = Vec::new();
            match layer::lower_result(def.id, &bytes, Layer(layer), &mut out) {
                Ok(()) => {
                    let read = Strict::read_all(&target, &out, &def.result);
                    assert!(read.is_ok(), "{} to {layer}: {read:?}", def.name);
                }
                Err(LayerError::NoForm { .. }) => {}
                Err(error) => panic!("{} to {layer}: {error}", def.name),
            }
        }
    }
}

#[test]
fn every_request_raised_reads_in_the_canonical_layer() {
    for layer in HISTORY.layers() {
        let way = Way::raise(layer, |_, bytes, layer, out| layer::raise_request(bytes, layer, out));
        way.check(|def| def.function);
    }
}

#[test]
fn every_object_raised_reads_in_the_canonical_layer() {
    for layer in HISTORY.layers() {
        let way = Way::raise(layer, |_, bytes, layer, out| layer::raise(bytes, layer, out));
        way.check(|def| !def.function);
    }
}

#[test]
fn every_request_lowered_reads_in_every_layer() {
    for layer in HISTORY.layers() {
        let way = Way::lower(layer, |_, bytes, layer, out| layer::lower_request(bytes, layer, out));
        way.check(|def| def.function && is_known(&def.name, layer));
    }
}

#[test]
fn every_answer_raised_reads_in_the_canonical_layer() {
    for layer in HISTORY.layers() {
        let way = Way::raise(layer, layer::raise_result).answers();
        way.check(|def| def.function && def.result != "X" && is_known(&def.name, CANONICAL));
    }
}

/// What survives the way down survives the way up and down again: raising loses nothing that lowering had kept.
#[test]
fn lowered_raised_and_lowered_is_lowered() {
    for layer in HISTORY.layers() {
        there_and_back(CANONICAL, layer, layer::lower, layer::raise);
    }
}

#[test]
fn raised_lowered_and_raised_is_raised() {
    for layer in HISTORY.layers() {
        there_and_back(layer, CANONICAL, layer::raise, layer::lower);
    }
}

/// These differ: lengths of time that no gift has, by rounding; and one of several constructors that became one, which is
/// told from its brothers by the type that is asked for.
const DIFFERENT: [&str; 5] = [
    "appWebViewResultUrl",
    "messageActionGiftCode",
    "messageActionGiftPremium",
    "payments.checkedGiftCode",
    "simpleWebViewResultUrl",
];

type Plain = fn(&[u8], Layer, &mut Vec<u8>) -> Result<(), LayerError>;

fn there_and_back(from: u16, to: u16, there: Plain, back: Plain) {
    let source = HISTORY.at(from);
    let layer = Layer(from.min(to));
    for def in source.values() {
        let version = schema::by_id(def.id).unwrap();
        let seed = u64::from(def.id) << 10 ^ u64::from(from) << 40 ^ u64::from(to);
        let bytes = with_maker(from, seed, |maker| maker.object(version));
        let names = Strict::read_all(&source, &bytes, "").unwrap();
        let (mut first, mut returned, mut again) = (Vec::new(), Vec::new(), Vec::new());
        if there(&bytes, layer, &mut first).is_err() || names.iter().any(|name| DIFFERENT.contains(name)) {
            continue;
        }
        let done = back(&first, layer, &mut returned).and_then(|()| there(&returned, layer, &mut again));
        assert!(done.is_ok() && again == first, "{} {from} to {to}: {done:?}, {names:?}", def.name);
    }
}

#[test]
fn a_layer_of_which_nothing_is_known_is_the_one_before() {
    let user = schema::by_name("user", Layer(CANONICAL)).unwrap();
    for layer in (143..=230).filter(|layer| !HISTORY.layers().contains(layer)) {
        let before = HISTORY.layers().into_iter().rfind(|known| *known < layer).unwrap();
        let bytes = with_maker(CANONICAL, u64::from(layer), |maker| maker.object(user));
        let (mut out, mut same) = (Vec::new(), Vec::new());
        layer::lower(&bytes, Layer(layer), &mut out).unwrap();
        layer::lower(&bytes, Layer(before), &mut same).unwrap();
        assert_eq!(out, same, "{layer}");
    }
}

#[test]
fn the_ends_of_the_history() {
    assert_eq!(HISTORY.layers().len(), 73);
    let bytes = [0x39, 0xd5, 0xd3, 0x3f];
    for layer in [CANONICAL, CANONICAL + 1, u16::MAX] {
        let mut out = Vec::new();
        layer::lower(&bytes, Layer(layer), &mut out).unwrap();
        assert_eq!(out, bytes, "a newer layer is served the newest");
    }
    // An older call is understood there as well, for a client may say nothing of its layer.
    let old = crate::notation::bytes(
        158,
        "",
        "messages.sendMessage{peer:inputPeerSelf reply_to_msg_id:3 message:\"m\"}",
    );
    let (mut raised, mut expected) = (Vec::new(), Vec::new());
    layer::raise_request(&old, Layer(CANONICAL), &mut raised).unwrap();
    layer::raise_request(&old, Layer(158), &mut expected).unwrap();
    assert_eq!(raised, expected);
    for layer in [0, 142] {
        let refused = layer::lower(&bytes, Layer(layer), &mut Vec::new());
        assert_eq!(refused, Err(LayerError::TooOld(Layer(layer))));
    }
}
