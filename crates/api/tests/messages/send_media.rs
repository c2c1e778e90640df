//! messages.sendMedia.

use tl::fields;

use crate::world::{Person, World, full_message};

fn media(
    world: &World,
    by: Person,
    to: Person,
    media: tl::InputMedia,
    random_id: i64,
) -> tl::messages::SendMedia {
    tl::messages::SendMedia { peer: world.peer(by, to), media, random_id, ..Default::default() }
}

fn die(emoticon: &str) -> tl::InputMedia {
    tl::InputMedia::InputMediaDice { emoticon: emoticon.to_owned() }
}

fn newest(world: &mut World, of: Person, with: Person) -> fields::Message {
    let peer = world.peer(of, with);
    let page = tl::messages::GetHistory { peer, limit: 1, ..Default::default() };
    match world.ok(of.device, &page) {
        tl::messages::Messages::Messages(page) => full_message(&page.messages[0]).clone(),
        tl::messages::Messages::MessagesSlice(page) => full_message(&page.messages[0]).clone(),
        _ => panic!("no page"),
    }
}

#[test]
fn a_die_falls_once_for_both() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let mut fallen = std::collections::BTreeSet::new();
    for throw in 1..=60 {
        let method = media(&world, anna, boris, die("\u{1f3b2}"), throw);
        world.ok(anna.device, &method);
        let (mine, theirs) = (newest(&mut world, anna, boris), newest(&mut world, boris, anna));
        let (
            Some(tl::MessageMedia::MessageMediaDice(mine)),
            Some(tl::MessageMedia::MessageMediaDice(theirs)),
        ) = (mine.media, theirs.media)
        else {
            panic!("no die")
        };
        assert_eq!((mine.value, &mine.emoticon), (theirs.value, &theirs.emoticon));
        fallen.insert(mine.value);
    }
    assert_eq!(fallen.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let method = media(&world, anna, boris, die("\u{1f9ca}"), 99);
    assert_eq!(world.err(anna.device, &method), "400 EMOTICON_INVALID");
}

#[test]
fn a_card_names_an_account_only_to_who_knows_it() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    let card = || {
        let first_name = "V".to_owned();
        let phone_number = "+999 66 00003".to_owned();
        fields::InputMediaContact { phone_number, first_name, ..Default::default() }.into()
    };
    let user_of = |message: fields::Message| match message.media {
        Some(tl::MessageMedia::MessageMediaContact(card)) => {
            (card.phone_number, card.first_name, card.user_id)
        }
        _ => panic!("no card"),
    };
    let method = media(&world, anna, boris, card(), 1);
    world.ok(anna.device, &method);
    assert_eq!(user_of(newest(&mut world, boris, anna)), ("9996600003".to_owned(), "V".to_owned(), 0));
    world.import(anna, vera);
    let method = media(&world, anna, boris, card(), 2);
    world.ok(anna.device, &method);
    assert_eq!(user_of(newest(&mut world, boris, anna)).2, vera.id.0);
    let nameless = fields::InputMediaContact { phone_number: "9996600003".to_owned(), ..Default::default() };
    let method = media(&world, anna, boris, nameless.into(), 3);
    assert_eq!(world.err(anna.device, &method), "400 CONTACT_NAME_EMPTY");
}

#[test]
fn a_place_arrives_bit_for_bit() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let point = |lat, long| tl::InputGeoPoint::InputGeoPoint { lat, long, accuracy_radius: Some(12) };
    let venue = fields::InputMediaVenue {
        geo_point: point(52.520_008, -13.404_954),
        title: "Tower".to_owned(),
        address: "Street 1".to_owned(),
        ..Default::default()
    };
    let method = media(&world, anna, boris, venue.into(), 1);
    world.ok(anna.device, &method);
    let Some(tl::MessageMedia::MessageMediaVenue(venue)) = newest(&mut world, boris, anna).media else {
        panic!("no venue")
    };
    let tl::GeoPoint::GeoPoint { lat, long, accuracy_radius, .. } = venue.geo else { panic!("nowhere") };
    assert_eq!((lat.to_bits(), long.to_bits()), (52.520_008_f64.to_bits(), (-13.404_954_f64).to_bits()));
    assert_eq!((accuracy_radius, venue.title.as_str()), (Some(12), "Tower"));
    for (lat, long) in [(90.1, 0.0), (0.0, -180.5), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        let geo = tl::InputMedia::InputMediaGeoPoint { geo_point: point(lat, long) };
        let method = media(&world, anna, boris, geo, 2);
        assert_eq!(world.err(anna.device, &method), "400 MEDIA_INVALID");
    }
    let method = media(&world, anna, boris, tl::InputMedia::InputMediaEmpty, 3);
    assert_eq!(world.err(anna.device, &method), "400 MEDIA_INVALID");
}

