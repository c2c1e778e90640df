//! What happens to a packet once it was found genuine and timely: each of its messages is taken once.
//!
//! Invariants: an id is judged before its body (T6); a repeated call is never run again, its client hears how it
//! stands (docs: exactly once); a call needs an odd seqno; one bad message costs the others nothing.
//! Source: docs, mtproto/service_messages_about_messages.

use ids::limits::{GZIP_UNPACKED_BYTES_MAX, SESSION_CALLS_MAX};
use ids::{ConnId, Now, WireMsgId};
use tl::codec::{Encode, Reader};
use tl::mt::{BadMsgNotification, MsgsAck};

use super::calls::Peeled;
use super::order::Ordered;
use super::request::Request;
use super::seen::{Fate, Place};
use super::{Session, Shared};
use crate::container;
use crate::gzip::{self, GZIP_PACKED};
use crate::message::Message;
use crate::server::{RpcFailure, RpcResult, failure};
use crate::wrapper::{self, Wrapped};

/// `bad_msg_notification`: the id is below what is remembered.
const TOO_OLD: i32 = 20;
/// `bad_msg_notification`: a call with an even seqno.
const NOT_CONTENT: i32 = 35;
/// `bad_msg_notification`: a body that cannot be read.
const MALFORMED: i32 = 64;

/// The messages of one packet, lowest id first.
pub(crate) struct Packet {
    pub(crate) conn: ConnId,
    /// The id of the container, if there is one.
    pub(crate) container: Option<WireMsgId>,
    pub(crate) messages: Vec<Message>,
}

/// A message that waits for its turn.
pub(crate) struct Incoming {
    msg_id: WireMsgId,
    seqno: u32,
    conn: ConnId,
    work: Work,
}

/// What a message asks for.
enum Work {
    Service(Request),
    Call { wrapped: Wrapped, query: Vec<u8> },
    Unreadable(RpcFailure),
}

impl Ordered for Incoming {
    fn seqno(&self) -> u32 {
        self.seqno
    }

    fn bytes(&self) -> usize {
        match &self.work {
            Work::Call { query, .. } => query.len(),
            Work::Service(_) | Work::Unreadable(_) => 0,
        }
    }
}

impl Session {
    /// Whether a message or container with this id was here, or may have been.
    pub(crate) fn knows(&self, msg_id: WireMsgId) -> Knowledge {
        match self.seen.place(msg_id) {
            Place::Known(_) => Knowledge::Yes,
            Place::Below => Knowledge::TooOld,
            Place::New => Knowledge::No,
        }
    }

    /// Takes a packet whose salt, time and form are right.
    pub(crate) fn receive(&mut self, packet: Packet, now: Now, shared: &mut Shared) {
        let Packet { conn, container, messages } = packet;
        let outer = container.or_else(|| messages.first().map(|only| only.msg_id));
        if outer.is_some_and(|outer| self.seen.place(outer) != Place::New) && !self.conns.has(conn) {
            return self.ignore_replay(&messages, conn);
        }
        self.use_conn(conn, now);
        if let Some(container) = container {
            self.seen.note(container, Fate::Service);
        }
        if let Some(lowest) = messages.first().map(|message| message.msg_id)
            && lowest < self.first
            && self.seen.place(lowest) == Place::New
        {
            self.first = lowest;
            self.announce(conn, now, shared);
        }
        let mut budget_bytes = GZIP_UNPACKED_BYTES_MAX;
        let mut ready = Vec::new();
        for message in messages {
            self.take(message, conn, &mut budget_bytes, now, shared, &mut ready);
        }
        self.run(ready, now, shared);
    }

    /// A packet that was here before comes on a connection that its session does not use: whoever saw it pass can do
    /// that. It is acknowledged there and moves nothing, least of all the session to that connection.
    fn ignore_replay(&mut self, messages: &[Message], conn: ConnId) {
        let content = messages.iter().filter(|message| message.is_content());
        let msg_ids: Vec<i64> = content.map(|message| message.msg_id.0.cast_signed()).collect();
        if !msg_ids.is_empty() {
            self.reply(conn, MsgsAck::MsgsAck { msg_ids }.to_bytes());
        }
    }

    /// Runs messages whose turn has come, lowest id first, and calls that no longer wait.
    pub(super) fn run(&mut self, mut ready: Vec<Incoming>, now: Now, shared: &mut Shared) {
        ready.sort_by_key(|incoming| incoming.msg_id);
        for Incoming { msg_id, seqno, conn, work } in ready {
            match work {
                Work::Service(request) => self.serve(request, msg_id, seqno, conn, now, shared),
                Work::Unreadable(failure) => self.answer(msg_id, RpcResult::Error(failure)),
                Work::Call { wrapped, query } => {
                    self.begin_call(Peeled { msg_id, conn, wrapped, query }, now, shared);
                }
            }
        }
        self.settle(now, shared);
    }

