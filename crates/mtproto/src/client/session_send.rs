//! The next packet of a client's session.
//!
//! What was sent before goes only inside a container with a new id of its own, under the id and seqno it had: the
//! server knows it by these. Everything else gets its id now. Source: docs, mtproto/service_messages, "Containers".

use crypto::Rng;
use ids::limits::CONTAINER_MESSAGES_MAX;
use ids::{Now, WireMsgId};
use tl::codec::Encode;
use tl::mt::{MsgsAck, MsgsStateReq};

use super::pending::{Making, Stage};
use super::session::{ACKS_MAX, STATE_AFTER_MS, Session, is_state_request};
use crate::cipher::{self, Body, Head, Padding, Sender};
use crate::container;
use crate::session::msg_id::Class;

/// Bytes of one packet, beyond which the rest waits for the next one.
const PACKET_BYTES: usize = 256 << 10;

struct Part {
    msg_id: WireMsgId,
    seqno: u32,
    body: Vec<u8>,
}

impl Session {
    /// The next packet for the session's connection.
    pub fn poll_transmit(&mut self, now: Now, rng: &mut dyn Rng) -> Option<Vec<u8>> {
        let server_now = self.server_now(now);
        let mut parts = Vec::new();
        let mut bytes = 0;
        let mut is_repeat = false;
        let mut calls = Vec::new();
        for at in 0..self.pending.len() {
            if bytes >= PACKET_BYTES || parts.len() >= CONTAINER_MESSAGES_MAX - 2 {
                break;
            }
            let Some(part) = self.part_of(at, server_now, rng, &mut is_repeat) else { continue };
            bytes += part.body.len();
            calls.push((at, part.msg_id));
            parts.push(part);
        }
        while let Some((body, is_content)) = self.next_service(parts.len()) {
            let msg_id = self.ids.next(server_now, Class::Request);
            self.note_state_request(msg_id, &body);
            parts.push(Part { msg_id, seqno: self.next_seqno(is_content), body });
        }
        let acks_due = self.acks_due_ms.is_some_and(|due_ms| due_ms <= now.mono_ms);
        if !self.acks.is_empty() && (!parts.is_empty() || acks_due || self.acks.len() >= ACKS_MAX) {
            let msg_ids = std::mem::take(&mut self.acks);
            self.acks_due_ms = None;
            let msg_id = self.ids.next(server_now, Class::Request);
            parts.push(Part {
                msg_id,
                seqno: self.next_seqno(false),
                body: MsgsAck::MsgsAck { msg_ids }.to_bytes(),
            });
        }
        let (head, body) = self.pack(parts, is_repeat, server_now)?;
        for (at, msg_id) in calls {
            if let Some(pending) = self.pending.get_mut(at) {
                let ask_ms = now.mono_ms + STATE_AFTER_MS;
                pending.stage = Stage::Sent { msg_id, outer: head.msg_id, ask_ms };
            }
        }
        Some(cipher::encrypt(&self.key, Sender::Client, head, body, Padding::SizeClass, rng))
    }

    /// The number of the next message of ours.
    pub(super) const fn next_seqno(&mut self, is_content: bool) -> u32 {
        let even = self.content_sent.wrapping_mul(2);
        if is_content {
            self.content_sent = self.content_sent.wrapping_add(1);
            even + 1
        } else {
            even
        }
    }

    /// The message of the pending call at this place, if it is to be sent.
    fn part_of(
        &mut self,
        at: usize,
        server_now: Now,
        rng: &mut dyn Rng,
        is_repeat: &mut bool,
    ) -> Option<Part> {
        let pending = self.pending.get(at)?;
        let identity = match pending.stage {
            Stage::Sent { .. } => return None,
            Stage::Again => pending.identity,
            Stage::New => None,
        };
        let (msg_id, seqno) = match identity {
            Some((msg_id, seqno)) => {
                *is_repeat = true;
                // Its container's id must be above its own.
                self.ids.pass(msg_id);
                (msg_id, seqno)
            }
            None => (self.ids.next(server_now, Class::Request), self.next_seqno(true)),
        };
        let earlier = match self.pending.get(at)?.making {
            Making::After(earlier, _) => self.msg_id(earlier),
            Making::Plain(_) | Making::Bind { .. } => None,
        };
        let temporary = (&*self.key, self.id);
        let pending = self.pending.get_mut(at)?;
        pending.identity = Some((msg_id, seqno));
        Some(Part { msg_id, seqno, body: pending.body(msg_id, earlier, temporary, rng) })
    }

    fn next_service(&mut self, parts: usize) -> Option<(Vec<u8>, bool)> {
        if parts < CONTAINER_MESSAGES_MAX - 1 { self.services.pop_front() } else { None }
    }

    /// Remembers what a state request asks about, since its answer does not say.
    fn note_state_request(&mut self, msg_id: WireMsgId, body: &[u8]) {
        if !is_state_request(body) {
            return;
        }
        if let Ok(MsgsStateReq::MsgsStateReq { msg_ids }) = tl::Decode::from_bytes(body) {
            self.asked.push_back((msg_id, msg_ids));
            if self.asked.len() > 8 {
                self.asked.pop_front();
            }
        }
    }

    fn pack(&mut self, parts: Vec<Part>, is_repeat: bool, server_now: Now) -> Option<(Head, Body)> {
        let (msg_id, seqno, body) = match parts.as_slice() {
            [] => return None,
            [only] if !is_repeat => (only.msg_id, only.seqno, Body::new(&only.body)),
            parts => {
                let length: usize =
                    parts.iter().map(|part| container::INNER_HEAD_BYTES + part.body.len()).sum();
                let mut body = Body::with_capacity(8 + length);
                container::begin(body.sink(), parts.len());
                for part in parts {
                    container::put_head(body.sink(), part.msg_id, part.seqno, part.body.len());
                    body.sink().extend_from_slice(&part.body);
                }
                (self.ids.next(server_now, Class::Request), self.next_seqno(false), body)
            }
        };
        Some((Head { salt: self.salt, session: self.id, msg_id, seqno }, body))
    }
}
