//! One message to somebody who is connected many times: what each of his sessions costs, and when the last one has it.
//!
//! All sessions are of one auth key, each on a connection of its own, as clients open several; for the server they are as
//! apart as devices are. What a delivery costs is what a message to all of them costs more than one to a single session,
//! over the others.
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use client::{Client, Clock};
use tokio::task::JoinSet;

use super::crowd::{self, User, introduce, sign_up_all};
use super::messages::random_id;
use super::process::Process;
use super::table::Table;
use super::times::Times;
use super::{BenchError, end, serve};

/// Sessions of one key at most: some less than a key may have (`limits::SESSIONS_PER_KEY_MAX`).
const SESSIONS_MAX: u32 = 60;

/// How much of it.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Of the part `fan-out`, live sessions of the reader; 50 by default.
    #[arg(long, value_name = "N")]
    sessions: Option<u32>,
}

/// What is measured, and how much of it.
pub(super) struct Amount {
    sessions: u32,
    messages: u32,
}

impl Arguments {
    pub(super) fn amount(&self, quick: bool) -> Amount {
        let messages = if quick { 100 } else { 2_000 };
        Amount { sessions: self.sessions.unwrap_or(50).clamp(2, SESSIONS_MAX), messages }
    }
}

/// What was seen of messages to so many sessions.
struct Seen {
    /// From the call to the last session.
    last: Vec<Duration>,
    /// Processor time of the server for one message, in microseconds.
    cpu_us: f64,
}

pub(super) async fn measure(all: &super::Amount, table: &mut Table) -> Result<(), BenchError> {
    let amount = &all.fan_out;
    let server = serve(all, &["limits.handshake_cpu_percent=100"])?;
    let ready = Arc::new(server.ready().clone());
    let users = sign_up_all(&ready, 0..2).await?;
    let [sender, reader] = <[User; 2]>::try_from(users).map_err(|_| BenchError::Unexpected)?;
    let (to_reader, _) = introduce(&sender, &reader).await?;
    let mut sessions = vec![reader.client];
    let one = send(&server, (&sender, &to_reader), &mut sessions, amount.messages).await?;
    for _ in 1..amount.sessions {
        let first = sessions.first().ok_or(BenchError::Nothing)?;
        let another = Client::resume(first.options().clone(), first.permanent().clone()).await?;
        // A session is told of updates from its first call on.
        another.call(&tl::updates::GetState {}).await?;
        sessions.push(another);
    }
    let many = send(&server, (&sender, &to_reader), &mut sessions, amount.messages).await?;
    let name = format!("one message to {} sessions", amount.sessions);
    let each = (many.cpu_us - one.cpu_us) / f64::from(amount.sessions - 1);
    table.fact("one message to 1 session, server's processor time", one.cpu_us, "us");
    table.fact("the same for each further session", each, "us");
    let last = Times::of(many.last);
    table.fact(&format!("{name}, call to the last of them, median"), last.ms(0.5)?, "ms");
    table.fact(&format!("{name}, call to the last of them, 99 of 100"), last.ms(0.99)?, "ms");
    end(server)
}

/// Sends messages, each when all sessions have the one before.
async fn send(
    server: &Process,
    (sender, peer): (&User, &tl::InputPeer),
    sessions: &mut Vec<Client>,
    messages: u32,
) -> Result<Seen, BenchError> {
    let (clock, cpu) = (Clock::start(), server.cpu()?);
    let mut last = Vec::new();
    for number in 0..messages {
        let text = format!("message {number}");
        let before = clock.elapsed();
        let mut readers = JoinSet::new();
        for session in sessions.drain(..) {
            let text = text.clone();
            readers.spawn(async move {
                while !reads(&session.update().await.map_err(|_| BenchError::Unexpected)?, &text) {}
                Ok::<_, BenchError>(session)
            });
        }
        sender.client.call(&crowd::text(peer, text, random_id())).await?;
        while let Some(read) = readers.join_next().await {
            sessions.push(read??);
        }
        last.push(clock.elapsed() - before);
    }
    let cpu_us = 1e6 * (server.cpu()? - cpu).as_secs_f64() / f64::from(messages.max(1));
    Ok(Seen { last, cpu_us })
}

fn reads(updates: &tl::Updates, text: &str) -> bool {
    let tl::Updates::Updates(updates) = updates else { return false };
    updates.updates.iter().any(|update| {
        matches!(update, tl::Update::UpdateNewMessage(new)
            if matches!(&new.message, tl::Message::Message(message) if message.message == text))
    })
}