    fn take(
        &mut self,
        message: Message,
        conn: ConnId,
        budget_bytes: &mut usize,
        now: Now,
        shared: &mut Shared,
        ready: &mut Vec<Incoming>,
    ) {
        let (msg_id, seqno, is_content) = (message.msg_id, message.seqno, message.is_content());
        match self.seen.place(msg_id) {
            Place::New => {}
            Place::Known(fate) => return self.repeat(msg_id, seqno, fate, conn, now),
            Place::Below if is_content => return self.refuse(msg_id, seqno, TOO_OLD, conn),
            Place::Below => return,
        }
        let work = read(message.body, budget_bytes);
        if is_content {
            let work = self.admit(msg_id, conn, work, now);
            self.order.offer(Incoming { msg_id, seqno, conn, work }, now.mono_ms, ready);
            return;
        }
        self.seen.note(msg_id, Fate::Service);
        match work {
            Work::Service(request) => self.serve(request, msg_id, seqno, conn, now, shared),
            Work::Call { .. } => self.refuse(msg_id, seqno, NOT_CONTENT, conn),
            Work::Unreadable(_) => self.refuse(msg_id, seqno, MALFORMED, conn),
        }
    }

    /// Notes a new content message and what its client is owed for it.
    fn admit(&mut self, msg_id: WireMsgId, conn: ConnId, work: Work, now: Now) -> Work {
        if let Work::Service(request) = &work
            && !request.is_call()
        {
            self.seen.note(msg_id, Fate::Content);
            // To acknowledge an acknowledgement would never end.
            if !matches!(request, Request::Acks(_)) {
                self.acks.owe(msg_id, now.mono_ms);
            }
            return work;
        }
        let is_crowded = self.calls.count() >= SESSION_CALLS_MAX;
        self.seen.note(msg_id, Fate::Running);
        self.acks.owe_unless_answered(msg_id, now.mono_ms);
        self.calls.begin(msg_id, conn);
        if is_crowded { Work::Unreadable(failure::TOO_MANY_CALLS) } else { work }
    }

    fn begin_call(&mut self, call: Peeled, now: Now, shared: &mut Shared) {
        if call.wrapped.after.is_empty() {
            self.emit(call, shared);
        } else if self.calls.may_wait(&call, shared.waiting_bytes) {
            self.calls.wait(call, now.mono_ms);
        } else {
            self.answer(call.msg_id, RpcResult::Error(failure::TOO_MANY_CALLS));
        }
    }

    /// A message that was here before: its client hears how it stands, nothing runs again.
    fn repeat(&mut self, msg_id: WireMsgId, seqno: u32, fate: Fate, conn: ConnId, now: Now) {
        match fate {
            Fate::Service => {}
            Fate::Content | Fate::Running | Fate::Settled(_) => self.acks.owe_now(msg_id, now.mono_ms),
            Fate::Answered(_) => self.outbox.answers_again(vec![msg_id], conn, true),
            Fate::Lost(_) => self.refuse(msg_id, seqno, TOO_OLD, conn),
        }
    }

    fn refuse(&mut self, msg_id: WireMsgId, seqno: u32, code: i32, conn: ConnId) {
        self.reply(conn, bad_msg(msg_id, seqno, code).to_bytes());
    }
}

/// Whether an id was received before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Knowledge {
    /// It was.
    Yes,
    /// It was not.
    No,
    /// It is below what is remembered.
    TooOld,
}

/// `bad_msg_notification`.
pub(crate) const fn bad_msg(msg_id: WireMsgId, seqno: u32, code: i32) -> BadMsgNotification {
    BadMsgNotification::BadMsgNotification {
        bad_msg_id: msg_id.0.cast_signed(),
        bad_msg_seqno: seqno.cast_signed(),
        error_code: code,
    }
}

/// Unpacks and reads a body. Packets share one budget for what comes out of `gzip_packed` (A8).
fn read(body: Vec<u8>, budget_bytes: &mut usize) -> Work {
    let is_packed = Reader::new(&body).peek_id() == Ok(GZIP_PACKED);
    let body = if is_packed {
        match gzip::unpack(&body, budget_bytes) {
            Ok(unpacked) => unpacked,
            Err(error) => return Work::Unreadable(wrapper::gzip_failure(error)),
        }
    } else {
        body
    };
    if container::is_container(&body) {
        return Work::Unreadable(failure::INPUT_FETCH);
    }
    match Request::read(&body) {
        Some(Ok(request)) => Work::Service(request),
        Some(Err(_)) => Work::Unreadable(failure::INPUT_FETCH),
        None => match wrapper::peel(body, is_packed, budget_bytes) {
            Ok((wrapped, query)) => Work::Call { wrapped, query },
            Err(failure) => Work::Unreadable(failure),
        },
    }
}
