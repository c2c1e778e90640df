//! From what somebody wants to what he is told: requests, the keys they lack, answers that wait for the disk, and trying
//! again.
//!
//! P17 in the small: a request that lacks keys ends with them or with an answer that says "later"; never does it hang.

use std::collections::BTreeSet;

use crypto::Rng as _;
use ids::limits::NEED_RERUNS_MAX;
use sealed::{Header, Need, OwnerTag};
use store::{Engine as _, Store};

use crate::{
    Sabotage,
    users::{Act, Caller, Effect, Said},
    world::{Event, World},
};

/// What came of a need; the later, the worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Here,
    Gone,
    Later,
}

/// A request that waits for keys.
pub(crate) struct Ask {
    tries: u64,
    open: BTreeSet<Need>,
    reruns: u32,
    worst: End,
}

/// After so long somebody thinks that his request is lost.
const PATIENCE_MS: u64 = 45_000;

impl World {
    /// Somebody does the next thing, or tries the last one again.
    pub(crate) fn act(&mut self, index: usize) {
        let Some(user) = self.users.get(index).filter(|user| !user.is_asking) else { return };
        if user.acting.is_none() {
            let act = self.choose(index);
            if let Some(user) = self.users.get_mut(index) {
                user.acting = act;
            }
        }
        let Some(user) = self.users.get_mut(index).filter(|user| user.acting.is_some()) else { return };
        user.tries += 1;
        user.is_asking = true;
        let tries = user.tries;
        self.after(PATIENCE_MS, Event::GaveUp { index, tries });
        self.request(index, 0);
    }

    fn choose(&mut self, index: usize) -> Option<Act> {
        let others: Vec<usize> = (0..self.users.len())
            .filter(|&at| self.users.get(at).is_some_and(|user| user.id.is_some()))
            .collect();
        let user = self.users.get_mut(index)?;
        if let Some(act) = user.queue.pop_front() {
            return Some(act);
        }
        if user.id.is_none() || others.is_empty() {
            return None;
        }
        user.left = user.left.checked_sub(1)?;
        let with = others.get(self.dice.index(others.len())).copied()?;
        Some(match self.dice.below(100) {
            0..50 => {
                let random_id = self.dice.u64().cast_signed() | 1;
                let length = self.dice.index(300);
                let filler = "x".repeat(length);
                Act::Send { to: with, text: format!("m{index}-{random_id:016x} {filler}"), random_id }
            }
            50..62 => Act::Look { with },
            62..72 => Act::Read { with },
            72..95 => {
                let places: Vec<_> = self.model.demanded(index).cloned().collect();
                match places.len() {
                    0 => Act::Look { with },
                    count => {
                        let (_, with, text) = places.into_iter().nth(self.dice.index(count))?;
                        Act::Delete { with, text }
                    }
                }
            }
            // Who logs out has to come back, and without vaults nobody can.
            _ if self.options.outage.is_some() => Act::Look { with },
            _ => Act::LogOut,
        })
    }

    /// The node runs a request.
    fn request(&mut self, index: usize, reruns: u32) {
        let now = self.unix();
        let draw = self.dice.u64();
        let Some(store) = self.node.store() else { return self.later(index, "sealed") };
        let Some(user) = self.users.get(index) else { return };
        let Some(act) = user.acting.clone() else { return };
        let other = match &act {
            Act::Send { to: with, .. }
            | Act::Look { with }
            | Act::Read { with }
            | Act::Delete { with, .. } => self.users.get(*with).and_then(|user| user.id),
            Act::SignIn | Act::LogOut => None,
        };
        match &act {
            Act::Send { to, text, .. } => self.model.begin(index, *to, text),
            Act::Delete { with, text } => self.note_number(&store, index, *with, text),
            Act::SignIn | Act::Look { .. } | Act::Read { .. } | Act::LogOut => {}
        }
        let Some(user) = self.users.get(index) else { return };
        let said = self.desk.run(&store, Caller { user, now }, &act, other, draw);
        let word = act.word();
        match said {
            Said::Needs(needs) => self.wait(index, reruns, needs),
            Said::Done(commit, effect) => {
                self.tell(&format!("user {index}: {word}, at commit {}", commit.0));
                if let (Effect::Saw(texts), Act::Look { with }) = (&effect, &act) {
                    for wrong in self.model.check(index, *with, texts) {
                        self.wrong(&wrong);
                    }
                }
                let Some(tries) = self.users.get(index).map(|user| user.tries) else { return };
                if self.options.sabotage == Some(Sabotage::ForgetHeld) {
                    return self.told(index, tries, effect);
                }
                if let Some(up) = &mut self.node.up {
                    up.held.push((commit, index, tries, effect));
                }
                self.sync_soon(true);
            }
            Said::LoggedOut => self.logged_out(index),
            Said::Later(why) => self.later(index, why),
            Said::Wrong(what) => self.wrong(&format!("user {index}: {word}: {what}")),
        }
    }

    /// Which number dies when somebody deletes a message.
    fn note_number(&mut self, store: &Store, index: usize, with: usize, text: &str) {
        let Some(user) = self.users.get(index) else { return };
        let Some(other) = self.users.get(with).and_then(|user| user.id) else { return };
        let Some((of, id)) = self.desk.place(store, user, other, text) else { return };
        let Ok(names) = store.door().keyring().names() else { return };
        let names = names.owner(OwnerTag::of_box(of));
        let mut suffix = names.mask(other.0.cast_unsigned()).to_vec();
        suffix.extend_from_slice(&(id.0.cast_unsigned() ^ (1 << 31)).to_be_bytes());
        let key = names.row(domain::tables::MESSAGES.info().id, &suffix);
        let row = self.node.disk.view().and_then(|view| view.get(&key)).ok().flatten();
        match row.as_ref().and_then(Header::of) {
            Some(Header::Record(version)) => {
                self.model.going(&(index, with, text.to_owned()), version.number);
            }
            Some(Header::Short(_) | Header::Device | Header::Day(_) | Header::System | Header::State)
            | None => self.wrong("the row of a message is not where it must be"),
        }
    }

