//! A10: vectors that announce more than they hold, or hold more than anybody needs.
//!
//! Every vector in every call that has code, read from the schema, and those of service messages: a count is believed
//! only if the rest can hold so many, and never beyond 8,192. Red without `if count <= possible` in
//! `tl::codec::Reader::count` (8,193 items that are there are taken, and counts are believed that are not), which reads
//! all of them in the end: vectors of older layers after `tl::layer::walk::Walk::count`, which refuses the same earlier,
//! and containers before `count > CONTAINER_MESSAGES_MAX`, which T16 shows.
use std::time::Duration;

use ids::limits::{LAYER_CANONICAL, VECTOR_ITEMS_MAX};
use mtproto::client::Crafted;
use tl::Encode;
use tl::codec::Raw;

use crate::a09_nesting::methods;
use crate::bystander::Bystanders;
use crate::ground::Ground;
use crate::probing::{Fate, ask, fate, fates, identity, settled};
use crate::schema::Schema;

const MIB: u64 = 1 << 20;
const VECTOR: u32 = 0x1cb5_c415;

fn vector(count: u32, items: &[u8]) -> Vec<u8> {
    [&VECTOR.to_le_bytes(), &count.to_le_bytes(), items].concat()
}

/// Counts that nothing follows, or not enough.
const COUNTS: [u32; 5] = [1, VECTOR_ITEMS_MAX as u32, 1 << 20, i32::MAX as u32, u32::MAX];

#[tokio::test]
async fn a10_no_count_is_believed() {
    let ground = Ground::alone(&[]).await;
    let bystanders = Bystanders::begin(&ground);
    let before = ground.process().rss_bytes().expect("a running server");
    let mut tried = 0;
    for layer in [LAYER_CANONICAL, 158] {
        let schema = Schema::of(layer);
        let user = ground.user().await;
        let mut probe = ground.probe(&identity(&user).await).await;
        let query =
            tl::InvokeWithLayer { layer: layer.into(), query: Raw(tl::updates::GetState {}.to_bytes()) };
        assert!(matches!(ask(&mut probe, query.to_bytes()).await, Fate::Answered(_)));
        for method in methods() {
            for place in schema.vectors(method) {
                let calls: Vec<Crafted> = COUNTS
                    .iter()
                    .map(|count| {
                        // The call ends here, so that nothing behind the vector is taken for an item.
                        let body = [&place.call.before[..], &vector(*count, &[])].concat();
                        probe.say(body, true)
                    })
                    .collect();
                let fates = fates(&mut probe, &calls.iter().collect::<Vec<_>>()).await;
                let all_refused = fates.iter().all(|fate| fate.is_error("INPUT_FETCH_ERROR"));
                assert!(all_refused, "{method}, {}: {fates:?}", place.ty);
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried} vectors");
    let growth = ground.peak_bytes().saturating_sub(before);
    assert!(growth <= 16 * MIB, "{} MiB", growth / MIB);
    bystanders.end(Duration::from_secs(2));
}

#[tokio::test]
async fn a10_more_items_than_anybody_needs_are_refused() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let most = VECTOR_ITEMS_MAX as u32;
    let users = |count: u32| {
        let items = 0xf7c1_b13f_u32.to_le_bytes().repeat(count as usize);
        [0x0d91_a548_u32.to_bytes(), vector(count, &items)].concat()
    };
    assert!(ask(&mut probe, users(1)).await.result::<Vec<tl::User>>().len() == 1);
    assert!(
        !ask(&mut probe, users(most)).await.is_error("INPUT_FETCH_ERROR"),
        "read, whatever is then said of it"
    );
    assert!(ask(&mut probe, users(most + 1)).await.is_error("INPUT_FETCH_ERROR"));
    assert!(ask(&mut probe, users(200_000)).await.is_error("INPUT_FETCH_ERROR"));
}

/// The lists of ids in service messages: as calls would be refused if they ask for an answer, by 64 if not.
#[tokio::test]
async fn a10_service_messages_believe_no_count_either() {
    const SERVICE: [(&str, u32); 4] = [
        ("msgs_ack", 0x62d6_b459),
        ("msgs_state_req", 0xda69_fb52),
        ("msg_resend_req", 0x7d86_1a08),
        ("msg_resend_ans_req", 0x8610_baeb),
    ];
    let ground = Ground::alone(&[]).await;
    let bystanders = Bystanders::begin(&ground);
    let (_wire, identity) = ground.key(mtproto::handshake::KeyKind::Permanent).await;
    let mut probe = ground.probe(&identity).await;
    settled(&mut probe).await;
    let before = ground.process().rss_bytes().expect("a running server");
    let ids = |count: u32| vector(count, &4_u64.to_le_bytes().repeat(count as usize));
    for (name, id) in SERVICE {
        let mut lists: Vec<Vec<u8>> = COUNTS.iter().map(|count| vector(*count, &[])).collect();
        lists.push(ids(VECTOR_ITEMS_MAX as u32 + 1));
        for list in lists {
            let body = [id.to_bytes(), list].concat();
            let silent = probe.say(body.clone(), false);
            assert_eq!(fate(&mut probe, &silent).await, Fate::Refused(64), "{name}");
            let content = probe.say(body, true);
            assert_eq!(
                fate(&mut probe, &content).await,
                Fate::Failed(400, "INPUT_FETCH_ERROR".into()),
                "{name}"
            );
        }
        probe.say([id.to_bytes(), ids(VECTOR_ITEMS_MAX as u32)].concat(), false);
        settled(&mut probe).await;
    }
    // Calls to wait for: at most 1,024 may be named.
    let after = |count: u32, list: &[u8]| {
        let query = tl::updates::GetState {}.to_bytes();
        [&0x3dc4_b4f0_u32.to_le_bytes()[..], &vector(count, list), &query].concat()
    };
    for (count, list) in [(u32::MAX, vec![]), (1 << 20, vec![]), (1025, 4_u64.to_le_bytes().repeat(1025))] {
        let fate = ask(&mut probe, after(count, &list)).await;
        assert!(fate.is_error("INPUT_FETCH_ERROR"), "{count}: {fate:?}");
    }
    for count in [1025, 1 << 20, i32::MAX as u32, u32::MAX] {
        let container = [0x73f1_f8dc_u32.to_le_bytes(), count.to_le_bytes()].concat();
        let container = probe.say([container, vec![0; 64]].concat(), false);
        assert_eq!(fate(&mut probe, &container).await, Fate::Refused(64));
    }
    let growth = ground.peak_bytes().saturating_sub(before);
    assert!(growth <= 16 * MIB, "{} MiB", growth / MIB);
    bystanders.end(Duration::from_secs(2));
}
