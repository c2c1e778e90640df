//! What a log field can be: counts, durations, words of the program's own, and nothing that came from outside.
//!
//! A run of five digits or more never appears in a line, except as a port of our own: an id or a phone number would
//! stand out in a scan of the logs, and that scan is a test (P31).
//!
//! A text does not compile:
//!
//! ```compile_fail
//! let name = String::from("Alice");
//! let field: &dyn sealed::log::LogSafe = &name;
//! ```
//!
//! ```compile_fail
//! let field: &dyn sealed::log::LogSafe = &"Alice";
//! ```
//!
//! Nor does a bare number, which might be an id, or an id:
//!
//! ```compile_fail
//! let user: i64 = 4711;
//! let field: &dyn sealed::log::LogSafe = &user;
//! ```
//!
//! ```compile_fail
//! let field: &dyn sealed::log::LogSafe = &ids::UserId(4711);
//! ```
//!
//! Nor does what names a box:
//!
//! ```compile_fail
//! let field: &dyn sealed::log::LogSafe = &sealed::Need::Box(ids::BoxId(4711));
//! ```

use std::fmt::Write;
use std::panic::Location;
use std::time::Duration;

use crate::{CutError, InstallError, LeafError, OpenError, StateError};

/// A value that may appear in a log line.
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// How many.
    Count(u64),
    /// How long.
    Took(Duration),
    /// A word of the program's own.
    Word(&'static str),
    /// A port that the operator asked for.
    Port(u16),
    /// A place in the program's own source.
    Source(SourceLine),
}

/// Types whose values may appear in a log line. [`Value`] bounds what an implementation can let through.
pub trait LogSafe {
    /// The value as it will be written.
    fn value(&self) -> Value;
}

impl LogSafe for bool {
    fn value(&self) -> Value {
        Value::Bool(*self)
    }
}

/// How many of something; written exactly up to 9,999 and rounded beyond.
#[derive(Clone, Copy)]
pub struct Count(pub u64);

impl LogSafe for Count {
    fn value(&self) -> Value {
        Value::Count(self.0)
    }
}

/// How long something took or takes.
#[derive(Clone, Copy)]
pub struct Took(pub Duration);

impl LogSafe for Took {
    fn value(&self) -> Value {
        Value::Took(self.0)
    }
}

/// A port of this server; not for a port of anybody else's.
#[derive(Clone, Copy)]
pub struct Port(pub u16);

impl LogSafe for Port {
    fn value(&self) -> Value {
        Value::Port(self.0)
    }
}

/// A line of the program's own source: where a panic happened, never what it said.
#[derive(Clone)]
pub struct SourceLine {
    file: Box<str>,
    line: u32,
}

impl SourceLine {
    /// The place, without the folders in which a dependency lay when this program was built.
    #[must_use]
    pub fn of(location: &Location<'_>) -> Self {
        let file = location.file();
        let tail = file.rmatch_indices('/').nth(3).and_then(|(slash, _)| file.get(slash + 1..));
        Self { file: tail.unwrap_or(file).into(), line: location.line() }
    }
}

impl LogSafe for SourceLine {
    fn value(&self) -> Value {
        Value::Source(self.clone())
    }
}

/// Declares an enum of words that may be logged.
///
/// ```
/// sealed::log_words! {
///     /// How it went.
///     pub enum Outcome {
///         /// Well.
///         Well = "well",
///     }
/// }
/// assert_eq!(Outcome::Well.word(), "well");
/// ```
#[macro_export]
macro_rules! log_words {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        $vis enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// The word.
            #[must_use]
            $vis const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl $crate::log::LogSafe for $name {
            fn value(&self) -> $crate::log::Value {
                $crate::log::Value::Word(self.word())
            }
        }
    };
}

macro_rules! worded {
    ($($error:ident { $($variant:pat => $word:literal,)+ })+) => {$(
        impl LogSafe for $error {
            fn value(&self) -> Value {
                Value::Word(match self { $($variant => $word,)+ })
            }
        }
    )+};
}
worded! {
    LeafError {
        Self::Dead => "dead",
        Self::PageMissing(_) => "page missing",
        Self::Closed => "closed",
        Self::Exhausted => "exhausted",
    }
    OpenError {
        Self::Leaf(_) => "no leaf",
        Self::Forged => "forged",
        Self::OtherKind => "other kind",
    }
    StateError {
        Self::Forged => "forged",
        Self::Stale => "stale",
        Self::Sheet => "sheet",
        Self::Full => "full",
        Self::Sealed => "sealed",
        Self::Closed => "closed",
    }
    CutError {
        Self::PagesMissing(_) => "pages missing",
        Self::State(_) => "state",
        Self::TooLarge => "too large",
    }
    InstallError {
        Self::Sealed => "sealed",
        Self::Twice => "twice",
        Self::Full => "full",
        Self::State(_) => "state",
    }
}

impl Value {
    /// Appends the value to a line, as JSON if asked; [`Value::Word`] and the like hold nothing that needs an escape.
    pub fn write(&self, line: &mut String, json: bool) {
        let quote = if json { "\"" } else { "" };
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Bool(yes) => write!(line, "{yes}"),
            Self::Count(n @ 0..10_000) => write!(line, "{n}"),
            Self::Count(n @ 10_000..10_000_000) => write!(line, "{quote}{}k{quote}", n / 1000),
            Self::Count(n) => write!(line, "{quote}{}M{quote}", (n / 1_000_000).min(9999)),
            Self::Took(took) => write!(line, "{quote}{}{quote}", Rounded(*took)),
            Self::Word(word) => write!(line, "{quote}{word}{quote}"),
            Self::Port(port) => write!(line, "{port}"),
            Self::Source(at) => write!(line, "{quote}{}:{}{quote}", at.file, at.line),
        };
    }
}

/// A duration in the largest unit that leaves at most four digits.
struct Rounded(Duration);

impl std::fmt::Display for Rounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let us = self.0.as_micros();
        match us {
            0..10_000 => write!(f, "{us}us"),
            10_000..10_000_000 => write!(f, "{}ms", us / 1000),
            _ => write!(f, "{}s", (us / 1_000_000).min(9999)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value) -> String {
        let mut line = String::new();
        value.write(&mut line, false);
        line
    }

    #[test]
    fn p31_no_value_has_five_digits_in_a_row() {
        assert_eq!(text(Value::Count(9999)), "9999");
        assert_eq!(text(Value::Count(10_000)), "10k");
        assert_eq!(text(Value::Count(u64::MAX)), "9999M");
        assert_eq!(text(Value::Took(Duration::from_micros(9999))), "9999us");
        assert_eq!(text(Value::Took(Duration::from_micros(10_000))), "10ms");
        assert_eq!(text(Value::Took(Duration::MAX)), "9999s");
    }

    #[test]
    fn p31_an_error_says_no_page() {
        let page = crate::PageId { epoch: 123_456, index: 654_321 };
        assert_eq!(text(LeafError::PageMissing(page).value()), "page missing");
        assert_eq!(text(CutError::PagesMissing(vec![page]).value()), "pages missing");
    }
}
