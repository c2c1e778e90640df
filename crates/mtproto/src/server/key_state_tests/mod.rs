//! The sessions of one key, driven by hand: every field of what goes in is chosen, everything that comes out is opened.

mod admission;
mod delivery;
mod exactly_once;
mod hostile;
mod order;
mod service;
mod sessions;
mod wrappers;

use std::sync::Arc;

use crypto::testing::Seeded;
use ids::{ConnId, Now, SessionId, WireMsgId};
use tl::codec::{Encode, Reader, put_bytes};
use tl::mt::{BadMsgNotification, MsgsAck};

use super::KeyState;
use crate::cipher::tests::vector_key;
use crate::cipher::{Sender, decrypt};
use crate::message::Message;
use crate::salt::SaltSeed;
use crate::server::{Call, KeyEvent, RpcFailure, RpcResult, Transmit};
use crate::{AuthKey, Envelope, container};

const A: SessionId = SessionId(0xa);
const B: SessionId = SessionId(0xb);
const C1: ConnId = ConnId(1);
const C2: ConnId = ConnId(2);
/// A constructor that is no service message and no wrapper.
const QUERY: u32 = 0x0bad_cafe;

/// One packet that came out.
struct Got {
    conn: ConnId,
    salt: u64,
    session: SessionId,
    /// The packet's own id.
    outer: WireMsgId,
    outer_seqno: u32,
    is_container: bool,
    messages: Vec<Message>,
}

struct World {
    key: Arc<AuthKey>,
    state: KeyState,
    rng: Seeded,
    now: Now,
    last_id: u64,
}

impl World {
    fn new() -> Self {
        let key = Arc::new(vector_key());
        let now = Now { wall_ns: 1_700_000_000_250_000_000, mono_ms: 1_000_000 };
        let mut rng = Seeded::new(7);
        let seed = SaltSeed::generate(&mut rng);
        let state = KeyState::new(Arc::clone(&key), &seed, None, None, now);
        Self { key, state, rng, now, last_id: 0 }
    }

    /// A world whose session A exists and has told its client so.
    fn with_session() -> Self {
        let mut world = Self::new();
        world.send(A, 0, &ping(1));
        let [got] = &world.out()[..] else { panic!("one packet tells of the session") };
        let ids: Vec<WireMsgId> = got.messages.iter().map(|message| message.msg_id).collect();
        world.ack(A, &ids);
        world.events();
        world
    }

    fn salt(&mut self) -> u64 {
        let unix = self.now.unix();
        self.state.shared.salts.current(unix)
    }

    /// A fresh client id.
    fn id(&mut self) -> WireMsgId {
        let clock = crate::plain::request_id(self.now).0;
        self.last_id = clock.max(self.last_id + 4);
        WireMsgId(self.last_id)
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.state.handle_timeout(self.now);
    }

    /// A packet with chosen fields.
    fn feed(&mut self, conn: ConnId, session: SessionId, msg_id: WireMsgId, seqno: u32, body: &[u8]) {
        let salt = self.salt();
        self.feed_salted(salt, conn, session, msg_id, seqno, body);
    }

    fn feed_salted(
        &mut self,
        salt: u64,
        conn: ConnId,
        session: SessionId,
        msg_id: WireMsgId,
        seqno: u32,
        body: &[u8],
    ) {
        let key = self.key.id();
        let envelope = Envelope { key, salt, session, msg_id, seqno, body: body.to_vec() };
        self.state.handle_message(conn, envelope, self.now, &mut self.rng);
    }

    /// A packet on the first connection under a fresh id; the id.
    fn send(&mut self, session: SessionId, seqno: u32, body: &[u8]) -> WireMsgId {
        let msg_id = self.id();
        self.feed(C1, session, msg_id, seqno, body);
        msg_id
    }

    fn ack(&mut self, session: SessionId, msg_ids: &[WireMsgId]) {
        let msg_ids = msg_ids.iter().map(|msg_id| msg_id.0.cast_signed()).collect();
        self.send(session, 0, &MsgsAck::MsgsAck { msg_ids }.to_bytes());
    }

