//! F2: key exchanges that do not go as they should, on two connections at once (T4, T5, T9, A7).
//!
//! The generator of the server begins anew before each step, so that a request that was right once is right in every
//! run: some exchanges are gone through at the start, and a run plays their requests in any order, whole, bent or
//! repeated. A key may come out only where every request that leads to it came, in order, on the same connection.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crypto::rsa::{PrivateKey, PublicKey};
use ids::limits::{EXCHANGES_PER_CONN_MAX, FRAME_PLAIN_BYTES_MAX};
use ids::{AuthKeyId, Now, SessionId, WireMsgId};
use mtproto::cipher::{self, Body, Head, Padding, Sender};
use mtproto::handshake::KeyKind;
use mtproto::handshake::client::{FirstRequest, Outcome, PqAsked, RsaPadding, Wanted};
use mtproto::handshake::server::{Job, KeyJob, ServerKeys, run_pair};
use mtproto::server::{Conn, KeyAnswer, Output, Stored};
use mtproto::transport::{Kind, Transport};
use mtproto::{AuthKey, plain};

use crate::packets::config;
use crate::{Input, NOW, Seeded, words};

/// Made for these runs and used nowhere else.
const RSA_KEY: &str = include_str!("rsa_key.pem");
/// Exchanges that are known beforehand, and requests of each: three, and five more for keys that are taken.
const RECORDINGS: usize = 4;
const REQUESTS: usize = 8;
/// Steps of one run; the dearest takes some 3 ms.
const STEPS_MAX: usize = 24;
/// What a connection without a key may hold, its input and its outputs included (A7).
const CONN_BYTES_MAX: usize = 8 << 10;

/// An exchange with its requests and, from the third on, the key that each leads to.
struct Recording {
    requests: Vec<Vec<u8>>,
    keys: Vec<Arc<AuthKey>>,
}

struct Fixed {
    keys: ServerKeys,
    recordings: Vec<Recording>,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let Ok(key) = PrivateKey::from_pem(RSA_KEY) else { panic!("the key cannot be read") };
    let public = [key.public()];
    let keys = ServerKeys::new(vec![key]);
    let recordings = (0..RECORDINGS).map(|which| record(which, &keys, &public)).collect();
    Fixed { keys, recordings }
});

/// Makes what is fixed, which takes a while, so that the first run is no longer than the others.
pub fn prepare() {
    LazyLock::force(&FIXED);
}

/// The server's randomness: the same in each step.
fn randomness() -> Seeded {
    Seeded::new(0xf2)
}

/// Goes through one exchange; the store claims five times that the key is taken.
fn record(which: usize, keys: &ServerKeys, public: &[PublicKey]) -> Recording {
    let mut conn = Conn::new(config(keys.fingerprints()), NOW);
    let mut rng = Seeded::new(u64::try_from(which).unwrap_or_default());
    let Ok((mut wire, opening)) = Transport::client(Kind::Intermediate, None, &mut rng) else {
        unreachable!()
    };
    conn.handle_input(&opening, NOW, &mut randomness());
    let mut recording = Recording { requests: Vec::new(), keys: Vec::new() };
    let mut ask = |request: &[u8], recording: &mut Recording| -> Vec<u8> {
        recording.requests.push(request.to_vec());
        let mut frame = Vec::new();
        wire.send(&plain::wrap(WireMsgId(4), request), &mut Seeded::new(0), &mut frame);
        conn.handle_input(&frame, NOW, &mut randomness());
        loop {
            match conn.poll_output() {
                Some(Output::Job(job)) => conn.handle_job(job.run(keys), NOW, &mut randomness()),
                Some(Output::KeyCreated(new)) => {
                    recording.keys.push(new.key.clone());
                    conn.handle_stored(new.key.id(), Stored::Collides, NOW, &mut randomness());
                }
                Some(Output::Transmit(frame)) => {
                    return plain::parse(&frame[4..]).expect("an answer is plain").body.to_vec();
                }
                _ => panic!("a right request is not answered"),
            }
        }
    };
    let wanted = Wanted {
        kind: if which & 1 == 0 { KeyKind::Permanent } else { KeyKind::Temporary { expires_in_s: 3600 } },
        dc: (which & 2 == 0).then_some(2),
        first: if which & 1 == 0 { FirstRequest::ReqPqMulti } else { FirstRequest::ReqPq },
        padding: if which & 2 == 0 { RsaPadding::RsaPad } else { RsaPadding::Sha1 },
    };
    let right = "the server's answer is right";
    let (state, request) = PqAsked::start(wanted, &mut rng);
    let (state, request) = state.handle(&ask(&request, &mut recording), public, &mut rng).expect(right);
    let (mut state, mut request) = state.handle(&ask(&request, &mut recording), &mut rng).expect(right);
    while recording.requests.len() < REQUESTS {
        match state.handle(&ask(&request, &mut recording), &mut rng) {
            Ok(Outcome::Again(next, again)) => (state, request) = (*next, again),
            _ => break,
        }
    }
    assert_eq!((recording.requests.len(), recording.keys.len()), (REQUESTS, REQUESTS - 2));
    recording
}

