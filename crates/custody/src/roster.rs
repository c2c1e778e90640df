//! Who the vaults are: the file `vaults` of a data folder, and the numbers that follow from n and k (docs/keys.md 5.2, 6.3).
//!
//! The file is text, one fact a line, so that an operator can read what he signs:
//!
//! ```text
//! heliograph vaults 2
//! k 2
//! vault 1 key 6f…(64 hexadecimal digits) place vault-1 jurisdiction dev-1
//! check 1f…(16 hexadecimal digits)
//! ```
//!
//! The check finds rotten bits, not enemies: a k that is read one too high would call deletions final too early.

use crypto::sign::VerifyingKey;
use ids::limits;

/// A vault's number, 1 to n.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VaultNo(pub u8);

impl VaultNo {
    /// Its place in lists, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0).saturating_sub(1)
    }

    /// The vault at a place in lists, from 0.
    #[must_use]
    pub fn at(index: usize) -> VaultNo {
        VaultNo(u8::try_from(index + 1).unwrap_or(u8::MAX))
    }
}

/// What is known of one vault.
pub struct Member {
    /// The key that its answers are signed with.
    pub key: VerifyingKey,
    /// Where it is: a folder for a dev vault, an address otherwise. No spaces.
    pub place: String,
    /// Whose law it is under. No spaces.
    pub jurisdiction: String,
}

/// Whether this is a jurisdiction as operators write them: one word of letters, digits and hyphens. So two that look alike are
/// the same but for the case of their letters, in which laws do not differ.
#[must_use]
pub fn is_jurisdiction(word: &str) -> bool {
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=limits::JURISDICTION_CHARS_MAX).contains(&word.len()) && word.chars().all(is_of_it)
}

/// The vaults of a deployment, in the order of their numbers, and how many of them open a key.
pub struct Roster {
    k: u8,
    members: Vec<Member>,
}

/// Why a roster is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RosterError {
    /// The first line is another one.
    #[error("not a list of vaults of this version")]
    Version,
    /// A line that is not of the form.
    #[error("line {line} of the list of vaults is not understood")]
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// Vaults are numbered 1 to n, in order.
    #[error("vaults are numbered from 1, in order, and there are at most 15")]
    Numbers,
    /// Two vaults have the same key.
    #[error("two vaults have the same key")]
    SameKey,
    /// The last line is not the check of those above it.
    #[error("the check at the end of the list of vaults does not fit it")]
    Check,
    /// 2 <= k < n does not hold.
    #[error("k is at least 2 and less than the number of vaults")]
    Threshold,
}

const FIRST_LINE: &str = "heliograph vaults 2";

impl Roster {
    /// Vaults 1 to n, in order, of which `k` open a key.
    ///
    /// # Errors
    ///
    /// [`RosterError`] names what does not hold.
    pub fn new(k: u8, members: Vec<Member>) -> Result<Roster, RosterError> {
        if members.len() > limits::VAULTS_MAX {
            return Err(RosterError::Numbers);
        }
        if k < 2 || usize::from(k) >= members.len() {
            return Err(RosterError::Threshold);
        }
        let mut keys: Vec<&[u8; 32]> = members.iter().map(|member| member.key.bytes()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() != members.len() {
            return Err(RosterError::SameKey);
        }
        Ok(Roster { k, members })
    }

    /// Reads the file `vaults`.
    ///
    /// # Errors
    ///
    /// [`RosterError`] names the line or the rule.
    pub fn parse(text: &str) -> Result<Roster, RosterError> {
        if text.lines().next() != Some(FIRST_LINE) {
            return Err(RosterError::Version);
        }
        let last_line = text.strip_suffix('\n').and_then(|text| text.rfind('\n')).map_or(0, |end| end + 1);
        let (facts, last) = text.split_at(last_line);
        if last != check_line(facts) {
            return Err(RosterError::Check);
        }
        let mut lines = facts.lines().enumerate().map(|(index, line)| (index + 1, line)).skip(1);
        let (line, second) = lines.next().ok_or(RosterError::Line { line: 2 })?;
        let k = second.strip_prefix("k ").and_then(|k| k.parse().ok()).ok_or(RosterError::Line { line })?;
        let mut members = Vec::new();
        for (line, text) in lines {
            let (number, member) = Member::parse(text).ok_or(RosterError::Line { line })?;
            if number != VaultNo::at(members.len()) || members.len() == limits::VAULTS_MAX {
                return Err(RosterError::Numbers);
            }
            members.push(member);
        }
        Roster::new(k, members)
    }

    /// The text of the file `vaults`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\nk {}\n", self.k);
        for (index, member) in self.members.iter().enumerate() {
            let key: String = member.key.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            let Member { place, jurisdiction, .. } = member;
            let number = VaultNo::at(index).0;
            text.push_str(&format!("vault {number} key {key} place {place} jurisdiction {jurisdiction}\n"));
        }
        text.push_str(&check_line(&text));
        text
    }

    /// How many vaults there are.
    #[must_use]
    pub fn n(&self) -> usize {
        self.members.len()
    }

    /// How many of them open a key.
    #[must_use]
    pub fn k(&self) -> usize {
        usize::from(self.k)
    }

    /// Vaults that must have staged or taken a key before it counts: k + 1 (which is n if n = k + 1), or D if that is more,
    /// so that the others are fewer than k and cannot have another key among them.
    #[must_use]
    pub fn w(&self) -> usize {
        self.d().max(self.k() + 1)
    }

