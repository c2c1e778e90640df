//! A6: connections that come to no point, by the thousand.
//!
//! A first frame, the rest of a frame, a first message under a key, the head of an HTTP request, taking what is written:
//! each has its time, and nobody else notices. Red without any of the three deadlines in
//! `mtproto::server::deadline::Deadlines::next` (`first`, `partial`, `unused`: that kind of connection stays), without
//! `over(self.outgoing.deadline_ms(..))` in the server's `Connection::timeout` (a peer that takes nothing stays), and
//! without `header_read_timeout(..)` in the server's `http/serve.rs`.
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use client::{Client, Clock, Probe};
use tl::{Encode, mt};

use crate::blocking::{connect, files};
use crate::bystander::Bystanders;
use crate::ground::{Ground, address, random, runs};
use crate::probing::{identity, settled};
use crate::support::{PATIENCE, person, within};

/// Sockets of one address: as many as may be there without a key.
const PER_ADDRESS: usize = 100;
/// HTTP has its own patience, which no setting changes.
const HTTP_S: u64 = 10;

/// The opening handshake of RFC 6455's own example.
const UPGRADE: &str = "GET /apiws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// How a socket wastes time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// One byte, and no more.
    Silent,
    /// A frame, byte after byte.
    Dripping,
    /// An obfuscated header, byte after byte.
    Obfuscated,
    /// A first step of a key exchange, and then a frame, byte after byte.
    Begun,
    /// A first step of a key exchange, and nothing more.
    Probing,
    /// An HTTP request, byte after byte.
    Http,
    /// A WebSocket, and on it a message, byte after byte.
    Websocket,
}

const KINDS: [Kind; 7] =
    [Kind::Silent, Kind::Dripping, Kind::Obfuscated, Kind::Begun, Kind::Probing, Kind::Http, Kind::Websocket];

struct Waster {
    kind: Kind,
    stream: TcpStream,
    sent: usize,
    gone: bool,
}

impl Waster {
    fn new(ground: &Ground, number: usize, kind: Kind) -> Self {
        let is_http = matches!(kind, Kind::Http | Kind::Websocket);
        let to = if is_http { ground.ready().http } else { ground.ready().mtproto };
        let mut stream = connect(address((number / PER_ADDRESS) as u16), to);
        if matches!(kind, Kind::Begun | Kind::Probing) {
            // An intermediate frame with req_pq_multi in a plain message.
            let body = mt::ReqPqMulti { nonce: random() }.to_bytes();
            let message = mtproto::plain::wrap(ids::WireMsgId(0), &body);
            let frame = [&[0xee; 4][..], &(message.len() as u32).to_le_bytes(), &message].concat();
            stream.write_all(&frame).expect("the first step is sent");
        }
        if kind == Kind::Websocket {
            write!(stream, "{UPGRADE}Host: {to}\r\n\r\n").expect("the request is sent");
        }
        stream.set_nonblocking(true).expect("it need not wait");
        Self { kind, stream, sent: 0, gone: false }
    }

    fn next_byte(&self) -> Option<u8> {
        match self.kind {
            Kind::Silent => (self.sent == 0).then_some(0xee),
            Kind::Probing => None,
            // An intermediate frame of 1,000 bytes for a key exchange.
            Kind::Dripping => Some([0xee, 0xee, 0xee, 0xee, 0xe8, 3].get(self.sent).copied().unwrap_or(0)),
            Kind::Obfuscated => Some(0xa1_u8.wrapping_add(self.sent as u8)),
            Kind::Begun => Some([0xe8, 3].get(self.sent).copied().unwrap_or(0)),
            // A masked binary message of 126 bytes or more.
            Kind::Websocket => Some([0x82, 0xfe, 0x10, 0].get(self.sent).copied().unwrap_or(0x77)),
            Kind::Http => Some(b"GET / HTTP/1.1\r\nX: ".get(self.sent).copied().unwrap_or(b'x')),
        }
    }

    /// Sends one more byte, and looks whether the server has closed.
    fn drip(&mut self) {
        if let Some(byte) = self.next_byte() {
            match self.stream.write_all(&[byte]) {
                Ok(()) => self.sent += 1,
                Err(error) => self.gone |= error.kind() != ErrorKind::WouldBlock,
            }
        }
        let mut answer = [0; 256];
        match self.stream.read(&mut answer) {
            Ok(0) => self.gone = true,
            // The answer to a first step, or the words with which HTTP says good-bye.
            Ok(_) => {}
            Err(error) => self.gone |= error.kind() != ErrorKind::WouldBlock,
        }
    }
}

/// Somebody new signs up, with a key exchange; how long it takes.
async fn log_in(ground: &Ground) -> Duration {
    let clock = Clock::start();
    let client = within(Client::connect(ground.options())).await.expect("a client");
    let (person, ready) = (person(ground.number()), ground.ready().clone());
    let phone = person.phone.clone();
    let code = async move || ready.code(&phone).expect("an inbox");
    within(client.log_in(&person, code)).await.expect("a login");
    clock.elapsed()
}

