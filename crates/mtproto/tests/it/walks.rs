//! T5: random walks over the messages of the key exchange against a model of what may follow what.
//!
//! A walk mixes right, repeated, bent, misplaced and foreign requests of several exchanges and lets time pass. The model
//! knows in advance whether a request is answered, by which cached bytes, or refused; a key exists only where the
//! model went the legal way. `HELIOGRAPH_WALKS` sets the number of walks; without it they are 100,000 where `CI` is set
//! and fewer elsewhere.

use std::collections::HashMap;
use std::thread;

use crypto::{Rng as _, dh};
use ids::limits::{EXCHANGES_PER_CONN_MAX, HANDSHAKE_LIFE_MS};
use mtproto::server::CloseReason;
use tl::{Decode as _, Encode as _, mt};

use crate::raw_client::{Padding, RawClient, Run, encrypt, plain};
use crate::support::NOON;
use crate::world::{Accepted, SERVER};
use crypto::testing::Seeded;

const WALKS_IN_CI: u64 = 100_000;
const WALKS: u64 = 10_000;
const STEPS_MAX: usize = 12;
/// Nonces a walk chooses from: more than a connection may have exchanges.
const NONCES: usize = 6;
/// Random streams that servers draw from: few, so that each pq is factored once.
const SERVER_SEEDS: u64 = 32;

/// What the model knows of one exchange.
struct Expected {
    nonce: usize,
    run: Run,
    res_pq: Vec<u8>,
    expires_ms: u64,
    state: State,
}

enum State {
    PqSent,
    DhSent { request: Vec<u8>, answer: Vec<u8> },
    Done { request: Vec<u8>, answer: Vec<u8> },
}

impl Expected {
    fn awaits_step_3(&self) -> bool {
        matches!(self.state, State::DhSent { .. })
    }
}

/// What the model says of a request.
enum Verdict {
    Bytes(Vec<u8>),
    Fresh(Fresh),
    Refused,
}

#[derive(Clone, Copy)]
enum Fresh {
    ResPq(usize),
    Params(usize),
    Key(usize),
}

struct Walk<'a> {
    client: RawClient,
    choice: Seeded,
    open: Vec<Expected>,
    /// Every run that was ever begun, to be misused later.
    runs: Vec<Run>,
    /// Requests that were made before, right ones and wrong ones.
    history: Vec<Vec<u8>>,
    /// Ciphertexts that hold what they should, and for which `server_nonce`.
    sound: HashMap<Vec<u8>, [u8; 16]>,
    keys: usize,
    factors: &'a mut HashMap<u64, (u32, u32)>,
    g_b: &'a [[u8; 256]],
}

