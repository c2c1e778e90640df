//! The opening handshake of a WebSocket (RFC 6455, 4.2) and the hand-over of its TCP stream to the driver.
//!
//! The stream goes to the same driver as plain MTProto, so that an idle WebSocket costs no more memory than an idle
//! TCP connection: no buffers of a WebSocket library stay with it.
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use crypto::base64;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Upgraded;

/// Appended to the client's key before hashing (RFC 6455, 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The subprotocol that web clients offer and insist on (docs: transports).
const SUBPROTOCOL: &str = "binary";

/// Answers a request at one of the paths for WebSockets.
pub(super) fn websocket(mut request: Request, upgraded: Arc<dyn Upgraded>) -> Response {
    let Some(accept) = accept(request.headers()) else {
        return (StatusCode::BAD_REQUEST, "This path is for WebSockets with the subprotocol binary.\n")
            .into_response();
    };
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let promised = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // The peer may be gone before the answer is written; then there is nobody to serve.
        let Ok(upgrade) = promised.await else { return };
        if let Ok(parts) = upgrade.downcast::<TokioIo<TcpStream>>() {
            upgraded.take(parts.io.into_inner(), &parts.read_buf, peer);
        }
    });
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, accept)
        .header(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL)
        .body(Body::empty());
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The proof that the request was understood, if it is a good one.
fn accept(headers: &HeaderMap) -> Option<String> {
    let good = lists(headers, &CONNECTION, "upgrade")
        && lists(headers, &UPGRADE, "websocket")
        && lists(headers, &SEC_WEBSOCKET_VERSION, "13")
        && lists(headers, &SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    let key = headers.get(SEC_WEBSOCKET_KEY)?;
    // 16 bytes in base64.
    (good && key.len() == 24).then(|| base64::encode(&crypto::sha1(&[key.as_bytes(), GUID])).to_string())
}

/// Whether a header that is a list of tokens has this one.
fn lists(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(change: (&'static str, &'static str)) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-protocol", "binary"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            change,
        ] {
            headers.insert(name, value.parse().expect("a header"));
        }
        headers
    }

    #[test]
    fn the_answer_is_that_of_rfc_6455_section_1_3() {
        assert_eq!(accept(&request(("host", "x"))).as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }

    #[test]
    fn a_request_that_lacks_something_is_refused() {
        for change in [
            ("connection", "close"),
            ("upgrade", "h2c"),
            ("sec-websocket-version", "8"),
            ("sec-websocket-protocol", "chat"),
            ("sec-websocket-key", "short"),
        ] {
            assert!(accept(&request(change)).is_none(), "{change:?}");
        }
    }
}