/// A connection with its peer and its driver.
struct Line {
    conn: Conn,
    wire: Transport,
    /// How far each recording came here without a gap.
    come: [usize; RECORDINGS],
    job: Option<Job>,
    closed: bool,
}

impl Line {
    fn new(kind: Kind) -> Self {
        let Ok((wire, opening)) = Transport::client(kind, None, &mut Seeded::new(1)) else { unreachable!() };
        let mut conn = Conn::new(config(FIXED.keys.fingerprints()), NOW);
        conn.handle_input(&opening, NOW, &mut randomness());
        Self { conn, wire, come: [0; RECORDINGS], job: None, closed: false }
    }

    fn receive(&mut self, payload: &[u8], now: Now) {
        if !self.conn.wants_input() || payload.is_empty() {
            return;
        }
        if let Ok(message) = plain::parse(payload) {
            for (come, recording) in self.come.iter_mut().zip(&FIXED.recordings) {
                let due = recording.requests.get(*come);
                *come += usize::from(due.is_some_and(|due| message.body.starts_with(due)));
            }
        }
        trace!("{}", words(payload));
        let mut frame = Vec::new();
        self.wire.send(payload, &mut Seeded::new(2), &mut frame);
        self.conn.handle_input(&frame, now, &mut randomness());
    }

    /// Does what the connection wants, as far as the driver is willing.
    fn drive(&mut self, keys: &mut HashMap<AuthKeyId, Arc<AuthKey>>, willing: u8, now: Now) {
        while let Some(output) = self.conn.poll_output() {
            assert!(!self.closed, "something comes after the end");
            match output {
                Output::Transmit(frame) => assert!(frame.len() <= FRAME_PLAIN_BYTES_MAX),
                Output::NeedAuthKey(id) => {
                    let known = keys.get(&id).cloned().map_or(KeyAnswer::Unknown, KeyAnswer::Known);
                    let answer = if willing == 0 { KeyAnswer::Unavailable } else { known };
                    self.conn.handle_key(id, answer, now, &mut randomness());
                }
                Output::Job(job) if willing & 1 == 0 => self.job = Some(job),
                Output::Job(job) => self.conn.handle_job(job.run(&FIXED.keys), now, &mut randomness()),
                Output::KeyCreated(new) => {
                    let id = new.key.id();
                    let led = self.come.iter().zip(&FIXED.recordings).any(|(come, recording)| {
                        recording.keys.iter().take(come.saturating_sub(2)).any(|key| key.id() == id)
                    });
                    assert!(led, "a key without the requests that lead to it");
                    let stored = match willing >> 1 & 3 {
                        0 => Stored::Failed,
                        1 => Stored::Collides,
                        _ => Stored::Kept,
                    };
                    if stored == Stored::Kept {
                        keys.insert(id, new.key);
                    }
                    self.conn.handle_stored(id, stored, now, &mut randomness());
                }
                Output::Message(message) => assert!(keys.contains_key(&message.key)),
                Output::Http(_) => unreachable!("the framing is known"),
                Output::Close(_) => self.closed = true,
            }
        }
        assert!(self.conn.open_exchanges() <= EXCHANGES_PER_CONN_MAX);
        assert!(self.conn.heap_bytes() <= CONN_BYTES_MAX, "{} bytes", self.conn.heap_bytes());
        assert!(!self.closed || !self.conn.wants_input());
    }
}

