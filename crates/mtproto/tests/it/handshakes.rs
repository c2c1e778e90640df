//! The key exchange as it should go: every kind, over every transport, with the crate's own client and with a raw one.

use std::sync::Arc;

use ids::limits::{HANDSHAKE_LIFE_MS, TEMP_KEY_LIFE_S_MAX};
use mtproto::client;
use mtproto::handshake::client::{ExchangeError, FirstRequest, RsaPadding, Wanted};
use mtproto::handshake::server::{Job, run_pair};
use mtproto::handshake::{KeyKind, NewKey};
use mtproto::server::{CloseReason, Conn, Output};
use mtproto::transport::{Kind, Obfuscation};
use tl::{Decode as _, Encode as _, mt};

use crate::raw_client::{Padding, RawClient, encrypt, plain};
use crate::support::NOON;
use crate::world::{Accepted, SERVER};
use crypto::testing::Seeded;

/// A client and a server with nothing between them.
struct Pair {
    client: client::Conn,
    server: Accepted,
    rng: Seeded,
    made: Vec<NewKey>,
    failed: Option<ExchangeError>,
    error: Option<i32>,
}

impl Pair {
    fn new(kind: Kind, obfuscation: Option<Obfuscation>, websocket: bool, seed: u64) -> Self {
        let mut rng = Seeded::new(seed);
        let config = Arc::clone(&SERVER.config);
        let conn = if websocket { Conn::websocket(config, NOON) } else { Conn::new(config, NOON) };
        let client = client::Conn::new(kind, obfuscation, Arc::clone(&SERVER.public), &mut rng).unwrap();
        Self { client, server: Accepted::of(conn), rng, made: Vec::new(), failed: None, error: None }
    }

    fn make_key(&mut self, wanted: Wanted) {
        self.client.make_key(wanted, NOON, &mut self.rng);
        loop {
            let mut idle = true;
            while let Some(output) = self.client.poll_output() {
                idle = false;
                match output {
                    client::Output::Transmit(bytes) => self.server.input(&bytes, NOON, &mut self.rng),
                    client::Output::KeyMade { key, server_time } => {
                        assert_eq!(server_time, NOON.unix());
                        self.made.push(key);
                    }
                    client::Output::ExchangeFailed(error) => self.failed = Some(error),
                    client::Output::ServerError(code) => self.error = Some(code),
                    client::Output::Packet(_) | client::Output::QuickAck(_) | client::Output::Close(_) => {
                        panic!("out of place")
                    }
                }
            }
            for bytes in std::mem::take(&mut self.server.sent) {
                idle = false;
                self.client.handle_input(&bytes, NOON, &mut self.rng);
            }
            if idle {
                return;
            }
        }
    }
}

const TEMPORARY: KeyKind = KeyKind::Temporary { expires_in_s: 86_000 };

fn permanent() -> Wanted {
    let (first, padding) = (FirstRequest::ReqPqMulti, RsaPadding::RsaPad);
    Wanted { kind: KeyKind::Permanent, dc: Some(2), first, padding }
}

fn every_kind_of_exchange() -> Vec<Wanted> {
    let mut all = Vec::new();
    for kind in [KeyKind::Permanent, TEMPORARY] {
        for dc in [None, Some(2), Some(-2)] {
            for first in [FirstRequest::ReqPq, FirstRequest::ReqPqMulti] {
                for padding in [RsaPadding::RsaPad, RsaPadding::Sha1] {
                    all.push(Wanted { kind, dc, first, padding });
                }
            }
        }
    }
    all
}

fn same_key(client: &NewKey, server: &NewKey) {
    assert_eq!(client.key.id(), server.key.id());
    assert_eq!(client.key.bytes(), server.key.bytes());
    assert_eq!(client.first_salt, server.first_salt);
    assert_eq!((client.kind, client.dc), (server.kind, server.dc));
}

/// Every combination that real clients use, and those they might: each transport runs a part of the kinds, all kinds
/// one after the other on one connection.
#[test]
fn every_transport_makes_every_kind_of_key() {
    let kinds = every_kind_of_exchange();
    let obfuscated = || Some(Obfuscation { secret: None, dc: 2 });
    let transports = [
        (Kind::Abridged, None, false),
        (Kind::Intermediate, None, false),
        (Kind::Padded, None, false),
        (Kind::Full, None, false),
        (Kind::Abridged, obfuscated(), false),
        (Kind::Intermediate, obfuscated(), false),
        (Kind::Padded, obfuscated(), false),
        (Kind::Abridged, obfuscated(), true),
        (Kind::Intermediate, obfuscated(), true),
        (Kind::Padded, obfuscated(), true),
    ];
    for (seed, (kind, obfuscation, websocket)) in (0..).zip(transports) {
        let mut pair = Pair::new(kind, obfuscation, websocket, seed);
        for wanted in &kinds {
            pair.make_key(*wanted);
            assert_eq!((pair.failed, pair.error, pair.server.closed), (None, None, None));
            let (client, server) = (pair.made.last().unwrap(), pair.server.created.last().unwrap());
            same_key(client, server);
            assert_eq!((client.kind, client.dc), (wanted.kind, wanted.dc));
        }
        assert_eq!(pair.made.len(), kinds.len());
    }
}

