//! messages.sendVote, and what polls are to those who see them.

use tl::fields;

use crate::world::{Person, World, full_message, updates};

/// A question with three answers, which the server names.
pub(crate) fn asked(change: impl FnOnce(&mut fields::InputMediaPoll, &mut fields::Poll)) -> tl::InputMedia {
    let answer = |text: &str| fields::InputPollAnswer { text: words(text), media: None }.into();
    let mut poll = fields::Poll {
        question: words("Where to?"),
        answers: vec![answer("Hills"), answer("Sea"), answer("Home")],
        ..Default::default()
    };
    let mut media = fields::InputMediaPoll::default();
    change(&mut media, &mut poll);
    media.poll = poll.into();
    media.into()
}

pub(crate) fn words(text: &str) -> tl::TextWithEntities {
    fields::TextWithEntities { text: text.to_owned(), entities: Vec::new() }.into()
}

/// Sends media; its number on each side.
#[track_caller]
pub(crate) fn sent(world: &mut World, by: Person, to: Person, media: tl::InputMedia) -> (i32, i32) {
    let peer = world.peer(by, to);
    let random_id = i64::try_from(world.touched.len()).unwrap() + world.date().0;
    world.pass_s(1);
    world.ok(by.device, &tl::messages::SendMedia { peer, media, random_id, ..Default::default() });
    (newest(world, by, to).id, newest(world, to, by).id)
}

#[track_caller]
pub(crate) fn newest(world: &mut World, of: Person, with: Person) -> fields::Message {
    let peer = world.peer(of, with);
    let page = tl::messages::GetHistory { peer, limit: 1, ..Default::default() };
    match world.ok(of.device, &page) {
        tl::messages::Messages::Messages(page) => full_message(&page.messages[0]).clone(),
        tl::messages::Messages::MessagesSlice(page) => full_message(&page.messages[0]).clone(),
        _ => panic!("no page"),
    }
}

/// The newest message's poll with its results.
#[track_caller]
pub(crate) fn poll(world: &mut World, of: Person, with: Person) -> (fields::Poll, fields::PollResults) {
    let Some(tl::MessageMedia::MessageMediaPoll(media)) = newest(world, of, with).media else {
        panic!("no poll")
    };
    let (tl::Poll::Poll(poll), tl::PollResults::PollResults(results)) = (media.poll, media.results);
    (*poll, *results)
}

pub(crate) fn vote(
    world: &World,
    by: Person,
    with: Person,
    msg_id: i32,
    keys: &[&[u8]],
) -> tl::messages::SendVote {
    let options = keys.iter().map(|key| key.to_vec()).collect();
    tl::messages::SendVote { peer: world.peer(by, with), msg_id, options }
}

/// For each option: whether it was chosen by who looks, is right, and how many voted for it.
fn counts(results: &fields::PollResults) -> Vec<(bool, bool, Option<i32>)> {
    let all = results.results.iter().flatten();
    all.map(|tl::PollAnswerVoters::PollAnswerVoters(option)| (option.chosen, option.correct, option.voters))
        .collect()
}

/// Whether there is an entry for each option, and none says anything.
fn tells_nothing(results: &fields::PollResults) -> bool {
    counts(results) == [(false, false, None); 3]
}

fn told(updates: &[tl::Update]) -> (fields::UpdateMessagePoll, usize) {
    let mut polls = updates.iter().filter_map(|update| match update {
        tl::Update::UpdateMessagePoll(poll) => Some((**poll).clone()),
        _ => None,
    });
    (polls.next_back().expect("no poll"), updates.len())
}

fn pair(world: &mut World) -> [Person; 2] {
    [world.person("9996600001", "Anna"), world.person("9996600002", "Boris")]
}

