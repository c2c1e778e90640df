//! Phone numbers: parsed once, never printed.
//!
//! Clients send a number with or without `+`, blanks, hyphens, dots and brackets; only the digits count.
//! Source: docs, auth.sendCode; E.164 for the length.

use ids::limits::{PHONE_DIGITS_MAX, PHONE_DIGITS_MIN};
use store::{Fault, Field, Plain, Reader};

/// A phone number with its country code.
///
/// One number: the digits behind a leading 1, so that leading zeros count. It has no `Debug` and no `Display`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(u64);

/// Not a phone number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a phone number")]
pub struct PhoneError;

impl PhoneNumber {
    /// Reads what a client sent.
    ///
    /// # Errors
    /// Unless it has 7 to 15 ASCII digits and nothing else but a leading `+` and separators.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let mut packed = 1_u64;
        let mut digits = 0;
        for (at, char) in text.trim().char_indices() {
            match char {
                '0'..='9' if digits < PHONE_DIGITS_MAX => {
                    packed = packed * 10 + u64::from(char as u32 - '0' as u32);
                    digits += 1;
                }
                '+' if at == 0 => {}
                ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/' => {}
                _ => return Err(PhoneError),
            }
        }
        if digits < PHONE_DIGITS_MIN { Err(PhoneError) } else { Ok(Self(packed)) }
    }

    /// The digits, without `+`: what a client is shown that may see the number.
    pub fn digits(self) -> String {
        self.0.to_string().split_off(1)
    }

    /// The bytes that an index page is found by.
    pub(crate) const fn name(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl Field for PhoneNumber {
    fn put(&self, out: &mut Plain) {
        self.0.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let packed = u64::take(reader)?;
        let text = packed.to_string();
        let digits = text.len() - 1;
        if text.starts_with('1') && (PHONE_DIGITS_MIN..=PHONE_DIGITS_MAX).contains(&digits) {
            Ok(Self(packed))
        } else {
            Err(Fault::Number)
        }
    }
}
