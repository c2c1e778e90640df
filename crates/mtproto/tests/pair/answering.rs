//! The answering side above the sessions: runs calls after a while, counts how often each ran, and makes updates.

use std::collections::BTreeMap;

use ids::{AuthKeyId, Now, SessionId, WireMsgId};
use mtproto::server::{Call, RpcFailure, RpcResult};

use crypto::testing::Seeded;

/// Constructor of the calls of these tests: a tag and a kind follow.
const QUERY: u32 = 0x0bad_cafe;
/// Constructor of their results: the tag follows.
const RESULT: u32 = 0x0a11_ce00;
/// Constructor of their updates: a number follows.
const UPDATE: u32 = 0x78d4_dec1;
/// `updatesTooLong`.
const TOO_LONG: u32 = 0xe317_af7e;

/// What a call wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Its tag back.
    Echo,
    /// Its tag back in a large answer.
    Large,
    /// Updates to all sessions, then its tag back.
    Spread,
}

/// The body of a call.
pub(crate) fn query(tag: u32, kind: Kind) -> Vec<u8> {
    let kind = match kind {
        Kind::Echo => 0,
        Kind::Large => 1,
        Kind::Spread => 2_u32,
    };
    [QUERY, tag, kind].map(u32::to_le_bytes).concat()
}

/// The tag of a result.
pub(crate) fn tag_of(result: &[u8]) -> u32 {
    assert_eq!(word(result, 0), RESULT);
    word(result, 1)
}

/// What an update says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    Number(u32),
    TooLong,
}

pub(crate) fn said(update: &[u8]) -> Said {
    match word(update, 0) {
        UPDATE => Said::Number(word(update, 1)),
        TOO_LONG => Said::TooLong,
        id => panic!("{id:#x} is no update"),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at * 4..at * 4 + 4].try_into().unwrap())
}

/// A session of a key.
pub(crate) type Address = (AuthKeyId, SessionId);

/// A call that runs.
struct Job {
    due_ms: u64,
    to: Address,
    msg_id: WireMsgId,
    tag: u32,
    kind: u32,
}

/// What has come of a call or with it.
pub(crate) enum Done {
    Result(Address, WireMsgId, RpcResult),
    Update(Address, Vec<u8>),
}

/// The handlers.
#[derive(Default)]
pub(crate) struct Answering {
    jobs: Vec<Job>,
    /// How often each tag ran, and where it stands in the order of running.
    pub(crate) ran: BTreeMap<u32, (u32, usize)>,
    order: usize,
    /// Updates made for each session.
    pub(crate) updates: BTreeMap<Address, u32>,
}

impl Answering {
    pub(crate) fn begin(&mut self, key: AuthKeyId, call: Call, now: Now, rng: &mut Seeded) {
        assert_eq!(word(&call.body, 0), QUERY);
        let tag = word(&call.body, 1);
        let ran = self.ran.entry(tag).or_insert((0, self.order));
        ran.0 += 1;
        self.order += 1;
        self.jobs.push(Job {
            due_ms: now.mono_ms + rng.below(300),
            to: (key, call.session),
            msg_id: call.msg_id,
            tag,
            kind: word(&call.body, 2),
        });
    }

    pub(crate) fn due_ms(&self) -> Option<u64> {
        self.jobs.iter().map(|job| job.due_ms).min()
    }

    /// Ends the calls whose time has come.
    pub(crate) fn finish(&mut self, now: Now) -> Vec<Done> {
        let (due, left) =
            std::mem::take(&mut self.jobs).into_iter().partition(|job| job.due_ms <= now.mono_ms);
        self.jobs = left;
        let due: Vec<Job> = due;
        let mut done = Vec::new();
        for job in due {
            if job.kind == 2 {
                for (to, made) in &mut self.updates {
                    *made += 1;
                    done.push(Done::Update(*to, [UPDATE, *made].map(u32::to_le_bytes).concat()));
                }
            }
            let mut answer = [RESULT, job.tag].map(u32::to_le_bytes).concat();
            if job.kind == 1 {
                answer.resize(100_000, 7);
            }
            let result = if job.tag % 13 == 12 {
                RpcResult::Error(RpcFailure::new(400, "TEST_FAILED"))
            } else {
                RpcResult::Answer(answer)
            };
            done.push(Done::Result(job.to, job.msg_id, result));
        }
        done
    }
}