#[test]
fn votes_reach_both_sides_and_counts_those_who_voted() {
    let mut world = World::new();
    let [anna, boris] = pair(&mut world);
    let vera = world.person("9996600003", "Vera");
    world.send(vera, boris, "the two sides have different numbers", 1);
    let (mine, theirs) = sent(&mut world, anna, boris, asked(|_, poll| poll.public_voters = true));
    assert_ne!(mine, theirs);
    let ((a, seen_a), (b, seen_b)) = (poll(&mut world, anna, boris), poll(&mut world, boris, anna));
    assert!(a.id > 0 && a.id == b.id && a.creator && !b.creator);
    // Who has not voted sees how many have.
    for seen in [&seen_a, &seen_b] {
        assert!(tells_nothing(seen) && seen.total_voters == Some(0) && !seen.min);
    }
    let keys: Vec<_> = a
        .answers
        .iter()
        .map(|answer| match answer {
            tl::PollAnswer::PollAnswer(answer) => answer.option.clone(),
            tl::PollAnswer::InputPollAnswer(_) => panic!("an input"),
        })
        .collect();
    let (before, step) = (pts(&mut world, anna), |pts: i32, of: i32| pts == of + 1);
    let method = vote(&world, boris, anna, theirs, &[&keys[1]]);
    let answer = updates(world.ok(boris.device, &method));
    let (update, count) = told(&answer);
    assert_eq!((update.poll_id, update.msg_id, count), (a.id, Some(theirs), 2));
    let tl::PollResults::PollResults(results) = update.results;
    assert_eq!(counts(&results), [(false, false, Some(0)), (true, false, Some(1)), (false, false, Some(0))]);
    // The other side is told under its own number, and sees no more than that somebody voted.
    let events = world.events(anna, before);
    let (update, _) = told(&events);
    assert_eq!((update.msg_id, step(pts(&mut world, anna), before)), (Some(mine), true));
    let tl::PollResults::PollResults(results) = update.results;
    assert!(tells_nothing(&results) && results.total_voters == Some(1));
    assert_eq!(results.recent_voters.unwrap().len(), 1);
    let method = vote(&world, anna, boris, mine, &[&keys[2]]);
    world.ok(anna.device, &method);
    let seen = poll(&mut world, anna, boris).1;
    assert_eq!(counts(&seen), [(false, false, Some(0)), (false, false, Some(1)), (true, false, Some(1))]);
    // Another vote takes the place of the first; none takes it away.
    let method = vote(&world, boris, anna, theirs, &[&keys[2]]);
    world.ok(boris.device, &method);
    let seen = poll(&mut world, anna, boris).1;
    assert_eq!(counts(&seen), [(false, false, Some(0)), (false, false, Some(0)), (true, false, Some(2))]);
    let method = vote(&world, boris, anna, theirs, &[]);
    world.ok(boris.device, &method);
    assert_eq!(poll(&mut world, anna, boris).1.total_voters, Some(1));
    assert!(tells_nothing(&poll(&mut world, boris, anna).1));
    // The same again changes nothing, and says how it stands.
    let before = pts(&mut world, boris);
    let answer = updates(world.ok(boris.device, &method));
    assert_eq!((told(&answer).1, pts(&mut world, boris)), (1, before));
}

fn pts(world: &mut World, of: Person) -> i32 {
    let tl::updates::State::State { pts, .. } = world.ok(of.device, &tl::updates::GetState {});
    pts
}

#[test]
fn a_quiz_tells_what_is_right_to_who_has_answered_and_takes_no_second_answer() {
    let mut world = World::new();
    let [anna, boris] = pair(&mut world);
    let quiz = |media: &mut fields::InputMediaPoll, poll: &mut fields::Poll| {
        poll.quiz = true;
        media.correct_answers = Some(vec![1]);
        media.solution = Some("Because.".to_owned());
        media.solution_entities = Some(Vec::new());
    };
    let (mine, theirs) = sent(&mut world, anna, boris, asked(quiz));
    let (shown, results) = poll(&mut world, boris, anna);
    assert!(shown.quiz && shown.revoting_disabled && results.solution.is_none());
    let method = vote(&world, boris, anna, theirs, &[b"0"]);
    world.ok(boris.device, &method);
    let results = poll(&mut world, boris, anna).1;
    assert_eq!(counts(&results), [(true, false, Some(1)), (false, true, Some(0)), (false, false, Some(0))]);
    assert_eq!(results.solution.as_deref(), Some("Because."));
    // The poll is anonymous: nobody is named.
    assert!(results.recent_voters.is_none());
    for keys in [&[b"1".as_slice()][..], &[]] {
        let method = vote(&world, boris, anna, theirs, keys);
        assert_eq!(world.err(boris.device, &method), "400 REVOTE_NOT_ALLOWED");
    }
    let method = vote(&world, anna, boris, mine, &[b"1", b"2"]);
    assert_eq!(world.err(anna.device, &method), "400 OPTIONS_TOO_MUCH");
}

