//! The text of a message with its entities: checked once, kept byte for byte, never printed.
//!
//! Source: docs, Styled text with message entities; config, message_length_max.

use ids::UserId;
use ids::limits::{ENTITY_TEXT_BYTES_MAX, MESSAGE_ENTITIES_MAX, MESSAGE_TEXT_UNITS_MAX};
use store::{Fault, Field, Plain, Reader};

use super::Entity;
use super::entity::Held;

/// The text of a message. It has no `Debug`, no `Display` and no `Serialize`:
///
/// ```compile_fail
/// fn print(text: &domain::message::MessageText) -> String {
///     format!("{text:?}")
/// }
/// ```
/// ```compile_fail
/// fn print(text: &domain::message::MessageText) -> String {
///     format!("{text}")
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MessageText(String);

/// A text and the entities in it, all inside its bounds.
#[derive(Clone, PartialEq, Eq)]
pub struct FormattedText {
    text: MessageText,
    entities: Vec<Entity>,
}

/// Why a text cannot be a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FormatError {
    /// Nothing but blanks.
    #[error("the text is empty")]
    Empty,
    /// More than 4,096 UTF-16 units.
    #[error("the text is too long")]
    TooLong,
    /// An entity outside the text, or cutting a character in two.
    #[error("an entity is out of bounds")]
    EntityBounds,
    /// More than 100 entities, or an overlong address or language name in one.
    #[error("too many or too long entities")]
    EntitiesTooLong,
}

impl FormattedText {
    /// No text: of a service message, or of media without a caption.
    pub const EMPTY: Self = Self { text: MessageText(String::new()), entities: Vec::new() };

    /// Checks a text and its entities. Blanks around the text stay: a client that wants them gone takes them off,
    /// and what arrives is what was sent. An entity of no length marks nothing and is left out.
    ///
    /// # Errors
    /// The first [`FormatError`] that applies.
    pub fn new(text: String, entities: Vec<Entity>) -> Result<Self, FormatError> {
        if text.trim().is_empty() {
            return Err(FormatError::Empty);
        }
        Self::caption(text, entities)
    }

    /// As [`new`](Self::new), for the text beside media, which may be empty.
    ///
    /// # Errors
    /// The first [`FormatError`] that applies.
    pub fn caption(text: String, mut entities: Vec<Entity>) -> Result<Self, FormatError> {
        if is_too_long(&text) {
            return Err(FormatError::TooLong);
        }
        if entities.len() > MESSAGE_ENTITIES_MAX || entities.iter().any(is_long) {
            return Err(FormatError::EntitiesTooLong);
        }
        entities.retain(|entity| entity.length_units > 0);
        if !entities.is_empty() {
            let borders = Borders::of(&text);
            if !entities.iter().all(|entity| borders.hold(entity)) {
                return Err(FormatError::EntityBounds);
            }
        }
        Ok(Self { text: MessageText(text), entities })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text.0
    }

    /// The users named in it by an entity.
    pub(crate) fn mentioned(&self) -> impl Iterator<Item = UserId> {
        self.entities.iter().filter_map(|entity| match entity.kind.held() {
            Some(Held::User(user)) => Some(user),
            Some(Held::Text(_)) | None => None,
        })
    }

    /// The entities, in the order they were sent.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }
}

impl Field for FormattedText {
    fn put(&self, out: &mut Plain) {
        self.text.0.put(out);
        self.entities.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        // The bounds were checked when it was written; they are not part of reading, since views copy entities
        // without following them.
        Ok(Self { text: MessageText(String::take(reader)?), entities: Field::take(reader)? })
    }
}

/// Which UTF-16 offsets of a text lie between two characters.
struct Borders {
    units: usize,
    /// The second units of surrogate pairs, ascending.
    inside: Vec<usize>,
}

impl Borders {
    fn of(text: &str) -> Self {
        let mut units = 0;
        let mut inside = Vec::new();
        for char in text.chars() {
            units += char.len_utf16();
            if char.len_utf16() == 2 {
                inside.push(units - 1);
            }
        }
        Self { units, inside }
    }

    fn hold(&self, entity: &Entity) -> bool {
        let from = usize::from(entity.offset_units);
        let to = from + usize::from(entity.length_units);
        to <= self.units && self.is_border(from) && self.is_border(to)
    }

    fn is_border(&self, at: usize) -> bool {
        self.inside.binary_search(&at).is_err()
    }
}

fn is_too_long(text: &str) -> bool {
    // A character has one to three bytes for each of its units, so most texts need not be counted.
    let units = || text.chars().map(char::len_utf16).sum::<usize>();
    text.len() > MESSAGE_TEXT_UNITS_MAX
        && (text.len() > 3 * MESSAGE_TEXT_UNITS_MAX || units() > MESSAGE_TEXT_UNITS_MAX)
}

fn is_long(entity: &Entity) -> bool {
    matches!(entity.kind.held(), Some(Held::Text(text)) if text.len() > ENTITY_TEXT_BYTES_MAX)
}
