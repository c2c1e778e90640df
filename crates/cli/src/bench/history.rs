//! Pages of a history: how long one takes, in a short chat and in a long one.
//!
//! One user writes to two others who are away, few messages to one and many to the other, over the wire. Then he reads both
//! by turns, so that whatever else the machine does falls on both: the newest page, as clients do when a chat is opened, and
//! pages anywhere. Numbers of one box grow by one with each message, so a number drawn between the first and the last is
//! a place in the chat.
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use client::{Clock, OsRng};
use crypto::Rng;
use tokio::task::JoinSet;

use super::crowd::{self, User, introduce, sign_up_all};
use super::messages::random_id;
use super::table::Table;
use super::times::Times;
use super::{BenchError, end, serve};

/// Messages on a page.
const PAGE: i32 = 50;
/// Median and 99 of 100 of the time to a page, in milliseconds.
const PAGE_MS_MAX: [f64; 2] = [1.0, 3.0];
/// What a page of the long chat may take over one of the short chat.
const RATIO_MAX: f64 = 1.5;
/// Messages of the short chat.
const SHORT: u32 = 1_000;
/// Messages that are under way while a chat is filled.
const UNDER_WAY: u32 = 256;
/// As long as people's messages are.
const TEXT: &str = "See you at the station at half past six, and bring the tickets";

/// How much of it.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Of the part `history`, messages of the long chat; 100,000 by default, and the aim is for 1,000,000.
    #[arg(long, value_name = "N")]
    history: Option<u32>,
}

/// What is measured, and how much of it.
pub(super) struct Amount {
    messages: u32,
    pages: u32,
}

impl Arguments {
    pub(super) fn amount(&self, quick: bool) -> Amount {
        let (messages, pages) = if quick { (2_000, 200) } else { (100_000, 2_000) };
        Amount { messages: self.history.unwrap_or(messages).clamp(SHORT, 10_000_000), pages }
    }
}

/// A chat, and the numbers of its first and its last message.
struct Chat {
    peer: tl::InputPeer,
    first: i32,
    last: i32,
}

/// How long pages took.
#[derive(Default)]
struct Seen {
    newest: Vec<Duration>,
    anywhere: Vec<Duration>,
}

pub(super) async fn measure(all: &super::Amount, table: &mut Table) -> Result<(), BenchError> {
    let amount = &all.history;
    let server = serve(all, &["limits.handshake_cpu_percent=100"])?;
    let ready = Arc::new(server.ready().clone());
    let users = sign_up_all(&ready, 0..3).await?;
    let [owner, one, other] = <[User; 3]>::try_from(users).map_err(|_| BenchError::Unexpected)?;
    let (to_one, _) = introduce(&owner, &one).await?;
    let (to_other, _) = introduce(&owner, &other).await?;
    // Nobody reads along.
    drop((one, other));
    let owner = Arc::new(owner);
    let short = fill(&owner, to_one, SHORT).await?;
    let clock = Clock::start();
    let long = fill(&owner, to_other, amount.messages).await?;
    table.fact(
        &format!("messages of one sender, {UNDER_WAY} under way"),
        f64::from(amount.messages) / clock.elapsed().as_secs_f64(),
        "/s",
    );
    let (mut of_short, mut of_long) = (Seen::default(), Seen::default());
    // Once without measuring, so that everything is warm.
    read(&owner, &short, amount.pages / 10, &mut Seen::default()).await?;
    read(&owner, &long, amount.pages / 10, &mut Seen::default()).await?;
    for _ in 0..10 {
        read(&owner, &short, amount.pages / 10, &mut of_short).await?;
        read(&owner, &long, amount.pages / 10, &mut of_long).await?;
    }
    report(table, amount, of_short, of_long)?;
    end(server)
}

fn report(table: &mut Table, amount: &Amount, of_short: Seen, of_long: Seen) -> Result<(), BenchError> {
    let pages = [
        ("newest", Times::of(of_short.newest), Times::of(of_long.newest)),
        ("any", Times::of(of_short.anywhere), Times::of(of_long.anywhere)),
    ];
    let [half, most] = PAGE_MS_MAX;
    for (which, of_short, of_long) in pages {
        let name = format!("{which} page of {PAGE} in a chat of {} messages", amount.messages);
        table.at_most(&format!("{name}, median"), of_long.ms(0.5)?, half, "ms");
        table.at_most(&format!("{name}, 99 of 100"), of_long.ms(0.99)?, most, "ms");
        let ratio = of_long.ms(0.5)? / of_short.ms(0.5)?;
        table.at_most(&format!("the same over one of a chat of {SHORT}, median"), ratio, RATIO_MAX, "");
    }
    Ok(())
}

/// Writes so many messages into a chat that is empty.
async fn fill(owner: &Arc<User>, peer: tl::InputPeer, messages: u32) -> Result<Chat, BenchError> {
    let mut tasks = JoinSet::new();
    for at in 0..UNDER_WAY.min(messages) {
        let (owner, peer) = (owner.clone(), peer.clone());
        let count = messages / UNDER_WAY + u32::from(at < messages % UNDER_WAY);
        tasks.spawn(async move {
            for _ in 0..count {
                owner.client.call(&crowd::text(&peer, TEXT.to_owned(), random_id())).await?;
            }
            Ok::<_, BenchError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let (newest, _) = page(owner, &peer, 0).await?;
    let last = newest.first().copied().ok_or(BenchError::Nothing)?;
    let first = last - i32::try_from(messages).unwrap_or(i32::MAX) + 1;
    Ok(Chat { peer, first, last })
}

/// Reads so many newest pages, and as many anywhere.
async fn read(owner: &User, chat: &Chat, pages: u32, seen: &mut Seen) -> Result<(), BenchError> {
    for _ in 0..pages {
        seen.newest.push(page(owner, &chat.peer, 0).await?.1);
        let places = (chat.last - chat.first - PAGE).max(1).unsigned_abs();
        let drawn = i32::try_from(OsRng.u64() % u64::from(places)).unwrap_or(0);
        let (numbers, took) = page(owner, &chat.peer, chat.first + PAGE + drawn).await?;
        if i32::try_from(numbers.len()) != Ok(PAGE) {
            return Err(BenchError::Unexpected);
        }
        seen.anywhere.push(took);
    }
    Ok(())
}

/// The numbers of a page's messages, newest first, and how long it took.
async fn page(
    owner: &User,
    peer: &tl::InputPeer,
    offset_id: i32,
) -> Result<(Vec<i32>, Duration), BenchError> {
    let history =
        tl::messages::GetHistory { peer: peer.clone(), offset_id, limit: PAGE, ..Default::default() };
    let clock = Clock::start();
    let answer = owner.client.call(&history).await?;
    let took = clock.elapsed();
    let messages = match answer {
        tl::messages::Messages::Messages(all) => all.messages,
        tl::messages::Messages::MessagesSlice(slice) => slice.messages,
        tl::messages::Messages::ChannelMessages(_) | tl::messages::Messages::MessagesNotModified { .. } => {
            return Err(BenchError::Unexpected);
        }
    };
    let number = |message: &tl::Message| match message {
        tl::Message::Message(message) => message.id,
        tl::Message::MessageService(message) => message.id,
        tl::Message::MessageEmpty { id, .. } => *id,
    };
    Ok((messages.iter().map(number).collect(), took))
}