/// T9: an id that is taken is answered by dh_gen_retry, five times at most, then by dh_gen_fail.
#[test]
fn colliding_keys_are_retried_five_times() {
    for collisions in 0..=7 {
        let mut pair = Pair::new(Kind::Abridged, None, false, 100 + collisions as u64);
        pair.server.collisions = collisions;
        pair.make_key(permanent());
        if collisions <= 5 {
            assert_eq!((pair.failed, pair.server.created.len()), (None, 1));
            same_key(&pair.made[0], &pair.server.created[0]);
        } else {
            assert_eq!((pair.failed, pair.server.created.len()), (Some(ExchangeError::Refused), 0));
            assert_eq!(pair.server.closed, None);
        }
        assert_eq!(pair.server.jobs, 2 + collisions.min(5));
    }
}

/// T9: the second try must name the first key's aux hash, and a repetition of the first is told to retry once more.
#[test]
fn retry_id_is_the_aux_hash_of_the_last_try() {
    for (seed, right) in [(1, true), (2, false)] {
        let mut client = RawClient::new(seed);
        client.server.collisions = 1;
        let run = client.step_1();
        let (_, answer) = client.step_2(&run);
        let (g_a, _) = run.open(&answer);
        let (secret, g_b) = client.draw();
        let first = run.step_3(g_b.as_bytes(), 0);
        let told = client.ask(&first);
        assert!(matches!(
            mt::SetClientDHParamsAnswer::from_bytes(&told),
            Ok(mt::SetClientDHParamsAnswer::DhGenRetry { .. })
        ));
        assert_eq!(client.ask(&first), told, "a repetition gets the same bytes");
        let aux_hash: [u8; 8] = crypto::sha1(&[&dh_key(&g_a, &secret)[..]])[..8].try_into().unwrap();
        let retry_id = i64::from_le_bytes(aux_hash) ^ i64::from(!right);
        let (_, g_b) = client.draw();
        let answers = client.exchange(&plain(&run.step_3(g_b.as_bytes(), retry_id)));
        if right {
            assert_eq!(client.server.created.len(), 1);
        } else {
            assert_eq!(answers, [(-404_i32).to_le_bytes()]);
            assert_eq!(client.server.closed, Some(CloseReason::Handshake));
        }
    }
}

fn dh_key(g_a: &crypto::dh::PublicValue, secret: &crypto::dh::Secret) -> crypto::dh::SharedKey {
    crypto::dh::shared(g_a, secret)
}

/// T5: whatever is repeated byte for byte is answered by the same bytes, and costs no second computation.
#[test]
fn repetitions_get_the_cached_bytes() {
    let mut client = RawClient::new(5);
    let nonce = [3; 16];
    let request = plain(&mt::ReqPqMulti { nonce }.to_bytes());
    let first = client.exchange(&request);
    client.now = client.now.plus_ms(1000);
    assert_eq!(client.exchange(&request), first);

    let run = client.step_1();
    let (request, answer) = client.step_2(&run);
    client.now = client.now.plus_ms(1000);
    assert_eq!(client.ask(&request), answer);
    let longer = [&request[..], &[1, 2, 3, 4]].concat();
    assert_eq!(client.ask(&longer), answer, "random bytes behind the object do not count");
    let (_, g_b) = client.draw();
    let request = run.step_3(g_b.as_bytes(), 0);
    let ok = client.ask(&request);
    client.now = client.now.plus_ms(1000);
    assert_eq!(client.ask(&request), ok);
    assert_eq!((client.server.jobs, client.server.created.len()), (2, 1));
}

/// Telegram Desktop's habit: a probe, then a permanent and a temporary exchange, their steps mixed on one connection.
#[test]
fn exchanges_may_be_interleaved() {
    let mut client = RawClient::new(6);
    let _probe = client.step_1();
    let (one, two) = (client.step_1(), client.step_1());
    let answers = [client.step_2(&two).1, client.step_2(&one).1];
    two.open(&answers[0]);
    one.open(&answers[1]);
    for run in [&one, &two] {
        let (_, g_b) = client.draw();
        client.ask(&run.step_3(g_b.as_bytes(), 0));
    }
    assert_eq!(client.server.created.len(), 2);
    assert_eq!(client.server.conn.open_exchanges(), 3);
}

/// A7: a connection holds four exchanges; the oldest falls out and is unknown from then on.
#[test]
fn fifth_exchange_pushes_out_the_first() {
    let mut client = RawClient::new(7);
    let first = client.step_1();
    let mut rest = Vec::new();
    for _ in 0..4 {
        rest.push(client.step_1());
    }
    assert_eq!(client.server.conn.open_exchanges(), 4);
    client.step_2(&rest[0]);
    let ciphertext =
        encrypt(&first.inner().bytes(), Padding::RsaPad, &SERVER.public[0], &mut client.rng, &|_| {});
    assert_eq!(client.exchange(&plain(&first.request(ciphertext).to_bytes())), [(-404_i32).to_le_bytes()]);
}