#[test]
fn a_poll_that_cannot_be_is_refused() {
    use super::send_vote::{asked, words};
    type Change = fn(&mut fields::InputMediaPoll, &mut fields::Poll);
    fn named(option: &[u8]) -> tl::PollAnswer {
        fields::PollAnswer { text: words("x"), option: option.to_vec(), ..Default::default() }.into()
    }
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let cases: [(Change, &str); 22] = [
        (|_, poll| poll.question = words(" "), "POLL_QUESTION_INVALID"),
        (|_, poll| poll.question = words(&"q".repeat(301)), "POLL_QUESTION_INVALID"),
        (|_, poll| poll.answers.truncate(1), "POLL_ANSWERS_INVALID"),
        (|_, poll| poll.answers = (0..13).map(|at| named(&[at])).collect(), "POLL_ANSWERS_INVALID"),
        (|_, poll| poll.answers = vec![named(b"a"), named(b"a")], "POLL_OPTION_DUPLICATE"),
        (|_, poll| poll.answers = vec![named(b""), named(b"a")], "POLL_OPTION_INVALID"),
        (|_, poll| poll.answers = vec![named(&[7; 101]), named(b"a")], "POLL_OPTION_INVALID"),
        (
            |_, poll| {
                let text = words(&"o".repeat(101));
                poll.answers[2] = fields::InputPollAnswer { text, media: None }.into();
            },
            "POLL_ANSWER_INVALID",
        ),
        (|_, poll| poll.quiz = true, "QUIZ_CORRECT_ANSWERS_EMPTY"),
        (
            |media, poll| (poll.quiz, media.correct_answers) = (true, Some(vec![0, 1])),
            "QUIZ_CORRECT_ANSWERS_TOO_MUCH",
        ),
        (
            |media, poll| (poll.quiz, media.correct_answers) = (true, Some(vec![3])),
            "QUIZ_CORRECT_ANSWER_INVALID",
        ),
        (
            |media, poll| (poll.quiz, media.correct_answers) = (true, Some(vec![-1])),
            "QUIZ_CORRECT_ANSWER_INVALID",
        ),
        (
            |media, poll| {
                (poll.quiz, poll.multiple_choice, media.correct_answers) = (true, true, Some(vec![1, 1]));
            },
            "QUIZ_CORRECT_ANSWER_INVALID",
        ),
        (
            |media, _| (media.solution, media.solution_entities) = (Some("why".to_owned()), Some(Vec::new())),
            "MEDIA_INVALID",
        ),
        (|_, poll| poll.close_period = Some(4), "MEDIA_INVALID"),
        (|_, poll| poll.close_period = Some(2_628_001), "MEDIA_INVALID"),
        (|_, poll| poll.close_period = Some(-5), "MEDIA_INVALID"),
        (|_, poll| poll.close_date = Some(1), "MEDIA_INVALID"),
        (|_, poll| (poll.close_period, poll.close_date) = (Some(5), Some(2_000_000_000)), "MEDIA_INVALID"),
        (|_, poll| poll.open_answers = true, "POLL_UNSUPPORTED"),
        (|_, poll| poll.countries_iso2 = Some(vec!["XX".to_owned()]), "POLL_UNSUPPORTED"),
        (|media, _| media.attached_media = Some(tl::InputMedia::InputMediaEmpty), "POLL_UNSUPPORTED"),
    ];
    for (at, (change, wanted)) in (0..).zip(cases) {
        let method = media(&world, anna, boris, asked(change), 1);
        assert_eq!(world.err(anna.device, &method), format!("400 {wanted}"), "case {at}");
    }
    assert!(world.texts(boris, anna).is_empty());
    let most = |_: &mut fields::InputMediaPoll, poll: &mut fields::Poll| {
        poll.answers = (0..12).map(|at| named(&[at; 100])).collect();
        poll.question = words(&"q".repeat(300));
    };
    let method = media(&world, anna, boris, asked(most), 2);
    world.ok(anna.device, &method);
}

#[test]
fn a_layer_without_texts_in_polls_sends_one_and_sees_it() {
    use super::send_vote::{asked, poll};
    use tl::Encode;
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let quiz = |media: &mut fields::InputMediaPoll, poll: &mut fields::Poll| {
        let named = |option: &[u8]| {
            let text = super::send_vote::words("x");
            fields::PollAnswer { text, option: option.to_vec(), ..Default::default() }.into()
        };
        (poll.quiz, poll.answers) = (true, vec![named(b"no"), named(b"yes")]);
        media.correct_answers = Some(vec![1]);
    };
    let method = media(&world, anna, boris, asked(quiz), 1);
    // What layer 158 sends for it: texts without marks, and what is right by its name.
    let mut old = Vec::new();
    tl::layer::lower_request(&method.to_bytes(), ids::Layer(158), &mut old).unwrap();
    let device = crate::world::Device { layer: Some(ids::Layer(158)), ..anna.device };
    assert!(crate::world::rpc_text(&world.run(device, &old)).is_empty());
    let (shown, _) = poll(&mut world, boris, anna);
    assert!(shown.quiz && shown.answers.len() == 2);
    let id = super::send_vote::newest(&mut world, boris, anna).id;
    let method = super::send_vote::vote(&world, boris, anna, id, &[b"yes"]);
    world.ok(boris.device, &method);
    let results = poll(&mut world, boris, anna).1.results.unwrap();
    let tl::PollAnswerVoters::PollAnswerVoters(second) = &results[1];
    assert!(second.correct && second.chosen);
}
