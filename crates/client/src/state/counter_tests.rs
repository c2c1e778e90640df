//! What is lost, late, doubled or out of order changes nothing of what a client has in the end.

use std::collections::BTreeMap;

use tl::updates::{Difference, GetDifference, State};
use tl::{Encode, Update, fields};

use super::super::{Change, Chats, Own, Told, told};
use super::{Counter, EARLY_MAX, EARLY_MS};

const ME: i64 = 1;
const OTHER: i64 = 2;

fn state(pts: i32) -> State {
    State::State { pts, qts: 3, date: 100, seq: 0, unread_count: 0 }
}

fn message(id: i32, text: &str) -> tl::Message {
    let peer_id = tl::Peer::PeerUser { user_id: OTHER };
    fields::Message { id, peer_id, message: text.to_owned(), ..Default::default() }.into()
}

fn new(id: i32, pts: i32) -> Update {
    fields::UpdateNewMessage { message: message(id, "text"), pts, pts_count: 1 }.into()
}

fn step(pts: i32, pts_count: i32) -> Update {
    Update::UpdateFolderPeers { folder_peers: Vec::new(), pts, pts_count }
}

fn half(text: &str) -> Update {
    let draft = fields::DraftMessage { message: text.to_owned(), ..Default::default() }.into();
    let peer = tl::Peer::PeerUser { user_id: OTHER };
    fields::UpdateDraftMessage { peer, top_msg_id: None, saved_peer_id: None, draft }.into()
}

fn packet(updates: Vec<Update>) -> tl::Updates {
    fields::Updates { updates, date: 101, ..Default::default() }.into()
}

fn counted(seq: i32, updates: Vec<Update>) -> tl::Updates {
    fields::Updates { updates, seq, ..Default::default() }.into()
}

/// What is applied, in short.
fn names(changes: Vec<Change>) -> Vec<String> {
    let name = |change| match change {
        Change::Update(Update::UpdateNewMessage(update)) => format!("new {}", update.pts),
        Change::Update(Update::UpdateFolderPeers { pts, .. }) => format!("step {pts}"),
        Change::Update(Update::UpdateDraftMessage(update)) => match update.draft {
            tl::DraftMessage::DraftMessage(draft) => format!("draft {}", draft.message),
            tl::DraftMessage::DraftMessageEmpty { .. } => "no draft".to_owned(),
        },
        Change::Update(_) => "update".to_owned(),
        Change::Message(message) => {
            format!("message {}", if let tl::Message::Message(one) = message { one.id } else { 0 })
        }
        Change::Own(Own::Deleted { ids }) => format!("deleted {ids:?}"),
        Change::Own(own) => format!("{own:?}"),
        Change::Anew => "anew".to_owned(),
    };
    changes.into_iter().map(name).collect()
}

#[test]
fn what_is_next_is_applied_and_what_is_old_is_not() {
    let mut counter = Counter::new(&state(10));
    assert_eq!(names(counter.take(packet(vec![new(11, 11), new(12, 12)]), 0)), ["new 11", "new 12"]);
    assert!(counter.take(packet(vec![new(11, 11), new(12, 12)]), 0).is_empty());
    assert_eq!((counter.pts(), counter.due_ms()), (12, None));
    // A packet that is new in part.
    assert_eq!(names(counter.take(packet(vec![new(12, 12), new(13, 13)]), 0)), ["new 13"]);
    // One that moves the counter by several, and one that moves it by none.
    assert_eq!(names(counter.take(packet(vec![step(16, 3), step(16, 0)]), 0)), ["step 16", "step 16"]);
}

#[test]
fn what_is_early_waits_for_what_is_before_it() {
    let mut counter = Counter::new(&state(10));
    assert!(counter.take(packet(vec![new(13, 13)]), 1_000).is_empty());
    assert!(counter.take(packet(vec![half("second"), step(12, 1)]), 1_200).is_empty());
    assert_eq!(counter.due_ms(), Some(1_000 + EARLY_MS));
    let all = names(counter.take(packet(vec![new(11, 11)]), 1_300));
    assert_eq!(all, ["new 11", "draft second", "step 12", "new 13"]);
    assert_eq!((counter.pts(), counter.due_ms()), (13, None));
}

