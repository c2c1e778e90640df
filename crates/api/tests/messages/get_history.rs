//! messages.getHistory.

use crate::world::{World, full_message};

fn page(answer: tl::messages::Messages) -> (i32, Vec<String>) {
    let texts = |messages: &[tl::Message]| messages.iter().map(|m| full_message(m).message.clone()).collect();
    match answer {
        tl::messages::Messages::Messages(page) => (page.messages.len() as i32, texts(&page.messages)),
        tl::messages::Messages::MessagesSlice(page) => (page.count, texts(&page.messages)),
        _ => panic!("not a page of a chat"),
    }
}

#[test]
fn pages_go_back_in_time_and_say_how_many_there_are() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let mut ids = Vec::new();
    for number in 1..=5 {
        world.pass_s(1);
        let told = world.send(anna, boris, &number.to_string(), number);
        let tl::Update::UpdateMessageID { id, .. } = told[0] else { panic!("no id") };
        ids.push(id);
    }
    let base = || tl::messages::GetHistory { limit: 2, ..tl::messages::GetHistory::default() };
    let peer = |world: &World| world.peer(anna, boris);
    let mut ask = |change: &dyn Fn(&mut tl::messages::GetHistory)| {
        let mut method = tl::messages::GetHistory { peer: peer(&world), ..base() };
        change(&mut method);
        page(world.ok(anna.device, &method))
    };
    let expect = |texts: &[&str]| (5, texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
    assert_eq!(ask(&|_| {}), expect(&["5", "4"]));
    assert_eq!(ask(&|m| m.offset_id = ids[3]), expect(&["3", "2"]));
    assert_eq!(ask(&|m| (m.offset_id, m.add_offset) = (ids[3], -2)), expect(&["5", "4"]));
    assert_eq!(ask(&|m| m.add_offset = 4), expect(&["1"]));
    assert_eq!(ask(&|m| m.limit = 100), expect(&["5", "4", "3", "2", "1"]));
    assert_eq!(ask(&|m| (m.limit, m.min_id) = (100, ids[2])), expect(&["5", "4"]));
    assert_eq!(ask(&|m| (m.limit, m.max_id) = (100, ids[2])), expect(&["2", "1"]));
}

#[test]
fn an_empty_chat_is_an_empty_page_and_a_stranger_none() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let method = tl::messages::GetHistory {
        peer: world.peer(anna, boris),
        limit: 10,
        ..tl::messages::GetHistory::default()
    };
    assert_eq!(page(world.ok(anna.device, &method)), (0, Vec::new()));
    assert_eq!(world.err(boris.device, &method), "400 PEER_ID_INVALID");
    let far = tl::messages::GetHistory { add_offset: i32::MIN, peer: world.peer(anna, boris), ..method };
    assert_eq!(world.err(anna.device, &far), "400 OFFSET_INVALID");
}
