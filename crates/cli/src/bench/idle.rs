//! Memory of an authorised connection on which nothing happens.
//!
//! Each user is logged in and has sent and received one message; then all are idle. What is divided is everything the
//! server's process holds more than before the first of them came: sockets' state, keys in locked memory, sessions, what
//! the allocator keeps, the three vaults of development mode, which are in that process, and what the store has gathered
//! for its next table. The last and its caches are tens of MiB whoever comes (`limits::STORE_MEMTABLE_BYTES` and others), so few
//! connections carry a large share of them each. What each of the second half came to beside the first is therefore told as well.
use std::sync::Arc;

use client::Clock;
use tokio::task::JoinSet;

use super::crowd::{User, introduce, sign_up_all, text};
use super::table::Table;
use super::{Amount, BenchError, end, serve};

/// Kibibytes for one connection.
const KIB_MAX: f64 = 10.0;

pub(super) async fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let server = serve(amount, &["limits.handshake_cpu_percent=100"])?;
    let ready = Arc::new(server.ready().clone());
    let (clock, before) = (Clock::start(), server.rss_bytes()?);
    // They talk in pairs.
    let half = amount.connections / 4 * 2;
    let mut users = talk(sign_up_all(&ready, 0..half).await?).await?;
    let halfway = server.rss_bytes()?;
    let second = sign_up_all(&ready, half..amount.connections).await?;
    users.extend(talk(second).await?);
    let signed_up = clock.elapsed();
    let busy = server.rss_bytes()?;
    tokio::time::sleep(amount.idle).await;
    let idle = server.rss_bytes()?;
    let each = |bytes: u64| bytes.saturating_sub(before) as f64 / 1024.0 / f64::from(amount.connections);
    table.fact("memory at 0 connections", before as f64 / 1_048_576.0, "MiB");
    let name = format!("memory of each of {} connections, busy", amount.connections);
    table.fact(&name, each(busy), "KiB");
    let of_second = busy.saturating_sub(halfway) as f64 / 1024.0 / f64::from(amount.connections - half);
    table.at_most("memory of each of their second half, busy", of_second, KIB_MAX, "KiB");
    let name = format!("memory of each, after {} s idle", amount.idle.as_secs());
    table.at_most(&name, each(idle), KIB_MAX, "KiB");
    table.fact("users signed up, who wrote and read", users.len() as f64 / signed_up.as_secs_f64(), "/s");
    // All of them are still there, which is what was measured.
    for user in &users {
        user.client.ping().await.map_err(|_| BenchError::Unexpected)?;
    }
    end(server)
}

/// Neighbours write to each other.
async fn talk(users: Vec<User>) -> Result<Vec<User>, BenchError> {
    let mut tasks = JoinSet::new();
    let mut users = users.into_iter();
    let mut talked = Vec::new();
    loop {
        // A few hundred pairs at a time.
        while tasks.len() < 256 {
            let (Some(first), Some(second)) = (users.next(), users.next()) else { break };
            tasks.spawn(exchange(first, second));
        }
        let Some(done) = tasks.join_next().await else { return Ok(talked) };
        let (first, second) = done??;
        talked.extend([first, second]);
    }
}

async fn exchange(first: User, second: User) -> Result<(User, User), BenchError> {
    let (to_second, to_first) = introduce(&first, &second).await?;
    first.client.call(&text(&to_second, "Good morning".to_owned(), 1)).await?;
    second.client.call(&text(&to_first, "Good evening".to_owned(), 1)).await?;
    for user in [&first, &second] {
        user.client.update().await.map_err(|_| BenchError::Unexpected)?;
    }
    Ok((first, second))
}
