//! People: what they do, one thing after the other, and that they try again until they are told what became of it.

use std::collections::VecDeque;
use std::sync::Arc;

use crypto::{Rng as _, sha256};
use domain::{
    AccessHashes, Allowed, Authed, PersonName, PhoneNumber, Refusal,
    authorization::{self, KeyBytes, StoredKey},
    dialog,
    login::{self, Codes, SignIn, SignUpError, Verified},
    message::{self, FormattedText, HistoryError, HistoryPage, NewMessage, SendError},
    tables::MESSAGES,
    update::AppendError,
};
use ids::{AuthKeyId, BoxId, MsgId, RandomId, UnixTime, UserId};
use sealed::Need;
use store::{Commit, Masked, Ran, Store, StoreError, Tx};

use crate::dice::Dice;

/// What somebody does. Trying it again is the same thing again.
#[derive(Clone)]
pub(crate) enum Act {
    SignIn,
    Send { to: usize, text: String, random_id: i64 },
    Look { with: usize },
    Read { with: usize },
    Delete { with: usize, text: String },
    LogOut,
}

impl Act {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Act::SignIn => "sign in",
            Act::Send { .. } => "send",
            Act::Look { .. } => "look",
            Act::Read { .. } => "read",
            Act::Delete { .. } => "delete",
            Act::LogOut => "log out",
        }
    }
}

/// Somebody.
pub(crate) struct User {
    pub(crate) phone: PhoneNumber,
    pub(crate) key: AuthKeyId,
    pub(crate) key_bytes: KeyBytes,
    /// Known since he was told that he has an account.
    pub(crate) id: Option<UserId>,
    /// What he does now, and how often he has tried.
    pub(crate) acting: Option<Act>,
    pub(crate) tries: u64,
    /// His request is on its way.
    pub(crate) is_asking: bool,
    /// How many things he will still do.
    pub(crate) left: u32,
    /// What he will do in any case.
    pub(crate) queue: VecDeque<Act>,
}

impl User {
    pub(crate) fn new(index: usize, left: u32, dice: &mut Dice) -> Option<User> {
        let phone = PhoneNumber::parse(&format!("1202555{index:04}")).ok()?;
        let mut user = User {
            phone,
            key: AuthKeyId(0),
            key_bytes: KeyBytes::new(&[0; 256]),
            id: None,
            acting: None,
            tries: 0,
            is_asking: false,
            left,
            queue: VecDeque::from([Act::SignIn]),
        };
        user.new_key(dice);
        Some(user)
    }

    /// A new auth key, as a client agrees one when its old one is gone.
    pub(crate) fn new_key(&mut self, dice: &mut Dice) {
        let mut bytes = [0; 256];
        dice.fill(&mut bytes);
        self.key = AuthKeyId(dice.u64());
        self.key_bytes = KeyBytes::new(&bytes);
    }
}

/// What a request has come to.
pub(crate) enum Said {
    /// Keys are needed first.
    Needs(Vec<Need>),
    /// This, once the commit is durable.
    Done(Commit, Effect),
    /// He is not logged in.
    LoggedOut,
    /// Not now.
    Later(&'static str),
    /// What must not be.
    Wrong(String),
}

/// What somebody learns.
pub(crate) enum Effect {
    SignedIn(UserId),
    Sent,
    Saw(Vec<String>),
    Read,
    Deleted(bool),
    LoggedOut,
}

/// Why a function did not do it.
enum Fail {
    Store(StoreError),
    LoggedOut,
    Rule(&'static str),
}

impl From<StoreError> for Fail {
    fn from(error: StoreError) -> Fail {
        Fail::Store(error)
    }
}

/// What the rules want besides a transaction: the same for all.
pub(crate) struct Desk {
    hashes: AccessHashes,
}

/// Whose request it is.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) user: &'a User,
    pub(crate) now: UnixTime,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk { hashes: AccessHashes::new(Arc::new(toy_hash)) }
    }

    /// Does it; `other` is whom it is about.
    pub(crate) fn run(
        &self,
        store: &Store,
        by: Caller<'_>,
        act: &Act,
        other: Option<UserId>,
        draw: u64,
    ) -> Said {
        let Caller { user, now } = by;
        let key = user.key;
        let other = other.unwrap_or(UserId(0));
        match act {
            Act::SignIn => self.sign_in(store, by, draw),
            Act::Send { text, random_id, .. } => said(store.write(|tx| {
                let by = caller(tx, key)?;
                self.send(tx, by, other, text, *random_id, now).map(|()| Effect::Sent)
            })),
            Act::Look { .. } => said(store.read(|tx| {
                let by = caller(tx, key)?;
                Ok(Effect::Saw(self.history(tx, by, other)?.into_iter().map(|(_, text)| text).collect()))
            })),
            Act::Read { .. } => said(store.write(|tx| {
                let by = caller(tx, key)?;
                let known = self.hashes.known(by, other, self.hashes.of(by.user(), other));
                let known = known.map_err(|_| Fail::Rule("hash"))?;
                match dialog::read(tx, by, known, MsgId(0), now) {
                    Ok(_) => Ok(Effect::Read),
                    Err(AppendError::Store(error)) => Err(error.into()),
                    Err(AppendError::Full) => Err(Fail::Rule("full")),
                }
            })),
            Act::Delete { text, .. } => said(store.write(|tx| {
                let by = caller(tx, key)?;
                tx.enter(&[by.own_box()])?;
                let found = self.history(tx, by, other)?.into_iter().find(|(_, there)| there == text);
                if let Some((id, _)) = &found {
                    // The rules have no deletion of messages yet; what it does to the row is this.
                    tx.delete(&MESSAGES, by.own_box(), &(Masked(other.0.cast_unsigned()), *id))?;
                }
                Ok(Effect::Deleted(found.is_some()))
            })),
            Act::LogOut => said(store.write(|tx| {
                caller(tx, key)?;
                authorization::log_out(tx, key, now)?;
                Ok(Effect::LoggedOut)
            })),
        }
    }

