//! `/`: says what this is. The web client will stand here.
use axum::http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{Html, IntoResponse};

const PAGE: &str = "<!doctype html>
<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">
<title>Heliograph</title>
<h1>Heliograph</h1>
<p>This is a messenger server. It speaks MTProto: point a client at it with its address and public key.
<p>There is no web client here yet. This build keeps everything in memory only, and forgets it when it stops.
</html>
";

pub(super) async fn page() -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, "default-src 'none'"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], Html(PAGE))
}
