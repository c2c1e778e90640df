//! Random actions of several users, and what clients make of them: whoever followed the log live, slept and asked for
//! differences, or starts anew, ends with what the server says.

#![allow(clippy::wildcard_enum_match_arm, reason = "what does not happen here is one case")]

use std::collections::BTreeMap;

use domain::message::Message;
use domain::update::{self, Entry, Event, Since};
use domain::{Authed, Peer, audit};
use ids::{MsgId, Pts, RandomId, UnixTime};
use proptest::prelude::*;

use crate::world::{World, plain};

/// What a client keeps of a dialog.
#[derive(Clone, Default, PartialEq)]
struct Chat {
    messages: BTreeMap<MsgId, Message>,
    read_inbox_max: MsgId,
    read_outbox_max: MsgId,
    unread: u32,
}

/// A client that knows only what it was told.
#[derive(Clone, Default, PartialEq)]
struct Client {
    pts: Pts,
    chats: BTreeMap<Peer, Chat>,
    own_ids: BTreeMap<MsgId, RandomId>,
}

impl Client {
    fn new() -> Self {
        Self { pts: Pts(1), ..Self::default() }
    }

    /// An update as it is pushed: it must follow without a gap.
    fn push(&mut self, entry: &Entry, message: Option<Message>) {
        assert_eq!(entry.pts.0 - entry.pts_count, self.pts.0, "a gap between two pushed updates");
        self.pts = entry.pts;
        match &entry.event {
            Event::NewMessage { peer, random_id } => {
                self.own_ids.extend(random_id.map(|random_id| (MsgId(entry.pts.0), random_id)));
                // None when it was deleted since; that has an event of its own.
                if let Some(message) = message {
                    assert_eq!(message.peer, *peer);
                    self.take(message);
                }
            }
            _ => self.mark(entry, message),
        }
    }

    fn take(&mut self, message: Message) {
        let own = message.peer == Peer::User(message.from) && message.out;
        let chat = self.chats.entry(message.peer).or_default();
        assert!(chat.messages.last_key_value().is_none_or(|(last, _)| *last < message.id), "numbers grow");
        if own {
            (chat.read_inbox_max, chat.read_outbox_max) = (message.id, message.id);
        }
        chat.messages.insert(message.id, message);
        chat.count();
    }

    fn mark(&mut self, entry: &Entry, message: Option<Message>) {
        match &entry.event {
            Event::ReadInbox { peer, max, .. } => {
                let chat = self.chats.entry(*peer).or_default();
                chat.read_inbox_max = *max;
                chat.count();
            }
            Event::ReadOutbox { peer, max } => {
                let chat = self.chats.entry(*peer).or_default();
                let named = chat.messages.get(max);
                assert!(named.is_none_or(|message| message.out), "a mark on a foreign number");
                chat.read_outbox_max = *max;
            }
            Event::Edited { peer, id } => {
                let chat = self.chats.entry(*peer).or_default();
                if let (Some(there), Some(message)) = (chat.messages.get_mut(id), message) {
                    *there = message;
                }
            }
            Event::Deleted { ids } => {
                assert_eq!(usize::try_from(entry.pts_count), Ok(ids.len()));
                for chat in self.chats.values_mut() {
                    chat.messages.retain(|id, _| !ids.contains(id));
                    chat.count();
                }
            }
            Event::MessagesPinned { peer, ids, pinned } => {
                assert_eq!(usize::try_from(entry.pts_count), Ok(ids.len()));
                let chat = self.chats.entry(*peer).or_default();
                for id in ids {
                    // It may have gone since.
                    chat.messages.entry(*id).and_modify(|message| message.pinned = *pinned);
                }
            }
            // A message tells of it too.
            Event::Timer { peer } => drop(self.chats.entry(*peer).or_default()),
            _ => unreachable!("nothing else happens here"),
        }
    }

    /// updates.getDifference, slice by slice.
    fn catch_up(&mut self, world: &World, by: Authed, limit: i32) {
        loop {
            let since = Since { pts: self.pts, limit: Some(limit) };
            let slice = world.store.read(|tx| update::difference(tx, by, since)).result.unwrap();
            let messages = slice.messages.into_iter();
            messages.for_each(|message| self.take(message));
            slice.others.into_iter().for_each(|(entry, message)| self.mark(&entry, message));
            self.own_ids.extend(slice.sent);
            self.pts = slice.state.pts;
            if slice.complete {
                return;
            }
        }
    }

