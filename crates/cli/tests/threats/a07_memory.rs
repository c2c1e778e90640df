//! A7: memory of strangers, who announce much and send little, or send much and are nobody.
//!
//! A frame is looked at when its length and first eight bytes are there: without a key it may have 1,024 bytes, with an
//! unknown one it is refused without reading on, with a known one it may have 1 MiB; nothing is reserved for what was
//! merely announced. Red without `head.len > limits::FRAME_PLAIN_BYTES_MAX` in `mtproto::server::Conn::begin`, without
//! `header.payload_bytes > limit` in `mtproto::transport::Transport::header`, with a `reserve` of the announced length
//! in `mtproto::transport::inbox::Inbox`, and when `Conn::begin` waits for the whole frame before it asks for the key
//! (each shows in the server's peak of memory, or in a connection that is not closed). The bytes of one connection are
//! counted one by one in `crates/mtproto/tests/it/connections.rs`.
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use mtproto::handshake::KeyKind;
use tl::{Encode, mt};

use crate::blocking::{connect, files, to_the_end};
use crate::bystander::Bystanders;
use crate::ground::{Ground, address, random, runs};
use crate::support::within;

const MIB: u64 = 1 << 20;
/// Sockets of one address without a key.
const PER_ADDRESS: usize = 100;
/// What 15,000 strangers may cost.
const GROWTH_BYTES_MAX: u64 = 100 * MIB;

fn sockets() -> usize {
    files().saturating_sub(1_000).min(15_000)
}

/// The opening of a framing and the header of a frame with this many bytes.
fn header(framing: usize, bytes: u32) -> Vec<u8> {
    let words = (bytes / 4).to_le_bytes();
    match framing % 4 {
        0 => [&[0xee; 4][..], &bytes.to_le_bytes()].concat(),
        1 => [&[0xdd; 4][..], &bytes.to_le_bytes()].concat(),
        2 => [&[0xef, 0x7f][..], &words[..3]].concat(),
        _ => [(bytes + 12).to_le_bytes(), [0; 4]].concat(),
    }
}

/// All sockets of a crowd, each on its address.
fn crowd(ground: &Ground, count: usize, mut say: impl FnMut(usize, &mut TcpStream)) -> Vec<TcpStream> {
    let server = ground.ready().mtproto;
    let open = (0..count).map(|number| {
        let mut stream = connect(address((number / PER_ADDRESS) as u16), server);
        say(number, &mut stream);
        stream
    });
    open.collect()
}

/// Waits until the server has taken all of a crowd, and keeps them.
async fn all_held(ground: &Ground, count: usize) {
    within(async {
        while ground.metric("connections ") < count as u64 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Writes what the peer takes; a server that has heard enough closes before all is sent.
fn pour(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

/// A crowd announces what it may not send, and begins to send it: closed at once, with -404 at most, by a server whose
/// patience would be long enough to hold all of it.
#[tokio::test]
async fn a7_what_was_announced_costs_nothing() {
    let ground = Ground::as_shipped(&[]).await;
    let bystanders = Bystanders::begin(&ground);
    let before = ground.process().rss_bytes().expect("a running server");
    let sent = vec![0x5a; 32 << 10];
    for (bytes, id, told) in [
        // 16 MiB without a key, with an unknown one; 1 MiB without, with; just above the limit of a key exchange.
        (16 << 20, 0, false),
        (16 << 20, 0x1234_5678_9abc_def1, false),
        (1 << 20, 0, false),
        ((1 << 20) - 8, 0x1234_5678_9abc_def2, true),
        (1028, 0, false),
    ] {
        let count = sockets() / 5;
        let streams = crowd(&ground, count, |number, stream| {
            // Each names a key of its own, so that none is remembered as absent.
            let id = if id == 0 { 0 } else { id ^ (number as u64) << 16 };
            pour(stream, &[header(number, bytes), u64::to_le_bytes(id).to_vec(), sent.clone()].concat());
        });
        for (number, mut stream) in streams.into_iter().enumerate() {
            let answer = to_the_end(&mut stream);
            // Whoever sends on when he was refused may lose the refusal to a reset.
            let is_404 = answer.windows(4).any(|four| four == (-404_i32).to_le_bytes());
            assert!(answer.is_empty() || told && is_404, "{bytes} bytes, framing {}: {answer:?}", number % 4);
        }
    }
    let growth = ground.peak_bytes().saturating_sub(before);
    assert!(growth <= GROWTH_BYTES_MAX, "{} MiB", growth / MIB);
    bystanders.end(Duration::from_secs(5));
}

/// A crowd begins four key exchanges each and then holds back the end of the largest frame it may send.
#[tokio::test]
async fn a7_fifteen_thousand_half_frames_weigh_little() {
    let patience = format!("limits.partial_frame_s={}", runs(15, 30));
    let ground = Ground::as_shipped(&["--set", &patience]).await;
    let bystanders = Bystanders::begin(&ground);
    let before = ground.process().rss_bytes().expect("a running server");
    let mut open = crowd(&ground, sockets(), |number, stream| {
        let mut said = header(0, 0)[..4].to_vec();
        for _ in 0..4 {
            let body = mt::ReqPqMulti { nonce: random() }.to_bytes();
            let message = mtproto::plain::wrap(ids::WireMsgId(0), &body);
            said.extend_from_slice(&(message.len() as u32).to_le_bytes());
            said.extend_from_slice(&message);
        }
        said.extend_from_slice(&1024_u32.to_le_bytes());
        said.extend_from_slice(&[0; 1020]);
        pour(stream, &said);
        // Now and then, so that what the server answers does not pile up with it.
        if number % 1000 == 0 {
            let _ = stream.read(&mut [0; 64]);
        }
    });
    let count = open.len();
    all_held(&ground, count).await;
    // All are answered, held and closed in time; the peak is in between.
    for stream in &mut open {
        let mut answers = Vec::new();
        match stream.read_to_end(&mut answers) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    let growth = ground.peak_bytes().saturating_sub(before);
    assert!(growth <= GROWTH_BYTES_MAX, "{} MiB, {} bytes each", growth / MIB, growth as usize / count);
    bystanders.end(Duration::from_secs(5));
}

/// Somebody with a key announces the largest frames there are on many connections, and sends hardly anything.
#[tokio::test]
async fn a7_announcements_of_those_with_a_key_cost_nothing_either() {
    let ground = Ground::open(&[]).await;
    let bystanders = Bystanders::begin(&ground);
    let (_wire, identity) = ground.key(KeyKind::Permanent).await;
    let before = ground.process().rss_bytes().expect("a running server");
    let id = identity.key.id().get().to_le_bytes();
    let held = crowd(&ground, 500, |number, stream| {
        pour(stream, &[&header(number, 1_048_536)[..], &id, &[0; 64]].concat());
    });
    // More than 1 MiB is refused, whatever of it comes.
    for number in 0..20 {
        let mut stream = connect(address(100 + number), ground.ready().mtproto);
        pour(&mut stream, &[&header(number.into(), (1 << 20) + 16)[..], &id, &vec![0; 1 << 20]].concat());
        assert!(to_the_end(&mut stream).is_empty());
    }
    all_held(&ground, held.len()).await;
    let growth = ground.peak_bytes().saturating_sub(before);
    assert!(growth <= 16 * MIB, "{} MiB", growth / MIB);
    drop(held);
    bystanders.end(Duration::from_secs(5));
}
