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
//! After a vault was replaced the first line ends with 3, and before the last one stand `was V key K`, the key of one that had the
//! number V before, and, while not all keys are shared anew, `new V` (6.6).
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
#[derive(Clone)]
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
#[derive(Clone)]
pub struct Roster {
    k: u8,
    members: Vec<Member>,
    /// Those whose places others have taken, oldest first.
    former: Vec<(VaultNo, VerifyingKey)>,
    newcomer: Option<VaultNo>,
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
    /// A vault that has been replaced.
    #[error(
        "a vault that was replaced does not come back: its shares are of an earlier time; it needs a new folder, and so another key"
    )]
    Former,
    /// One after the other.
    #[error(
        "a vault has taken another's place, and not all keys are shared anew: only one can be replaced at a time"
    )]
    Busy,
    /// So many have been replaced that no more fit.
    #[error("so many vaults were replaced that the list takes no more")]
    Full,
}

const FIRST_LINE: &str = "heliograph vaults 2";
/// Where vaults were replaced.
const FIRST_LINE_LATER: &str = "heliograph vaults 3";

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
        Ok(Roster { k, members, former: Vec::new(), newcomer: None })
    }

    /// The same vaults but for one, whose place another takes, from now on the newcomer.
    ///
    /// # Errors
    ///
    /// [`RosterError`] names what does not hold.
    pub fn replaced(&self, vault: VaultNo, by: Member) -> Result<Roster, RosterError> {
        if self.newcomer.is_some() {
            return Err(RosterError::Busy);
        }
        if self.former.iter().any(|(_, key)| *key == by.key) {
            return Err(RosterError::Former);
        }
        if self.former.len() >= limits::VAULTS_FORMER_MAX {
            return Err(RosterError::Full);
        }
        let (mut members, mut former) = (self.members.clone(), self.former.clone());
        let member = members.get_mut(vault.index()).ok_or(RosterError::Numbers)?;
        former.push((vault, std::mem::replace(member, by).key));
        Ok(Roster { former, newcomer: Some(vault), ..Roster::new(self.k, members)? })
    }

    /// The same vaults at these places.
    ///
    /// # Errors
    ///
    /// [`RosterError`] names what does not hold.
    pub fn at(&self, places: Vec<String>) -> Result<Roster, RosterError> {
        if places.len() != self.n() {
            return Err(RosterError::Numbers);
        }
        let members =
            self.members.iter().zip(places).map(|(member, place)| Member { place, ..member.clone() });
        Ok(Roster { members: members.collect(), ..self.clone() })
    }

    /// The same vaults, none of them a newcomer any more.
    #[must_use]
    pub fn settled(&self) -> Roster {
        Roster { newcomer: None, ..self.clone() }
    }

    /// The vault that has taken another's place while not all keys are shared anew. The one before it has shares that open
    /// something, and it counts for nothing that there are none with the newcomer.
    #[must_use]
    pub fn newcomer(&self) -> Option<VaultNo> {
        self.newcomer
    }

    /// Whether a vault with this key had this number before.
    #[must_use]
    pub fn was(&self, vault: VaultNo, key: &VerifyingKey) -> bool {
        self.former.contains(&(vault, *key))
    }

    /// How many of these vaults count for an end of what was before: the others, the one whose place was taken among them, are
    /// fewer than k where D are counted.
    pub(crate) fn count(&self, vaults: impl Iterator<Item = VaultNo>) -> usize {
        vaults.filter(|vault| Some(*vault) != self.newcomer).count()
    }

    /// Reads the file `vaults`.
    ///
    /// # Errors
    ///
    /// [`RosterError`] names the line or the rule.
    pub fn parse(text: &str) -> Result<Roster, RosterError> {
        let is_later = match text.lines().next() {
            Some(FIRST_LINE) => false,
            Some(FIRST_LINE_LATER) => true,
            Some(_) | None => return Err(RosterError::Version),
        };
        let last_line = text.strip_suffix('\n').and_then(|text| text.rfind('\n')).map_or(0, |end| end + 1);
        let (facts, last) = text.split_at(last_line);
        if last != check_line(facts) {
            return Err(RosterError::Check);
        }
        let mut lines = facts.lines().enumerate().map(|(index, line)| (index + 1, line)).skip(1);
        let (line, second) = lines.next().ok_or(RosterError::Line { line: 2 })?;
        let k = second.strip_prefix("k ").and_then(|k| k.parse().ok()).ok_or(RosterError::Line { line })?;
        let (mut members, mut former, mut newcomer) = (Vec::new(), Vec::new(), None);
        for (line, text) in lines {
            if is_later && let Some(text) = text.strip_prefix("was ") {
                former.push(former_of(text).ok_or(RosterError::Line { line })?);
                continue;
            }
            if is_later && let Some(text) = text.strip_prefix("new ") {
                newcomer = Some(VaultNo(text.parse().map_err(|_| RosterError::Line { line })?));
                continue;
            }
            let (number, member) = Member::parse(text).ok_or(RosterError::Line { line })?;
            if number != VaultNo::at(members.len()) || members.len() == limits::VAULTS_MAX {
                return Err(RosterError::Numbers);
            }
            members.push(member);
        }
        let is_there = |vault: VaultNo| (1..=members.len()).contains(&usize::from(vault.0));
        let numbers = former.iter().map(|(vault, _)| *vault).chain(newcomer);
        if !numbers.into_iter().all(is_there) || former.len() > limits::VAULTS_FORMER_MAX {
            return Err(RosterError::Numbers);
        }
        let roster = Roster { former, newcomer, ..Roster::new(k, members)? };
        // Numbers and keys can be written in more than one way. What no program of ours has written is not guessed at.
        let own = roster.to_text();
        let mut pairs = own.split('\n').zip(text.split('\n')).enumerate();
        match pairs.find(|(_, (own, other))| own != other) {
            Some((index, _)) => Err(RosterError::Line { line: index + 1 }),
            None => Ok(roster),
        }
    }

    /// The text of the file `vaults`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let first = if self.former.is_empty() { FIRST_LINE } else { FIRST_LINE_LATER };
        let mut text = format!("{first}\nk {}\n", self.k);
        for (index, member) in self.members.iter().enumerate() {
            let key = digits(&member.key);
            let Member { place, jurisdiction, .. } = member;
            let number = VaultNo::at(index).0;
            text.push_str(&format!("vault {number} key {key} place {place} jurisdiction {jurisdiction}\n"));
        }
        for (vault, key) in &self.former {
            text.push_str(&format!("was {} key {}\n", vault.0, digits(key)));
        }
        if let Some(newcomer) = self.newcomer {
            text.push_str(&format!("new {}\n", newcomer.0));
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

fn digits(key: &VerifyingKey) -> String {
    key.bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `V key K`.
fn former_of(text: &str) -> Option<(VaultNo, VerifyingKey)> {
    let (number, key) = text.split_once(" key ")?;
    Some((VaultNo(number.parse().ok()?), VerifyingKey::from_bytes(&key_of(key)?)))
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

    #[test]
    fn a_vault_is_replaced_by_one_that_was_never_there_and_one_at_a_time() {
        let before = roster(2, 3).unwrap();
        let after = before.replaced(VaultNo(2), member(9)).unwrap();
        assert_eq!((after.newcomer(), after.k(), after.n()), (Some(VaultNo(2)), 2, 3));
        assert_eq!(after.count([1, 2, 3].map(VaultNo).into_iter()), 2);
        assert!(after.was(VaultNo(2), &member(2).key) && !after.was(VaultNo(1), &member(2).key));
        let text = after.to_text();
        assert!(text.starts_with("heliograph vaults 3\n") && text.contains("\nnew 2\ncheck "), "{text}");
        let read = Roster::parse(&text).unwrap();
        assert_eq!((read.to_text(), read.newcomer()), (text.clone(), Some(VaultNo(2))));
        assert_eq!(read.replaced(VaultNo(1), member(8)).err(), Some(RosterError::Busy));
        let settled = read.settled();
        let read = Roster::parse(&settled.to_text()).unwrap();
        assert_eq!((read.newcomer(), read.to_text()), (None, settled.to_text()));
        for (by, error) in [(2, RosterError::Former), (1, RosterError::SameKey)] {
            assert_eq!(settled.replaced(VaultNo(3), member(by)).err(), Some(error));
        }
        assert_eq!(settled.replaced(VaultNo(4), member(8)).err(), Some(RosterError::Numbers));
        // The facts of a later list are none of an earlier one, and name vaults that are there.
        for (from, to) in
            [("vaults 3", "vaults 2"), ("new 2", "new 4"), ("new 2", "new 0"), ("was 2", "was x")]
        {
            let facts = text.rsplit_once("check").unwrap().0.replacen(from, to, 1);
            assert!(Roster::parse(&format!("{facts}{}", check_line(&facts))).is_err(), "{to}");
        }
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
    fn a_list_has_one_form_and_what_says_the_same_in_another_is_refused() {
        let text = roster(2, 3).unwrap().replaced(VaultNo(2), member(9)).unwrap().to_text();
        let facts = text.rsplit_once("check").unwrap().0;
        let read = |facts: &str| Roster::parse(&format!("{facts}{}", check_line(facts)));
        assert!(read(facts).is_ok());
        let former = facts.lines().find(|line| line.starts_with("was ")).unwrap();
        for (other, line) in [
            (facts.replace("\nk 2\n", "\nk +2\n"), 2),
            (facts.replace("\nk 2\n", "\nk 02\n"), 2),
            (facts.replace("\nk 2\n", "\nk 2\r\n"), 2),
            (facts.replace("vault 1 ", "vault 01 "), 3),
            (facts.replace("vaults 3\n", "vaults 3\r\n"), 1),
            (facts.to_uppercase().replace("HELIOGRAPH VAULTS", "heliograph vaults"), 2),
            // A newcomer in nobody's place: the list would be written as one of the earlier version.
            (facts.replace(&format!("{former}\n"), ""), 1),
            (facts.replace(&format!("{former}\nnew 2\n"), &format!("new 2\n{former}\n")), 6),
            (facts.replace("new 2\n", "new 1\nnew 2\n"), 7),
        ] {
            assert_eq!(read(&other).err(), Some(RosterError::Line { line }), "{other}");
        }
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
