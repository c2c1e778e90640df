//! Texts and entities: lengths and bounds in UTF-16 units.

use domain::message::{Entity, EntityKind, FormatError, FormattedText};
use proptest::prelude::*;

fn check(text: &str, entities: Vec<Entity>) -> Option<FormatError> {
    FormattedText::new(text.to_owned(), entities).err()
}

fn bold(offset_units: u16, length_units: u16) -> Entity {
    Entity { offset_units, length_units, kind: EntityKind::Bold }
}

#[test]
fn blanks_are_empty_and_length_is_in_units() {
    for empty in ["", " ", "\n\t \u{a0}\u{2003}"] {
        assert_eq!(check(empty, vec![]), Some(FormatError::Empty));
    }
    assert_eq!(check(&"x".repeat(4096), vec![]), None);
    assert_eq!(check(&"x".repeat(4097), vec![]), Some(FormatError::TooLong));
    // Two units and four bytes each.
    assert_eq!(check(&"😀".repeat(2048), vec![]), None);
    assert_eq!(check(&"😀".repeat(2049), vec![]), Some(FormatError::TooLong));
    // One unit and three bytes each.
    assert_eq!(check(&"水".repeat(4096), vec![]), None);
    assert_eq!(check(&"水".repeat(4097), vec![]), Some(FormatError::TooLong));
    assert_eq!(check(&"x".repeat(1 << 20), vec![]), Some(FormatError::TooLong));
}

#[test]
fn blanks_around_a_text_stay() {
    let text = FormattedText::new(" a ".into(), vec![bold(0, 3)]).unwrap_or_else(|error| panic!("{error}"));
    assert!(text.text() == " a " && text.entities() == [bold(0, 3)]);
}

#[test]
fn entities_stay_inside_and_split_no_character() {
    // "a😀b" is a (0), the emoji (1, 2), b (3).
    for (offset, length) in [(0, 1), (1, 2), (0, 4), (3, 1), (0, 3)] {
        assert_eq!(check("a😀b", vec![bold(offset, length)]), None, "{offset} {length}");
    }
    for (offset, length) in [(0, 2), (2, 1), (2, 2), (3, 2), (4, 1), (0, 5), (u16::MAX, u16::MAX)] {
        assert_eq!(
            check("a😀b", vec![bold(offset, length)]),
            Some(FormatError::EntityBounds),
            "{offset} {length}"
        );
    }
}

#[test]
fn an_entity_of_no_length_marks_nothing() {
    let text = FormattedText::new("ab".into(), vec![bold(1, 0), bold(0, 1), bold(9, 0)]);
    assert!(text.is_ok_and(|text| text.entities() == [bold(0, 1)]));
}

#[test]
fn entities_are_bounded_in_number_and_length() {
    let many = |n: usize| (0..n).map(|_| bold(0, 1)).collect();
    assert_eq!(check("x", many(100)), None);
    assert_eq!(check("x", many(101)), Some(FormatError::EntitiesTooLong));
    let link = |bytes: usize| {
        vec![Entity {
            offset_units: 0,
            length_units: 1,
            kind: EntityKind::TextUrl { url: "u".repeat(bytes) },
        }]
    };
    assert_eq!(check("x", link(2048)), None);
    assert_eq!(check("x", link(2049)), Some(FormatError::EntitiesTooLong));
}

proptest! {
    /// An entity is taken exactly when a UTF-16 decoder can cut the text at both of its ends.
    #[test]
    fn bounds_are_those_of_utf16(text in "[a😀水 ]{1,12}", offset in 0..16_u16, length in 1..16_u16) {
        prop_assume!(!text.trim().is_empty());
        let units: Vec<_> = text.encode_utf16().collect();
        let (from, to) = (usize::from(offset), usize::from(offset + length));
        let whole = to <= units.len()
            && [&units[..from], &units[from..to], &units[to..]].iter().all(|part| String::from_utf16(part).is_ok());
        prop_assert_eq!(check(&text, vec![bold(offset, length)]).is_none(), whole);
    }
}
