//! The HTTP side: a page, health, the WebSocket transport, the development inbox.
//!
//! No request is made to anybody else (P04), nothing is logged of a request (P30), no cookie exists.
mod inbox;
mod page;
mod serve;
mod shred;
mod upgrade;

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpStream;

pub(crate) use self::inbox::{Door, Inbox};
pub(crate) use self::serve::{serve_connection, serve_unix};
use crate::node::Node;

/// Takes over a TCP stream whose client asked for a WebSocket and was told yes, with the bytes that came after the
/// request.
pub(crate) trait Upgraded: Send + Sync + 'static {
    /// `unread` belongs before what the stream will give.
    fn take(&self, stream: TcpStream, unread: &[u8], peer: SocketAddr);
}

/// The paths at which web clients open their WebSocket (docs: transports; the suffixes tell the account's kind).
const WEBSOCKET_PATHS: [&str; 4] = ["/apiws", "/apiws_test", "/apiws_premium", "/apiws_test_premium"];

/// All routes on one screen. Without `door` what is under `/dev` does not exist.
pub(crate) fn router(node: &Arc<Node>, door: Option<Door>, upgraded: &Arc<dyn Upgraded>) -> Router {
    let health = get(health).with_state(node.clone());
    let mut router = Router::new().route("/", get(page::page)).route("/healthz", health);
    for path in WEBSOCKET_PATHS {
        let upgraded = upgraded.clone();
        router = router.route(path, get(move |request| ready(upgrade::websocket(request, upgraded))));
    }
    if let Some(door) = door {
        router = router.route("/dev/inbox/{phone}", get(inbox::letters).with_state(door));
        router = router.route("/dev/shred", post(shred::shred).with_state(node.clone()));
    }
    router.fallback(|| async { (StatusCode::NOT_FOUND, "There is nothing here.\n") })
}

/// Whether messages are taken: not after the disk has failed.
async fn health(State(node): State<Arc<Node>>) -> (StatusCode, &'static str) {
    if node.failed.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, "The disk failed: nothing is written until a restart.\n");
    }
    (StatusCode::OK, "ok\n")
}
