//! What the operator of a vault has said: whose law it is under, where it is, which servers it lets in (docs/keys.md 6.2).
//!
//! It is text, one fact a line, so that he can read it. The check finds rotten bits, not enemies.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use custody::is_jurisdiction;
use ids::limits::{VAULT_BUDGET, VAULT_BUDGET_MAX, VAULT_BUDGET_MIN, VAULT_SERVERS_MAX};
use link::Pin;

/// Its file.
const NAME: &str = "card";
const NEXT: &str = "card.new";
const FIRST_LINE: &str = "heliograph vault 1";

const ADDRESS_CHARS_MAX: usize = 253 + 1 + 5;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    jurisdiction: String,
    address: String,
    key: Pin,
    /// Keys that it gives in an hour; nothing while the operator has not said.
    budget: Option<u32>,
    servers: Vec<Pin>,
}

/// Why there is no card. Shown to the operator.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// Not a word.
    #[error("a jurisdiction is one word of letters, digits and hyphens, such as IS")]
    Jurisdiction,
    /// Not an address.
    #[error("an address is a name or an IP address with a port, such as vault.example.is:8444")]
    Address,
    /// The folder has none, or none that is whole.
    #[error("the folder holds no vault of this program, or its file `card` is damaged")]
    Damaged,
    /// Too few or too many.
    #[error("a budget is {VAULT_BUDGET_MIN} to {VAULT_BUDGET_MAX} keys an hour")]
    Budget,
    /// It is not on the list.
    #[error("the vault does not let in a server with this key")]
    NotPinned,
    /// The list is full.
    #[error("the vault lets in as many servers as it can")]
    TooMany,
    /// A file operation failed.
    #[error("the file `card`: {0}")]
    Io(#[from] std::io::Error),
}

