//! Whatever a client with a valid key sends, nothing panics and everything stays bounded.

use ids::limits::{KEY_UNACKED_BYTES_MAX, SESSIONS_PER_KEY_MAX};
use ids::{ConnId, SessionId, WireMsgId};
use proptest::prelude::*;

use super::{World, containing, gzipped, ping, query};

/// One thing a hostile client or an unlucky driver may do.
#[derive(Clone, Debug)]
enum Step {
    Packet { session: u64, conn: u64, age: i64, seqno: u32, body: Vec<u8> },
    Result { nth: usize, succeeds: bool },
    Push { session: u64 },
    Close { conn: u64 },
    Block { conn: u64, blocked: bool },
    Pass { ms: u64 },
}

/// Constructors the session knows, and some it does not.
const IDS: [u32; 24] = [
    0x73f1_f8dc,
    0x3072_cfa1,
    0x62d6_b459,
    0x7abe_77ec,
    0xf342_7b8c,
    0xb921_bd04,
    0xda69_fb52,
    0x7d86_1a08,
    0x8610_baeb,
    0x58e4_a740,
    0xe751_2126,
    0xd143_5160,
    0x9299_359f,
    0x04de_b57d,
    0xa7ef_f811,
    0xf35c_6d01,
    0xda9b_0d0d,
    0xc1cd_5ea9,
    0xcb9f_372d,
    0x3dc4_b4f0,
    0xaca9_fd2e,
    0x3652_75f2,
    0xdd28_9f8e,
    0x0bad_cafe,
];

fn body() -> impl Strategy<Value = Vec<u8>> {
    let noise = proptest::collection::vec(any::<u32>(), 1..40);
    let headed =
        (0..IDS.len(), proptest::collection::vec(any::<u32>(), 0..12)).prop_map(|(id, mut words)| {
            words.insert(0, IDS[id]);
            words
        });
    let counted = (0..IDS.len(), 0_u32..6, proptest::collection::vec(any::<u32>(), 0..12)).prop_map(
        |(id, count, mut words)| {
            words.splice(0..0, [IDS[id], 0x1cb5_c415, count]);
            words
        },
    );
    let leaf = prop_oneof![noise, headed, counted]
        .prop_map(|words| words.into_iter().flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec((any::<u16>(), any::<u8>(), inner.clone()), 0..4).prop_map(
                |messages| {
                    let base = 1_700_000_000_u64 << 32;
                    let owned: Vec<(WireMsgId, u32, Vec<u8>)> = messages
                        .into_iter()
                        .map(|(id, seqno, body)| {
                            (WireMsgId(base + u64::from(id) * 4), u32::from(seqno), body)
                        })
                        .collect();
                    let borrowed: Vec<(WireMsgId, u32, &[u8])> =
                        owned.iter().map(|(id, seqno, body)| (*id, *seqno, &body[..])).collect();
                    containing(&borrowed)
                }
            ),
            inner.clone().prop_map(|inner| gzipped(&inner)),
            inner.prop_map(|inner| [&0xda9b_0d0d_u32.to_le_bytes()[..], &[158, 0, 0, 0], &inner].concat()),
            Just(query(1)),
            Just(ping(1)),
        ]
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_u64..4, 0_u64..4, -400_i64..60, any::<u8>(), body()).prop_map(
            |(session, conn, age, seqno, body)| Step::Packet { session, conn, age, seqno: seqno.into(), body }
        ),
        2 => (0_usize..8, any::<bool>()).prop_map(|(nth, succeeds)| Step::Result { nth, succeeds }),
        1 => (0_u64..4).prop_map(|session| Step::Push { session }),
        1 => (0_u64..4).prop_map(|conn| Step::Close { conn }),
        1 => (0_u64..4, any::<bool>()).prop_map(|(conn, blocked)| Step::Block { conn, blocked }),
        2 => (0_u64..400_000).prop_map(|ms| Step::Pass { ms }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn t6_nothing_panics_and_no_call_is_handed_out_twice(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        let mut calls = Vec::new();
        for step in steps {
            match step {
                Step::Packet { session, conn, age, seqno, body } => {
                    let clock = crate::plain::request_id(world.now).0 as i64;
                    let msg_id = WireMsgId((clock + (age << 32)) as u64);
                    world.feed(ConnId(conn), SessionId(session), msg_id, seqno, &body);
                }
                Step::Result { nth, succeeds } => {
                    if let Some((session, call)) = calls.get(nth).copied() {
                        if succeeds { world.succeed(session, call, b"done") } else { world.fail(session, call) }
                    }
                }
                Step::Push { session } => drop(world.state.push(SessionId(session), b"update!!".to_vec())),
                Step::Close { conn } => world.state.handle_closed(ConnId(conn), world.now),
                Step::Block { conn, blocked: true } => world.state.handle_blocked(ConnId(conn)),
                Step::Block { conn, blocked: false } => world.state.handle_writable(ConnId(conn)),
                Step::Pass { ms } => world.pass(ms),
            }
            for call in world.calls() {
                let identity = (call.session, call.msg_id);
                prop_assert!(!calls.contains(&identity), "handed out twice");
                calls.push(identity);
            }
            world.out();
            prop_assert!(world.state.sessions.len() <= SESSIONS_PER_KEY_MAX);
            let kept: usize = world.state.sessions.iter().map(|session| session.unacked_bytes()).sum();
            prop_assert!(kept <= KEY_UNACKED_BYTES_MAX);
        }
    }
}