    fn out(&mut self) -> Vec<Got> {
        let mut all = Vec::new();
        while let Some(Transmit { conn, packet }) = self.state.poll_transmit(self.now, &mut self.rng) {
            let opened = decrypt(&self.key, Sender::Server, &packet).ok().unwrap().message;
            let is_container = container::is_container(&opened.body);
            let messages = if is_container {
                container::read(&opened.body).unwrap()
            } else {
                let Envelope { msg_id, seqno, ref body, .. } = opened;
                vec![Message { msg_id, seqno, body: body.clone() }]
            };
            for message in &messages {
                assert!(message.msg_id <= opened.msg_id && message.seqno <= opened.seqno);
            }
            all.push(Got {
                conn,
                salt: opened.salt,
                session: opened.session,
                outer: opened.msg_id,
                outer_seqno: opened.seqno,
                is_container,
                messages,
            });
        }
        all
    }

    /// All messages that come out for a session, packets apart.
    fn messages(&mut self, session: SessionId) -> Vec<Message> {
        let all = self.out().into_iter().filter(|got| got.session == session);
        all.flat_map(|got| got.messages).collect()
    }

    /// What a refused packet was answered: the id and seqno it names, and the code.
    fn refusals(&mut self) -> Vec<(WireMsgId, u32, i32)> {
        let mut refusals = Vec::new();
        for message in self.out().into_iter().flat_map(|got| got.messages) {
            if let Ok(BadMsgNotification::BadMsgNotification { bad_msg_id, bad_msg_seqno, error_code }) =
                tl::Decode::from_bytes(&message.body)
            {
                assert_eq!((message.seqno % 2, message.msg_id.0 % 4), (0, 1));
                refusals.push((WireMsgId(bad_msg_id as u64), bad_msg_seqno as u32, error_code));
            }
        }
        refusals
    }

    fn events(&mut self) -> Vec<KeyEvent> {
        std::iter::from_fn(|| self.state.poll_event()).collect()
    }

    /// The calls that were handed out since the last look.
    fn calls(&mut self) -> Vec<Call> {
        let calls = self.events().into_iter().filter_map(|event| match event {
            KeyEvent::Call(call) => Some(call),
            KeyEvent::SessionCreated(_)
            | KeyEvent::SessionEnded(_)
            | KeyEvent::DestroyKey { .. }
            | KeyEvent::DisconnectAfter { .. }
            | KeyEvent::CloseConn { .. } => None,
        });
        calls.collect()
    }

    fn called(&mut self) -> Vec<WireMsgId> {
        self.calls().iter().map(|call| call.msg_id).collect()
    }

    fn succeed(&mut self, session: SessionId, call: WireMsgId, body: &[u8]) {
        self.state.handle_result(session, call, RpcResult::Answer(body.to_vec()), self.now);
    }

    fn fail(&mut self, session: SessionId, call: WireMsgId) {
        let failure = RpcFailure::new(400, "TEST_FAILED");
        self.state.handle_result(session, call, RpcResult::Error(failure), self.now);
    }
}

fn query(number: u32) -> Vec<u8> {
    [QUERY.to_le_bytes(), number.to_le_bytes()].concat()
}

fn ping(ping_id: i64) -> Vec<u8> {
    tl::mt::Ping { ping_id }.to_bytes()
}

fn containing(messages: &[(WireMsgId, u32, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    container::begin(&mut body, messages.len());
    for (msg_id, seqno, inner) in messages {
        container::put_head(&mut body, *msg_id, *seqno, inner.len());
        body.extend_from_slice(inner);
    }
    body
}

fn gzipped(object: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(object).unwrap();
    let mut packed = crate::gzip::GZIP_PACKED.to_bytes();
    put_bytes(&mut packed, &encoder.finish().unwrap());
    packed
}

fn id_of(message: &Message) -> u32 {
    Reader::new(&message.body).peek_id().unwrap()
}

/// The call an `rpc_result` answers, and the result.
fn result_of(message: &Message) -> Option<(WireMsgId, &[u8])> {
    let mut reader = Reader::new(&message.body);
    reader.expect_id(crate::session::RPC_RESULT).ok()?;
    let call = WireMsgId(u64::from_le_bytes(reader.array().unwrap()));
    Some((call, reader.rest()))
}

/// The code and name of an `rpc_error`.
fn error_of(result: &[u8]) -> Option<(i32, String)> {
    let tl::mt::RpcError::RpcError { error_code, error_message } = tl::Decode::from_bytes(result).ok()?;
    Some((error_code, error_message))
}