/// What a peer may say: a recorded request, whole or not, or anything else.
fn payload(input: &mut Input<'_>) -> Vec<u8> {
    let how = input.byte();
    if how & 7 == 7 {
        return match how >> 3 & 1 {
            0 => plain::wrap(WireMsgId(input.u64()), input.piece()),
            _ => [&[0; 8], input.piece()].concat(),
        };
    }
    let which = input.byte();
    let recording = &FIXED.recordings[usize::from(which) % RECORDINGS];
    let mut request = recording.requests[usize::from(which >> 2) % REQUESTS].clone();
    match how & 7 {
        0..4 => {}
        4 => request.truncate(usize::from(input.u16()) % request.len()),
        5 => request.extend_from_slice(input.piece()),
        _ => {
            for _ in 0..=input.below(4) {
                let place = usize::from(input.u16()) % request.len();
                request[place] ^= input.byte();
            }
        }
    }
    plain::wrap(WireMsgId(4), &request)
}

/// An encrypted message under a key that was made in this run.
fn encrypted(keys: &HashMap<AuthKeyId, Arc<AuthKey>>, now: Now) -> Vec<u8> {
    let Some(id) = keys.keys().min() else { return vec![1; 72] };
    let head = Head { salt: 1, session: SessionId(2), msg_id: plain::request_id(now), seqno: 0 };
    cipher::encrypt(&keys[id], Sender::Client, head, Body::new(&[0; 8]), Padding::Short, &mut randomness())
}

/// Two connections of one server.
pub fn run(input: &mut Input<'_>) {
    let kind = [Kind::Intermediate, Kind::Abridged, Kind::Full][usize::from(input.below(3))];
    let mut lines = [Line::new(kind), Line::new(kind)];
    let mut keys = HashMap::new();
    let mut now = NOW;
    for _ in 0..STEPS_MAX {
        if input.is_over() {
            break;
        }
        let step = input.byte();
        let willing = input.byte();
        let line = &mut lines[usize::from(step & 1)];
        match step >> 1 & 15 {
            0..11 => line.receive(&payload(input), now),
            11 => line.receive(&encrypted(&keys, now), now),
            12 => line.conn.forget_exchanges(),
            13 => {
                now = now.plus_ms(u64::from(input.byte()) * 500);
                line.conn.handle_timeout(now);
                let due_ms = line.conn.poll_timeout();
                assert!(due_ms.is_none_or(|due_ms| due_ms > now.mono_ms), "a timer fires for ever");
            }
            _ => finish_jobs(&mut lines, now),
        }
        for line in &mut lines {
            line.drive(&mut keys, willing, now);
        }
    }
}

/// Runs what waits for the pool; two third steps together.
fn finish_jobs(lines: &mut [Line; 2], now: Now) {
    let jobs = lines.each_mut().map(|line| line.job.take());
    let done = match jobs {
        [Some(Job::Key(first)), Some(Job::Key(second))] => pair(first, second),
        jobs => jobs.map(|job| job.map(|job| job.run(&FIXED.keys))),
    };
    for (line, done) in lines.iter_mut().zip(done) {
        if let Some(done) = done {
            line.conn.handle_job(done, now, &mut randomness());
        }
    }
}

fn pair(first: KeyJob, second: KeyJob) -> [Option<mtproto::handshake::server::Done>; 2] {
    let (first, second) = run_pair(first, second);
    [Some(first), Some(second)]
}
