//! For tests of other crates: what otherwise comes over a socket or inside TLS, as bytes and texts.
//!
//! Only behind the feature `testing`, which no crate may ask for but in its dev-dependencies.

use crate::{Answer, AskError, Pin, control};

/// An answer as it goes over the socket of a folder.
#[must_use]
pub fn answer_text(answer: &Answer) -> String {
    control::to_text(answer)
}

/// The answer in what came over it.
///
/// # Errors
///
/// [`AskError`]
pub fn answer_in(text: &str) -> Result<String, AskError> {
    control::answer_in(text)
}

/// The key in what the other end shows in place of a certificate.
#[must_use]
pub fn pin_in(spki: &[u8]) -> Option<Pin> {
    Pin::of_spki(spki)
}

/// What an end with this key shows.
#[must_use]
pub fn spki(pin: Pin) -> Vec<u8> {
    pin.spki()
}