    /// Pushes from the committed log.
    fn follow(&mut self, world: &World, by: Authed) {
        for entry in world.events(by, self.pts) {
            let id = entry.message().map(|(_, id)| id);
            let message =
                id.and_then(|id| world.look(|tx| domain::message::by_id(tx, by, &[id])).pop().flatten());
            self.push(&entry, message);
        }
    }

    /// What the server says, read afresh.
    fn afresh(world: &World, by: Authed, all: &[Authed], own_ids: BTreeMap<MsgId, RandomId>) -> Self {
        let mut client = Self { pts: world.state(by).pts, own_ids, ..Self::default() };
        for &other in all {
            let (dialog, top) = world.dialog(by, other);
            let messages = world.all_messages(by, other);
            assert!(messages.first() == top.as_ref());
            if messages.is_empty() {
                continue;
            }
            let chat = Chat {
                messages: messages.into_iter().map(|message| (message.id, message)).collect(),
                read_inbox_max: dialog.read_inbox_max,
                read_outbox_max: dialog.read_outbox_max,
                unread: dialog.unread,
            };
            client.chats.insert(dialog.peer, chat);
        }
        client
    }
}

impl Chat {
    /// Marks may name a message that is deleted by now, which who slept through both never saw.
    fn settle(&mut self) {
        let last = |mark| self.messages.range(..=mark).next_back().map_or(MsgId(0), |(id, _)| *id);
        (self.read_inbox_max, self.read_outbox_max) = (last(self.read_inbox_max), last(self.read_outbox_max));
    }

    fn count(&mut self) {
        let above = self.messages.range(MsgId(self.read_inbox_max.0 + 1)..);
        self.unread = u32::try_from(above.filter(|(_, message)| !message.out).count()).unwrap();
    }
}

