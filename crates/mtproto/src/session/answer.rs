//! Calls handed out and their answers.
//!
//! Invariants: one answer for each call, however often it was asked for or given; its outcome is known to the calls
//! that wait for it before anybody else hears of it. Source: docs, mtproto/service_messages, "Response to an RPC
//! query".

use std::sync::Arc;

use ids::{Now, WireMsgId};
use tl::codec::Encode;
use tl::mt::RpcError;

use super::calls::Peeled;
use super::outbox::{Kind, To};
use super::seen::{Fate, Outcome, Place};
use super::{Session, Shared};
use crate::server::{Call, KeyEvent, RpcResult};

impl Session {
    /// The answer to a call; ignored if none is due.
    pub(crate) fn answer(&mut self, msg_id: WireMsgId, result: RpcResult) {
        let Some(wanted_on) = self.calls.end(msg_id) else { return };
        let (outcome, body) = match result {
            RpcResult::Answer(body) => (Outcome::Succeeded, body),
            RpcResult::Error(failure) => {
                let error =
                    RpcError::RpcError { error_code: failure.code, error_message: failure.name.into_owned() };
                (Outcome::Failed, error.to_bytes())
            }
        };
        self.acks.answered(msg_id);
        match wanted_on {
            Some(conn) => {
                self.seen.note(msg_id, Fate::Answered(outcome));
                self.outbox.queue(Kind::Answer(msg_id), To::Rather(conn), body);
            }
            // The client was told that it was dropped, and that is the answer it may still acknowledge.
            None => self.note_outcome(msg_id, outcome),
        }
    }

    /// Hands out calls that wait for nothing any more.
    pub(crate) fn settle(&mut self, now: Now, shared: &mut Shared) {
        loop {
            let settled = self.calls.settle(&self.seen, now.mono_ms);
            let may_free_others = !settled.failed.is_empty();
            for (msg_id, failure) in settled.failed {
                self.answer(msg_id, RpcResult::Error(failure));
            }
            for call in settled.run {
                self.emit(call, shared);
            }
            if !may_free_others {
                return;
            }
        }
    }

    pub(super) fn emit(&mut self, call: Peeled, shared: &mut Shared) {
        let Peeled { msg_id, conn, wrapped, query } = call;
        if let Some(layer) = wrapped.layer {
            self.layer = Some(layer);
            shared.layer = Some(layer);
        }
        let init_is_new = wrapped.init.is_some() && wrapped.init.as_deref() != shared.init.as_deref();
        if init_is_new {
            shared.init = wrapped.init.map(Arc::from);
        }
        shared.events.push_back(KeyEvent::Call(Call {
            session: self.id,
            msg_id,
            conn,
            layer: self.layer.or(shared.layer),
            init: shared.init.clone(),
            init_is_new,
            without_updates: wrapped.without_updates,
            takeout_id: wrapped.takeout_id,
            range: wrapped.range,
            body: query,
        }));
    }

    /// The client acknowledged messages.
    pub(super) fn acknowledged(&mut self, msg_ids: &[WireMsgId]) {
        for msg_id in msg_ids {
            if let Some(Kind::Answer(call)) = self.outbox.acknowledged(*msg_id) {
                self.settle_fate(call, Fate::Settled);
            }
        }
    }

    /// The answer to this call was given up.
    pub(super) fn lose_answer(&mut self, call: WireMsgId) {
        self.settle_fate(call, Fate::Lost);
    }

    /// Moves an answered call on, keeping its outcome.
    pub(super) fn settle_fate(&mut self, call: WireMsgId, fate: fn(Outcome) -> Fate) {
        if let Place::Known(Fate::Answered(outcome)) = self.seen.place(call) {
            self.seen.note(call, fate(outcome));
        }
    }

    /// Notes how a call ended whose answer nobody wants; the word that it was dropped may still be unacknowledged.
    fn note_outcome(&mut self, call: WireMsgId, outcome: Outcome) {
        let is_unacked = self.outbox.has_answer(call);
        self.seen.note(call, if is_unacked { Fate::Answered(outcome) } else { Fate::Settled(outcome) });
    }
}
