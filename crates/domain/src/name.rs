//! Names: cleaned and bounded once, never printed.
//!
//! Control characters and the marks that reorder text are taken out, since a name is shown beside other people's
//! text; blanks are joined and trimmed. Source: docs, auth.signUp (lengths).

use ids::limits::{ABOUT_CHARS_MAX, NAME_CHARS_MAX};
use store::{Fault, Field, Plain, Reader};

/// A person's own name: a first name of 1 to 64 characters, a last name of 0 to 64.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName {
    first: String,
    last: String,
}

/// The name that somebody else gave a person; either part may be empty.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ContactName {
    first: String,
    last: String,
}

/// What a person says of himself: 0 to 70 characters.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct About(String);

/// More than 70 characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the text is too long")]
pub struct AboutTooLong;

/// Which name is not one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// The first name is empty or too long.
    #[error("invalid first name")]
    First,
    /// The last name is too long.
    #[error("invalid last name")]
    Last,
}

impl PersonName {
    /// Reads what a client sent.
    ///
    /// # Errors
    /// [`NameError`] when nothing readable is left of the first name, or either is longer than 64 characters.
    pub fn parse(first: &str, last: &str) -> Result<Self, NameError> {
        let (first, last) = (cleaned(first), cleaned(last));
        if first.is_empty() || too_long(&first) {
            return Err(NameError::First);
        }
        if too_long(&last) {
            return Err(NameError::Last);
        }
        Ok(Self { first, last })
    }

    /// The first name.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// The last name, empty when there is none.
    pub fn last(&self) -> &str {
        &self.last
    }
}

impl ContactName {
    /// Reads what a client sent, and cuts it at 64 characters: an address book must not fail for one long entry.
    pub fn parse(first: &str, last: &str) -> Self {
        Self { first: cut(cleaned(first)), last: cut(cleaned(last)) }
    }

    /// The first name.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// The last name.
    pub fn last(&self) -> &str {
        &self.last
    }

    /// Whether nothing is left of either part; the person's own name is shown then.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.last.is_empty()
    }
}

impl About {
    /// Reads what a client sent.
    ///
    /// # Errors
    /// [`AboutTooLong`].
    pub fn parse(text: &str) -> Result<Self, AboutTooLong> {
        // A character has four bytes at most; what is longer need not be counted.
        if text.len() > 4 * ABOUT_CHARS_MAX || text.chars().count() > ABOUT_CHARS_MAX {
            return Err(AboutTooLong);
        }
        Ok(Self(cleaned(text)))
    }

    /// The text; may be empty.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Field for About {
    fn put(&self, out: &mut Plain) {
        self.0.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(Self(String::take(reader)?))
    }
}

impl Field for PersonName {
    fn put(&self, out: &mut Plain) {
        self.first.put(out);
        self.last.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let name = Self { first: String::take(reader)?, last: String::take(reader)? };
        if name.first.is_empty() || too_long(&name.first) || too_long(&name.last) {
            return Err(Fault::Text);
        }
        Ok(name)
    }
}

impl Field for ContactName {
    fn put(&self, out: &mut Plain) {
        self.first.put(out);
        self.last.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let name = Self { first: String::take(reader)?, last: String::take(reader)? };
        if too_long(&name.first) || too_long(&name.last) { Err(Fault::Text) } else { Ok(name) }
    }
}

fn cleaned(text: &str) -> String {
    // A name of 64 characters cannot come out of megabytes of blanks; what is beyond is not looked at.
    let head = text.chars().take(16 * NAME_CHARS_MAX);
    let readable: String =
        head.filter(|&char| !is_mark(char)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    readable.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Embeddings, overrides and isolates of the bidirectional algorithm, and the byte order mark.
const fn is_mark(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn too_long(name: &str) -> bool {
    name.chars().count() > NAME_CHARS_MAX
}

fn cut(name: String) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((at, _)) => name[..at].trim_end().to_owned(),
        None => name,
    }
}
