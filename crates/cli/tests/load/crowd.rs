//! Pairs of people who write to each other, and what became of each message.
use std::collections::BTreeMap;
use std::sync::Arc;

use client::{CallError, Client, Identity, Options};

use crate::support::process::Process;
use crate::support::{named, options, sign_up, texts, within};

/// What a call is told when too many wait.
const OVERLOADED: &str = "WORKER_BUSY_TOO_LONG_RETRY";

/// Somebody who writes to one other person.
pub(crate) struct Writer {
    pub(crate) number: u16,
    pub(crate) client: Client,
    to: tl::InputPeer,
}

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Became {
    /// It was answered, and so it is durable.
    Done,
    /// There was no room for it, and nothing of it was done.
    Refused,
}

/// How the person of a number reaches the server.
pub(crate) fn options_of(server: &Process, number: u16, pfs_s: Option<u32>) -> Options {
    Options { pfs_s, ..options(server, number) }
}

/// Signs up so many pairs, each of whom can write to the other.
pub(crate) async fn meet(server: &Process, pairs: u16) -> Vec<Arc<Writer>> {
    let mut writers = Vec::new();
    for pair in 0..pairs {
        let numbers = [2 * pair + 1, 2 * pair + 2];
        let one = sign_up(server, options(server, numbers[0]), numbers[0]).await;
        let other = sign_up(server, options(server, numbers[1]), numbers[1]).await;
        let (to_other, to_one) =
            (named(&one.client, &other.person.phone).await, named(&other.client, &one.person.phone).await);
        writers.push(Arc::new(Writer { number: numbers[0], client: one.client, to: to_other }));
        writers.push(Arc::new(Writer { number: numbers[1], client: other.client, to: to_one }));
    }
    writers
}

/// Signs somebody up who goes again; the key stays his.
pub(crate) async fn leave_a_key(server: &Process, number: u16) -> Identity {
    sign_up(server, options(server, number), number).await.client.permanent().clone()
}

impl Writer {
    /// Writes a text.
    pub(crate) async fn write(&self, text: String, random_id: i64) -> Became {
        let peer = self.to.clone();
        let message = tl::messages::SendMessage { peer, message: text, random_id, ..Default::default() };
        match within(self.client.call(&message)).await {
            Ok(_) => Became::Done,
            Err(CallError::Rpc { code: 500, name }) if name == OVERLOADED => Became::Refused,
            Err(other) => panic!("neither an answer nor a word that there is no room: {other}"),
        }
    }

    /// All texts of his history, with how often each is there.
    pub(crate) async fn history(&self) -> BTreeMap<String, u32> {
        texts(&self.client, &self.to).await
    }
}