impl Walk<'_> {
    fn nonce(index: usize) -> [u8; 16] {
        [index as u8 + 1; 16]
    }

    /// One random request.
    fn request(&mut self) -> Vec<u8> {
        let bent = self.choice.below(6) == 0;
        match self.choice.below(32) {
            0..14 => mt::ReqPqMulti { nonce: Self::nonce(self.choice.index(NONCES)) }.to_bytes(),
            14 => mt::ReqPq { nonce: Self::nonce(self.choice.index(NONCES)) }.to_bytes(),
            15..18 => self.step_2(bent),
            18..24 if bent || self.open.iter().any(Expected::awaits_step_3) => self.step_3(bent),
            24 => self.noise(),
            _ => self.old(),
        }
    }

    fn some_run(&mut self) -> Option<Run> {
        let index = self.choice.index(self.runs.len().max(1));
        self.runs.get(index).cloned()
    }

    /// Mostly one whose time has come.
    fn run_for_step_3(&mut self) -> Option<Run> {
        let ready = self.open.iter().find(|exchange| exchange.awaits_step_3()).map(|ready| ready.run.clone());
        if self.choice.below(4) > 0 && ready.is_some() { ready } else { self.some_run() }
    }

    fn step_2(&mut self, bent: bool) -> Vec<u8> {
        let Some(run) = self.some_run() else { return self.noise() };
        let padding = if self.choice.below(2) == 0 { Padding::RsaPad } else { Padding::Sha1 };
        let how = self.choice.below(6);
        let mut inner = run.inner();
        match how {
            0 if bent => inner.nonce[0] ^= 1,
            1 if bent => inner.expires_in = Some(0),
            _ => {}
        }
        if inner.expires_in.is_some() {
            inner.id = 0x56fd_df88;
        }
        let object = inner.bytes();
        let ciphertext = encrypt(&object, padding, &SERVER.public[0], &mut self.choice, &|_| {});
        if object == run.inner().bytes() {
            self.sound.insert(ciphertext.clone(), run.server_nonce);
        }
        let mut request = run.request(ciphertext);
        match how {
            2 if bent => request.p = vec![3],
            3 if bent => request.server_nonce[3] ^= 1,
            4 if bent => request.encrypted_data[200] ^= 1,
            5 if bent => request.public_key_fingerprint ^= 1,
            _ => {}
        }
        request.to_bytes()
    }

    fn step_3(&mut self, bent: bool) -> Vec<u8> {
        let Some(run) = self.run_for_step_3() else { return self.noise() };
        let g_b = &self.g_b[self.choice.index(self.g_b.len())];
        match self.choice.below(4) {
            0 if bent => run.step_3(&[1], 0),
            1 if bent => run.step_3(g_b, 77),
            2 if bent => run.step_3_bent(g_b, 0, 0, &|data| data[30] ^= 1),
            3 if bent => run.step_3_bent(g_b, 0, 0, &|data| data.truncate(100)),
            _ => run.step_3(g_b, 0),
        }
    }

    /// Something that was said before, whole or cut.
    fn old(&mut self) -> Vec<u8> {
        let index = self.choice.index(self.history.len().max(1));
        let Some(mut request) = self.history.get(index).cloned() else { return self.noise() };
        if self.choice.below(8) == 0 {
            request.truncate(self.choice.index(request.len()) & !3);
        }
        request
    }

    fn noise(&mut self) -> Vec<u8> {
        let mut noise = vec![0; 4 * self.choice.index(90)];
        self.choice.fill(&mut noise);
        noise
    }

    /// What must happen next, by the model alone.
    fn judge(&self, request: &[u8]) -> Verdict {
        if let Ok(mt::ReqPqMulti { nonce }) = mt::ReqPqMulti::from_bytes(request) {
            return self.judge_req_pq(nonce);
        }
        if let Ok(mt::ReqPq { nonce }) = mt::ReqPq::from_bytes(request) {
            return self.judge_req_pq(nonce);
        }
        if let Ok(step_2) = mt::ReqDHParams::from_bytes(request) {
            let Some(index) = self.find(step_2.nonce, step_2.server_nonce) else { return Verdict::Refused };
            let exchange = &self.open[index];
            return match &exchange.state {
                State::PqSent if self.is_right_step_2(&exchange.run, &step_2) => {
                    Verdict::Fresh(Fresh::Params(index))
                }
                State::DhSent { request: before, answer } if before == request => {
                    Verdict::Bytes(answer.clone())
                }
                State::PqSent | State::DhSent { .. } | State::Done { .. } => Verdict::Refused,
            };
        }
        if let Ok(step_3) = mt::SetClientDHParams::from_bytes(request) {
            let Some(index) = self.find(step_3.nonce, step_3.server_nonce) else { return Verdict::Refused };
            let exchange = &self.open[index];
            return match &exchange.state {
                State::DhSent { .. } if self.is_right_step_3(&exchange.run, request) => {
                    Verdict::Fresh(Fresh::Key(index))
                }
                State::Done { request: before, answer } if before == request => {
                    Verdict::Bytes(answer.clone())
                }
                State::PqSent | State::DhSent { .. } | State::Done { .. } => Verdict::Refused,
            };
        }
        Verdict::Refused
    }

    fn judge_req_pq(&self, nonce: [u8; 16]) -> Verdict {
        match self.open.iter().find(|exchange| exchange.run.nonce == nonce) {
            Some(exchange) => Verdict::Bytes(exchange.res_pq.clone()),
            None => Verdict::Fresh(Fresh::ResPq(usize::from(nonce[0]) - 1)),
        }
    }

    fn find(&self, nonce: [u8; 16], server_nonce: [u8; 16]) -> Option<usize> {
        self.open
            .iter()
            .position(|exchange| exchange.run.nonce == nonce && exchange.run.server_nonce == server_nonce)
    }

    fn is_right_step_2(&self, run: &Run, request: &mt::ReqDHParams) -> bool {
        request.p == run.p.to_be_bytes()
            && request.q == run.q.to_be_bytes()
            && request.public_key_fingerprint == SERVER.public[0].fingerprint() as i64
            && self.sound.get(&request.encrypted_data) == Some(&run.server_nonce)
    }

    fn is_right_step_3(&self, run: &Run, request: &[u8]) -> bool {
        self.g_b.iter().any(|g_b| run.step_3(g_b, 0) == request)
    }

    /// Sends the request and compares what happens with the verdict; false when the connection is over.
    fn step(&mut self) -> bool {
        if self.choice.below(8) == 0 {
            self.client.now = self.client.now.plus_ms(self.choice.below(40_000));
        }
        let now_ms = self.client.now.mono_ms;
        self.open.retain(|exchange| exchange.expires_ms > now_ms);
        let request = self.request();
        let verdict = self.judge(&request);
        self.history.push(request.clone());
        let jobs = self.client.server.jobs;
        let answers = self.client.exchange(&plain(&request));
        let [answer] = &answers[..] else { panic!("each request has one answer") };
        match verdict {
            Verdict::Refused => {
                assert_eq!(answer[..], (-404_i32).to_le_bytes());
                assert_eq!(self.client.server.closed, Some(CloseReason::Handshake));
            }
            Verdict::Bytes(bytes) => {
                assert_eq!(answer[..], bytes);
                assert_eq!(self.client.server.jobs, jobs, "a repetition costs nothing");
            }
            Verdict::Fresh(fresh) => self.follow(fresh, request, answer),
        }
        assert_eq!(self.client.server.created.len(), self.keys, "a key by the legal way only");
        self.client.server.closed.is_none()
    }

    fn follow(&mut self, fresh: Fresh, request: Vec<u8>, answer: &[u8]) {
        match fresh {
            Fresh::ResPq(nonce) => {
                if self.open.len() == EXCHANGES_PER_CONN_MAX {
                    self.open.remove(0);
                }
                let run = self.read_res_pq(nonce, answer);
                self.runs.push(run.clone());
                let expires_ms = self.client.now.mono_ms + HANDSHAKE_LIFE_MS;
                let res_pq = answer.to_vec();
                self.open.push(Expected { nonce, run, res_pq, expires_ms, state: State::PqSent });
            }
            Fresh::Params(index) => {
                let exchange = &mut self.open[index];
                exchange.run.open(&answer[20..]);
                exchange.state = State::DhSent { request, answer: answer.to_vec() };
            }
            Fresh::Key(index) => {
                let exchange = &mut self.open[index];
                assert_eq!(answer[20..24], 0x3bcb_f734_u32.to_le_bytes(), "nonce {}", exchange.nonce);
                exchange.state = State::Done { request, answer: answer.to_vec() };
                self.keys += 1;
            }
        }
    }

    fn read_res_pq(&mut self, nonce: usize, answer: &[u8]) -> Run {
        let Ok(mt::ResPQ::ResPQ { server_nonce, pq, .. }) = mt::ResPQ::from_bytes(&answer[20..]) else {
            panic!("resPQ was due")
        };
        let pq = u64::from_be_bytes(pq.try_into().unwrap());
        let (p, q) = *self.factors.entry(pq).or_insert_with(|| {
            let factors = crypto::pq::factor(pq).unwrap();
            (factors.p, factors.q)
        });
        let new_nonce = [nonce as u8 ^ 0x55; 32];
        Run { nonce: Self::nonce(nonce), server_nonce, new_nonce, pq, p, q }
    }
}