#[tokio::test]
async fn a6_fifteen_thousand_slow_sockets_are_gone_in_time_and_nobody_notices() {
    let (first_s, unused_s) = (runs(5, 30), runs(10, 60));
    let flags = [
        format!("limits.first_frame_s={first_s}"),
        format!("limits.partial_frame_s={first_s}"),
        format!("limits.key_unused_s={unused_s}"),
        // A first step is not a handshake yet, but its answer costs something all the same.
        "limits.handshake_cpu_percent=100".to_owned(),
    ];
    let flags: Vec<&str> = flags.iter().flat_map(|flag| ["--set", flag]).collect();
    let ground = Ground::as_shipped(&flags).await;
    let bystanders = Bystanders::begin(&ground);
    let count = files().saturating_sub(1_000).min(15_000);
    let clock = Clock::start();
    let kind = |number: usize| KINDS[number / PER_ADDRESS % KINDS.len()];
    let mut wasters: Vec<Waster> =
        (0..count).map(|number| Waster::new(&ground, number, kind(number))).collect();
    let mut slowest = Duration::ZERO;
    let mut rounds = 0;
    // Once a second, as long as any is left.
    let mut second = tokio::time::interval(Duration::from_secs(1));
    while !wasters.is_empty() {
        second.tick().await;
        wasters.iter_mut().for_each(Waster::drip);
        wasters.retain(|waster| !waster.gone);
        slowest = slowest.max(log_in(&ground).await);
        rounds += 1;
        if rounds == 2 {
            assert!(wasters.len() > count * 9 / 10, "only {} of {count} are held", wasters.len());
        }
        let left = || KINDS.map(|kind| (kind, wasters.iter().filter(|waster| waster.kind == kind).count()));
        let most_s = (unused_s as u64).max(HTTP_S) + 10;
        assert!(clock.elapsed().as_secs() < most_s, "still there: {:?}", left());
    }
    assert!(slowest < Duration::from_secs(2), "a login took {slowest:?}");
    bystanders.end(Duration::from_secs(2));
}

/// Each patience by itself, with the others so long that they end nothing here.
#[tokio::test]
async fn a6_each_patience_ends_by_itself() {
    for (setting, kinds) in [
        ("first_frame_s", [Kind::Silent, Kind::Dripping, Kind::Obfuscated]),
        ("partial_frame_s", [Kind::Dripping, Kind::Obfuscated, Kind::Begun]),
        ("key_unused_s", [Kind::Silent, Kind::Begun, Kind::Probing]),
    ] {
        let flags = ["first_frame_s", "partial_frame_s", "key_unused_s"]
            .map(|name| format!("limits.{name}={}", if name == setting { 2 } else { 600 }));
        let ground = Ground::open(&flags.each_ref().map(|flag| ["--set", flag]).concat()).await;
        let mut wasters: Vec<Waster> = (0..60).map(|at| Waster::new(&ground, at, kinds[at % 3])).collect();
        let clock = Clock::start();
        let mut pace = tokio::time::interval(Duration::from_millis(100));
        while !wasters.is_empty() {
            pace.tick().await;
            wasters.iter_mut().for_each(Waster::drip);
            wasters.retain(|waster| !waster.gone);
            let left = wasters.first().map(|waster| waster.kind);
            assert!(clock.elapsed() < PATIENCE, "{left:?} outlives {setting}");
        }
        assert!(clock.elapsed() > Duration::from_millis(1_500), "{setting} is kept");
    }
}

/// A peer that asks and asks and reads nothing is closed once it has taken nothing for a time, here two seconds.
#[tokio::test]
async fn a6_who_takes_nothing_is_closed() {
    let ground = Ground::open(&["--set", "limits.write_stall_s=2"]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let bystanders = Bystanders::begin(&ground);
    let msg_ids: Vec<i64> = (0..8192).collect();
    let ask = mt::MsgsStateReq::MsgsStateReq { msg_ids }.to_bytes();
    let clock = Clock::start();
    while ground.metric(r#"connections_closed_total{carrier="tcp",why="stalled"}"#) == 0 {
        assert!(clock.elapsed() < PATIENCE, "it may stay");
        // 64 KiB to ask, 8 KiB to answer; nobody waits for it to be taken.
        probe.say(ask.clone(), false);
        let _ = tokio::time::timeout(Duration::from_millis(20), probe.wire.flush()).await;
    }
    let mut back = Probe::new(
        ground.probe(&identity(&alice).await).await.wire,
        &identity(&alice).await,
        probe.session(),
    );
    settled(&mut back).await;
    bystanders.end(Duration::from_secs(2));
}
