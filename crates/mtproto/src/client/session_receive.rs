//! What a client's session makes of a packet.
//!
//! Invariants: a packet of another session, or with ids no server makes, is refused whole, as real clients do;
//! content is acknowledged even when it was here before, and taken once.
//! Source: docs, mtproto/security_guidelines; mtproto/service_messages_about_messages.

use ids::limits::{GZIP_UNPACKED_BYTES_MAX, MSG_ID_FUTURE_S_MAX, MSG_ID_PAST_S_MAX};
use ids::{Now, WireMsgId};
use tl::codec::{Decode, Encode, Reader};
use tl::mt::{BadMsgNotification, FutureSalt, FutureSalts, MsgsStateInfo, NewSession, Pong, RpcError};

use super::pending::{Pending, Stage};
use super::session::{ACK_DELAY_MS, CallError, Event, SEEN_MAX, Session};
use crate::cipher::{self, Sender, Undecryptable};
use crate::container;
use crate::gzip::{self, GZIP_PACKED};
use crate::message::Message;
use crate::plain;
use crate::session::RPC_RESULT;
use crate::session::msg_id::MsgIds;

const BAD_MSG_NOTIFICATION: u32 = 0xa7ef_f811;
const BAD_SERVER_SALT: u32 = 0xedab_447b;
const NEW_SESSION_CREATED: u32 = 0x9ec2_0908;
const MSGS_STATE_INFO: u32 = 0x04de_b57d;
const PONG: u32 = 0x3477_73c5;
const FUTURE_SALTS: u32 = 0xae50_0895;
const RPC_ERROR: u32 = 0x2144_ca19;
const MSGS_ACK: u32 = 0x62d6_b459;
/// destroy_session_ok, destroy_session_none, destroy_auth_key_ok, destroy_auth_key_none, destroy_auth_key_fail.
const SERVICE_ANSWERS: [u32; 5] = [0xe220_45fc, 0x62d3_50c9, 0xf660_e1d4, 0x0a9f_2259, 0xea10_9b13];

/// Refusals that only say how to do better.
const WRONG_SALT: i32 = 48;
const CLOCK_BEHIND: i32 = 16;
const CLOCK_AHEAD: i32 = 17;
const FORGOTTEN: i32 = 20;

/// Low three bits of a state: received.
const STATE_RECEIVED: u8 = 4;
/// A bit of a state: the answer exists.
const STATE_ANSWERED: u8 = 64;

/// Why a packet is refused; the connection should be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PacketError {
    /// It does not decrypt.
    Undecryptable,
    /// It belongs to another session.
    ForeignSession,
    /// An id that no server makes: even, or further than 300 s back or 30 s ahead.
    MessageId,
    /// A container that cannot be read.
    Container,
}

impl From<Undecryptable> for PacketError {
    fn from(_: Undecryptable) -> Self {
        Self::Undecryptable
    }
}

impl Session {
    /// Takes one encrypted packet.
    pub fn handle_packet(&mut self, packet: &[u8], now: Now) -> Result<(), PacketError> {
        let opened = cipher::decrypt(&self.key, Sender::Server, packet)?.message;
        if opened.session != self.id {
            return Err(PacketError::ForeignSession);
        }
        let messages = if container::is_container(&opened.body) {
            container::read(&opened.body).map_err(|_| PacketError::Container)?
        } else {
            vec![Message { msg_id: opened.msg_id, seqno: opened.seqno, body: opened.body }]
        };
        self.sync_from_refusals(&messages, opened.msg_id, now);
        self.check_id(opened.msg_id, now)?;
        for message in &messages {
            self.check_id(message.msg_id, now)?;
        }
        for message in messages {
            self.take(message, now);
        }
        Ok(())
    }

    fn check_id(&self, msg_id: WireMsgId, now: Now) -> Result<(), PacketError> {
        let clock = i128::from(plain::request_id(self.server_now(now)).0);
        let ahead = i128::from(msg_id.0) - clock;
        let is_odd = msg_id.0 & 1 == 1;
        let range = -(i128::from(MSG_ID_PAST_S_MAX) << 32)..=i128::from(MSG_ID_FUTURE_S_MAX) << 32;
        if is_odd && range.contains(&ahead) { Ok(()) } else { Err(PacketError::MessageId) }
    }

