//! Pairs of people who write to each other, as the domain knows them, on any engine.
use std::sync::Arc;

use client::OsRng;
use crypto::{Rng, hmac_sha256};
use custody::Make;
use domain::login::{self, Codes};
use domain::message::{self, FormattedText, NewMessage, SendError};
use domain::{AccessHashes, Allowed, Authed, Known, PersonName, PhoneNumber};
use ids::{AuthKeyId, RandomId, UnixTime};
use store::{Commit, Store};

use super::super::BenchError;
use super::deck::Deck;

/// Pairs, and so senders at once.
pub(super) const PAIRS: usize = 64;
/// As long as people's messages are.
const TEXT: &str = "See you at the station at half past six, and bring the tickets";
const NOW: UnixTime = UnixTime(1_767_225_600);

/// Who writes, and whom he writes to.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    by: Authed,
    to: Known,
}

/// Signs the pairs up. Numbers and keys begin at `first`, so that two stores of one deployment have people of their own.
pub(super) fn sign_up(deck: &mut Deck, store: &Store, first: u64) -> Result<Vec<Pair>, BenchError> {
    let devices = (0..2 * PAIRS as u64).map(|n| Make::Device(AuthKeyId(first + n)));
    let blanks = std::iter::repeat_n(Make::Blank, 2 * PAIRS);
    deck.mint(&devices.chain(blanks).collect::<Vec<_>>())?;
    let mut key = [0; 32];
    OsRng.fill(&mut key);
    let hash = move |parts: &[&[u8]]| hmac_sha256(&key, parts);
    let hashes = AccessHashes::new(Arc::new(hash));
    let mut codes = Codes::new(Box::new(hash));
    let mut pairs = Vec::with_capacity(PAIRS);
    for n in 0..PAIRS as u64 {
        let by = account(&mut codes, store, first + 2 * n)?;
        let to = account(&mut codes, store, first + 2 * n + 1)?.user();
        let to = hashes.known(by, to, hashes.of(by.user(), to)).map_err(|_| BenchError::Unexpected)?;
        pairs.push(Pair { by, to });
    }
    Ok(pairs)
}

fn account(codes: &mut Codes, store: &Store, n: u64) -> Result<Authed, BenchError> {
    let unexpected = |_| BenchError::Unexpected;
    let phone = PhoneNumber::parse(&format!("1999{n:07}")).map_err(|_| BenchError::Unexpected)?;
    let key = AuthKeyId(n);
    let issued = codes.request(key, phone, NOW, &mut || OsRng.u64()).map_err(|_| BenchError::Unexpected)?;
    let proof = codes.check(key, phone, &issued.hash.to_text(), issued.code.expose(), NOW);
    let proof = proof.map_err(|_| BenchError::Unexpected)?;
    let name = PersonName::parse("Alexandra", "Example").map_err(|_| BenchError::Unexpected)?;
    let ran = store.write(|tx| login::sign_up(tx, &proof, name.clone(), NOW).map(|signed| signed.by));
    ran.result.map_err(unexpected)
}

impl Pair {
    /// Sends one message, as a handler of the server does. Answers the commit to wait for.
    pub(super) fn send(&self, store: &Store, random_id: i64) -> Result<Commit, BenchError> {
        let text = FormattedText::new(TEXT.to_owned(), Vec::new()).map_err(|_| BenchError::Unexpected)?;
        let ran = store.write(|tx| {
            let to = Allowed::to_write(tx, self.by, self.to).map_err(|_| SendError::Mention)?;
            let random_id = RandomId(random_id);
            let new = NewMessage::text(to, random_id, text.clone());
            message::send(tx, self.by, new, NOW)
        });
        match ran.result {
            Ok(sent) if !sent.repeated => Ok(ran.seen),
            Ok(_) | Err(_) => Err(BenchError::Unexpected),
        }
    }
}
