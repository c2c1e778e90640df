//! The exchanges of one connection: found by both nonces, bounded in number and in time (T5, A7).
//!
//! Telegram Desktop runs a probe, a permanent and a temporary exchange on one socket. A request that is repeated byte
//! for byte gets the same bytes again, never a recomputation; any other request for a finished step is refused. An
//! exchange is known on its own connection only.

use crypto::Rng;
use ids::limits::{EXCHANGES_PER_CONN_MAX, EXCHANGES_STARTED_PER_CONN_MAX};
use ids::{AuthKeyId, Now, WireMsgId};
use tl::{Decode, Function, Reader, mt};

use super::dh_sent::{DhSent, Step3};
use super::done::Done as Over;
use super::job::Outcome;
use super::made::{Made, Unusable};
use super::pq_sent::PqSent;
use super::{Done, Job, Nonces, Refusal};
use crate::handshake::NewKey;
use crate::plain;
use crate::server::{Config, Stored};

/// All exchanges of a connection, the oldest first.
#[derive(Default)]
pub(crate) struct Exchanges {
    open: Vec<Exchange>,
    /// How many were ever begun here: drawing pq costs more than asking for it.
    started: u32,
}

/// What a request leads to.
pub(crate) enum Reply {
    /// A plain packet for the peer.
    Answer(Vec<u8>),
    /// Work for the pool.
    Job(Job),
}

/// What finished work leads to.
pub(crate) enum Finished {
    /// A plain packet for the peer.
    Answer(Vec<u8>),
    /// A key for the store.
    Key(NewKey),
}

struct Exchange {
    pq_sent: PqSent,
    /// Id of the packet with `resPQ`, so that a repetition is the same.
    res_pq_id: WireMsgId,
    expires_ms: u64,
    step: Step,
}

enum Step {
    PqSent,
    DhSent(Box<DhSent>),
    Made(Box<Made>),
    Done(Box<Over>),
    /// Out with a job, or used up by a request that was refused.
    Away,
}

impl Exchange {
    fn res_pq(&self, config: &Config) -> Vec<u8> {
        plain::wrap(self.res_pq_id, &self.pq_sent.answer(&config.fingerprints))
    }

    fn waits_for_peer(&self) -> bool {
        match self.step {
            Step::PqSent | Step::DhSent(_) | Step::Done(_) => true,
            Step::Made(_) | Step::Away => false,
        }
    }

    fn heap_bytes(&self) -> usize {
        match &self.step {
            Step::PqSent | Step::Away => 0,
            Step::DhSent(state) => state.heap_bytes(),
            Step::Made(made) => size_of::<Made>() + made.dh_sent.heap_bytes(),
            Step::Done(done) => size_of::<Over>() + done.packet.capacity(),
        }
    }
}

impl Exchanges {
    /// Takes the body of a plain message; what follows the TL object is ignored.
    pub(crate) fn handle(
        &mut self,
        body: &[u8],
        config: &Config,
        now: Now,
        rng: &mut dyn Rng,
    ) -> Result<Reply, Refusal> {
        self.expire(now);
        match Reader::new(body).peek_id().map_err(|_| Refusal::Invalid)? {
            mt::ReqPq::ID => {
                let (request, _) = read::<mt::ReqPq>(body)?;
                self.req_pq(request.nonce, config, now, rng)
            }
            mt::ReqPqMulti::ID => {
                let (request, _) = read::<mt::ReqPqMulti>(body)?;
                self.req_pq(request.nonce, config, now, rng)
            }
            mt::ReqDHParams::ID => {
                let (request, digest) = read::<mt::ReqDHParams>(body)?;
                self.req_dh_params(&request, digest, config, rng)
            }
            mt::SetClientDHParams::ID => {
                let (request, digest) = read::<mt::SetClientDHParams>(body)?;
                self.set_client_dh_params(&request, digest)
            }
            _ => Err(Refusal::Invalid),
        }
    }

    fn req_pq(
        &mut self,
        nonce: [u8; 16],
        config: &Config,
        now: Now,
        rng: &mut dyn Rng,
    ) -> Result<Reply, Refusal> {
        if let Some(exchange) = self.open.iter().find(|exchange| exchange.pq_sent.nonces.client == nonce) {
            return Ok(Reply::Answer(exchange.res_pq(config)));
        }
        if self.started >= EXCHANGES_STARTED_PER_CONN_MAX {
            return Err(Refusal::Invalid);
        }
        self.started += 1;
        if self.open.len() >= EXCHANGES_PER_CONN_MAX {
            self.open.remove(0);
        }
        let exchange = Exchange {
            pq_sent: PqSent::new(nonce, rng),
            res_pq_id: plain::answer_id(now),
            expires_ms: now.mono_ms + config.patience.exchange_ms,
            step: Step::PqSent,
        };
        let packet = exchange.res_pq(config);
        self.open.reserve_exact(1);
        self.open.push(exchange);
        Ok(Reply::Answer(packet))
    }

