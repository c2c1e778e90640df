//! The session's own answers: pings, salts, states of messages, resends, and the ends of sessions and keys.
//!
//! Invariant: an answer goes to the connection that asked, at once, and is not content unless it is an `rpc_result`.
//! Source: docs, mtproto/service_messages, mtproto/service_messages_about_messages.

use ids::limits::DISCONNECT_DELAY_S_MAX;
use ids::{ConnId, Now, WireMsgId};
use tl::codec::Encode;
use tl::mt::{DestroyAuthKeyRes, FutureSalt, FutureSalts, MsgsStateInfo, Pong, RpcDropAnswerResult};

use super::outbox::{Kind, To};
use super::request::Request;
use super::seen::{Fate, Place};
use super::{DestroyRequest, Session, Shared};
use crate::server::{KeyDestroyed, KeyEvent, RpcResult};

/// States of `msgs_state_info`, three low bits.
mod state {
    /// Nothing is known: too old, or this session never was told.
    pub(super) const UNKNOWN: u8 = 1;
    /// Not received, though others around it were.
    pub(super) const MISSING: u8 = 2;
    /// Not received, higher than anything received.
    pub(super) const TOO_NEW: u8 = 3;
    /// Received.
    pub(super) const RECEIVED: u8 = 4;
    /// Acknowledged.
    pub(super) const ACKED: u8 = 8;
    /// Needs no acknowledgement.
    pub(super) const NEEDS_NO_ACK: u8 = 16;
    /// The call is being processed, or was.
    pub(super) const PROCESSED: u8 = 32;
    /// The answer exists.
    pub(super) const ANSWERED: u8 = 64;
}

impl Session {
    pub(super) fn serve(
        &mut self,
        request: Request,
        msg_id: WireMsgId,
        seqno: u32,
        conn: ConnId,
        now: Now,
        shared: &mut Shared,
    ) {
        match request {
            Request::Nothing => {}
            Request::Acks(msg_ids) => self.acknowledged(&msg_ids),
            Request::Ping { ping_id } => self.reply(conn, pong(msg_id, ping_id).to_bytes()),
            Request::PingDelayDisconnect { ping_id, delay_s } => {
                self.reply(conn, pong(msg_id, ping_id).to_bytes());
                let delay_s = u64::try_from(delay_s).unwrap_or(0).min(DISCONNECT_DELAY_S_MAX);
                shared.events.push_back(KeyEvent::DisconnectAfter { conn, delay_ms: delay_s * 1000 });
            }
            Request::FutureSalts { count } => {
                let salts = future_salts(msg_id, count, now, shared);
                self.reply(conn, salts.to_bytes());
            }
            Request::States(msg_ids) => self.tell_states(msg_id, msg_ids, conn),
            Request::Resend(msg_ids) => self.resend(msg_id, &msg_ids, conn),
            Request::ResendAnswers(calls) => self.outbox.answers_again(calls, conn, true),
            Request::DropAnswer(call) => self.drop_answer(call, msg_id, seqno, conn),
            Request::DestroySession(target) => {
                shared.destroy.push(DestroyRequest { by: self.id, conn, target });
            }
            Request::DestroyAuthKey => {
                shared.events.push_back(KeyEvent::DestroyKey { session: self.id, msg_id });
            }
        }
    }

    /// The end of `destroy_auth_key`: an `rpc_result` if it came as a call, else a bare message, as its sender expects.
    pub(crate) fn key_destroyed(&mut self, msg_id: WireMsgId, end: KeyDestroyed) {
        let answer = match end {
            KeyDestroyed::Done => DestroyAuthKeyRes::DestroyAuthKeyOk,
            KeyDestroyed::None => DestroyAuthKeyRes::DestroyAuthKeyNone,
            KeyDestroyed::Failed => DestroyAuthKeyRes::DestroyAuthKeyFail,
        };
        match self.seen.place(msg_id) {
            Place::Known(Fate::Service) => self.outbox.queue(Kind::Service, To::Latest, answer.to_bytes()),
            Place::Known(_) | Place::Below | Place::New => {
                self.answer(msg_id, RpcResult::Answer(answer.to_bytes()));
            }
        }
    }

