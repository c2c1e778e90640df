//! T5: steps of a key exchange left out, taken twice, or taken by somebody else.
//!
//! Random walks over everything a client can say against a model of what must come of it; any other answer, or a key by
//! any other way, is red. Red without the arm `Step::PqSent | Step::Made(_) | Step::Done(_) | Step::Away =>
//! Err(Refusal::Invalid)` of `Exchanges::set_client_dh_params`, without `done.digest == digest` there (another step 3 is
//! answered like the first), without `state.repeated(&digest)` in `Exchanges::req_dh_params`, and without
//! both `self.expire(now)` in `Exchanges::handle` and `self.exchanges.expire(now)` in `Conn::handle_timeout` (a run
//! outlives its time; either is enough to end it). That a run is known on its own connection only is no line but the
//! place of `exchanges` in `mtproto::server::Conn`.
use client::{Clock, OsRng};
use crypto::Rng;
use crypto::dh::PublicValue;
use crypto::rsa::PublicKey;
use tl::{Decode, Encode, mt};

use crate::exchange::{NOT_FOUND, Padding, Run, draw};
use crate::ground::{Ground, random, runs};
use crate::raw::{Answer, Raw};
use crate::support::PATIENCE;

/// A run as the model knows it, with everything that was said and answered in it.
struct Known {
    run: Run,
    res_pq: Vec<u8>,
    /// Request and answer of step 2, and what it told.
    params: Option<(Vec<u8>, Vec<u8>, PublicValue)>,
    /// Request and answer of step 3.
    made: Option<(Vec<u8>, Vec<u8>)>,
}

/// Runs of one connection, the latest last; a server keeps four.
struct Walker<'a> {
    ground: &'a Ground,
    key: &'a PublicKey,
    raw: Raw,
    runs: Vec<Known>,
    /// Runs of connections that are gone: of no use anywhere.
    dead: Vec<Known>,
    keys: usize,
}

impl<'a> Walker<'a> {
    async fn new(ground: &'a Ground) -> Self {
        let key = ground.rsa_key();
        let raw = Raw::connect(&ground.plain()).await;
        Self { ground, key, raw, runs: Vec::new(), dead: Vec::new(), keys: 0 }
    }

    /// One random thing to say; what must come of it comes of it.
    async fn step(&mut self) {
        let choice = OsRng.u32() % 12;
        let at = OsRng.u32() as usize % self.runs.len().max(1);
        if self.runs.is_empty() || choice == 0 {
            return self.begin().await;
        }
        match choice {
            1 => self.begin_again(at).await,
            2..=4 => self.agree(at).await,
            5..=7 => self.make(at).await,
            8 => self.repeat(at).await,
            9 => self.say_wrong(at).await,
            10 => self.say_of_the_dead().await,
            _ => self.refuse(&random::<24>()).await,
        }
    }

    async fn begin(&mut self) {
        let nonce = random();
        let request = if OsRng.u32() & 1 == 0 {
            mt::ReqPqMulti { nonce }.to_bytes()
        } else {
            mt::ReqPq { nonce }.to_bytes()
        };
        let Answer::Body(res_pq) = self.raw.ask(&request).await else { panic!("resPQ was due") };
        let run = Run::read(nonce, &res_pq);
        let is_new = |known: &Known| known.run.server_nonce != run.server_nonce;
        assert!(self.runs.iter().chain(&self.dead).all(is_new), "a server_nonce came again");
        self.runs.push(Known { run, res_pq, params: None, made: None });
        if self.runs.len() > 4 {
            self.dead.push(self.runs.remove(0));
        }
    }

    /// The same first step again is the same answer, byte for byte, whatever happened since.
    async fn begin_again(&mut self, at: usize) {
        let request = mt::ReqPqMulti { nonce: self.runs[at].run.nonce }.to_bytes();
        assert_eq!(self.raw.ask(&request).await, Answer::Body(self.runs[at].res_pq.clone()));
    }

    /// A right step 2, which only a run that has had none may take.
    async fn agree(&mut self, at: usize) {
        let Known { run, params, .. } = &self.runs[at];
        let request = run.step_2(self.key, Padding::RsaPad.encrypt(&run.inner().bytes(), self.key));
        let request = request.to_bytes();
        if params.is_some() {
            return self.refuse(&request).await;
        }
        let Answer::Body(answer) = self.raw.ask(&request).await else {
            panic!("server_DH_params_ok was due")
        };
        let g_a = run.open(&answer);
        self.runs[at].params = Some((request, answer, g_a));
    }

    /// A right step 3, if the run has come so far; else one that comes too early, or too late.
    async fn make(&mut self, at: usize) {
        let Known { run, params, made, .. } = &self.runs[at];
        let Some((_, _, g_a)) = params else {
            let early = run.step_3(&random::<256>(), 0);
            return self.refuse(&early).await;
        };
        let (g_b, key) = draw(g_a);
        let request = run.step_3(g_b.as_bytes(), 0);
        if made.is_some() {
            return self.refuse(&request).await;
        }
        let answer = self.raw.ask(&request).await;
        assert!(run.is_ok(&answer, &key), "dh_gen_ok was due, not {answer:?}");
        let Answer::Body(answer) = answer else { unreachable!("it is dh_gen_ok") };
        self.keys += 1;
        self.runs[at].made = Some((request, answer));
    }