    /// A refusal tells the server's clock in its own id and must not be refused for that: so does one because of our
    /// clock, and any other one that our clock calls untimely.
    fn sync_from_refusals(&mut self, messages: &[Message], outer: WireMsgId, now: Now) {
        let is_timely = self.check_id(outer, now).is_ok();
        let tells_time = messages.iter().any(|message| match Decode::from_bytes(&message.body) {
            Ok(BadMsgNotification::BadMsgNotification { error_code, .. }) => {
                !is_timely || matches!(error_code, CLOCK_BEHIND | CLOCK_AHEAD)
            }
            Ok(BadMsgNotification::BadServerSalt { .. }) => !is_timely,
            Err(_) => false,
        });
        if tells_time {
            let server_ns = (u128::from(outer.0) * 1_000_000_000) >> 32;
            let ahead_ns = i128::try_from(server_ns).unwrap_or(0) - i128::from(now.wall_ns);
            self.ahead_ns = i64::try_from(ahead_ns).unwrap_or(0);
            // Ids of a clock that was ahead are no measure for those to come.
            self.ids = MsgIds::default();
        }
    }

    fn take(&mut self, message: Message, now: Now) {
        if message.is_content() {
            self.acks.push(message.msg_id.0.cast_signed());
            self.acks_due_ms.get_or_insert(now.mono_ms + ACK_DELAY_MS);
        }
        if !self.seen.insert(message.msg_id.0) {
            return;
        }
        if self.seen.len() > SEEN_MAX {
            self.seen.pop_first();
        }
        let Some(body) = unpacked(message.body) else { return };
        match Reader::new(&body).peek_id() {
            Ok(RPC_RESULT) => self.take_result(&body),
            Ok(BAD_MSG_NOTIFICATION | BAD_SERVER_SALT) => self.take_refusal(&body, now),
            Ok(NEW_SESSION_CREATED) => self.take_new_session(&body),
            Ok(MSGS_STATE_INFO) => self.take_states(&body),
            Ok(PONG) => {
                if let Ok(Pong::Pong { ping_id, .. }) = Decode::from_bytes(&body) {
                    self.events.push_back(Event::Pong { ping_id });
                }
            }
            Ok(FUTURE_SALTS) => self.take_salts(&body),
            // That the server has a message says nothing about its answer.
            Ok(MSGS_ACK) | Err(_) => {}
            Ok(id) if SERVICE_ANSWERS.contains(&id) => self.events.push_back(Event::Service(body)),
            Ok(_) => self.events.push_back(Event::Update(body)),
        }
    }

    fn take_result(&mut self, body: &[u8]) {
        let mut reader = Reader::new(body);
        let Ok(call) = reader.expect_id(RPC_RESULT).and_then(|()| reader.array()) else { return };
        let call = WireMsgId(u64::from_le_bytes(call));
        // Even if it was to go out under a new id: this is its answer.
        let is_meant = |pending: &Pending| pending.identity.is_some_and(|(msg_id, _)| msg_id == call);
        let at = self.pending.iter().position(is_meant);
        let Some(pending) = at.and_then(|at| self.pending.remove(at)) else { return };
        let result = match unpacked(reader.take_rest().to_vec()) {
            None => Err(CallError::Malformed),
            Some(result) if Reader::new(&result).peek_id() == Ok(RPC_ERROR) => Err(RpcError::from_bytes(
                &result,
            )
            .map_or(CallError::Malformed, |RpcError::RpcError { error_code, error_message }| {
                CallError::Rpc { code: error_code, name: error_message }
            })),
            Some(result) => Ok(result),
        };
        self.events.push_back(Event::Answer { call: pending.call, result });
    }

