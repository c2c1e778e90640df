//! The next packet of a session: which messages, on which connection, under which ids.
//!
//! Invariants (T2): a packet's own msg_id is always new; what was sent before goes only inside a container, with its
//! first id and seqno, and not when it is older than [`RESEND_AGE_MS_MAX`]: then an answer becomes a new message and
//! updates become one `updatesTooLong`, because clients close connections on old ids. Server ids and content numbers
//! only grow. Source: docs, mtproto/description; mtproto/service_messages.

use ids::limits::{CONTAINER_MESSAGES_MAX, PACKET_BODY_BYTES, RESEND_AGE_MS_MAX};
use ids::{ConnId, Now, WireMsgId};
use tl::codec::Encode;
use tl::mt::MsgsAck;

use super::Session;
use super::msg_id::{Class, MsgIds};
use super::outbox::{Fresh, Kind, Place, Sent, To};
use crate::cipher::Body;
use crate::container;

/// Constructor of `rpc_result`.
pub(crate) const RPC_RESULT: u32 = 0xf35c_6d01;
/// Its id and the id of the call, in front of the result.
const RPC_RESULT_HEAD_BYTES: usize = 12;

/// A packet before encryption.
pub(crate) struct Draft {
    pub(crate) conn: ConnId,
    pub(crate) msg_id: WireMsgId,
    pub(crate) seqno: u32,
    pub(crate) body: Body,
}

/// One message of the packet.
struct Part {
    msg_id: WireMsgId,
    seqno: u32,
    class: Class,
    source: Source,
}

enum Source {
    /// Not content: gone once it is written.
    Loose(Vec<u8>),
    /// In the list of sent messages, at this place.
    Kept(usize),
}

impl Session {
    /// The next packet for any connection that is not `blocked`.
    pub(crate) fn compose(&mut self, now: Now, ids: &mut MsgIds, blocked: &[ConnId]) -> Option<Draft> {
        self.renew_old(now);
        let conn = self.next_conn(now, blocked)?;
        let mut parts = self.gather_again(conn);
        let is_repeat = !parts.is_empty();
        self.gather_acks(conn, now, ids, &mut parts);
        self.gather_fresh(conn, now, ids, &mut parts);
        let draft = match parts.as_slice() {
            [] => return None,
            [only] if !is_repeat => self.write_bare(conn, only),
            parts => self.write_container(conn, parts, now, ids),
        };
        self.outbox.trim_updates();
        while self.outbox.is_overfull() && self.give_up_answer() {}
        Some(draft)
    }

    /// Gives up the largest answer nobody acknowledged. False if there is none.
    pub(crate) fn give_up_answer(&mut self) -> bool {
        self.outbox.give_up_answer().map(|call| self.lose_answer(call)).is_some()
    }

    fn next_conn(&self, now: Now, blocked: &[ConnId]) -> Option<ConnId> {
        let again = self.outbox.sent.iter().filter_map(|sent| match sent.place {
            Place::Again(conn) => Some(conn),
            Place::On(_) | Place::Stranded => None,
        });
        let fresh = self.outbox.fresh.iter().filter_map(|fresh| self.target(fresh));
        let acks = self.conns.latest().filter(|_| self.acks.is_due(now.mono_ms));
        again.chain(fresh).chain(acks).find(|conn| !blocked.contains(conn))
    }

    fn target(&self, fresh: &Fresh) -> Option<ConnId> {
        match fresh.to {
            To::Only(conn) => Some(conn),
            To::Rather(conn) if self.conns.has(conn) => Some(conn),
            To::Rather(_) | To::Latest => self.conns.latest(),
        }
    }

