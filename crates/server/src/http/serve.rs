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
use ids::limits::{HTTP_BUFFER_BYTES_MAX, HTTP_HEAD_S_MAX, HTTP_LIFE_S_MAX};
use tokio::net::{TcpStream, UnixStream};

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
    let _ = tokio::time::timeout(Duration::from_secs(HTTP_LIFE_S_MAX), served.with_upgrades()).await;
}

/// Serves one connection of a UNIX socket.
pub(crate) async fn serve_unix(stream: UnixStream, router: Router) {
    let served = builder().serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let _ = served.await;
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HTTP_HEAD_S_MAX))
        .max_buf_size(HTTP_BUFFER_BYTES_MAX);
    builder
}