impl Card {
    /// A card of the vault with this key, without servers.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    pub fn new(jurisdiction: &str, address: &str, key: Pin) -> Result<Card, CardError> {
        if !is_jurisdiction(jurisdiction) {
            return Err(CardError::Jurisdiction);
        }
        let mut card = Card {
            jurisdiction: jurisdiction.to_owned(),
            address: String::new(),
            key,
            budget: None,
            servers: Vec::new(),
        };
        card.place(address)?;
        Ok(card)
    }

    /// Says where servers find it.
    ///
    /// # Errors
    ///
    /// [`CardError::Address`].
    pub fn place(&mut self, address: &str) -> Result<(), CardError> {
        let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        let has_port = port.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
        let is_plain = address.chars().all(|c| c.is_ascii_graphic());
        if !has_port || !is_plain || address.len() > ADDRESS_CHARS_MAX {
            return Err(CardError::Address);
        }
        address.clone_into(&mut self.address);
        Ok(())
    }

    /// Says how many keys it gives in an hour.
    ///
    /// # Errors
    ///
    /// [`CardError::Budget`].
    pub fn allow(&mut self, keys_per_hour: u32) -> Result<(), CardError> {
        if !(VAULT_BUDGET_MIN..=VAULT_BUDGET_MAX).contains(&keys_per_hour) {
            return Err(CardError::Budget);
        }
        self.budget = Some(keys_per_hour);
        Ok(())
    }

    /// Keys that it gives in an hour.
    #[must_use]
    pub fn budget(&self) -> u32 {
        self.budget.unwrap_or(VAULT_BUDGET)
    }

    /// Lets a server in.
    ///
    /// # Errors
    ///
    /// [`CardError::TooMany`].
    pub fn pin(&mut self, server: Pin) -> Result<(), CardError> {
        if !self.servers.contains(&server) {
            if self.servers.len() >= VAULT_SERVERS_MAX {
                return Err(CardError::TooMany);
            }
            self.servers.push(server);
        }
        Ok(())
    }

    /// Lets a server in no more.
    ///
    /// # Errors
    ///
    /// [`CardError::NotPinned`].
    pub fn unpin(&mut self, server: Pin) -> Result<(), CardError> {
        let at = self.servers.iter().position(|pinned| *pinned == server).ok_or(CardError::NotPinned)?;
        self.servers.remove(at);
        Ok(())
    }

    /// What a server is told of the vault, one line: jurisdiction, key, address.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {} {}", self.jurisdiction, self.key, self.address)
    }

    /// The vault's key.
    #[must_use]
    pub fn key(&self) -> Pin {
        self.key
    }

    /// Who is let in.
    #[must_use]
    pub fn servers(&self) -> &[Pin] {
        &self.servers
    }

    /// Reads the card of a folder.
    ///
    /// # Errors
    ///
    /// [`CardError`].
    pub fn read(folder: &Path) -> Result<Card, CardError> {
        match std::fs::read_to_string(folder.join(NAME)) {
            Ok(text) => Card::parse(&text).ok_or(CardError::Damaged),
            Err(error) if [ErrorKind::NotFound, ErrorKind::InvalidData].contains(&error.kind()) => {
                Err(CardError::Damaged)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`CardError::Io`].
    pub fn write(&self, folder: &Path) -> Result<(), CardError> {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(folder.join(NEXT))?;
        file.write_all(self.to_text().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(folder.join(NEXT), folder.join(NAME))?;
        Ok(File::open(folder)?.sync_all()?)
    }

    pub(crate) fn to_text(&self) -> String {
        let Card { jurisdiction, address, key, budget, servers } = self;
        let mut text = format!("{FIRST_LINE}\njurisdiction {jurisdiction}\naddress {address}\nkey {key}\n");
        if let Some(budget) = budget {
            text.push_str(&format!("budget {budget}\n"));
        }
        for server in servers {
            text.push_str(&format!("server {server}\n"));
        }
        text.push_str(&check_line(&text));
        text
    }

    pub(crate) fn parse(text: &str) -> Option<Card> {
        let last_line = text.strip_suffix('\n')?.rfind('\n')? + 1;
        let (facts, last) = text.split_at_checked(last_line)?;
        let mut lines = facts.lines();
        if last != check_line(facts) || lines.next() != Some(FIRST_LINE) {
            return None;
        }
        let jurisdiction = lines.next()?.strip_prefix("jurisdiction ")?;
        let address = lines.next()?.strip_prefix("address ")?;
        let key = lines.next()?.strip_prefix("key ")?.parse().ok()?;
        let mut card = Card::new(jurisdiction, address, key).ok()?;
        let mut lines = lines.peekable();
        if let Some(budget) = lines.peek().and_then(|line| line.strip_prefix("budget ")) {
            card.allow(budget.parse().ok()?).ok()?;
            lines.next();
        }
        for line in lines {
            card.pin(line.strip_prefix("server ")?.parse().ok()?).ok()?;
        }
        // A key can be written in more than one way; what this program has not written is not guessed at.
        (card.to_text() == text).then_some(card)
    }
}

/// The last line: what finds a bit of the others that has turned over.
fn check_line(facts: &str) -> String {
    let hash = crypto::sha256(&[b"heliograph card", facts.as_bytes()]);
    let digits: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("check {digits}\n")
}

#[cfg(test)]
mod tests {
    use crypto::sign::VerifyingKey;

    use super::*;

    fn pin(byte: u8) -> Pin {
        Pin(VerifyingKey::from_bytes(&[byte; 32]))
    }

    #[test]
    fn r5_a_card_comes_back_and_with_a_bit_turned_over_or_cut_it_is_none() {
        let mut card = Card::new("IS", "vault.example.is:8444", pin(9)).expect("a card");
        [1, 2, 1].into_iter().for_each(|byte| card.pin(pin(byte)).expect("room"));
        assert_eq!(card.servers(), [pin(1), pin(2)]);
        assert_eq!(Card::parse(&card.to_text()), Some(card.clone()));
        assert_eq!(card.budget(), VAULT_BUDGET);
        card.allow(700).expect("a budget");
        assert!(card.allow(VAULT_BUDGET_MIN - 1).is_err() && card.allow(VAULT_BUDGET_MAX + 1).is_err());
        let text = card.to_text();
        assert_eq!(Card::parse(&text), Some(card));
        assert!((0..text.len()).all(|end| Card::parse(&text[..end]).is_none()), "cut");
        for bit in 0..text.len() * 8 {
            let mut turned = text.clone().into_bytes();
            turned[bit / 8] ^= 1 << (bit % 8);
            let is_none = String::from_utf8(turned).map_or(true, |text| Card::parse(&text).is_none());
            assert!(is_none, "bit {bit}");
        }
    }

    #[test]
    fn a_card_has_one_form_and_what_says_the_same_in_another_is_none() {
        let mut card = Card::new("IS", "vault.example.is:8444", pin(0xab)).expect("a card");
        card.pin(pin(1)).expect("room");
        let text = card.to_text();
        let facts = text.rsplit_once("check").expect("a check").0;
        let is_read = |facts: &str| Card::parse(&format!("{facts}{}", check_line(facts))).is_some();
        assert!(is_read(facts));
        let server = facts.lines().last().expect("a server");
        for other in [
            facts.replace('\n', "\r\n"),
            facts.replace("ab", "AB"),
            facts.replace(server, &format!("{server}\n{server}")),
        ] {
            assert!(other != facts && !is_read(&other), "{other}");
        }
    }

    #[test]
    fn what_is_no_jurisdiction_or_no_address_is_refused() {
        for jurisdiction in ["", "I S", "is\n", "Île", &"x".repeat(33)] {
            assert!(matches!(Card::new(jurisdiction, "a:1", pin(9)), Err(CardError::Jurisdiction)));
        }
        for address in ["", "a", ":1", "a:", "a:0", "a:65536", "a b:1", "a:1\n"] {
            assert!(matches!(Card::new("IS", address, pin(9)), Err(CardError::Address)), "{address:?}");
        }
        assert!(Card::new("US-CA", "[::1]:8444", pin(9)).is_ok());
    }

    #[test]
    fn no_more_servers_are_pinned_than_there_may_be() {
        let mut card = Card::new("IS", "a:1", pin(9)).expect("a card");
        for byte in (0..).take(VAULT_SERVERS_MAX) {
            card.pin(pin(byte)).expect("room");
        }
        assert!(card.pin(pin(0)).is_ok(), "it is there already");
        assert!(matches!(card.pin(pin(200)), Err(CardError::TooMany)));
        assert!(matches!(card.unpin(pin(200)), Err(CardError::NotPinned)));
        card.unpin(pin(0)).expect("it is there");
        assert!(!card.servers().contains(&pin(0)) && card.pin(pin(200)).is_ok(), "and there is room");
    }
}
