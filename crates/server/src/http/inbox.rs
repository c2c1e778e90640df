//! `/dev/inbox/PHONE`: the login codes of development mode, instead of a text message.
//!
//! Codes are credentials, so the door is narrow: `--dev` only, peers on loopback only, and neither a reverse proxy
//! (which would make strangers look like loopback) nor a page of another site in a developer's browser (whose
//! rebound name would stand in `Host`) gets through. Everybody else is told that the path does not exist.
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, FORWARDED, HOST, ORIGIN, VIA};
use axum::http::{HeaderMap, HeaderName, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use ids::UnixTime;
use ids::limits::{CODE_LIFE_S, INBOX_ANSWER_LETTERS_MAX, INBOX_LETTERS_MAX};
use serde::Serialize;

/// What reverse proxies add to a request.
const PROXY_HEADERS: [HeaderName; 6] = [
    FORWARDED,
    VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// What a browser says of the page that made it ask.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Codes that would have been sent; in memory only, gone with the code's life.
#[derive(Default)]
pub(crate) struct Inbox {
    letters: Mutex<VecDeque<Letter>>,
}

struct Letter {
    phone: String,
    code: String,
    at: UnixTime,
}

#[derive(Serialize)]
struct Shown<'a> {
    code: &'a str,
    at: i64,
}

impl Inbox {
    /// Puts a code in.
    pub(crate) fn deliver(&self, phone: &str, code: String, now: UnixTime) {
        let mut letters = self.lock();
        forget_old(&mut letters, now);
        if letters.len() == INBOX_LETTERS_MAX {
            letters.pop_front();
        }
        letters.push_back(Letter { phone: digits(phone), code, at: now });
    }

    /// The codes of one number as JSON, newest first.
    fn json(&self, phone: &str, now: UnixTime) -> String {
        let phone = digits(phone);
        let mut letters = self.lock();
        forget_old(&mut letters, now);
        let own = letters.iter().rev().filter(|letter| letter.phone == phone).take(INBOX_ANSWER_LETTERS_MAX);
        let shown: Vec<_> = own.map(|letter| Shown { code: &letter.code, at: letter.at.get() }).collect();
        // Strings and numbers always have a JSON form.
        serde_json::to_string(&shown).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(letters: &mut VecDeque<Letter>, now: UnixTime) {
    // A call that took its time brings an older `now` than one that overtook it: letters of the near future are as good as
    // others. Those of a far one were written before the wall clock was set back, and go too.
    letters.retain(|letter| (-CODE_LIFE_S..=CODE_LIFE_S).contains(&(now.get() - letter.at.get())));
}

/// A number as clients and people write it, reduced to its digits.
fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// What the handler needs.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) clock: crate::clock::Clock,
}

pub(super) async fn letters(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(phone): Path<String>,
    version: Version,
    headers: HeaderMap,
) -> Response {
    if !may_enter(peer, version, &headers) {
        return (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response();
    }
    let json = door.inbox.json(&phone, door.clock.now().unix());
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], json).into_response()
}

/// Whether somebody on this very machine asks, who was not sent by anybody else.
pub(super) fn may_enter(peer: SocketAddr, version: Version, headers: &HeaderMap) -> bool {
    // nginx, left to its defaults, adds no header and names us as the host, but speaks HTTP/1.0 as nobody else does.
    let direct = version != Version::HTTP_10 && spoken_to_directly(headers) && !sent_by_a_page(headers);
    peer.ip().to_canonical().is_loopback() && direct
}

/// Whether a page of another site in a browser here made the request: it could not read the answer, but cause what is asked.
/// We have no page ourselves, so any `Origin` is foreign.
fn sent_by_a_page(headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE).map(axum::http::HeaderValue::as_bytes);
    headers.contains_key(ORIGIN) || site.is_some_and(|site| site != b"none" && site != b"same-origin")
}