/// T5: an exchange is forgotten 60 s after step 1, and the connection asks to be woken for it.
#[test]
fn exchanges_expire() {
    let mut client = RawClient::new(8);
    let run = client.step_1();
    let due_ms = client.server.conn.poll_timeout().unwrap();
    assert!(due_ms <= client.now.mono_ms + HANDSHAKE_LIFE_MS);
    client.now = client.now.plus_ms(HANDSHAKE_LIFE_MS - 1);
    let (_, answer) = client.step_2(&run);
    run.open(&answer);
    client.now = client.now.plus_ms(1);
    let (_, g_b) = client.draw();
    let answers = client.exchange(&plain(&run.step_3(g_b.as_bytes(), 0)));
    assert_eq!(answers, [(-404_i32).to_le_bytes()]);
    assert_eq!(client.server.created.len(), 0);
}

/// Clients without a DC, with theirs, with its media side; and what belongs to another environment: only that is told
/// -444.
#[test]
fn foreign_dcs_are_told_so() {
    for (dc, served) in [
        (0, true),
        (2, true),
        (-2, true),
        (5, true),
        (6, false),
        (-6, false),
        (10_002, false),
        (-10_002, false),
        (i32::MIN, false),
    ] {
        let mut client = RawClient::new(9);
        let run = client.step_1();
        let mut inner = run.inner();
        inner.dc = Some(dc);
        let ciphertext =
            encrypt(&inner.bytes(), Padding::RsaPad, &SERVER.public[0], &mut client.rng, &|_| {});
        let answers = client.exchange(&plain(&run.request(ciphertext).to_bytes()));
        if served {
            run.open(&answers[0][20..]);
        } else {
            assert_eq!(answers, [(-444_i32).to_le_bytes()]);
            assert_eq!(client.server.closed, Some(CloseReason::ForeignDc));
        }
    }
}

/// A temporary key lives a day at most, whatever its maker asks for.
#[test]
fn temporary_life_is_clamped() {
    let lives = [(1, 1), (86_400, 86_400), (86_401, 86_400), (i32::MAX, TEMP_KEY_LIFE_S_MAX as u32)];
    for (asked, granted) in lives {
        let mut client = RawClient::new(10);
        let run = client.step_1();
        let mut inner = run.inner();
        (inner.id, inner.expires_in) = (0x56fd_df88, Some(asked));
        let ciphertext = encrypt(&inner.bytes(), Padding::Sha1, &SERVER.public[0], &mut client.rng, &|_| {});
        client.ask(&run.request(ciphertext).to_bytes());
        let (_, g_b) = client.draw();
        client.ask(&run.step_3(g_b.as_bytes(), 0));
        assert_eq!(client.server.created[0].kind, KeyKind::Temporary { expires_in_s: granted });
    }
}

/// Numbers may carry zeros in front, as some clients write them.
#[test]
fn numbers_may_be_padded_with_zeros() {
    for padding in [Padding::RsaPad, Padding::Sha1] {
        let mut client = RawClient::new(11);
        let run = client.step_1();
        let mut inner = run.inner();
        inner.p = u64::from(run.p).to_be_bytes().to_vec();
        inner.q.insert(0, 0);
        let ciphertext = encrypt(&inner.bytes(), padding, &SERVER.public[0], &mut client.rng, &|_| {});
        let mut request = run.request(ciphertext);
        request.q.insert(0, 0);
        run.open(&client.ask(&request.to_bytes()));
    }
}

/// A5: two step-3 jobs of two connections, run together, make the keys they would have made alone.
#[test]
fn jobs_run_in_pairs() {
    let mut clients = [RawClient::new(12), RawClient::new(13)];
    let mut jobs = Vec::new();
    let mut keys = Vec::new();
    for client in &mut clients {
        let run = client.step_1();
        let (_, answer) = client.step_2(&run);
        let (secret, g_b) = client.draw();
        keys.push(dh_key(&run.open(&answer).0, &secret));
        let mut bytes = Vec::new();
        client.transport.send(&plain(&run.step_3(g_b.as_bytes(), 0)), &mut client.rng, &mut bytes);
        client.server.conn.handle_input(&bytes, client.now, &mut client.rng);
        let Some(Output::Job(Job::Key(job))) = client.server.conn.poll_output() else {
            panic!("a job was due")
        };
        assert!(!client.server.conn.wants_input());
        jobs.push(job);
    }
    let second = jobs.pop().unwrap();
    let (done_1, done_2) = run_pair(jobs.pop().unwrap(), second);
    for ((client, done), key) in clients.iter_mut().zip([done_1, done_2]).zip(keys) {
        client.server.conn.handle_job(done, client.now, &mut client.rng);
        client.server.work(client.now, &mut client.rng);
        assert_eq!(client.server.created[0].key.bytes()[..], key[..]);
    }
}