    /// Receipts that make a destruction final: the others are fewer than k.
    #[must_use]
    pub fn d(&self) -> usize {
        self.n() - self.k() + 1
    }

    /// Vaults of which any two such sets have one in common.
    #[must_use]
    pub fn majority(&self) -> usize {
        self.n() / 2 + 1
    }

    /// All vaults.
    pub fn vaults(&self) -> impl Iterator<Item = (VaultNo, &Member)> {
        self.members.iter().enumerate().map(|(index, member)| (VaultNo::at(index), member))
    }

    /// One of them.
    #[must_use]
    pub fn member(&self, vault: VaultNo) -> Option<&Member> {
        self.members.get(usize::from(vault.0).checked_sub(1)?)
    }
}

impl Member {
    fn parse(line: &str) -> Option<(VaultNo, Member)> {
        let mut words = line.split(' ');
        let mut after = |name: &str| (words.next()? == name).then(|| words.next()).flatten();
        let number = after("vault")?.parse().ok()?;
        let key = VerifyingKey::from_bytes(&key_of(after("key")?)?);
        let place = after("place")?.to_owned();
        let jurisdiction = after("jurisdiction")?.to_owned();
        let is_whole = words.next().is_none() && !place.is_empty() && !jurisdiction.is_empty();
        is_whole.then_some((VaultNo(number), Member { key, place, jurisdiction }))
    }
}

/// The last line: what finds a bit of the others that has turned over.
fn check_line(facts: &str) -> String {
    let hash = crypto::sha256(&[b"heliograph vaults", facts.as_bytes()]);
    let digits: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("check {digits}\n")
}

/// 32 bytes from 64 hexadecimal digits.
fn key_of(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::{Member, Roster, RosterError, VaultNo, check_line};
    use crypto::sign::SigningKey;

    fn member(seed: u8) -> Member {
        let key = SigningKey::from_seed(&[seed; 32]).verifying();
        Member { key, place: format!("folder-{seed}"), jurisdiction: format!("land-{seed}") }
    }

    fn roster(k: u8, n: u8) -> Result<Roster, RosterError> {
        Roster::new(k, (1..=n).map(member).collect())
    }

    #[test]
    fn the_file_comes_back() {
        let roster = roster(3, 5).unwrap();
        let again = Roster::parse(&roster.to_text()).unwrap();
        assert_eq!(again.to_text(), roster.to_text());
        assert_eq!((again.k(), again.n()), (3, 5));
        assert_eq!(again.member(VaultNo(5)).unwrap().jurisdiction, "land-5");
        assert!(again.member(VaultNo(0)).is_none() && again.member(VaultNo(6)).is_none());
    }

    #[test]
    fn what_is_no_roster_is_refused_with_its_line() {
        let text = roster(2, 3).unwrap().to_text();
        let facts = &text[..text.find("check ").unwrap()];
        let fault = |facts: &str| Roster::parse(&format!("{facts}{}", check_line(facts))).err();
        assert_eq!(fault(facts), None);
        assert_eq!(fault(""), Some(RosterError::Version));
        assert_eq!(fault(&facts.replace("vaults 2", "vaults 1")), Some(RosterError::Version));
        assert_eq!(fault(&facts.replace("k 2", "k two")), Some(RosterError::Line { line: 2 }));
        assert_eq!(fault(&facts.replace("vault 2", "vault 3")), Some(RosterError::Numbers));
        assert_eq!(fault(&facts.replace("folder-2", "")), Some(RosterError::Line { line: 4 }));
        assert_eq!(fault(&facts.replace("folder-2", "a b")), Some(RosterError::Line { line: 4 }));
        assert_eq!(fault(&facts.replace("k 2", "k 3")), Some(RosterError::Threshold));
        assert_eq!(fault(&facts.replace("k 2", "k 1")), Some(RosterError::Threshold));
        let first = facts.lines().nth(2).unwrap();
        let twice = format!("{facts}{}\n", first.replace("vault 1", "vault 4"));
        assert_eq!(fault(&twice), Some(RosterError::SameKey));
    }

    #[test]
    fn r5_no_flipped_bit_and_no_cut_is_a_roster() {
        let text = roster(3, 5).unwrap().to_text();
        for at in 0..text.len() {
            assert!(Roster::parse(&text[..at]).is_err(), "cut to {at} bytes");
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let flipped = String::from_utf8(bytes);
                assert!(flipped.is_err() || Roster::parse(&flipped.unwrap()).is_err(), "bit {bit} of {at}");
            }
        }
    }

    /// docs/keys.md 5.2, for the smallest and the usual deployment.
    #[test]
    fn r13_w_and_d_are_those_of_the_document() {
        let table = [
            (3, 2, 3, 2, 2),
            (5, 3, 4, 3, 3),
            (4, 2, 3, 3, 3),
            (5, 2, 4, 4, 3),
            (7, 4, 5, 4, 4),
            (15, 14, 15, 2, 8),
        ];
        for (n, k, w, d, majority) in table {
            let roster = roster(k, n).unwrap();
            assert_eq!((roster.w(), roster.d(), roster.majority()), (w, d, majority), "n {n}, k {k}");
            // Whoever has k shares meets one of the D that destroyed theirs, and one of the W that took what counts.
            assert!(roster.d() + roster.k() > roster.n() && roster.w() + roster.k() > roster.n());
        }
        assert_eq!(roster(15, 16).err(), Some(RosterError::Numbers));
    }
}