#[test]
fn what_has_no_counter_goes_with_the_one_behind_it_or_at_once() {
    let mut counter = Counter::new(&state(10));
    assert_eq!(names(counter.take(packet(vec![half("one"), step(11, 1)]), 0)), ["draft one", "step 11"]);
    assert_eq!(names(counter.take(packet(vec![half("two"), step(12, 1)]), 0)), ["draft two", "step 12"]);
    // The first comes again, after the second.
    assert!(counter.take(packet(vec![half("one"), step(11, 1)]), 0).is_empty());
    let alone = fields::UpdateShort { update: half("alone"), date: 1 }.into();
    assert_eq!(names(counter.take(alone, 0)), ["draft alone"]);
    assert_eq!(names(counter.take(packet(vec![new(11, 11), half("behind")]), 0)), ["draft behind"]);
}

#[test]
fn a_difference_brings_what_is_missing_and_what_waited_is_not_applied_twice() {
    let mut counter = Counter::new(&state(10));
    assert!(counter.take(packet(vec![new(13, 13)]), 1_000).is_empty());
    assert!(counter.take(packet(vec![new(15, 15)]), 1_001).is_empty());
    let question = counter.question();
    assert_eq!((question.pts, question.qts, question.date), (10, 3, 101));
    // An answer that is lost is asked for again.
    assert_eq!(counter.question().pts, 10);
    let first = fields::updates::DifferenceSlice {
        new_messages: vec![message(11, "x"), message(12, "x")],
        intermediate_state: state(12),
        ..Default::default()
    };
    let applied = names(counter.answer(Difference::DifferenceSlice(Box::new(first)), 1_600));
    assert_eq!(applied, ["message 11", "message 12", "new 13"]);
    assert_eq!((counter.due_ms(), counter.question().pts), (Some(0), 13), "a slice is not all");
    let rest = fields::updates::Difference {
        new_messages: vec![message(14, "x")],
        other_updates: vec![half("of the difference")],
        state: state(16),
        ..Default::default()
    };
    let applied = names(counter.answer(Difference::Difference(Box::new(rest)), 1_700));
    assert_eq!(applied, ["message 14", "draft of the difference"]);
    assert_eq!((counter.pts(), counter.due_ms()), (16, None));
    assert!(counter.answer(Difference::DifferenceEmpty { date: 200, seq: 0 }, 1_800).is_empty());
    assert_eq!(counter.question().date, 200);
}

#[test]
fn an_early_one_that_no_difference_knew_of_waits_again() {
    let mut counter = Counter::new(&state(10));
    assert!(counter.take(packet(vec![new(12, 12)]), 1_000).is_empty());
    assert!(counter.answer(Difference::DifferenceEmpty { date: 1, seq: 0 }, 1_500).is_empty());
    assert_eq!(counter.due_ms(), Some(1_500 + EARLY_MS));
}

#[test]
fn what_says_too_little_is_asked_for() {
    for told in [
        tl::Updates::UpdatesTooLong,
        tl::Updates::UpdateShortMessage(Default::default()),
        tl::Updates::UpdateShortSentMessage(Default::default()),
    ] {
        let mut counter = Counter::new(&state(10));
        assert!(counter.take(told, 0).is_empty());
        assert_eq!((counter.due_ms(), counter.pts()), (Some(0), 10));
    }
    let mut counter = Counter::new(&state(10));
    counter.unknown();
    assert_eq!(counter.due_ms(), Some(0));
    assert_eq!(names(counter.answer(Difference::DifferenceTooLong { pts: 900 }, 0)), ["anew"]);
    assert_eq!((counter.pts(), counter.due_ms()), (900, Some(0)));
}

#[test]
fn packets_that_are_counted_come_once_and_in_order() {
    let mut counter = Counter::new(&state(10));
    assert_eq!(names(counter.take(counted(1, vec![half("one")]), 0)), ["draft one"]);
    assert!(counter.take(counted(1, vec![half("one")]), 0).is_empty());
    assert!(counter.take(counted(3, vec![half("three")]), 0).is_empty());
    assert_eq!(counter.due_ms(), Some(0), "the second one is missing");
}