    /// Where a message of the caller lies: the suffix-bearing id, for whoever looks at the row itself.
    pub(crate) fn place(
        &self,
        store: &Store,
        user: &User,
        other: UserId,
        text: &str,
    ) -> Option<(BoxId, MsgId)> {
        let ran: Ran<_, StoreError> = store.read(|tx| {
            let Some(by) = authorization::authenticate(tx, user.key)? else { return Ok(None) };
            let history = self.history(tx, by, other).map_err(|fail| match fail {
                Fail::Store(error) => error,
                Fail::LoggedOut | Fail::Rule(_) => StoreError::NeedKeys,
            })?;
            Ok(history.into_iter().find(|(_, there)| there == text).map(|(id, _)| (by.own_box(), id)))
        });
        ran.result.ok().flatten()
    }

    fn sign_in(&self, store: &Store, by: Caller<'_>, draw: u64) -> Said {
        let Caller { user, now } = by;
        let Some(proof) = proof(user, now, draw) else { return Said::Wrong("no login code".to_owned()) };
        let Ok(name) = PersonName::parse("Somebody", "") else { return Said::Later("name") };
        said(store.write(|tx| {
            if authorization::key(tx, user.key)?.is_none() {
                let key = StoredKey { bytes: user.key_bytes.clone(), created: now };
                authorization::store_key(tx, user.key, &key)?;
            }
            let by = match login::sign_in(tx, &proof, now)? {
                SignIn::Authorized(by) => by,
                SignIn::SignUpRequired => match login::sign_up(tx, &proof, name.clone(), now) {
                    Ok(signed) => signed.by,
                    Err(SignUpError::Store(error)) => return Err(error.into()),
                    Err(SignUpError::Occupied) => return Err(Fail::Rule("occupied")),
                },
            };
            Ok(Effect::SignedIn(by.user()))
        }))
    }

    fn send(
        &self,
        tx: &mut Tx<'_>,
        by: Authed,
        to: UserId,
        text: &str,
        random_id: i64,
        now: UnixTime,
    ) -> Result<(), Fail> {
        let known =
            self.hashes.known(by, to, self.hashes.of(by.user(), to)).map_err(|_| Fail::Rule("hash"))?;
        let to = Allowed::to_write(tx, by, known).map_err(|refusal| match refusal {
            Refusal::Gone => Fail::Rule("the account is gone"),
            Refusal::Blocked => Fail::Rule("nobody is blocked here"),
            Refusal::Store(error) => Fail::Store(error),
        })?;
        let text = FormattedText::new(text.to_owned(), Vec::new()).map_err(|_| Fail::Rule("text"))?;
        let new = NewMessage::text(to, RandomId(random_id), text);
        match message::send(tx, by, new, now) {
            Ok(_) => Ok(()),
            Err(SendError::Append(AppendError::Store(error))) => Err(error.into()),
            Err(
                SendError::RandomIdEmpty
                | SendError::ReplyTo
                | SendError::Quote
                | SendError::Mention
                | SendError::Append(AppendError::Full),
            ) => Err(Fail::Rule("send")),
        }
    }

    /// All messages of a dialog, page by page.
    fn history(&self, tx: &Tx<'_>, by: Authed, with: UserId) -> Result<Vec<(MsgId, String)>, Fail> {
        let known =
            self.hashes.known(by, with, self.hashes.of(by.user(), with)).map_err(|_| Fail::Rule("hash"))?;
        let mut all: Vec<(MsgId, String)> = Vec::new();
        loop {
            let offset_id = all.last().map_or(MsgId(0), |(id, _)| *id);
            let page = HistoryPage { offset_id, limit: 50, ..HistoryPage::default() };
            let history = message::history(tx, by, known, &page).map_err(|error| match error {
                HistoryError::Store(error) => Fail::Store(error),
                HistoryError::AddOffset => Fail::Rule("offset"),
            })?;
            if history.messages.is_empty() {
                return Ok(all);
            }
            all.extend(history.messages.into_iter().map(|it| (it.id, it.text.text().to_owned())));
        }
    }
}

fn caller(tx: &Tx<'_>, key: AuthKeyId) -> Result<Authed, Fail> {
    authorization::authenticate(tx, key)?.ok_or(Fail::LoggedOut)
}

/// The code, asked for and typed in.
fn proof(user: &User, now: UnixTime, draw: u64) -> Option<Verified> {
    let mut codes = Codes::new(Box::new(toy_hash));
    let mut dice = Dice::new(draw);
    let issued = codes.request(user.key, user.phone, now, &mut || dice.u64()).ok()?;
    codes.check(user.key, user.phone, &issued.hash.to_text(), issued.code.expose(), now).ok()
}

fn said(ran: Ran<Effect, Fail>) -> Said {
    match ran.result {
        Ok(effect) => Said::Done(ran.seen, effect),
        Err(_) if !ran.needs.is_empty() => Said::Needs(ran.needs),
        Err(Fail::LoggedOut) => Said::LoggedOut,
        Err(Fail::Rule(rule)) => Said::Later(rule),
        Err(Fail::Store(StoreError::Engine(_))) => Said::Later("engine"),
        Err(Fail::Store(error)) => Said::Wrong(format!("a request failed for good: {error}")),
    }
}

fn toy_hash(parts: &[&[u8]]) -> [u8; 32] {
    let key: &[u8] = b"a key";
    sha256(&[&[key], parts].concat())
}
