//! `POST /dev/shred`: a shred tick at once, answered when it is over; in development mode, from this machine only.
//!
//! `{"done": 2, "open": 0}`: boxes whose deletions are final now, and boxes whose deletions are not.
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Version};
use axum::response::{IntoResponse, Response};

use super::inbox::may_enter;
use crate::node::Node;

pub(super) async fn shred(
    State(node): State<Arc<Node>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    version: Version,
    headers: HeaderMap,
) -> Response {
    if !may_enter(peer, version, &headers) {
        return (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response();
    }
    let mut answer = node.keeper.shred();
    let shredded = answer.wait_for(Option::is_some).await.ok().and_then(|told| *told);
    match shredded {
        Some(shredded) => {
            let json = serde_json::json!({ "done": shredded.done, "open": shredded.open });
            ([(CONTENT_TYPE, "application/json")], format!("{json}\n")).into_response()
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.\n").into_response(),
    }
}
