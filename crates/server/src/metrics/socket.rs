//! The socket of the metrics: `curl --unix-socket DATA/metrics.sock http://localhost/metrics`.
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::UnixListener;

use crate::http::serve_unix;
use crate::node::Node;

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Opens the socket, which only the owner of the folder may use, and serves it for as long as the process lives.
pub(crate) fn serve(node: Arc<Node>, path: &Path) -> std::io::Result<()> {
    // The folder's lock is ours, so a socket that is there was left by a crash.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    let metrics = get(move || std::future::ready(([(CONTENT_TYPE, TEXT)], text(&node))));
    let router = Router::new().route("/metrics", metrics);
    tokio::spawn(async move {
        // Without the socket the server is as good as before, so an error ends only this.
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve_unix(stream, router.clone()));
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
