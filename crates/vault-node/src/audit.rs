//! The audit of a vault: a file in its folder of what the vault did, in numbers, a line for each minute in which it did anything.
//!
//! Lines hang on each other and are signed with the vault's key, so that none can be changed, removed or put in between without
//! that key; who has the public key can see so. That the last ones are there is seen against a head that was noted somewhere
//! else. No line says of whom or for whom anything was done. Source: docs/keys.md 6.5.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use crypto::sign::{SigningKey, VerifyingKey};
use ids::limits::AUDIT_LINE_BYTES_MAX;
use vault::Tally;

/// Its file.
pub(crate) const NAME: &str = "audit";
const PURPOSE: &[u8] = b"heliograph audit";
const SIGNATURE_BYTES: usize = 64;

/// Up to which line, and what all lines up to it come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// How many lines there are.
    pub number: u64,
    hash: [u8; 32],
}

/// Why a line was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Occasion {
    Started,
    Minute,
    Opened,
    Resumed,
    Stopped,
}

/// What is wrong with an audit. Shown to its operator.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A line, or one before it.
    #[error("line {0} of the audit is not what this vault has written there, or a line before it is missing")]
    Broken(u64),
    /// It is shorter than it was.
    #[error("the audit ends with line {found}, and there were {noted} lines: the last ones are missing")]
    Short {
        /// Lines that there are.
        found: u64,
        /// Lines that there were.
        noted: u64,
    },
    /// It is another one.
    #[error("line {0} of the audit is not the one that was noted: it was written anew")]
    Other(u64),
    /// There is none.
    #[error("the vault has no audit: it was never run by an operator")]
    Missing,
    /// The file cannot be read or written.
    #[error("the audit cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

/// A head that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a head is a number, a colon and 64 hexadecimal digits, as `vault audit` shows it")]
pub struct HeadError;

/// The audit that is being written.
pub(crate) struct Audit {
    file: File,
    head: Head,
    /// Where the next line begins: what a line that was cut short left behind it is written over.
    end: u64,
    signer: Arc<SigningKey>,
}

impl Audit {
    /// Goes on with the audit of a folder. One that is broken is put aside, for its operator to look at, and another one begun; where
    /// it lies is told then.
    pub(crate) fn open(
        folder: &Path,
        signer: Arc<SigningKey>,
    ) -> Result<(Audit, Option<PathBuf>), AuditError> {
        let path = folder.join(NAME);
        let found = open(&path).and_then(|lines| read(lines, &signer.verifying(), |_, _| {}));
        let (head, end, aside) = match found {
            Ok(Whole { head, end, .. }) => (head, end, None),
            Err(AuditError::Missing) => (Head::default(), 0, None),
            Err(AuditError::Broken(_)) => (Head::default(), 0, Some(put_aside(&path)?)),
            Err(error) => return Err(error),
        };
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        file.set_len(end)?;
        File::open(folder)?.sync_all()?;
        Ok((Audit { file, head, end, signer }, aside))
    }

    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// Writes a line, durably.
    pub(crate) fn write(
        &mut self,
        occasion: Occasion,
        unix_s: u64,
        commit: u64,
        tally: &Tally,
    ) -> io::Result<()> {
        let (head, line) = line(self.head, &self.signer, occasion, unix_s, commit, tally);
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        (self.head, self.end) = (head, self.end + line.len() as u64);
        Ok(())
    }
}

impl Occasion {
    fn word(self) -> &'static str {
        match self {
            Occasion::Started => "started",
            Occasion::Minute => "minute",
            Occasion::Opened => "opened",
            Occasion::Resumed => "resumed",
            Occasion::Stopped => "stopped",
        }
    }
}

impl Head {
    /// With one line more.
    fn then(self, facts: &str) -> Head {
        let hash = crypto::sha256(&[PURPOSE, &self.hash, facts.as_bytes()]);
        Head { number: self.number + 1, hash }
    }

    fn signed(&self) -> Vec<u8> {
        [PURPOSE, &self.hash].concat()
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.number, hex(&self.hash))
    }
}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Head, HeadError> {
        let (number, hash) = text.split_once(':').ok_or(HeadError)?;
        let number = number.parse().map_err(|_| HeadError)?;
        Ok(Head { number, hash: unhex(hash).ok_or(HeadError)? })
    }
}