#[derive(Clone, Debug)]
enum Act {
    Send { from: usize, to: usize, reply: bool, repeat: bool },
    Read { by: usize, with: usize, back: usize },
    Edit { by: usize, with: usize, back: usize },
    Delete { by: usize, with: usize, back: usize, revoke: bool },
    Forward { by: usize, from: usize, to: usize, back: usize },
    Clear { by: usize, with: usize, keep: bool, revoke: bool },
    Pin { by: usize, with: usize, back: usize, for_me: bool },
    Timer { by: usize, with: usize, period_s: u32 },
    End,
    Follow { client: usize },
    CatchUp { client: usize, limit: i32 },
    Wait { s: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    let user = || 0..3_usize;
    prop_oneof![
        6 => (user(), user(), any::<bool>(), prop::bool::weighted(0.1))
            .prop_map(|(from, to, reply, repeat)| Act::Send { from, to, reply, repeat }),
        4 => (user(), user(), 0..5_usize).prop_map(|(by, with, back)| Act::Read { by, with, back }),
        2 => (user(), user(), 0..5_usize).prop_map(|(by, with, back)| Act::Edit { by, with, back }),
        2 => (user(), user(), 0..5_usize, any::<bool>())
            .prop_map(|(by, with, back, revoke)| Act::Delete { by, with, back, revoke }),
        2 => (user(), user(), user(), 0..5_usize)
            .prop_map(|(by, from, to, back)| Act::Forward { by, from, to, back }),
        1 => (user(), user(), any::<bool>(), any::<bool>())
            .prop_map(|(by, with, keep, revoke)| Act::Clear { by, with, keep, revoke }),
        2 => (user(), user(), 0..5_usize, any::<bool>())
            .prop_map(|(by, with, back, for_me)| Act::Pin { by, with, back, for_me }),
        1 => (user(), user(), 0..3_u32)
            .prop_map(|(by, with, minutes)| Act::Timer { by, with, period_s: minutes * 60 }),
        2 => Just(Act::End),
        3 => user().prop_map(|client| Act::Follow { client }),
        2 => (user(), 1..6).prop_map(|(client, limit)| Act::CatchUp { client, limit }),
        1 => (-90..90_i64).prop_map(|s| Act::Wait { s }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whoever_listens_ends_with_what_the_server_says(acts in prop::collection::vec(act(), 1..80)) {
        let mut world = World::new();
        let users = world.trio();
        // Of each user one client that follows live, one that mostly sleeps.
        let mut live = users.map(|_| Client::new());
        let mut asleep = live.clone();
        let mut last_sent = users.map(|_| None);
        let mut one_sided = false;
        for (step, act) in acts.into_iter().enumerate() {
            match act {
                Act::Send { from, to, reply, repeat } => {
                    let answer = world.all_messages(users[from], users[to]).first().map(|message| message.id);
                    let random_id = match last_sent[from] {
                        Some(random_id) if repeat => random_id,
                        Some(_) | None => RandomId(i64::try_from(step).unwrap() + 1),
                    };
                    let reply_to = answer.filter(|_| reply);
                    let sent =
                        world.try_send(users[from], users[to], plain(&format!("{step}")), random_id, reply_to).unwrap();
                    prop_assert_eq!(sent.repeated, last_sent[from] == Some(random_id));
                    last_sent[from] = Some(random_id);
                }
                Act::Read { by, with, back } => {
                    let upto = world.all_messages(users[by], users[with]).get(back).map_or(0, |message| message.id.0);
                    world.read_up_to(users[by], users[with], upto);
                }
                Act::Edit { by, with, back } => {
                    let there = world.all_messages(users[by], users[with]);
                    let own = there.into_iter().filter(|message| message.out && message.forward.is_none() && message.action.is_none()).nth(back);
                    if let Some(own) = own {
                        world.edit(users[by], users[with], own.id, &format!("{step}")).unwrap();
                    }
                }
                Act::Delete { by, with, back, revoke } => {
                    let there = world.all_messages(users[by], users[with]);
                    let ids: Vec<_> = there.iter().skip(back).take(2).map(|message| message.id).collect();
                    let deleted = world.delete(users[by], &ids, revoke);
                    prop_assert_eq!(usize::try_from(deleted.pts_count), Ok(ids.len()));
                    one_sided |= !revoke && !ids.is_empty();
                }
                Act::Forward { by, from, to, back } => {
                    let there = world.all_messages(users[by], users[from]);
                    let spoken = there.iter().filter(|message| message.action.is_none());
                    let ids: Vec<_> = spoken.skip(back).take(3).map(|message| message.id).collect();
                    if !ids.is_empty() {
                        prop_assert_eq!(world.forward(users[by], users[from], users[to], &ids).len(), ids.len());
                    }
                }
                Act::Clear { by, with, keep, revoke } => {
                    let cleared = world.clear(users[by], users[with], keep, revoke);
                    prop_assert_eq!(cleared.left, 0);
                    one_sided |= cleared.pts_count > 0 && (keep || !revoke);
                }
                Act::Pin { by, with, back, for_me } => {
                    let there = world.all_messages(users[by], users[with]);
                    if let Some(message) = there.into_iter().filter(|message| message.action.is_none()).nth(back) {
                        world.pin(users[by], users[with], message.id, !message.pinned, for_me).unwrap();
                    }
                }
                Act::Timer { by, with, period_s } => {
                    let is_new = world.dialog(users[by], users[with]).0.ttl_s != period_s;
                    let set = world.set_timer(users[by], users[with], period_s);
                    prop_assert_eq!(set.is_ok(), by != with && is_new);
                }
                Act::End => world.end_messages(),
                Act::Follow { client } => live[client].follow(&world, users[client]),
                Act::CatchUp { client, limit } => asleep[client].catch_up(&world, users[client], limit),
                Act::Wait { s } => world.now = UnixTime(world.now.0 + s),
            }
        }
        for (at, &user) in users.iter().enumerate() {
            live[at].follow(&world, user);
            asleep[at].catch_up(&world, user, 4);
            let mut anew = Client::new();
            anew.catch_up(&world, user, 500);
            for client in [&mut live[at], &mut asleep[at], &mut anew] {
                client.chats.retain(|_, chat| !chat.messages.is_empty());
                client.chats.values_mut().for_each(Chat::settle);
            }
            let mut server = Client::afresh(&world, user, &users, live[at].own_ids.clone());
            server.chats.values_mut().for_each(Chat::settle);
            prop_assert!(live[at] == server, "who followed live differs");
            prop_assert!(asleep[at] == server, "who slept differs");
            prop_assert!(anew == server, "who starts anew differs");
            let unread: u32 = server.chats.values().map(|chat| chat.unread).sum();
            prop_assert_eq!(world.state(user).unread, unread);
            prop_assert!(world.look(|tx| audit::audit(tx, user.own_box())).wrong.is_empty());
        }
        // Both sides hold the same texts in the same order, unless one has deleted for himself.
        for (a, b) in [(0, 1), (0, 2), (1, 2)].into_iter().filter(|_| !one_sided) {
            let texts = |by: usize, with: usize| -> Vec<_> {
                let all = world.all_messages(users[by], users[with]);
                all.into_iter().map(|message| (message.text.text().to_owned(), message.date, message.from)).collect()
            };
            prop_assert_eq!(texts(a, b), texts(b, a));
        }
    }
}
