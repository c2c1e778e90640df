//! Connections a second: a crowd that comes back at once finds a backlog that is long enough.
use std::net::SocketAddr;

use client::Clock;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::table::Table;
use super::{Amount, BenchError, crowd, end, serve};

/// Connections of one address: it may have 100 that did not log in (A6).
const PER_ADDRESS: u32 = 50;

pub(super) async fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let server = serve(amount, &[])?;
    let count = if amount.quick { 5_000 } else { 15_000 };
    let (to, clock) = (server.ready().mtproto, Clock::start());
    let before = clock.elapsed();
    let mut tasks = JoinSet::new();
    for number in 0..count {
        tasks.spawn(connect(to, number / PER_ADDRESS));
    }
    let mut open = Vec::new();
    while let Some(done) = tasks.join_next().await {
        open.push(done??);
    }
    let took = clock.elapsed() - before;
    let rate = f64::from(count) / took.as_secs_f64();
    table.fact(&format!("connects, {count} at once"), rate, "/s");
    drop(open);
    end(server)
}

async fn connect(to: SocketAddr, address: u32) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(crowd::address(address), 0))?;
    socket.connect(to).await
}