    fn gather_again(&mut self, conn: ConnId) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut bytes = 0;
        for (at, sent) in self.outbox.sent.iter_mut().enumerate() {
            // Room is left for acknowledgements.
            if bytes >= PACKET_BODY_BYTES || parts.len() >= CONTAINER_MESSAGES_MAX - 1 {
                break;
            }
            if sent.place == Place::Again(conn) {
                sent.place = Place::On(conn);
                bytes += sent.body.len();
                parts.push(Part {
                    msg_id: sent.msg_id,
                    seqno: sent.seqno,
                    class: class(sent.kind),
                    source: Source::Kept(at),
                });
            }
        }
        parts
    }

    fn gather_acks(&mut self, conn: ConnId, now: Now, ids: &mut MsgIds, parts: &mut Vec<Part>) {
        if !self.conns.has(conn) {
            return;
        }
        let msg_ids = self.acks.take(now.mono_ms);
        if !msg_ids.is_empty() {
            let class = Class::Push;
            parts.push(Part {
                msg_id: ids.next(now, class),
                seqno: self.even_seqno(),
                class,
                source: Source::Loose(MsgsAck::MsgsAck { msg_ids }.to_bytes()),
            });
        }
    }

    fn gather_fresh(&mut self, conn: ConnId, now: Now, ids: &mut MsgIds, parts: &mut Vec<Part>) {
        let mut bytes: usize = parts.iter().map(|part| self.part_len(part)).sum();
        let mut at = 0;
        while bytes < PACKET_BODY_BYTES && parts.len() < CONTAINER_MESSAGES_MAX {
            let Some(fresh) = self.outbox.fresh.get(at) else { break };
            if self.target(fresh) != Some(conn) {
                at += 1;
                continue;
            }
            let Some(Fresh { kind, body, .. }) = self.outbox.fresh.remove(at) else { break };
            bytes += body.len();
            let class = class(kind);
            let msg_id = ids.next(now, class);
            let seqno = self.even_seqno();
            if kind == Kind::Service {
                parts.push(Part { msg_id, seqno, class, source: Source::Loose(body) });
                continue;
            }
            let seqno = seqno + 1;
            self.content_sent = self.content_sent.wrapping_add(1);
            let source = Source::Kept(self.outbox.sent.len());
            parts.push(Part { msg_id, seqno, class, source });
            let sent = Sent { msg_id, seqno, kind, place: Place::On(conn), sent_ms: now.mono_ms, body };
            self.outbox.note_sent(sent);
        }
    }

    fn write_bare(&self, conn: ConnId, part: &Part) -> Draft {
        let mut body = Body::with_capacity(self.part_len(part));
        self.write_part(part, body.sink());
        Draft { conn, msg_id: part.msg_id, seqno: part.seqno, body }
    }

    fn write_container(&self, conn: ConnId, parts: &[Part], now: Now, ids: &mut MsgIds) -> Draft {
        let length: usize = parts.iter().map(|part| container::INNER_HEAD_BYTES + self.part_len(part)).sum();
        let mut body = Body::with_capacity(8 + length);
        container::begin(body.sink(), parts.len());
        for part in parts {
            container::put_head(body.sink(), part.msg_id, part.seqno, self.part_len(part));
            self.write_part(part, body.sink());
        }
        let answers = parts.iter().any(|part| part.class == Class::Answer);
        let class = if answers { Class::Answer } else { Class::Push };
        Draft { conn, msg_id: ids.next(now, class), seqno: self.even_seqno(), body }
    }

    fn part_len(&self, part: &Part) -> usize {
        match &part.source {
            Source::Loose(body) => body.len(),
            Source::Kept(at) => self.outbox.sent.get(*at).map_or(0, |sent| match sent.kind {
                Kind::Answer(_) => RPC_RESULT_HEAD_BYTES + sent.body.len(),
                Kind::Update | Kind::TooLong | Kind::NewSession | Kind::Service => sent.body.len(),
            }),
        }
    }

    fn write_part(&self, part: &Part, sink: &mut Vec<u8>) {
        let body = match &part.source {
            Source::Loose(body) => body,
            Source::Kept(at) => {
                let Some(sent) = self.outbox.sent.get(*at) else { return };
                if let Kind::Answer(call) = sent.kind {
                    RPC_RESULT.encode(sink);
                    sink.extend_from_slice(&call.0.to_le_bytes());
                }
                &sent.body
            }
        };
        sink.extend_from_slice(body);
    }

    /// Twice the number of content messages so far: the number of a message that is not content.
    const fn even_seqno(&self) -> u32 {
        self.content_sent.wrapping_mul(2)
    }

    /// What is to be sent again and too old for it becomes new.
    fn renew_old(&mut self, now: Now) {
        let is_old = |sent: &Sent| {
            matches!(sent.place, Place::Again(_)) && now.mono_ms >= sent.sent_ms + RESEND_AGE_MS_MAX
        };
        if !self.outbox.sent.iter().any(is_old) {
            return;
        }
        let mut updates = false;
        let mut renewed = Vec::new();
        for sent in std::mem::take(&mut self.outbox.sent) {
            match (sent.place, sent.kind) {
                (Place::Again(_), Kind::Update | Kind::TooLong) if is_old(&sent) => updates = true,
                (Place::Again(conn), kind) if is_old(&sent) => {
                    renewed.push(Fresh { kind, to: To::Rather(conn), body: sent.body });
                }
                (Place::On(_) | Place::Again(_) | Place::Stranded, _) => self.outbox.sent.push_back(sent),
            }
        }
        for fresh in renewed.into_iter().rev() {
            self.outbox.fresh.push_front(fresh);
        }
        if updates {
            self.outbox.replace_updates();
        }
    }
}

const fn class(kind: Kind) -> Class {
    match kind {
        Kind::Answer(_) | Kind::Service => Class::Answer,
        Kind::Update | Kind::TooLong | Kind::NewSession => Class::Push,
    }
}