    /// The last request of a run once more, byte for byte.
    async fn repeat(&mut self, at: usize) {
        let Known { params, made, .. } = &self.runs[at];
        let step_2 = params.as_ref().filter(|_| made.is_none()).map(|(request, answer, _)| (request, answer));
        let step_3 = made.as_ref().map(|(request, answer)| (request, answer));
        match step_3.or(step_2).map(|(request, answer)| (request.clone(), answer.clone())) {
            Some((request, answer)) => assert_eq!(self.raw.ask(&request).await, Answer::Body(answer)),
            None => self.begin_again(at).await,
        }
    }

    /// Something that names a run and is not right.
    async fn say_wrong(&mut self, at: usize) {
        let run = &self.runs[at].run;
        let right = run.step_2(self.key, Padding::Sha1.encrypt(&run.inner().bytes(), self.key));
        let mut wrong = right;
        match OsRng.u32() % 5 {
            0 => wrong.nonce[0] ^= 1,
            1 => wrong.server_nonce[0] ^= 1,
            2 => std::mem::swap(&mut wrong.p, &mut wrong.q),
            3 => wrong.public_key_fingerprint ^= 1,
            _ => wrong.encrypted_data = random::<255>().to_vec(),
        }
        self.refuse(&wrong.to_bytes()).await;
    }

    /// Something that was right on another connection: the last step of a run that is gone.
    async fn say_of_the_dead(&mut self) {
        let Some(Known { params, made, run, .. }) = self.dead.last() else { return self.begin().await };
        let said = made.as_ref().map(|(request, _)| request);
        let said = said.or(params.as_ref().map(|(request, _, _)| request));
        let request = said.cloned().unwrap_or_else(|| {
            run.step_2(self.key, Padding::RsaPad.encrypt(&run.inner().bytes(), self.key)).to_bytes()
        });
        self.refuse(&request).await;
    }

    /// Says what must be refused: -404, close, and nothing of this connection is known on another one.
    async fn refuse(&mut self, request: &[u8]) {
        assert_eq!(self.raw.ask(request).await, NOT_FOUND);
        assert_eq!(self.raw.answer().await, Answer::Closed);
        self.raw = Raw::connect(&self.ground.plain()).await;
        self.dead.append(&mut self.runs);
    }
}

#[tokio::test]
async fn t5_random_walks_make_keys_by_the_legal_path_alone() {
    let ground = Ground::open(&[]).await;
    let mut walker = Walker::new(&ground).await;
    // Twelve steps make a sequence.
    for _ in 0..runs(300, 1_000_000) {
        for _ in 0..12 {
            walker.step().await;
        }
        walker.dead.truncate(8);
    }
    assert!(walker.keys > 3, "{} keys were made", walker.keys);
}

#[tokio::test]
async fn t5_the_last_step_is_no_first_one() {
    let ground = Ground::open(&[]).await;
    let request = mt::SetClientDHParams {
        nonce: random(),
        server_nonce: random(),
        encrypted_data: random::<336>().to_vec(),
    };
    let mut raw = Raw::connect(&ground.plain()).await;
    assert_eq!(raw.ask(&request.to_bytes()).await, NOT_FOUND);
    assert_eq!(raw.answer().await, Answer::Closed);
}

#[tokio::test]
async fn t5_no_step_can_be_taken_on_another_connection() {
    let ground = Ground::open(&[]).await;
    let key = ground.rsa_key();
    let mut raw = Raw::connect(&ground.plain()).await;
    let run = Run::begin(&mut raw).await;
    let (g_a, step_2) = run.agree(&mut raw, key).await;
    let (g_b, auth_key) = draw(&g_a);
    let step_3 = run.step_3(g_b.as_bytes(), 0);
    for stolen in [&step_2, &step_3] {
        let mut thief = Raw::connect(&ground.plain()).await;
        assert_eq!(thief.ask(stolen).await, NOT_FOUND);
        assert_eq!(thief.answer().await, Answer::Closed);
    }
    assert!(run.is_ok(&raw.ask(&step_3).await, &auth_key), "its owner is not concerned");
    let mut thief = Raw::connect(&ground.plain()).await;
    assert_eq!(thief.ask(&step_3).await, NOT_FOUND);
    assert!(run.is_ok(&raw.ask(&step_3).await, &auth_key), "the answer may be asked for again");
}

/// An exchange has its time, here one second: then its first step is forgotten, and with it all others.
#[tokio::test]
async fn t5_an_exchange_that_is_not_finished_in_time_is_forgotten() {
    let ground = Ground::open(&["--set", "limits.handshake_s=1"]).await;
    let key = ground.rsa_key();
    let mut raw = Raw::connect(&ground.plain()).await;
    let clock = Clock::start();
    let run = Run::begin(&mut raw).await;
    let (g_a, step_2) = run.agree(&mut raw, key).await;
    let again = mt::ReqPqMulti { nonce: run.nonce }.to_bytes();
    loop {
        let Answer::Body(body) = raw.ask(&again).await else { panic!("resPQ was due") };
        let Ok(mt::ResPQ::ResPQ { server_nonce, .. }) = mt::ResPQ::from_bytes(&body) else { panic!("resPQ") };
        if server_nonce != run.server_nonce {
            break;
        }
        assert!(clock.elapsed() < PATIENCE, "the exchange is not forgotten");
    }
    assert!((990..30_000).contains(&clock.elapsed().as_millis()), "after {:?}", clock.elapsed());
    let (g_b, _) = draw(&g_a);
    assert_eq!(raw.ask(&run.step_3(g_b.as_bytes(), 0)).await, NOT_FOUND);
    let mut other = Raw::connect(&ground.plain()).await;
    assert_eq!(other.ask(&step_2).await, NOT_FOUND);
}