#[test]
fn several_answers_where_they_may_be() {
    let mut world = World::new();
    let [anna, boris] = pair(&mut world);
    let (_, theirs) = sent(&mut world, anna, boris, asked(|_, poll| poll.multiple_choice = true));
    let method = vote(&world, boris, anna, theirs, &[b"2", b"0", b"2"]);
    world.ok(boris.device, &method);
    let results = poll(&mut world, boris, anna).1;
    assert_eq!(results.total_voters, Some(1));
    assert_eq!(counts(&results), [(true, false, Some(1)), (false, false, Some(0)), (true, false, Some(1))]);
    let method = vote(&world, boris, anna, theirs, &[b"0", b"1", b"2", b"2"]);
    assert_eq!(world.err(boris.device, &method), "400 OPTIONS_TOO_MUCH");
    let method = vote(&world, boris, anna, theirs, &[b"3"]);
    assert_eq!(world.err(boris.device, &method), "400 OPTION_INVALID");
}

#[test]
fn hidden_results_are_seen_by_who_asks_alone_until_the_end() {
    let mut world = World::new();
    let [anna, boris] = pair(&mut world);
    let hidden =
        |_: &mut fields::InputMediaPoll, poll: &mut fields::Poll| poll.hide_results_until_close = true;
    let (mine, theirs) = sent(&mut world, anna, boris, asked(hidden));
    let method = vote(&world, boris, anna, theirs, &[b"1"]);
    world.ok(boris.device, &method);
    assert_eq!(
        counts(&poll(&mut world, boris, anna).1),
        [(false, false, None), (true, false, None), (false, false, None)]
    );
    assert_eq!(counts(&poll(&mut world, anna, boris).1)[1], (false, false, Some(1)));
    let media = fields::InputMediaPoll {
        poll: fields::Poll { closed: true, ..Default::default() }.into(),
        ..Default::default()
    };
    let end = tl::messages::EditMessage {
        peer: world.peer(anna, boris),
        id: mine,
        media: Some(media.into()),
        ..Default::default()
    };
    world.ok(anna.device, &end);
    assert_eq!(counts(&poll(&mut world, boris, anna).1)[1], (true, false, Some(1)));
}

#[test]
fn what_is_no_poll_takes_no_votes() {
    let mut world = World::new();
    let [anna, boris] = pair(&mut world);
    let vera = world.person("9996600003", "Vera");
    let text = world.sent(anna, boris, "text", 1);
    let (mine, _) = sent(&mut world, anna, boris, asked(|_, _| {}));
    for (with, id) in [(boris, text), (vera, mine), (boris, 999), (boris, -1)] {
        let method = vote(&world, anna, with, id, &[b"0"]);
        assert_eq!(world.err(anna.device, &method), "400 MESSAGE_ID_INVALID");
    }
}

#[test]
fn a_poll_to_oneself_and_one_to_who_has_blocked() {
    let mut world = World::new();
    let [anna, boris] = pair(&mut world);
    let (mine, _) = sent(&mut world, anna, anna, asked(|_, _| {}));
    let method = vote(&world, anna, anna, mine, &[b"0"]);
    world.ok(anna.device, &method);
    assert_eq!(poll(&mut world, anna, anna).1.total_voters, Some(1));
    let (mine, theirs) = sent(&mut world, anna, boris, asked(|_, _| {}));
    let method = tl::contacts::Block { my_stories_from: false, id: world.peer(anna, boris) };
    world.ok(anna.device, &method);
    let before = pts(&mut world, anna);
    let method = vote(&world, boris, anna, theirs, &[b"0"]);
    world.ok(boris.device, &method);
    assert_eq!(poll(&mut world, boris, anna).1.total_voters, Some(1));
    assert_eq!((poll(&mut world, anna, boris).1.total_voters, pts(&mut world, anna)), (Some(0), before));
    assert_eq!(mine, newest(&mut world, anna, boris).id);
}