/// The line after those up to a head, and the head then.
pub(crate) fn line(
    head: Head,
    signer: &SigningKey,
    occasion: Occasion,
    unix_s: u64,
    commit: u64,
    tally: &Tally,
) -> (Head, String) {
    let Tally { keys, shares, withheld, kept, staged, committed, destroyed, refused, unanswered } = tally;
    let number = head.number + 1;
    let facts = format!(
        "{number} {unix_s} {} commit {commit} keys {keys} shares {shares} withheld {withheld} kept {kept} staged {staged} \
         committed {committed} destroyed {destroyed} refused {refused} unanswered {unanswered}",
        occasion.word()
    );
    let head = head.then(&facts);
    let signature = hex(&signer.sign(&head.signed()));
    (head, format!("{facts} {signature}\n"))
}

/// What an audit says, without its signatures, all of which are right.
pub(crate) struct Checked {
    pub(crate) text: String,
    pub(crate) head: Head,
    /// The vault's commit number in the last line.
    pub(crate) commit: u64,
}

/// Verifies the audit of a folder, and that it goes through a head that was noted.
pub(crate) fn check(folder: &Path, key: &VerifyingKey, noted: Option<Head>) -> Result<Checked, AuditError> {
    check_lines(open(&folder.join(NAME))?, key, noted)
}

/// The same of lines wherever they come from.
pub(crate) fn check_lines(
    from: impl BufRead,
    key: &VerifyingKey,
    noted: Option<Head>,
) -> Result<Checked, AuditError> {
    let (mut text, mut commit, mut is_other) = (String::new(), 0, false);
    let whole = read(from, key, |head, facts| {
        text.push_str(facts);
        text.push('\n');
        is_other |= noted.is_some_and(|noted| noted.number == head.number && noted != head);
        commit = facts.split(' ').nth(4).and_then(|number| number.parse().ok()).unwrap_or(0);
    })?;
    if let Some(noted) = noted {
        if is_other {
            return Err(AuditError::Other(noted.number));
        }
        if noted.number > whole.head.number {
            return Err(AuditError::Short { found: whole.head.number, noted: noted.number });
        }
    }
    Ok(Checked { text, head: whole.head, commit })
}

struct Whole {
    head: Head,
    /// Behind the last line that is whole.
    end: u64,
}

/// The file of an audit.
fn open(path: &Path) -> Result<BufReader<File>, AuditError> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(AuditError::Missing),
        opened => Ok(BufReader::new(opened?)),
    }
}

/// Reads an audit, line by line. What has no end was cut short by the end of the process, before anybody relied on it.
fn read(
    mut from: impl BufRead,
    key: &VerifyingKey,
    mut heard: impl FnMut(Head, &str),
) -> Result<Whole, AuditError> {
    let mut whole = Whole { head: Head::default(), end: 0 };
    let mut line = Vec::new();
    loop {
        line.clear();
        let broken = AuditError::Broken(whole.head.number + 1);
        let len = from.by_ref().take(AUDIT_LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return if (len as u64) < AUDIT_LINE_BYTES_MAX { Ok(whole) } else { Err(broken) };
        }
        let parsed = std::str::from_utf8(&line).ok().and_then(|line| line.rsplit_once(' '));
        let Some((facts, signature)) =
            parsed.and_then(|(facts, sig)| Some((facts, unhex::<SIGNATURE_BYTES>(sig)?)))
        else {
            return Err(broken);
        };
        let head = whole.head.then(facts);
        let is_next = facts.split_once(' ').is_some_and(|(number, _)| number == head.number.to_string());
        if !is_next || key.verify(&head.signed(), &signature).is_err() {
            return Err(broken);
        }
        whole = Whole { head, end: whole.end + len as u64 };
        heard(head, facts);
    }
}

