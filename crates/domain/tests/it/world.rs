//! A small deployment: a store in memory, a clock that moves when told, random numbers from a seed.

use std::sync::Arc;

use domain::dialog::{self, Dialog, ReadMark};
use domain::login::{self, Codes, SignIn, SignUpError, Verified};
use domain::message::{self, Clear, FormattedText, HistoryPage, Message, NewMessage, SendError, Sent};
use domain::update::{self, AppendError, Entry, State};
use domain::{AccessHashes, Allowed, Authed, Known, Peer, PersonName, PhoneNumber, orders};
use ids::{AuthKeyId, MsgId, Pts, RandomId, UnixTime};
use store::testing::Rig;
use store::{Engine, Memory, Ran, StoreError, Tx, outbox};

/// A deployment and its users.
pub(crate) struct World {
    pub(crate) store: Rig,
    pub(crate) now: UnixTime,
    pub(crate) hashes: AccessHashes,
    pub(crate) codes: Codes,
    draw: u64,
    keys: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Arc::new(Memory::new()))
    }

    pub(crate) fn on(engine: Arc<dyn Engine>) -> Self {
        Self {
            store: Rig::new(engine, crate::COLD),
            now: UnixTime(1_767_225_600),
            hashes: AccessHashes::new(Arc::new(toy_hash)),
            codes: Codes::new(Box::new(toy_hash)),
            draw: 0x5eed,
            keys: 0,
        }
    }

    /// The next random number.
    pub(crate) fn draw(&mut self) -> u64 {
        split_mix(&mut self.draw)
    }

    /// A key that no client has had yet.
    pub(crate) fn new_key(&mut self) -> AuthKeyId {
        self.keys += 1;
        AuthKeyId(self.keys)
    }

    /// A proof that a new key has shown the code of a number.
    pub(crate) fn verified(&mut self, key: AuthKeyId, phone: PhoneNumber) -> Verified {
        let draw = &mut self.draw;
        let issued = self.codes.request(key, phone, self.now, &mut || split_mix(draw)).unwrap();
        self.codes.check(key, phone, &issued.hash.to_text(), issued.code.expose(), self.now).unwrap()
    }

    /// Signs a new user up; `name` is the first name.
    pub(crate) fn user(&mut self, phone: &str, name: &str) -> Authed {
        let key = self.new_key();
        let proof = self.verified(key, number(phone));
        self.sign_up(&proof, name).unwrap()
    }

    pub(crate) fn sign_up(&mut self, proof: &Verified, name: &str) -> Result<Authed, SignUpError> {
        let name = PersonName::parse(name, "").unwrap();
        let now = self.now;
        let ran = self.store.write(|tx| login::sign_up(tx, proof, name.clone(), now).map(|signed| signed.by));
        ran.result
    }

    /// Signs another device of a user in.
    pub(crate) fn device(&mut self, phone: &str) -> Authed {
        let key = self.new_key();
        let proof = self.verified(key, number(phone));
        let now = self.now;
        match self.store.write(|tx| login::sign_in(tx, &proof, now)).result.unwrap() {
            SignIn::Authorized(by) => by,
            SignIn::SignUpRequired => panic!("nobody has this number"),
        }
    }

    /// Three users who know nobody.
    pub(crate) fn trio(&mut self) -> [Authed; 3] {
        [self.user("+1 202 555 0001", "Ann"), self.user("12025550002", "Bob"), self.user("12025550003", "Cy")]
    }

    /// `other` as `by` knows him.
    pub(crate) fn known(&self, by: Authed, other: Authed) -> Known {
        self.hashes.known(by, other.user(), self.hashes.of(by.user(), other.user())).unwrap()
    }

    /// Sends a text with a random id of its own.
    pub(crate) fn send(&mut self, by: Authed, to: Authed, text: &str) -> Sent {
        let random_id = RandomId(self.draw().cast_signed());
        self.try_send(by, to, plain(text), random_id, None).unwrap()
    }

    pub(crate) fn try_send(
        &mut self,
        by: Authed,
        to: Authed,
        text: FormattedText,
        random_id: RandomId,
        reply_to: Option<MsgId>,
    ) -> Result<Sent, SendError> {
        let (known, now) = (self.known(by, to), self.now);
        let ran: Ran<_, SendError> = self.store.write(|tx| {
            let to = Allowed::to_write(tx, by, known).expect("may write");
            let reply = reply_to.map(|to| message::Reply { to, quote: None });
            message::send(tx, by, NewMessage { reply, ..NewMessage::text(to, random_id, text.clone()) }, now)
        });
        ran.result
    }

    pub(crate) fn edit(
        &mut self,
        by: Authed,
        with: Authed,
        id: MsgId,
        text: &str,
    ) -> Result<message::Edited, message::EditError> {
        let (with, now) = (self.known(by, with), self.now);
        let run =
            |tx: &mut Tx<'_>| message::edit(tx, by, message::NewText { with, id, text: plain(text) }, now);
        self.store.write(run).result
    }

    pub(crate) fn delete(&mut self, by: Authed, ids: &[MsgId], revoke: bool) -> message::Deleted {
        let now = self.now;
        self.store.write(|tx| message::delete(tx, by, ids, revoke, now)).result.unwrap()
    }

    /// Forwards messages of a dialog, each with a random id of its own.
    pub(crate) fn forward(&mut self, by: Authed, from: Authed, to: Authed, ids: &[MsgId]) -> Vec<Sent> {
        let messages = ids.iter().map(|&id| (id, RandomId(self.draw().cast_signed()))).collect();
        let new = |to| message::NewForwards {
            from: self.known(by, from),
            to,
            messages,
            drop_author: false,
            drop_captions: false,
            silent: false,
            chance: 77,
        };
        self.try_forward(by, to, new).unwrap()
    }

    pub(crate) fn try_forward(
        &self,
        by: Authed,
        to: Authed,
        new: impl FnOnce(Allowed) -> message::NewForwards,
    ) -> Result<Vec<Sent>, message::ForwardError> {
        let (known, now) = (self.known(by, to), self.now);
        let allowed = self.look(|tx| Ok(Allowed::to_write(tx, by, known).expect("may write")));
        let new = new(allowed);
        self.store.write(|tx| message::forward(tx, by, &new, now)).result
    }

    /// Empties a dialog of the caller.
    pub(crate) fn clear(
        &self,
        by: Authed,
        with: Authed,
        keep_dialog: bool,
        revoke: bool,
    ) -> message::Cleared {
        let what = Clear {
            with: self.known(by, with),
            max_id: MsgId(0),
            min_date: None,
            max_date: None,
            keep_dialog,
            revoke,
        };
        self.try_clear(by, &what)
    }

    pub(crate) fn try_clear(&self, by: Authed, what: &Clear) -> message::Cleared {
        let now = self.now;
        self.store.write(|tx| message::clear(tx, by, what, now)).result.unwrap()
    }

    /// Pins a message, or unpins it, for both or for the caller alone.
    pub(crate) fn pin(
        &self,
        by: Authed,
        with: Authed,
        id: MsgId,
        pinned: bool,
        for_me: bool,
    ) -> Result<message::Pinned, message::PinError> {
        let (known, now) = (self.known(by, with), self.now);
        let run = |tx: &mut Tx<'_>| {
            let both = Allowed::to_write(tx, by, known).ok().filter(|_| !for_me);
            message::pin(tx, by, message::NewPin { with: known, both, id, pinned, silent: false }, now)
        };
        self.store.write(run).result
    }

    /// Sets the timer of a dialog.
    pub(crate) fn set_timer(
        &self,
        by: Authed,
        with: Authed,
        period_s: u32,
    ) -> Result<message::TimerSet, message::TimerError> {
        let (known, now) = (self.known(by, with), self.now);
        let ran = self.store.write(|tx| {
            let with = Allowed::to_write(tx, by, known).expect("may write");
            message::set_timer(tx, by, with, period_s, now)
        });
        ran.result
    }

    /// Carries out the orders for messages whose time is over.
    pub(crate) fn end_messages(&self) {
        let now = self.now;
        for (order, row) in self.look(|tx| outbox::due_of(tx, orders::END_MESSAGE, now, usize::MAX)) {
            let id = MsgId(i32::try_from(row.reference).unwrap());
            let ran: Ran<_, AppendError> = self.store.write(|tx| {
                message::end(tx, row.of, &[id], now)?;
                Ok(outbox::done(tx, order)?)
            });
            ran.result.unwrap();
        }
    }

    pub(crate) fn read_up_to(&mut self, by: Authed, with: Authed, max_id: i32) -> ReadMark {
        let (known, now) = (self.known(by, with), self.now);
        self.store.write(|tx| dialog::read(tx, by, known, MsgId(max_id), now)).result.unwrap()
    }

    pub(crate) fn state(&self, by: Authed) -> State {
        self.look(|tx| update::state(tx, by))
    }

    pub(crate) fn events(&self, by: Authed, after: Pts) -> Vec<Entry> {
        self.look(|tx| update::events(tx, by.own_box(), after, usize::MAX))
    }

    pub(crate) fn dialog(&self, by: Authed, with: Authed) -> (Dialog, Option<Message>) {
        let known = self.known(by, with);
        self.look(|tx| dialog::of(tx, by, &[known])).pop().unwrap()
    }

    /// All messages of a dialog, newest first, page by page.
    pub(crate) fn all_messages(&self, by: Authed, with: Authed) -> Vec<Message> {
        let known = self.known(by, with);
        let mut all: Vec<Message> = Vec::new();
        loop {
            let offset_id = all.last().map_or(MsgId(0), |message| message.id);
            let page = HistoryPage { offset_id, limit: 7, ..HistoryPage::default() };
            let history = self.store.read(|tx| message::history(tx, by, known, &page)).result.unwrap();
            if history.messages.is_empty() {
                assert_eq!(all.len(), history.total as usize, "the total of a dialog is not what it holds");
                return all;
            }
            all.extend(history.messages);
        }
    }

    /// Runs a function that reads.
    pub(crate) fn look<T>(&self, run: impl FnMut(&Tx<'_>) -> Result<T, StoreError>) -> T {
        self.store.read(run).result.unwrap()
    }

    /// Runs a function that writes.
    pub(crate) fn act<T>(&self, run: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
        self.store.write(run).result.unwrap()
    }
}

/// The peer that a user is to others.
pub(crate) fn peer(user: Authed) -> Peer {
    Peer::User(user.user())
}

pub(crate) fn number(phone: &str) -> PhoneNumber {
    PhoneNumber::parse(phone).unwrap_or_else(|_| panic!("not a number"))
}

pub(crate) fn plain(text: &str) -> FormattedText {
    FormattedText::new(text.to_owned(), Vec::new()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A keyed hash that is good enough to tell inputs apart, and no more.
pub(crate) fn toy_hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (lane, out) in hash.chunks_exact_mut(8).enumerate() {
        let mut state = 0xabcd + lane as u64;
        for byte in parts.iter().copied().flatten() {
            state ^= u64::from(*byte);
            state = split_mix(&mut state);
        }
        out.copy_from_slice(&state.to_le_bytes());
    }
    hash
}