    fn req_dh_params(
        &mut self,
        request: &mt::ReqDHParams,
        digest: [u8; 32],
        config: &Config,
        rng: &mut dyn Rng,
    ) -> Result<Reply, Refusal> {
        let exchange = self.find(Nonces { client: request.nonce, server: request.server_nonce })?;
        match std::mem::replace(&mut exchange.step, Step::Away) {
            Step::PqSent => {
                let job = exchange.pq_sent.request(request, digest, config, rng)?;
                Ok(Reply::Job(Job::Params(job)))
            }
            Step::DhSent(state) => {
                let packet = state.repeated(&digest).ok_or(Refusal::Invalid)?;
                exchange.step = Step::DhSent(state);
                Ok(Reply::Answer(packet))
            }
            Step::Made(_) | Step::Done(_) | Step::Away => Err(Refusal::Invalid),
        }
    }

    fn set_client_dh_params(
        &mut self,
        request: &mt::SetClientDHParams,
        digest: [u8; 32],
    ) -> Result<Reply, Refusal> {
        let exchange = self.find(Nonces { client: request.nonce, server: request.server_nonce })?;
        match std::mem::replace(&mut exchange.step, Step::Away) {
            Step::DhSent(state) => {
                let (state, next) = state.request(request, digest)?;
                exchange.step = state.map_or(Step::Away, Step::DhSent);
                Ok(match next {
                    Step3::Answer(packet) => Reply::Answer(packet),
                    Step3::Job(job) => Reply::Job(Job::Key(job)),
                })
            }
            Step::Done(done) if done.digest == digest => {
                let packet = done.packet.clone();
                exchange.step = Step::Done(done);
                Ok(Reply::Answer(packet))
            }
            Step::PqSent | Step::Made(_) | Step::Done(_) | Step::Away => Err(Refusal::Invalid),
        }
    }

    fn find(&mut self, nonces: Nonces) -> Result<&mut Exchange, Refusal> {
        self.open.iter_mut().find(|exchange| exchange.pq_sent.nonces == nonces).ok_or(Refusal::Invalid)
    }

    /// Takes a job's outcome back.
    pub(crate) fn finish(&mut self, done: Done, now: Now, rng: &mut dyn Rng) -> Result<Finished, Refusal> {
        let exchange = self.find(done.nonces)?;
        match done.outcome {
            Outcome::Params(agreed) => {
                let state = agreed?.answer(now, rng);
                let packet = state.packet();
                exchange.step = Step::DhSent(Box::new(state));
                Ok(Finished::Answer(packet))
            }
            Outcome::Key(made) if made.key.id() == AuthKeyId(0) => {
                Ok(Finished::Answer(exchange.unusable(*made, now)))
            }
            Outcome::Key(made) => {
                let key = made.new_key();
                exchange.step = Step::Made(made);
                Ok(Finished::Key(key))
            }
        }
    }

    /// The driver's word on the key it was given; the packet for the peer, or `None` if there is nothing to say.
    pub(crate) fn stored(&mut self, stored: Stored, now: Now) -> Option<Vec<u8>> {
        let exchange = self.open.iter_mut().find(|exchange| matches!(exchange.step, Step::Made(_)))?;
        let Step::Made(made) = std::mem::replace(&mut exchange.step, Step::Away) else { return None };
        match stored {
            Stored::Kept => {
                let done = made.kept(now);
                let packet = done.packet.clone();
                exchange.step = Step::Done(Box::new(done));
                Some(packet)
            }
            Stored::Collides => Some(exchange.unusable(*made, now)),
            Stored::Failed => None,
        }
    }

    /// A message under this key arrived: its exchange has been understood and is forgotten.
    pub(crate) fn used(&mut self, key: AuthKeyId) {
        self.retain(|exchange| !matches!(&exchange.step, Step::Done(done) if done.key == Some(key)));
    }

    /// Forgets exchanges whose time is over, unless the driver is still at work for them.
    pub(crate) fn expire(&mut self, now: Now) {
        self.retain(|exchange| !exchange.waits_for_peer() || exchange.expires_ms > now.mono_ms);
    }

    fn retain(&mut self, keep: impl FnMut(&Exchange) -> bool) {
        self.open.retain(keep);
        if self.open.is_empty() {
            self.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.open = Vec::new();
    }

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn next_expiry_ms(&self) -> Option<u64> {
        self.open
            .iter()
            .filter(|exchange| exchange.waits_for_peer())
            .map(|exchange| exchange.expires_ms)
            .min()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let own = self.open.capacity() * size_of::<Exchange>();
        own + self.open.iter().map(Exchange::heap_bytes).sum::<usize>()
    }
}

impl Exchange {
    fn unusable(&mut self, made: Made, now: Now) -> Vec<u8> {
        match made.unusable(now) {
            Unusable::Retry(state) => {
                let packet = state.retried.as_ref().map(|retried| retried.packet.clone()).unwrap_or_default();
                self.step = Step::DhSent(state);
                packet
            }
            Unusable::Failed(done) => {
                let packet = done.packet.clone();
                self.step = Step::Done(Box::new(done));
                packet
            }
        }
    }
}

/// Reads a request from the front of a body; with it the SHA-256 of its bytes, by which a repetition is known.
fn read<T: Decode>(body: &[u8]) -> Result<(T, [u8; 32]), Refusal> {
    let mut reader = Reader::new(body);
    let request = T::decode(&mut reader).map_err(|_| Refusal::Invalid)?;
    let object = body.get(..body.len() - reader.rest().len()).unwrap_or_default();
    Ok((request, crypto::sha256(&[object])))
}