/// Gives a broken audit a name that no other one has.
fn put_aside(path: &Path) -> io::Result<PathBuf> {
    let mut number = 1_u32;
    loop {
        let aside = path.with_extension(format!("broken-{number}"));
        if !aside.try_exists()? {
            std::fs::rename(path, &aside)?;
            return Ok(aside);
        }
        number = number.checked_add(1).ok_or(ErrorKind::AlreadyExists)?;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Small letters only: what has two forms could be changed.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; N];
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with an audit of so many lines, and the key of its vault.
    fn written(name: &str, lines: u64) -> (PathBuf, Arc<SigningKey>) {
        let folder = std::env::temp_dir().join(format!("heliograph-audit-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let signer = Arc::new(SigningKey::from_seed(&[7; 32]));
        write(&folder, &signer, lines);
        (folder, signer)
    }

    fn write(folder: &Path, signer: &Arc<SigningKey>, lines: u64) -> Option<PathBuf> {
        let (mut audit, aside) = Audit::open(folder, signer.clone()).expect("an audit");
        for number in 0..lines {
            let tally = Tally { keys: number, shares: 3, ..Tally::default() };
            audit.write(Occasion::Minute, 1_700_000_000 + number, number, &tally).expect("a line");
        }
        aside
    }

    fn broken(folder: &Path, key: &VerifyingKey, text: &[u8]) -> bool {
        std::fs::write(folder.join(NAME), text).expect("a file");
        matches!(check(folder, key, None), Err(AuditError::Broken(_)))
    }

    #[test]
    fn a_line_that_was_changed_removed_or_moved_is_found_by_the_public_key_alone() {
        let (folder, signer) = written("changed", 3);
        write(&folder, &signer, 2);
        let key = signer.verifying();
        let good = std::fs::read(folder.join(NAME)).expect("an audit");
        let checked = check(&folder, &key, None).expect("it is whole");
        assert_eq!((checked.head.number, checked.commit), (5, 1));
        assert!(checked.text.starts_with("1 1700000000 minute commit 0 keys 0 shares 3 withheld 0 "));
        assert!(!broken(&folder, &key, &good), "as it was");
        let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
        let without = |gone: usize| -> Vec<u8> {
            lines
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != gone)
                .flat_map(|(_, line)| line.to_vec())
                .collect()
        };
        assert!((0..4).all(|gone| broken(&folder, &key, &without(gone))), "one is missing");
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        assert!(broken(&folder, &key, &swapped.concat()), "two have changed places");
        // In the middle, every bit of a line; the newline of the last one is its end.
        let (from, until) = (lines[0].len(), lines[0].len() + lines[1].len());
        for bit in from * 8..until * 8 {
            let mut turned = good.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(broken(&folder, &key, &turned), "bit {bit}");
        }
        // Another vault's lines, and lines that somebody without the key has made up.
        assert!(broken(&folder, &SigningKey::from_seed(&[8; 32]).verifying(), &good));
        std::fs::remove_dir_all(&folder).expect("ours");
    }

    #[test]
    fn a_tail_that_was_cut_off_is_seen_against_a_head_that_was_noted() {
        let (folder, signer) = written("cut", 4);
        let key = signer.verifying();
        let noted = check(&folder, &key, None).expect("it is whole").head;
        assert_eq!(noted.to_string().parse(), Ok(noted));
        write(&folder, &signer, 1);
        assert!(check(&folder, &key, Some(noted)).is_ok(), "it goes on from there");
        let good = std::fs::read(folder.join(NAME)).expect("an audit");
        let ends: Vec<usize> = (1..=good.len()).filter(|end| good[end - 1] == b'\n').collect();
        std::fs::write(folder.join(NAME), &good[..ends[2]]).expect("a file");
        assert!(check(&folder, &key, None).is_ok(), "what is left is right");
        let short = check(&folder, &key, Some(noted));
        assert!(matches!(short, Err(AuditError::Short { found: 3, noted: 4 })));
        // Whoever has the vault's key can write it anew, and not as it was noted.
        let (mut audit, _) = Audit::open(&folder, signer.clone()).expect("an audit");
        audit.write(Occasion::Stopped, 1, 1, &Tally::default()).expect("a line");
        assert!(matches!(check(&folder, &key, Some(noted)), Err(AuditError::Other(4))));
        // A line of the one history does not fit between those of the other, though the vault has written both.
        audit.write(Occasion::Stopped, 2, 1, &Tally::default()).expect("a line");
        let other = std::fs::read(folder.join(NAME)).expect("an audit");
        let last = other[..other.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("lines") + 1;
        assert!(!broken(&folder, &key, &other));
        assert!(broken(&folder, &key, &[&good[..ends[3]], &other[last..]].concat()));
        std::fs::remove_dir_all(&folder).expect("ours");
    }

    #[test]
    fn a_line_that_a_death_cut_short_is_written_over_and_a_broken_audit_is_put_aside() {
        let (folder, signer) = written("torn", 2);
        let key = signer.verifying();
        let good = std::fs::read(folder.join(NAME)).expect("an audit");
        for end in good.len() - 60..good.len() {
            std::fs::write(folder.join(NAME), &good[..end]).expect("a file");
            assert_eq!(write(&folder, &signer, 2), None, "{end}");
            assert_eq!(check(&folder, &key, None).expect("it is whole").head.number, 3);
        }
        std::fs::write(folder.join(NAME), &good[1..]).expect("a file");
        let aside = write(&folder, &signer, 1).expect("put aside");
        assert_eq!(std::fs::read(&aside).expect("the broken one"), &good[1..]);
        assert_eq!(check(&folder, &key, None).expect("another one").head.number, 1);
        std::fs::remove_dir_all(&folder).expect("ours");
    }
}