    fn take_refusal(&mut self, body: &[u8], now: Now) {
        let (bad, code) = match Decode::from_bytes(body) {
            Ok(BadMsgNotification::BadServerSalt { bad_msg_id, new_server_salt, .. }) => {
                self.salt = new_server_salt.cast_unsigned();
                (bad_msg_id, WRONG_SALT)
            }
            Ok(BadMsgNotification::BadMsgNotification { bad_msg_id, error_code, .. }) => {
                (bad_msg_id, error_code)
            }
            Err(_) => return,
        };
        let bad = WireMsgId(bad.cast_unsigned());
        // The highest id the server can have taken.
        let ahead = MSG_ID_FUTURE_S_MAX.cast_unsigned() << 32;
        let latest = plain::request_id(self.server_now(now)).0.saturating_add(ahead);
        let mut kept = std::collections::VecDeque::new();
        for mut pending in std::mem::take(&mut self.pending) {
            let is_meant =
                matches!(pending.stage, Stage::Sent { msg_id, outer, .. } if msg_id == bad || outer == bad);
            match code {
                _ if !is_meant => kept.push_back(pending),
                // It was perhaps taken under this id in an earlier packet, so it keeps it; not if that is an id from
                // the future, or one the server has forgotten.
                WRONG_SALT | CLOCK_BEHIND | CLOCK_AHEAD | FORGOTTEN => {
                    let may_be_taken =
                        code != FORGOTTEN && pending.identity.is_some_and(|(msg_id, _)| msg_id.0 <= latest);
                    pending.stage = if may_be_taken { Stage::Again } else { Stage::New };
                    kept.push_back(pending);
                }
                code => self.events.push_back(Event::Answer {
                    call: pending.call,
                    result: Err(CallError::Refused { code }),
                }),
            }
        }
        self.pending = kept;
        if let Some(at) = self.asked.iter().position(|(msg_id, _)| *msg_id == bad)
            && let Some((_, msg_ids)) = self.asked.remove(at)
        {
            self.service(tl::mt::MsgsStateReq::MsgsStateReq { msg_ids }.to_bytes(), false);
        }
    }

    fn take_new_session(&mut self, body: &[u8]) {
        let Ok(NewSession::NewSessionCreated { first_msg_id, unique_id, server_salt }) =
            Decode::from_bytes(body)
        else {
            return;
        };
        self.salt = server_salt.cast_unsigned();
        let first_msg_id = WireMsgId(first_msg_id.cast_unsigned());
        for pending in &mut self.pending {
            // Its packet may still be under way, so it keeps its id.
            if matches!(pending.stage, Stage::Sent { msg_id, .. } if msg_id < first_msg_id) {
                pending.stage = Stage::Again;
            }
        }
        self.events.push_back(Event::NewSession { first_msg_id, unique_id });
    }

    fn take_states(&mut self, body: &[u8]) {
        let Ok(MsgsStateInfo::MsgsStateInfo { req_msg_id, info }) = Decode::from_bytes(body) else { return };
        let request = WireMsgId(req_msg_id.cast_unsigned());
        let Some(at) = self.asked.iter().position(|(asked, _)| *asked == request) else { return };
        let Some((_, msg_ids)) = self.asked.remove(at) else { return };
        for (msg_id, state) in msg_ids.into_iter().zip(info) {
            let msg_id = WireMsgId(msg_id.cast_unsigned());
            let sent = self.pending.iter_mut().find(
                |pending| matches!(pending.stage, Stage::Sent { msg_id: current, .. } if current == msg_id),
            );
            let Some(pending) = sent else { continue };
            if state & 7 < STATE_RECEIVED {
                pending.stage = Stage::Again;
            } else if state & STATE_ANSWERED != 0 && std::mem::replace(&mut pending.was_answered, true) {
                self.events.push_back(Event::Stalled);
            }
        }
    }

    fn take_salts(&mut self, body: &[u8]) {
        if let Ok(FutureSalts::FutureSalts { salts, .. }) = Decode::from_bytes(body)
            && let Some(FutureSalt::FutureSalt { salt, .. }) = salts.first()
        {
            self.salt = salt.cast_unsigned();
        }
    }
}

/// The object inside a `gzip_packed`, or the object itself; nothing if it cannot be unpacked.
fn unpacked(body: Vec<u8>) -> Option<Vec<u8>> {
    if Reader::new(&body).peek_id() != Ok(GZIP_PACKED) {
        return Some(body);
    }
    // A client takes more than it may send: a server's frame is bounded by the transport.
    let mut budget_bytes = 16 * GZIP_UNPACKED_BYTES_MAX;
    gzip::unpack(&body, &mut budget_bytes).ok()
}
