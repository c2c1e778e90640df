//! The socket of the metrics: `curl --unix-socket DATA/metrics.sock http://localhost/metrics`.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::http::serve_unix;
use crate::node::Node;

/// Pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Opens the socket, which only the owner of the folder may use, and serves it for as long as the process lives.
pub(crate) fn serve(node: Arc<Node>, path: &Path) -> std::io::Result<()> {
    let listener = link::owners_socket(path)?;
    let metrics = get(move || std::future::ready(([(CONTENT_TYPE, TEXT)], text(&node))));
    let router = Router::new().route("/metrics", metrics);
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(serve_unix(stream, router.clone()))),
                // Most likely no file descriptor is free: a time at which somebody will want to see the metrics.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    });
    Ok(())
}

fn text(node: &Node) -> String {
    node.metrics.text(|levels| {
        levels.connections.set(node.admission.open());
        levels.keys.set(node.keys.len() as u64);
        levels.users.set(node.subscribers.users() as u64);
        levels.calls.set(node.work.calls().into());
        levels.refused.set(node.work.refused());
        levels.handshakes.set(node.handshakes.waiting() as u64);
        levels.held.set(node.held.len() as u64);
    })
}
