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
