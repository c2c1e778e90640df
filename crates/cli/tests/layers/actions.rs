//! All that two people do with each other across two layers, action by action.
//!
//! After each of them, both counters have moved exactly as far as the server's and by updates alone, both have the same
//! dialog, and who only asks for the difference has it too.
use ids::Layer;
use tl::{fields, schema};

use crate::person::{Marks, Person};
use crate::side::Side;
use crate::support::start;
use crate::words::QUOTED;

const HEARD_MIN: usize = 100;
const THUMB: &str = "\u{1f44d}";
const DAY_S: i32 = 86_400;
const YES: &[u8] = b"y";
const NO: &[u8] = b"n";

/// What somebody does; texts name messages.
#[derive(Clone, Copy)]
enum Action {
    Say(&'static str),
    Answer {
        to: &'static str,
        text: &'static str,
    },
    /// As an answer, with a part of what is answered.
    Quote {
        of: &'static str,
        text: &'static str,
    },
    Edit {
        from: &'static str,
        to: &'static str,
    },
    Forward(&'static str),
    React(&'static str, Option<&'static str>),
    Pin(&'static str, bool),
    Timer(i32),
    Ask(&'static str),
    Vote {
        on: &'static str,
        option: Option<&'static [u8]>,
    },
    EndPoll(&'static str),
    /// For both.
    Delete(&'static str),
    Read(&'static str),
    Type,
    Rename,
    ComeOnline,
}

use Action::{
    Answer, Ask, ComeOnline, Delete, Edit, EndPoll, Forward, Pin, Quote, React, Read, Rename, Say, Timer,
    Type, Vote,
};

/// What one does, and what the other is told of it. A quote is told where both layers have it.
const ACTIONS: [(&str, Action, &[&str]); 23] = [
    ("text", Say("first"), &["new: first, bold, linked, hidden"]),
    ("read", Read("last"), &["read up to last"]),
    ("answer", Answer { to: "first", text: "answer" }, &["new: answer to first"]),
    ("quote", Quote { of: "first", text: "quote" }, &["new: quote to first, quoting"]),
    ("edit", Edit { from: "answer", to: "better" }, &["edited: better to first, edited"]),
    ("forward", Forward("first"), &["new: first, bold, linked, hidden, forwarded"]),
    (
        "reaction",
        React("better", Some(THUMB)),
        &["reactions to better: 1 \u{1f44d}", "edited: better to first, edited, 1 \u{1f44d}"],
    ),
    (
        "reaction to the other's",
        React("last", Some(THUMB)),
        &["reactions to last: 1 \u{1f44d}", "edited: last, bold, linked, hidden, 1 \u{1f44d}"],
    ),
    (
        "reaction away",
        React("better", None),
        &["reactions to better: none", "edited: better to first, edited"],
    ),
    ("pin", Pin("better", true), &["pinned: better", "new: (pinned to better)"]),
    ("unpin", Pin("better", false), &["unpinned: better"]),
    ("timer", Timer(DAY_S), &["timer: 86400", "new: (timer 86400)"]),
    ("text with a timer", Say("mortal"), &["new: mortal, bold, linked, hidden, for 86400 s"]),
    ("timer off", Timer(0), &["timer: 0", "new: (timer 0)"]),
    ("poll", Ask("poll?"), &["new: poll? (yes or no), open, 0 votes"]),
    ("vote", Vote { on: "poll?", option: Some(YES) }, &["votes: poll? (yes or no), open, 1 votes"]),
    ("vote away", Vote { on: "poll?", option: None }, &["votes: poll? (yes or no), open, 0 votes"]),
    ("end of the poll", EndPoll("poll?"), &["votes: poll? (yes or no), closed, 0 votes"]),
    ("deletion for both", Delete("better"), &["deleted: better"]),
    ("typing", Type, &["typing"]),
    ("name", Rename, &["name: Other Name"]),
    ("presence", ComeOnline, &["online"]),
    ("last text", Say("last"), &["new: last, bold, linked, hidden"]),
];

/// Each does everything to the other.
pub(crate) async fn act_on_each_other(a: u16, b: u16) {
    let server = start(&[]);
    let (alice, bob) = (Person::new(&server, 1, a).await, Person::new(&server, 2, b).await);
    let (to_bob, to_alice) = (stranger(&alice, 2).await, stranger(&bob, 1).await);
    let mut alice = Side::new(alice, to_bob).await;
    let mut bob = Side::new(bob, to_alice).await;
    let words = Words { quotes: [a, b].iter().all(|layer| has_quotes(*layer)) };

    // What each finds there from the other before he begins.
    act(&mut bob, Say("last")).await;
    settle(&mut alice, &mut bob).await;
    for (name, action, told) in ACTIONS {
        step(&mut alice, &mut bob, (name, action), &words.all(told)).await;
    }
    for (name, action, told) in ACTIONS {
        step(&mut bob, &mut alice, (name, action), &words.all(told)).await;
    }
    alice.person.witness.assert_well(HEARD_MIN);
    bob.person.witness.assert_well(HEARD_MIN);
}

/// How what is told reads between two layers.
struct Words {
    quotes: bool,
}

impl Words {
    fn all(&self, told: &[&str]) -> Vec<String> {
        told.iter().map(|told| self.line(told)).collect()
    }

    fn line(&self, line: &str) -> String {
        if self.quotes { line.to_owned() } else { line.replace(QUOTED, "") }
    }
}

fn has_quotes(layer: u16) -> bool {
    schema::by_name("messageReplyHeader", Layer(layer))
        .is_some_and(|header| header.fields().any(|field| field.name == "quote_text"))
}

async fn settle(alice: &mut Side, bob: &mut Side) {
    alice.settle("before", &[]).await;
    bob.settle("before", &[]).await;
}

async fn step(actor: &mut Side, other: &mut Side, (name, action): (&str, Action), told: &[String]) {
    let before = [actor.pts(), other.pts()];
    act(actor, action).await;
    actor.settle(name, &[]).await;
    let heard = other.settle(name, told).await;
    assert_eq!(heard, told, "{name}: what layer {} is told", other.person.layer());
    let dialogs = [actor.history().await, other.history().await];
    let [own, others] = dialogs.each_ref().map(|dialog| without_quotes(dialog));
    assert_eq!(own, others, "{name}: the dialog");
    for ((side, dialog), since) in [actor, other].into_iter().zip(&dialogs).zip(before) {
        side.assert_catches_up(name, since, dialog).await;
    }
}

fn without_quotes(dialog: &[String]) -> Vec<String> {
    dialog.iter().map(|line| line.replace(QUOTED, "")).collect()
}

/// Finds somebody by the number and does not keep it, so that names are the owners' own.
async fn stranger(person: &Person, number: u16) -> tl::InputPeer {
    let peer = person.import(number).await;
    let tl::InputPeer::InputPeerUser { user_id, access_hash } = peer else { panic!("a user") };
    let id = vec![tl::InputUser::InputUser { user_id, access_hash }];
    person.call(&tl::contacts::DeleteContacts { id }).await;
    peer
}

async fn act(side: &mut Side, action: Action) {
    let peer = side.peer.clone();
    let updates = match action {
        Say(text) => send(side, text, None).await,
        Answer { to, text } => send(side, text, Some((to, None))).await,
        Quote { of, text } => send(side, text, Some((of, Some(of)))).await,
        Edit { from, to } => {
            let (id, message) = (side.number(from), Some(to.to_owned()));
            side.person.call(&tl::messages::EditMessage { peer, id, message, ..Default::default() }).await
        }
        Forward(text) => {
            let (id, random_id) = (vec![side.number(text)], vec![random_id()]);
            let (from_peer, to_peer) = (peer.clone(), peer);
            let forward =
                tl::messages::ForwardMessages { from_peer, id, random_id, to_peer, ..Default::default() };
            side.person.call(&forward).await
        }
        React(text, emoji) => {
            let emoji = emoji.map(|emoji| tl::Reaction::ReactionEmoji { emoticon: emoji.to_owned() });
            let (msg_id, reaction) = (side.number(text), Some(emoji.into_iter().collect()));
            let react = tl::messages::SendReaction { peer, msg_id, reaction, ..Default::default() };
            side.person.call(&react).await
        }
        Pin(text, pinned) => {
            let (id, unpin) = (side.number(text), !pinned);
            let pin = tl::messages::UpdatePinnedMessage { peer, id, unpin, ..Default::default() };
            side.person.call(&pin).await
        }
        Timer(period) => side.person.call(&tl::messages::SetHistoryTTL { peer, period }).await,
        Ask(question) => {
            let (media, random_id) = (poll(question, false), random_id());
            side.person.call(&tl::messages::SendMedia { peer, media, random_id, ..Default::default() }).await
        }
        Vote { on, option } => {
            let options = option.map(<[u8]>::to_vec).into_iter().collect();
            side.person.call(&tl::messages::SendVote { peer, msg_id: side.number(on), options }).await
        }
        EndPoll(question) => {
            let (id, media) = (side.number(question), Some(poll(question, true)));
            side.person.call(&tl::messages::EditMessage { peer, id, media, ..Default::default() }).await
        }
        Delete(_) | Read(_) | Type | Rename | ComeOnline => return act_quietly(side, action).await,
    };
    side.take(updates);
}

/// What is answered without updates.
async fn act_quietly(side: &mut Side, action: Action) {
    let peer = side.peer.clone();
    match action {
        Delete(text) => {
            let delete = tl::messages::DeleteMessages { revoke: true, id: vec![side.number(text)] };
            let affected = side.person.call(&delete).await;
            side.take_affected(&affected);
        }
        Read(text) => {
            let read = tl::messages::ReadHistory { peer, max_id: side.number(text) };
            let affected = side.person.call(&read).await;
            side.take_affected(&affected);
        }
        Type => {
            let action = tl::SendMessageAction::SendMessageTypingAction;
            side.person.call(&tl::messages::SetTyping { peer, top_msg_id: None, action }).await;
        }
        Rename => {
            let (first_name, last_name) = (Some("Other".to_owned()), Some("Name".to_owned()));
            let profile = tl::account::UpdateProfile { first_name, last_name, about: None };
            side.person.call(&profile).await;
        }
        ComeOnline => {
            side.person.call(&tl::account::UpdateStatus { offline: false }).await;
        }
        Say(_)
        | Answer { .. }
        | Quote { .. }
        | Edit { .. }
        | Forward(_)
        | React(..)
        | Pin(..)
        | Timer(_)
        | Ask(_)
        | Vote { .. }
        | EndPoll(_) => panic!("it is answered with updates"),
    }
}

/// Sends a text, marked unless it answers something.
async fn send(side: &Side, text: &str, reply: Option<(&str, Option<&str>)>) -> tl::Updates {
    let Marks(marks) = marks();
    let entities = reply.is_none().then_some(marks);
    let reply_to = reply.map(|(to, quote)| {
        let (reply_to_msg_id, quote_text) = (side.number(to), quote.map(str::to_owned));
        fields::InputReplyToMessage { reply_to_msg_id, quote_text, ..Default::default() }.into()
    });
    let (peer, message, random_id) = (side.peer.clone(), text.to_owned(), random_id());
    let send =
        tl::messages::SendMessage { peer, message, random_id, entities, reply_to, ..Default::default() };
    side.person.call(&send).await
}

fn marks() -> Marks {
    let url = "https://example.org/".to_owned();
    Marks(vec![
        tl::MessageEntity::MessageEntityBold { offset: 0, length: 1 },
        tl::MessageEntity::MessageEntityTextUrl { offset: 1, length: 1, url },
        tl::MessageEntity::MessageEntitySpoiler { offset: 2, length: 1 },
    ])
}

fn poll(question: &str, closed: bool) -> tl::InputMedia {
    let words = |text: &str| fields::TextWithEntities { text: text.to_owned(), entities: Vec::new() }.into();
    let answer = |text: &str, option: &[u8]| {
        fields::PollAnswer { text: words(text), option: option.to_vec(), ..Default::default() }.into()
    };
    let answers = vec![answer("yes", YES), answer("no", NO)];
    let poll = fields::Poll { closed, question: words(question), answers, ..Default::default() };
    fields::InputMediaPoll { poll: poll.into(), ..Default::default() }.into()
}

fn random_id() -> i64 {
    crypto::Rng::u64(&mut client::OsRng).cast_signed()
}
