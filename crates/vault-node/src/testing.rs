//! For tests of other crates: the files that only this program has, as texts and lines without their folder.
//!
//! Only behind the feature `testing`, which no crate may ask for but in its dev-dependencies.

use crypto::sign::{SigningKey, VerifyingKey};
use vault::Tally;

use crate::audit::{self, Checked, Occasion};
use crate::{AuditError, Card, Head};

/// The card in a text, if it is whole.
#[must_use]
pub fn card_in(text: &str) -> Option<Card> {
    Card::parse(text)
}

/// The text of a card.
#[must_use]
pub fn card_text(card: &Card) -> String {
    card.to_text()
}

/// The line of an audit after those up to a head, and the head then.
#[must_use]
pub fn audit_line(
    head: Head,
    signer: &SigningKey,
    unix_s: u64,
    commit: u64,
    tally: &Tally,
) -> (Head, String) {
    audit::line(head, signer, Occasion::Minute, unix_s, commit, tally)
}

/// What the lines of an audit say, up to which head, and the commit number in the last one.
///
/// # Errors
///
/// [`AuditError`]: what is wrong with them.
pub fn audit_in(
    lines: &[u8],
    key: &VerifyingKey,
    noted: Option<Head>,
) -> Result<(String, Head, u64), AuditError> {
    let Checked { text, head, commit } = audit::check_lines(lines, key, noted)?;
    Ok((text, head, commit))
}