/// Walks `count` times from `seed` on; the numbers of keys and of steps.
fn walk(seed: u64, count: u64) -> (usize, usize) {
    let mut rng = Seeded::new(seed ^ 0xd1ff);
    let g_b: Vec<_> =
        (0..4).map(|_| *dh::public(&dh::Secret::random(&mut rng)).unwrap().as_bytes()).collect();
    let mut factors = HashMap::new();
    let (mut keys, mut steps) = (0, 0);
    for number in seed..seed + count {
        let mut client = RawClient::over(Accepted::new(NOON), mtproto::transport::Kind::Intermediate, 0);
        client.rng = Seeded::new(number % SERVER_SEEDS);
        let mut walk = Walk {
            client,
            choice: Seeded::new(number),
            open: Vec::new(),
            runs: Vec::new(),
            history: Vec::new(),
            sound: HashMap::new(),
            keys: 0,
            factors: &mut factors,
            g_b: &g_b,
        };
        for _ in 0..STEPS_MAX {
            steps += 1;
            if !walk.step() {
                break;
            }
        }
        keys += walk.keys;
    }
    (keys, steps)
}

#[test]
fn random_walks_make_keys_by_the_legal_way_only() {
    let usual = if std::env::var_os("CI").is_some() { WALKS_IN_CI } else { WALKS };
    let walks = std::env::var("HELIOGRAPH_WALKS").ok().and_then(|walks| walks.parse().ok()).unwrap_or(usual);
    let halves = thread::scope(|scope| {
        [0, 1].map(|half| scope.spawn(move || walk(half * walks, walks / 2))).map(|half| half.join().unwrap())
    });
    let (keys, steps) = (halves[0].0 + halves[1].0, halves[0].1 + halves[1].1);
    println!("{walks} walks, {steps} requests, {keys} keys");
    assert!(keys as u64 * 200 > walks, "walks must get through now and then");
}