#[test]
fn a_forwarded_poll_is_a_new_one() {
    let mut world = World::new();
    let [anna, boris] = pair(&mut world);
    let vera = world.person("9996600003", "Vera");
    let (mine, _) = sent(&mut world, anna, boris, asked(|_, poll| poll.public_voters = true));
    let method = vote(&world, anna, boris, mine, &[b"0"]);
    world.ok(anna.device, &method);
    let forward = tl::messages::ForwardMessages {
        from_peer: world.peer(anna, boris),
        to_peer: world.peer(anna, vera),
        id: vec![mine],
        random_id: vec![9],
        ..Default::default()
    };
    world.ok(anna.device, &forward);
    let (first, (second, results)) = (poll(&mut world, anna, boris).0, poll(&mut world, vera, anna));
    assert!(first.id != second.id && results.total_voters == Some(0) && !second.creator);
    assert_eq!(poll(&mut world, anna, vera).0.id, second.id);
}

/// Who forwards a quiz to himself before he has answered it learns nothing: his answer there is his answer here, and he is told
/// so in one answer, step by step.
#[test]
fn a_quiz_that_is_forwarded_unanswered_is_answered_with_its_forward() {
    let mut world = World::new();
    let [anna, boris] = pair(&mut world);
    let quiz = |media: &mut fields::InputMediaPoll, poll: &mut fields::Poll| {
        poll.quiz = true;
        media.correct_answers = Some(vec![1]);
    };
    let (_, theirs) = sent(&mut world, anna, boris, asked(quiz));
    let forward = |world: &World, drop_author| tl::messages::ForwardMessages {
        from_peer: world.peer(boris, anna),
        to_peer: tl::InputPeer::InputPeerSelf,
        id: vec![theirs],
        random_id: vec![9],
        drop_author,
        ..Default::default()
    };
    let method = forward(&world, true);
    assert_eq!(world.err(boris.device, &method), "400 QUIZ_ANSWER_MISSING");
    let method = forward(&world, false);
    world.ok(boris.device, &method);
    let note = newest(&mut world, boris, boris).id;
    assert!(tells_nothing(&poll(&mut world, boris, boris).1));
    let closed = fields::InputMediaPoll {
        poll: fields::Poll { closed: true, ..Default::default() }.into(),
        ..Default::default()
    };
    let end = tl::messages::EditMessage {
        peer: tl::InputPeer::InputPeerSelf,
        id: note,
        media: Some(closed.into()),
        ..Default::default()
    };
    assert_eq!(world.err(boris.device, &end), "403 MESSAGE_AUTHOR_REQUIRED");
    let before = pts(&mut world, boris);
    let method = vote(&world, boris, boris, note, &[b"0"]);
    let told = updates(world.ok(boris.device, &method));
    let polls = told.iter().filter_map(|update| match update {
        tl::Update::UpdateMessagePoll(poll) => poll.msg_id,
        _ => None,
    });
    assert_eq!((polls.collect::<Vec<_>>(), pts(&mut world, boris)), (vec![theirs, note], before + 2));
    let results = poll(&mut world, boris, anna).1;
    assert_eq!(counts(&results), [(true, false, Some(1)), (false, true, Some(0)), (false, false, Some(0))]);
    assert_eq!(poll(&mut world, anna, boris).1.total_voters, Some(1));
    let method = vote(&world, boris, anna, theirs, &[b"1"]);
    assert_eq!(world.err(boris.device, &method), "400 REVOTE_NOT_ALLOWED");
}
