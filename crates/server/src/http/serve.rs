//! Runs HTTP/1.1 on an accepted stream, with a limit on everything a slow or greedy peer could hold.
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpStream, UnixStream};

/// Time for the head of a request, the wait for it included: idle keep-alive connections end with it.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// Life of a connection that is not upgraded: long enough for every answer there is, and the end of a peer that does
/// not read it (A6).
const LIFE_MAX: Duration = Duration::from_secs(60);
/// Bytes of buffer for one connection: requests here are small.
const BUFFER_BYTES_MAX: usize = 16 * 1024;

/// Serves one TCP connection until it ends or is upgraded.
pub(crate) async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router) {
    let service = TowerToHyperService::new(router);
    let served = builder().serve_connection(
        TokioIo::new(stream),
        service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            service.call(request)
        }),
    );
    // Whatever a peer does wrong, its connection ends and nobody else is concerned.
    let _ = tokio::time::timeout(LIFE_MAX, served.with_upgrades()).await;
}

/// Serves one connection of a UNIX socket.
pub(crate) async fn serve_unix(stream: UnixStream, router: Router) {
    let served = builder().serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let _ = served.await;
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(BUFFER_BYTES_MAX);
    builder
}
