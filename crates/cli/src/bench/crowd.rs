//! Many users from many addresses.
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::sync::Arc;

use client::{Client, Options, Person};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::BenchError;
use super::process::Ready;

/// Users of one address: an address may start 20 key exchanges at once, and few more later (A5).
const USERS_PER_ADDRESS: u32 = 10;
/// Users that sign up at the same time: below the exchanges that may wait for the processor.
const AT_ONCE: usize = 64;

/// An address of 127.0.0.0/8 by its number; the first is 127.2.0.1.
pub(super) fn address(number: u32) -> IpAddr {
    let base = u32::from(Ipv4Addr::new(127, 2, 0, 1));
    Ipv4Addr::from(base + number).into()
}

/// How the user of this number reaches the server.
pub(super) fn options(ready: &Ready, number: u32) -> Options {
    let local = Some(address(number / USERS_PER_ADDRESS));
    Options { local, dc: Some(ready.dc), ..Options::new(ready.mtproto, ready.trusted.clone()) }
}

/// Somebody who is logged in.
pub(super) struct User {
    pub(super) client: Client,
    pub(super) phone: String,
    pub(super) id: i64,
}

/// Signs one user up.
pub(super) async fn sign_up(ready: Arc<Ready>, number: u32) -> Result<User, BenchError> {
    let client = Client::connect(options(&ready, number)).await?;
    let phone = format!("99966{number:07}");
    let person =
        Person { phone: phone.clone(), first_name: format!("User {number}"), last_name: String::new() };
    let asked = phone.clone();
    let trouble = &mut None;
    let code = async || match tokio::task::spawn_blocking(move || ready.code(&asked)).await {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            *trouble = Some(error);
            None
        }
        Err(_) => None,
    };
    let signed_up = client.log_in(&person, code).await;
    if let Some(error) = trouble.take() {
        return Err(error.into());
    }
    let tl::User::User(own) = signed_up? else { return Err(BenchError::Unexpected) };
    Ok(User { client, phone, id: own.id })
}

/// Signs users up, in the order of their numbers.
pub(super) async fn sign_up_all(ready: &Arc<Ready>, numbers: Range<u32>) -> Result<Vec<User>, BenchError> {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for number in numbers {
        let (room, ready) = (room.clone(), ready.clone());
        tasks.spawn(async move {
            // The semaphore is never closed.
            let _turn = room.acquire().await;
            Ok::<_, BenchError>((number, sign_up(ready, number).await?))
        });
    }
    let mut users = Vec::new();
    while let Some(done) = tasks.join_next().await {
        users.push(done??);
    }
    users.sort_by_key(|(number, _)| *number);
    Ok(users.into_iter().map(|(_, user)| user).collect())
}

/// Two users, and how each names the other.
pub(super) type Pair = (User, User, tl::InputPeer, tl::InputPeer);

/// Makes neighbours contacts of each other.
pub(super) async fn pair_up(users: Vec<User>) -> Result<Vec<Pair>, BenchError> {
    let mut users = users.into_iter();
    let mut pairs = Vec::new();
    while let (Some(first), Some(second)) = (users.next(), users.next()) {
        let (to_second, to_first) = introduce(&first, &second).await?;
        pairs.push((first, second, to_second, to_first));
    }
    Ok(pairs)
}

/// Makes two users contacts of each other; how each one names the other.
pub(super) async fn introduce(a: &User, b: &User) -> Result<(tl::InputPeer, tl::InputPeer), BenchError> {
    Ok((import(a, b).await?, import(b, a).await?))
}

async fn import(by: &User, whom: &User) -> Result<tl::InputPeer, BenchError> {
    let contact = tl::fields::InputPhoneContact {
        phone: whom.phone.clone(),
        first_name: "Known".to_owned(),
        ..Default::default()
    };
    let import = tl::contacts::ImportContacts { contacts: vec![contact.into()] };
    let tl::contacts::ImportedContacts::ImportedContacts(imported) = by.client.call(&import).await?;
    let found = imported.users.iter().find_map(|user| match user {
        tl::User::User(user) if user.id == whom.id => user.access_hash,
        tl::User::User(_) | tl::User::UserEmpty { .. } => None,
    });
    let access_hash = found.ok_or(BenchError::Unexpected)?;
    Ok(tl::InputPeer::InputPeerUser { user_id: whom.id, access_hash })
}

/// A text to somebody.
pub(super) fn text(peer: &tl::InputPeer, message: String, random_id: i64) -> tl::messages::SendMessage {
    tl::messages::SendMessage { peer: peer.clone(), message, random_id, ..Default::default() }
}