#[test]
fn what_one_did_oneself_is_applied_once_the_counter_is_there() {
    let mut counter = Counter::new(&state(10));
    let deleted = |pts, id| Told::Own { pts, pts_count: 1, own: Own::Deleted { ids: vec![id] } };
    assert!(counter.told(deleted(12, 5), 0).is_empty(), "something before it is under way");
    assert_eq!(names(counter.take(packet(vec![new(11, 11)]), 0)), ["new 11", "deleted [5]"]);
    // A difference that knew of it came first.
    let rest = fields::updates::Difference { state: state(20), ..Default::default() };
    counter.answer(Difference::Difference(Box::new(rest)), 0);
    assert_eq!(names(counter.told(deleted(18, 6), 0)), ["deleted [6]"]);
    assert_eq!(counter.pts(), 20);
}

#[test]
fn what_waits_has_a_limit() {
    let mut counter = Counter::new(&state(10));
    for n in 0..=EARLY_MAX as i32 {
        assert!(counter.take(packet(vec![new(100 + n, 100 + n)]), 0).is_empty());
    }
    assert_eq!((counter.due_ms(), counter.early.len()), (Some(0), 0));
}

/// What a server knows of a box: who asks for a difference is told how things are now.
#[derive(Default)]
struct Server {
    /// Each event: a message, its edit, the deletion of some, or a draft.
    log: Vec<Event>,
    chats: Chats,
    drafts: u32,
}

#[derive(Clone)]
enum Event {
    New(i32),
    Edited(i32, String),
    Deleted(Vec<i32>),
    Draft,
}

/// On its way to the client.
#[derive(Clone)]
enum Sent {
    /// What is pushed.
    Packet(tl::Updates),
    /// What the client has asked for, the last message it knew then, and the answer.
    Answer(Vec<u8>, i32, Vec<u8>),
}

impl Sent {
    fn arrive(self, counter: &mut Counter, now_ms: u64) -> Vec<Change> {
        match self {
            Sent::Packet(updates) => counter.take(updates, now_ms),
            Sent::Answer(question, top, answer) => {
                counter.told(told(ME, top, &question, &answer).unwrap(), now_ms)
            }
        }
    }
}

impl Server {
    fn pts(&self) -> i32 {
        1 + self.log.len() as i32
    }

    /// A client that knows messages up to `top` deletes all up to one of them, or just all; what it has asked, and the answer.
    fn clear(&mut self, dice: &mut Dice, top: i32) -> Sent {
        let known: Vec<i32> = self.chats.chat(OTHER).messages.keys().copied().collect();
        let max_id =
            [0, top].get(dice.below(3)).copied().unwrap_or_else(|| 1 + dice.below(1 + top as usize) as i32);
        let ids: Vec<i32> = known.into_iter().filter(|id| max_id == 0 || *id <= max_id).collect();
        let peer = tl::InputPeer::InputPeerUser { user_id: OTHER, access_hash: 0 };
        let question = tl::messages::DeleteHistory { peer, max_id, ..Default::default() };
        let pts_count = i32::from(!ids.is_empty());
        if !ids.is_empty() {
            self.chats.apply(Change::Own(Own::Deleted { ids: ids.clone() }));
            self.log.push(Event::Deleted(ids));
        }
        let pts = self.pts();
        let answer = tl::messages::AffectedHistory::AffectedHistory { pts, pts_count, offset: 0 };
        Sent::Answer(question.to_bytes(), top, answer.to_bytes())
    }

    /// Something happens; the packet that tells of it.
    fn act(&mut self, dice: &mut Dice) -> tl::Updates {
        let known: Vec<i32> = self.chats.chat(OTHER).messages.keys().copied().collect();
        let pts = self.pts() + 1;
        let some = |dice: &mut Dice| known.get(dice.below(known.len().max(1))).copied();
        let event = match dice.below(6) {
            0 => some(dice).map(|id| Event::Deleted(vec![id])),
            1 => some(dice).map(|id| Event::Edited(id, format!("edited at {pts}"))),
            2 => Some(Event::Draft),
            _ => None,
        };
        let event = event.unwrap_or(Event::New(pts));
        let updates = match &event {
            Event::New(id) => vec![new(*id, pts)],
            Event::Edited(id, text) => {
                vec![fields::UpdateEditMessage { message: message(*id, text), pts, pts_count: 1 }.into()]
            }
            Event::Deleted(ids) => {
                vec![Update::UpdateDeleteMessages { messages: ids.clone(), pts, pts_count: 1 }]
            }
            Event::Draft => {
                self.drafts += 1;
                vec![half(&self.drafts.to_string()), step(pts, 1)]
            }
        };
        self.log.push(event);
        let told = packet(updates.clone());
        for update in updates {
            self.chats.apply(Change::Update(update));
        }
        told
    }

