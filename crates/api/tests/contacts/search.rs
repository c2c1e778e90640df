//! contacts.search.

use crate::world::World;

fn found(world: &mut World, by: crate::world::Person, q: &str) -> (Vec<i64>, Vec<i64>) {
    let method = tl::contacts::Search { broadcasts: false, bots: false, q: q.to_owned(), limit: 50 };
    let tl::contacts::Found::Found(found) = world.ok(by.device, &method);
    let ids = |peers: &[tl::Peer]| -> Vec<i64> {
        let id = |peer: &tl::Peer| match peer {
            tl::Peer::PeerUser { user_id } => *user_id,
            tl::Peer::PeerChat { .. } | tl::Peer::PeerChannel { .. } => panic!("not a user"),
        };
        peers.iter().map(id).collect()
    };
    assert_eq!(found.users.len(), found.my_results.len() + found.results.len());
    (ids(&found.my_results), ids(&found.results))
}

#[test]
fn ones_own_names_count_and_whole_usernames() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Veranda");
    world.ok(vera.device, &tl::account::UpdateUsername { username: "veranda_7".to_owned() });
    assert_eq!(found(&mut world, anna, "boris"), (vec![], vec![]), "a stranger is not found by his name");
    assert_eq!(found(&mut world, anna, "veranda"), (vec![], vec![]));
    assert_eq!(found(&mut world, anna, "@Veranda_7"), (vec![], vec![vera.id.0]));
    world.send(anna, boris, "hello", 1);
    assert_eq!(found(&mut world, anna, "BOR"), (vec![boris.id.0], vec![]));
    world.import(anna, boris);
    assert_eq!(found(&mut world, anna, "boris"), (vec![], vec![]), "a contact goes by the name he was given");
    assert_eq!(found(&mut world, anna, "contact"), (vec![boris.id.0], vec![]));
    let short = tl::contacts::Search { broadcasts: false, bots: false, q: " ab ".to_owned(), limit: 50 };
    assert_eq!(world.err(anna.device, &short), "400 QUERY_TOO_SHORT");
}