    fn wait(&mut self, index: usize, reruns: u32, needs: Vec<Need>) {
        self.counts.needs += 1;
        if self.is_out() {
            self.wrong(&format!("R12: user {index}, who is warm, lacks keys: {needs:?}"));
        }
        if reruns >= NEED_RERUNS_MAX {
            return self.later(index, "too many needs");
        }
        let Some(tries) = self.users.get(index).map(|user| user.tries) else { return };
        let Some(up) = &mut self.node.up else { return };
        let is_going = |need: &Need| match need {
            Need::MintDevice(key) => up.destroying.contains(key),
            Need::Box(_) | Need::Device(_) | Need::Blank => false,
        };
        if needs.iter().any(is_going) {
            return self.later(index, "its key is being destroyed");
        }
        let open: BTreeSet<Need> = needs.iter().copied().collect();
        up.asks.insert(index, Ask { tries, open, reruns, worst: End::Here });
        self.tell(&format!("user {index} waits for {needs:?}"));
        self.bring(&needs);
    }

    /// A need has come to an end: who waited for nothing else goes on.
    pub(crate) fn need_ends(&mut self, need: Need, end: End) {
        let Some(up) = &mut self.node.up else { return };
        up.needed.remove(&need);
        let mut over = Vec::new();
        for (index, ask) in &mut up.asks {
            if ask.open.remove(&need) {
                ask.worst = ask.worst.max(end);
                if ask.open.is_empty() {
                    over.push(*index);
                }
            }
        }
        for index in over {
            let ask = self.node.up.as_mut().and_then(|up| up.asks.remove(&index));
            let tries = self.users.get(index).map(|user| user.tries);
            if let Some(ask) = ask.filter(|ask| Some(ask.tries) == tries) {
                match ask.worst {
                    End::Here => self.request(index, ask.reruns + 1),
                    End::Later => self.later(index, "the keys did not come"),
                    End::Gone => self.key_gone(index),
                }
            }
        }
    }

    /// Somebody is told that he may try again.
    fn later(&mut self, index: usize, why: &'static str) {
        self.tell(&format!("user {index} is told: later ({why})"));
        self.free(index);
        let ms = self.dice.between(300, 3_000);
        self.after(ms, Event::User { index });
    }

    fn free(&mut self, index: usize) {
        if let Some(user) = self.users.get_mut(index) {
            user.is_asking = false;
        }
    }

    /// He has to log in first.
    fn logged_out(&mut self, index: usize) {
        self.tell(&format!("user {index} is logged out"));
        self.free(index);
        let Some(user) = self.users.get_mut(index) else { return };
        match user.acting.replace(Act::SignIn) {
            Some(Act::SignIn | Act::LogOut) | None => {}
            Some(act) => user.queue.push_front(act),
        }
        let ms = self.dice.between(50, 500);
        self.after(ms, Event::User { index });
    }

    /// The key of his device was destroyed: to him his auth key is gone.
    fn key_gone(&mut self, index: usize) {
        let mut dice = self.dice.fork();
        if let Some(user) = self.users.get_mut(index) {
            user.new_key(&mut dice);
        }
        self.logged_out(index);
    }

    /// An answer did not come.
    pub(crate) fn give_up(&mut self, index: usize, tries: u64) {
        let is_current = |user: &&mut crate::users::User| user.is_asking && user.tries == tries;
        if self.users.get_mut(index).filter(is_current).is_none() {
            return;
        }
        let waits = self.node.up.as_ref().and_then(|up| up.asks.get(&index));
        if waits.is_some_and(|ask| ask.tries == tries) {
            self.wrong(&format!("user {index} waits for keys and is not told that they do not come"));
        }
        self.later(index, "lost");
    }

    /// An answer arrives, and what it says was durable.
    pub(crate) fn told(&mut self, index: usize, tries: u64, effect: Effect) {
        let Some(user) = self.users.get_mut(index).filter(|user| user.is_asking && user.tries == tries)
        else {
            return;
        };
        user.is_asking = false;
        let Some(act) = user.acting.take() else { return };
        match (effect, act) {
            (Effect::SignedIn(id), _) => {
                if user.id.replace(id).is_some_and(|before| before != id) {
                    self.wrong(&format!("user {index} has another account than before"));
                }
            }
            (Effect::Sent, Act::Send { to, text, .. }) => self.model.sent(index, to, &text),
            (Effect::Deleted(was_there), Act::Delete { with, text }) => {
                let place = (index, with, text);
                if was_there || !self.model.demanded(index).any(|other| *other == place) {
                    self.model.gone(&place);
                } else {
                    self.wrong(&format!("user {index} has lost what he deletes"));
                }
            }
            (Effect::LoggedOut, _) => user.queue.push_front(Act::SignIn),
            (Effect::Sent | Effect::Deleted(_) | Effect::Saw(_) | Effect::Read, _) => {}
        }
        self.tell(&format!("user {index} is told"));
        let ms = self.pause(50, 4_000);
        self.after(ms, Event::User { index });
    }
}