    /// `msgs_state_req`. An answer that was sent another way and is asked for did not arrive: it is sent again.
    fn tell_states(&mut self, request: WireMsgId, msg_ids: Vec<WireMsgId>, conn: ConnId) {
        let info = msg_ids.iter().map(|msg_id| self.state(*msg_id)).collect();
        self.reply(conn, state_info(request, info));
        self.outbox.answers_again(msg_ids, conn, false);
    }

    fn state(&self, msg_id: WireMsgId) -> u8 {
        use state::{ACKED, ANSWERED, MISSING, NEEDS_NO_ACK, PROCESSED, RECEIVED, TOO_NEW, UNKNOWN};
        match self.seen.place(msg_id) {
            Place::Known(Fate::Service) => RECEIVED | NEEDS_NO_ACK,
            Place::Known(Fate::Content) => RECEIVED | ACKED,
            Place::Known(Fate::Running) => RECEIVED | PROCESSED,
            Place::Known(Fate::Answered(_)) => RECEIVED | PROCESSED | ANSWERED,
            Place::Known(Fate::Settled(_)) => RECEIVED | ACKED | PROCESSED | ANSWERED,
            // The client must ask anew: its answer will not come.
            Place::Known(Fate::Lost(_)) | Place::Below => UNKNOWN,
            Place::New if msg_id > self.seen.highest() => TOO_NEW,
            Place::New if self.seen.lowest().is_none_or(|lowest| msg_id < lowest) => UNKNOWN,
            Place::New => MISSING,
        }
    }

    /// `msg_resend_req`: sends again what is still here; if something is not, says for each how it stands.
    fn resend(&mut self, request: WireMsgId, msg_ids: &[WireMsgId], conn: ConnId) {
        let mut is_complete = true;
        let mut info = Vec::with_capacity(msg_ids.len());
        for msg_id in msg_ids {
            let is_here = self.outbox.send_again(*msg_id, conn);
            is_complete &= is_here;
            info.push(if is_here { state::RECEIVED } else { self.state(*msg_id) });
        }
        if !is_complete {
            self.reply(conn, state_info(request, info));
        }
    }

    /// `rpc_drop_answer`: the call itself is finished all the same.
    fn drop_answer(&mut self, call: WireMsgId, request: WireMsgId, seqno: u32, conn: ConnId) {
        let answer = if self.calls.drop_answer(call) {
            let dropped = RpcDropAnswerResult::RpcAnswerDroppedRunning;
            self.acks.answered(call);
            self.outbox.queue(Kind::Answer(call), To::Rather(conn), dropped.to_bytes());
            dropped
        } else if let Some((msg_id, seqno, bytes)) = self.outbox.drop_answer(call) {
            self.settle_fate(call, Fate::Settled);
            RpcDropAnswerResult::RpcAnswerDropped {
                msg_id: msg_id.0.cast_signed(),
                seq_no: seqno.cast_signed(),
                bytes: i32::try_from(bytes).unwrap_or(i32::MAX),
            }
        } else {
            RpcDropAnswerResult::RpcAnswerUnknown
        };
        if seqno & 1 == 1 {
            self.answer(request, RpcResult::Answer(answer.to_bytes()));
        } else {
            self.outbox.queue(Kind::Answer(request), To::Rather(conn), answer.to_bytes());
        }
    }
}

fn pong(msg_id: WireMsgId, ping_id: i64) -> Pong {
    Pong::Pong { msg_id: msg_id.0.cast_signed(), ping_id }
}

fn state_info(request: WireMsgId, info: Vec<u8>) -> Vec<u8> {
    MsgsStateInfo::MsgsStateInfo { req_msg_id: request.0.cast_signed(), info }.to_bytes()
}

fn future_salts(request: WireMsgId, count: i32, now: Now, shared: &Shared) -> FutureSalts {
    let salts = shared.salts.upcoming(count, now.unix());
    FutureSalts::FutureSalts {
        req_msg_id: request.0.cast_signed(),
        now: now.unix().as_int(),
        salts: salts
            .into_iter()
            .map(|salt| FutureSalt::FutureSalt {
                valid_since: salt.valid_since.as_int(),
                valid_until: salt.valid_until.as_int(),
                salt: salt.salt.cast_signed(),
            })
            .collect(),
    }
}
