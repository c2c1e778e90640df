//! The list of dialogs of somebody who has many: how long its first page takes, and all of it.
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use client::Clock;
use tl::fields;

use super::crowd::{self, User, sign_up_all};
use super::messages::random_id;
use super::table::Table;
use super::times::Times;
use super::{BenchError, end, serve};

/// Dialogs on a page, as many as there can be.
const PAGE: i32 = 100;
/// 99 of 100 of the time to the first page, in milliseconds.
const PAGE_MS_MAX: f64 = 8.0;
/// Contacts that are brought in one call.
const CONTACTS: usize = 500;

/// How much of it.
#[derive(Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Of the part `dialogs`, chats of one user; 1,000 by default.
    #[arg(long, value_name = "N")]
    chats: Option<u32>,
}

/// What is measured, and how much of it.
pub(super) struct Amount {
    chats: u32,
    pages: u32,
}

impl Arguments {
    pub(super) fn amount(&self, quick: bool) -> Amount {
        let (chats, pages) = if quick { (150, 200) } else { (1_000, 2_000) };
        Amount { chats: self.chats.unwrap_or(chats).clamp(1, 20_000), pages }
    }
}

pub(super) async fn measure(all: &super::Amount, table: &mut Table) -> Result<(), BenchError> {
    let amount = &all.dialogs;
    let server = serve(all, &["limits.handshake_cpu_percent=100"])?;
    let ready = Arc::new(server.ready().clone());
    let owner = sign_up_all(&ready, 0..1).await?.pop().ok_or(BenchError::Nothing)?;
    let others = sign_up_all(&ready, 1..amount.chats + 1).await?;
    for others in others.chunks(CONTACTS) {
        for peer in import(&owner, others).await? {
            owner.client.call(&crowd::text(&peer, "Good morning".to_owned(), random_id())).await?;
        }
    }
    drop(others);
    let mut first = Vec::new();
    for _ in 0..amount.pages {
        first.push(page(&owner, None).await?.1);
    }
    let (mut whole, mut found) = (Vec::new(), 0);
    for _ in 0..(amount.pages / 100).max(1) {
        let (count, took) = list(&owner).await?;
        (found, _) = (count, whole.push(took));
    }
    if u32::try_from(found) != Ok(amount.chats) {
        return Err(BenchError::Unexpected);
    }
    let (first, whole) = (Times::of(first), Times::of(whole));
    let name = format!("first page of {} chats", amount.chats);
    table.fact(&format!("{name}, median"), first.ms(0.5)?, "ms");
    table.at_most(&format!("{name}, 99 of 100"), first.ms(0.99)?, PAGE_MS_MAX, "ms");
    table.fact(&format!("all pages of {} chats, median", amount.chats), whole.ms(0.5)?, "ms");
    end(server)
}

/// Makes others contacts; how each is named.
async fn import(owner: &User, others: &[User]) -> Result<Vec<tl::InputPeer>, BenchError> {
    let contact = |user: &User| {
        let names = format!("Chat {}", user.id);
        let contact =
            fields::InputPhoneContact { phone: user.phone.clone(), first_name: names, ..Default::default() };
        contact.into()
    };
    let import = tl::contacts::ImportContacts { contacts: others.iter().map(contact).collect() };
    let tl::contacts::ImportedContacts::ImportedContacts(imported) = owner.client.call(&import).await?;
    let peer = |user: &tl::User| match user {
        tl::User::User(user) => {
            let access_hash = user.access_hash?;
            Some(tl::InputPeer::InputPeerUser { user_id: user.id, access_hash })
        }
        tl::User::UserEmpty { .. } => None,
    };
    let peers: Vec<_> = imported.users.iter().filter_map(peer).collect();
    if peers.len() == others.len() { Ok(peers) } else { Err(BenchError::Unexpected) }
}

/// Where a page ends, and so the next one begins.
struct Place {
    date: i32,
    id: i32,
    peer: tl::InputPeer,
}

/// All pages: how many dialogs were on them, and how long they took together.
async fn list(owner: &User) -> Result<(usize, Duration), BenchError> {
    let (mut found, mut took, mut from) = (0, Duration::ZERO, None);
    loop {
        let ((count, next), more) = page(owner, from.as_ref()).await?;
        (found, took, from) = (found + count, took + more, next);
        if count == 0 || from.is_none() {
            return Ok((found, took));
        }
    }
}

/// One page: how many dialogs are on it, where it ends, and how long it took.
async fn page(owner: &User, from: Option<&Place>) -> Result<((usize, Option<Place>), Duration), BenchError> {
    let list = tl::messages::GetDialogs {
        offset_date: from.map_or(0, |from| from.date),
        offset_id: from.map_or(0, |from| from.id),
        offset_peer: from.map_or(tl::InputPeer::InputPeerEmpty, |from| from.peer.clone()),
        limit: PAGE,
        ..Default::default()
    };
    let clock = Clock::start();
    let answer = owner.client.call(&list).await?;
    let took = clock.elapsed();
    let messages = match answer {
        tl::messages::Dialogs::Dialogs(all) => all.messages,
        tl::messages::Dialogs::DialogsSlice(slice) => slice.messages,
        tl::messages::Dialogs::DialogsNotModified { .. } => return Err(BenchError::Unexpected),
    };
    // Each dialog comes with its newest message.
    let next = messages.last().and_then(|message| match message {
        tl::Message::Message(message) => match message.peer_id {
            tl::Peer::PeerUser { user_id } => {
                let peer = tl::InputPeer::InputPeerUser { user_id, access_hash: 0 };
                Some(Place { date: message.date, id: message.id, peer })
            }
            tl::Peer::PeerChat { .. } | tl::Peer::PeerChannel { .. } => None,
        },
        tl::Message::MessageService(_) | tl::Message::MessageEmpty { .. } => None,
    });
    Ok(((messages.len(), next), took))
}
