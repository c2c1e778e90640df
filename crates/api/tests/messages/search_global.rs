//! messages.searchGlobal.

use crate::world::{Person, World, full_message};

fn search(q: &str) -> tl::messages::SearchGlobal {
    tl::messages::SearchGlobal { q: q.to_owned(), limit: 100, ..Default::default() }
}

/// The numbers of what was found; and, of a part, the number of all and where to go on.
fn found(
    world: &mut World,
    by: Person,
    method: &tl::messages::SearchGlobal,
) -> (Vec<i32>, Option<(i32, Option<i32>)>) {
    let numbers = |messages: &[tl::Message]| messages.iter().map(|of| full_message(of).id).collect();
    match world.ok(by.device, method) {
        tl::messages::Messages::Messages(all) => (numbers(&all.messages), None),
        tl::messages::Messages::MessagesSlice(part) => {
            assert!(!part.inexact);
            (numbers(&part.messages), Some((part.count, part.next_rate)))
        }
        _ => panic!("no page"),
    }
}

struct Chats {
    world: World,
    anna: Person,
    boris: Person,
    vera: Person,
    ids: [i32; 4],
}

fn chats() -> Chats {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    let one = world.sent(anna, boris, "The Quick fox", 1);
    world.send(boris, vera, "a fox of others", 2);
    world.pass_s(60);
    let two = world.sent(anna, vera, "quickly, fox", 3);
    let three = world.sent(anna, anna, "my fox", 4);
    world.pass_s(60);
    let four = world.sent(anna, boris, "fox, quick", 5);
    Chats { world, anna, boris, vera, ids: [one, two, three, four] }
}

#[test]
fn all_dialogs_newest_first_in_pages_and_nobody_elses() {
    let Chats { mut world, anna, boris, ids: [one, two, three, four], .. } = chats();
    assert_eq!(found(&mut world, anna, &search("FOX")), (vec![four, three, two, one], None));
    assert_eq!(found(&mut world, anna, &search("quick fox")).0, [four, two, one]);
    assert_eq!(found(&mut world, boris, &search("fox")).0.len(), 3);
    let page = tl::messages::SearchGlobal { limit: 2, ..search("fox") };
    let date = world.date().as_int() - 60;
    assert_eq!(found(&mut world, anna, &page), (vec![four, three], Some((4, Some(date)))));
    let offset_peer = world.peer(anna, anna);
    let next = tl::messages::SearchGlobal { offset_rate: date, offset_id: three, offset_peer, ..page };
    assert_eq!(found(&mut world, anna, &next), (vec![two, one], Some((4, None))));
    let after = tl::messages::SearchGlobal { offset_id: one, ..next };
    assert_eq!(found(&mut world, anna, &after), (vec![], Some((4, None))));
}

#[test]
fn by_kind_date_and_folder() {
    let Chats { mut world, anna, boris, vera, ids: [one, two, three, four] } = chats();
    let date = world.date().as_int();
    let late = tl::messages::SearchGlobal { min_date: date - 61, ..search("fox") };
    assert_eq!(found(&mut world, anna, &late).0, [four, three, two]);
    let early = tl::messages::SearchGlobal { max_date: date - 61, ..search("fox") };
    assert_eq!(found(&mut world, anna, &early).0, [one]);
    let media = tl::InputMedia::InputMediaGeoPoint {
        geo_point: tl::InputGeoPoint::InputGeoPoint { lat: 1.0, long: 2.0, accuracy_radius: None },
    };
    let place =
        tl::messages::SendMedia { peer: world.peer(anna, vera), media, random_id: 9, ..Default::default() };
    world.ok(anna.device, &place);
    let filter = tl::MessagesFilter::InputMessagesFilterGeo;
    let places = tl::messages::SearchGlobal { filter, ..search("") };
    assert_eq!(found(&mut world, anna, &places).0.len(), 1);
    for groups in [
        tl::messages::SearchGlobal { groups_only: true, ..search("fox") },
        tl::messages::SearchGlobal { broadcasts_only: true, ..search("fox") },
    ] {
        assert!(found(&mut world, anna, &groups).0.is_empty());
    }
    let folder_peers =
        vec![tl::InputFolderPeer::InputFolderPeer { peer: world.peer(anna, boris), folder_id: 1 }];
    world.ok(anna.device, &tl::folders::EditPeerFolders { folder_peers });
    let of = |folder| tl::messages::SearchGlobal { folder_id: Some(folder), ..search("fox") };
    assert_eq!(found(&mut world, anna, &of(1)).0, [four, one]);
    assert_eq!(found(&mut world, anna, &of(0)).0, [three, two]);
}

#[test]
fn p32_what_is_deleted_is_not_found() {
    let Chats { mut world, anna, boris, ids, .. } = chats();
    world.ok(anna.device, &tl::messages::DeleteMessages { revoke: true, id: vec![ids[0]] });
    assert_eq!(found(&mut world, anna, &search("fox")).0, [ids[3], ids[2], ids[1]]);
    assert_eq!(found(&mut world, boris, &search("fox")).0.len(), 2);
}

#[test]
fn what_cannot_be_searched_for_is_refused() {
    let Chats { mut world, anna, .. } = chats();
    assert_eq!(world.err(anna.device, &search(" ")), "400 SEARCH_QUERY_EMPTY");
    let folder = tl::messages::SearchGlobal { folder_id: Some(2), ..search("x") };
    assert_eq!(world.err(anna.device, &folder), "400 FOLDER_ID_INVALID");
    let community = tl::messages::SearchGlobal {
        community: Some(tl::InputChannel::InputChannel { channel_id: 5, access_hash: 5 }),
        ..search("x")
    };
    assert_eq!(world.err(anna.device, &community), "400 CHANNEL_INVALID");
}