    fn difference(&self, question: &GetDifference, most: usize) -> Difference {
        let from = question.pts as usize - 1;
        let to = self.log.len().min(from + most);
        let events = &self.log[from..to];
        if events.is_empty() {
            return Difference::DifferenceEmpty { date: 1, seq: 0 };
        }
        let chat = &self.chats.chats[&OTHER];
        let text = |id: &i32| match &chat.messages[id] {
            tl::Message::Message(message) => message.message.clone(),
            tl::Message::MessageService(_) | tl::Message::MessageEmpty { .. } => String::new(),
        };
        let (mut new_messages, mut other_updates) = (Vec::new(), Vec::new());
        for event in events {
            match event {
                Event::New(id) if chat.messages.contains_key(id) => {
                    new_messages.push(message(*id, &text(id)))
                }
                Event::Edited(id, _) if chat.messages.contains_key(id) => {
                    let message = message(*id, &text(id));
                    other_updates.push(fields::UpdateEditMessage { message, pts: 0, pts_count: 0 }.into());
                }
                Event::New(_) | Event::Edited(..) => {}
                Event::Deleted(ids) => {
                    other_updates.push(Update::UpdateDeleteMessages {
                        messages: ids.clone(),
                        pts: 0,
                        pts_count: 0,
                    });
                }
                Event::Draft => other_updates.push(half(&self.drafts.to_string())),
            }
        }
        let at = state(1 + to as i32);
        if to < self.log.len() {
            let body = fields::updates::DifferenceSlice {
                new_messages,
                other_updates,
                intermediate_state: at,
                ..Default::default()
            };
            return Difference::DifferenceSlice(Box::new(body));
        }
        let body =
            fields::updates::Difference { new_messages, other_updates, state: at, ..Default::default() };
        Difference::Difference(Box::new(body))
    }
}

/// Small, repeatable dice.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

fn shown(chats: &Chats) -> (BTreeMap<i32, String>, Option<String>) {
    let Some(chat) = chats.chats.get(&OTHER) else { return Default::default() };
    let text = |message: &tl::Message| match message {
        tl::Message::Message(message) => message.message.clone(),
        tl::Message::MessageService(_) | tl::Message::MessageEmpty { .. } => String::new(),
    };
    (chat.messages.iter().map(|(id, message)| (*id, text(message))).collect(), chat.draft.clone())
}

/// Packets are lost, doubled, late and out of order; answers to questions are lost or come later than what happened since.
#[test]
fn whatever_is_lost_late_or_doubled_everything_is_there_in_the_end() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let mut server = Server::default();
        let mut counter = Counter::new(&state(1));
        let mut chats = Chats { me: ME, ..Chats::default() };
        let mut under_way: Vec<Sent> = Vec::new();
        let mut now_ms = 0;
        for _ in 0..120 {
            now_ms += dice.below(200) as u64;
            let told = match dice.below(20) {
                0 => server.clear(&mut dice, chats.top()),
                _ => Sent::Packet(server.act(&mut dice)),
            };
            match dice.below(10) {
                0 | 1 => {}
                2 => under_way.extend([told.clone(), told]),
                _ => under_way.push(told),
            }
            while !under_way.is_empty() && dice.below(3) > 0 {
                let at = dice.below(under_way.len().min(3));
                for change in under_way.remove(at).arrive(&mut counter, now_ms) {
                    assert!(!chats.apply(change));
                }
            }
            if counter.due_ms().is_some_and(|due_ms| due_ms <= now_ms) && dice.below(4) > 0 {
                let answer = server.difference(&counter.question(), 1 + dice.below(9));
                for change in counter.answer(answer, now_ms) {
                    chats.apply(change);
                }
            }
        }
        for told in under_way {
            for change in told.arrive(&mut counter, now_ms) {
                chats.apply(change);
            }
        }
        counter.unknown();
        while counter.due_ms().is_some() {
            let answer = server.difference(&counter.question(), 7);
            for change in counter.answer(answer, now_ms) {
                chats.apply(change);
            }
        }
        assert_eq!(counter.pts(), server.pts(), "seed {seed}");
        assert!(shown(&chats) == shown(&server.chats), "seed {seed}: something else is there");
    }
}
