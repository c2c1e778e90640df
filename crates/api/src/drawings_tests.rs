//! Tests of the drawings: whether each is what clients take for one.

use std::collections::BTreeSet;
use std::io::Read;

use super::{Form, STILL_SIDE, drawing, reaction, reactions};

/// What all of them may take of the program.
const ALL_BYTES_MAX: usize = 300_000;
/// What an animated sticker may have (docs: stickers).
const MOVING_BYTES_MAX: usize = 64 << 10;

#[test]
fn each_animation_is_one_of_512_by_512_at_60_frames_and_at_most_3_seconds() {
    let moving = reactions().iter().flat_map(|reaction| reaction.drawings());
    for drawing in moving.filter(|drawing| drawing.form == Form::Moving) {
        let mut text = String::new();
        flate2::read::GzDecoder::new(drawing.bytes).read_to_string(&mut text).unwrap();
        let lottie: serde_json::Value = serde_json::from_str(&text).unwrap();
        let number = |name: &str| lottie[name].as_i64().unwrap_or(-1);
        let frames = number("op") - number("ip");
        assert_eq!(
            (number("w"), number("h"), number("fr"), number("tgs")),
            (512, 512, 60, 1),
            "{}",
            drawing.file_name
        );
        assert!(
            (1..=180).contains(&frames) && drawing.bytes.len() <= MOVING_BYTES_MAX,
            "{}",
            drawing.file_name
        );
        assert!(!lottie["layers"].as_array().unwrap().is_empty(), "{}", drawing.file_name);
        // Nothing that players of animated stickers leave out: pictures, texts, expressions.
        for no in ["\"ty\":2", "\"ty\":5", "\"x\":\"", "\"p\":\"data"] {
            assert!(!text.contains(no), "{} has {no}", drawing.file_name);
        }
    }
}

#[test]
fn each_still_picture_is_webp_of_its_size() {
    for still in reactions().iter().map(|reaction| &reaction.still) {
        let bytes = still.bytes;
        assert_eq!((&bytes[..4], &bytes[8..16]), (&b"RIFF"[..], &b"WEBPVP8X"[..]), "{}", still.file_name);
        let length = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
        assert_eq!(usize::try_from(length).unwrap() + 8, bytes.len(), "{}", still.file_name);
        let side = |at: usize| i32::from(bytes[at]) + 256 * i32::from(bytes[at + 1]) + 1;
        assert_eq!((side(24), side(27)), (STILL_SIDE, STILL_SIDE), "{}", still.file_name);
    }
}

#[test]
fn no_two_are_one_and_all_are_small() {
    let all: Vec<_> = reactions().iter().flat_map(|reaction| reaction.drawings()).collect();
    let ids: BTreeSet<_> = all.iter().map(|drawing| drawing.id).collect();
    assert_eq!((ids.len(), all.len()), (7 * reactions().len(), 7 * reactions().len()));
    assert!(ids.iter().all(|id| id.0 > 0), "clients take a negative id for another kind");
    let emoji: BTreeSet<_> = reactions().iter().map(|reaction| reaction.emoji).collect();
    assert_eq!(emoji.len(), reactions().len());
    assert!(all.iter().map(|drawing| drawing.bytes.len()).sum::<usize>() <= ALL_BYTES_MAX);
    for one in all {
        assert_eq!(drawing(one.id).map(|found| found.file_name), Some(one.file_name));
    }
}

#[test]
fn a_reaction_is_found_with_and_without_the_mark_for_colour() {
    assert_eq!(reaction("\u{2764}").map(|heart| heart.title), Some("Red Heart"));
    assert_eq!(reaction("\u{2764}\u{fe0f}").map(|heart| heart.emoji), Some("\u{2764}"));
    assert!(reaction("").is_none() && reaction("\u{fe0f}").is_none() && reaction("\u{1f3b2}").is_none());
}