/// No proxy between, and addressed by a name that only this machine has.
fn spoken_to_directly(headers: &HeaderMap) -> bool {
    let proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(name));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.parse::<SocketAddr>() {
        Ok(address) => return !proxied && address.ip().is_loopback(),
        Err(_) => host.split(':').next().unwrap_or_default(),
    };
    let loopback = name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    !proxied && (loopback || name == "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_newest_first_and_die() {
        let inbox = Inbox::default();
        inbox.deliver("+999 111", "11111".into(), UnixTime(1000));
        inbox.deliver("999111", "22222".into(), UnixTime(1010));
        inbox.deliver("999222", "33333".into(), UnixTime(1020));
        let json = |at| inbox.json("+999111", UnixTime(at));
        assert_eq!(json(1020), r#"[{"code":"22222","at":1010},{"code":"11111","at":1000}]"#);
        assert_eq!(json(1305), r#"[{"code":"22222","at":1010}]"#);
        assert_eq!(json(1311), "[]");
    }

    /// The clock is read when a call begins, and calls overtake each other.
    #[test]
    fn a_letter_that_comes_late_takes_no_other_away() {
        let inbox = Inbox::default();
        inbox.deliver("999111", "11111".into(), UnixTime(1001));
        inbox.deliver("999222", "22222".into(), UnixTime(1000));
        assert_eq!(inbox.json("999111", UnixTime(1000)), r#"[{"code":"11111","at":1001}]"#);
        inbox.deliver("999333", "33333".into(), UnixTime(1000 - CODE_LIFE_S - 1));
        assert_eq!(inbox.lock().len(), 1, "the clock was set back by more than a code lives");
    }

    #[test]
    fn the_inbox_is_bounded() {
        let inbox = Inbox::default();
        for _ in 0..INBOX_LETTERS_MAX + 5 {
            inbox.deliver("1", "1".into(), UnixTime(1));
        }
        assert_eq!(inbox.lock().len(), INBOX_LETTERS_MAX);
    }

    #[test]
    fn only_direct_loopback_requests_pass() {
        let allowed = |pairs: &[(HeaderName, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(name, value.parse().expect("a header"));
            }
            spoken_to_directly(&headers)
        };
        assert!(allowed(&[(HOST, "127.0.0.1:8080")]));
        assert!(allowed(&[(HOST, "[::1]:8080")]));
        assert!(allowed(&[(HOST, "localhost:8080")]));
        assert!(allowed(&[(HOST, "127.3.4.5")]));
        assert!(!allowed(&[(HOST, "rebound.example:8080")]));
        assert!(!allowed(&[(HOST, "203.0.113.9:8080")]));
        assert!(!allowed(&[]));
        for proxy in PROXY_HEADERS {
            assert!(!allowed(&[(HOST, "127.0.0.1:8080"), (proxy, "203.0.113.9")]));
        }
    }

    /// A page can make its browser send a request without being able to read the answer; browsers say so in these headers.
    #[test]
    fn no_page_of_another_site_gets_through() {
        let told = |name: HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "127.0.0.1:8080".parse().expect("a header"));
            headers.insert(name, value.parse().expect("a header"));
            may_enter(SocketAddr::from(([127, 0, 0, 1], 5)), Version::HTTP_11, &headers)
        };
        for origin in ["https://page.example", "null", "http://127.0.0.1:8080"] {
            assert!(!told(ORIGIN, origin), "{origin}");
        }
        for site in ["cross-site", "same-site", "what comes next"] {
            assert!(!told(FETCH_SITE, site), "{site}");
        }
        assert!(told(FETCH_SITE, "none") && told(FETCH_SITE, "same-origin"));
    }

    /// What a peer at this address is told.
    fn told(peer: &str) -> StatusCode {
        let door = Door { inbox: Arc::default(), clock: crate::clock::Clock::start() };
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "127.0.0.1:8080".parse().expect("a header"));
        let peer = peer.parse().expect("an address");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let answer = letters(State(door), ConnectInfo(peer), Path("1".into()), Version::HTTP_11, headers);
        runtime.block_on(answer).status()
    }

    #[test]
    fn only_this_machine_is_answered() {
        for here in ["127.0.0.1:5", "127.200.3.4:5", "[::1]:5", "[::ffff:127.0.0.1]:5"] {
            assert_eq!(told(here), StatusCode::OK, "{here}");
        }
        for elsewhere in ["203.0.113.9:5", "10.0.0.1:5", "[2001:db8::1]:5", "[::ffff:10.0.0.1]:5"] {
            assert_eq!(told(elsewhere), StatusCode::NOT_FOUND, "{elsewhere}");
        }
    }
}
