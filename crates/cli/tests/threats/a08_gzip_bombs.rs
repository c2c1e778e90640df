//! A8: a packed object that unpacks to more than there is memory.
//!
//! Unpacking stops at 1 MiB for a whole packet, whatever is in it; packed in packed and packed messages of a key
//! exchange are refused. Red without `if left.is_none()` or `*budget_bytes = left.unwrap_or(0)` in `mtproto::gzip::drain`
//! (nothing stops it), and when `mtproto::session::receive::Session::receive` gives each message of a container a budget
//! of its own (`let mut budget_bytes` inside the loop).
use std::io::Write;
use std::time::Duration;

use client::{Clock, Probe};
use flate2::write::ZlibEncoder;
use flate2::{Compress, Compression, FlushCompress};
use mtproto::client::Crafted;
use tl::Encode;
use tl::codec::{Raw, put_bytes};

use crate::bystander::Bystanders;
use crate::exchange::NOT_FOUND;
use crate::ground::{Ground, runs};
use crate::probing::{Fate, fate, fates, identity, settled};
use crate::raw::{Answer, Raw as Connection};

const MIB: u64 = 1 << 20;

/// `gzip_packed` around a stream.
fn packed(stream: &[u8]) -> Vec<u8> {
    let mut object = 0x3072_cfa1_u32.to_bytes();
    put_bytes(&mut object, stream);
    object
}

/// Zeros, `mib` MiB of them, as a gzip stream of about a thousandth: one MiB is packed once and repeated. The checksum at
/// the end is wrong; nobody shall come so far.
fn bomb(mib: usize) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut block = Vec::with_capacity(1 << 16);
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.compress_vec(&zeros, &mut block, FlushCompress::Full).expect("it fits");
    let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for _ in 0..mib {
        stream.extend_from_slice(&block);
    }
    stream.extend_from_slice(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    stream
}

/// What unpacking 1 MiB may take. The code that does it is not optimised in a debug build, and a machine that tests is
/// busy.
const PATIENCE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 50 });

async fn asked(probe: &mut Probe, message: &Crafted) -> (Fate, Duration) {
    let packet = probe.seal(message);
    let clock = Clock::start();
    probe.wire.send(&packet);
    let fate = fate(probe, message).await;
    (fate, clock.elapsed())
}

#[tokio::test]
async fn a8_a_bomb_does_not_go_off() {
    let ground = Ground::alone(&[]).await;
    let alice = ground.user().await;
    let bystanders = Bystanders::begin(&ground);
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let gigabyte = bomb(900);
    assert!(gigabyte.len() < 1_000_000, "{} bytes fit into a frame", gigabyte.len());
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&vec![0; 8 << 20]).expect("it fits");
    let zlib = zlib.finish().expect("it fits");
    let wrapped = tl::InvokeWithoutUpdates { query: Raw(packed(&gigabyte)) }.to_bytes();
    let before = ground.process().rss_bytes().expect("a running server");
    for _ in 0..runs(5, 1_000) {
        for body in [packed(&gigabyte), packed(&bomb(2)), packed(&zlib), wrapped.clone()] {
            let message = probe.craft(body.clone(), true);
            let (fate, took) = asked(&mut probe, &message).await;
            assert_eq!(fate, Fate::Failed(400, "INPUT_REQUEST_TOO_LONG".into()));
            assert!(took < PATIENCE, "{took:?}");
            // One that asks for no answer gets none, and costs no more.
            let silent = probe.craft(body, false);
            let (fate, took) = asked(&mut probe, &silent).await;
            assert_eq!(fate, Fate::Refused(64));
            assert!(took < PATIENCE, "{took:?}");
        }
    }
    // A bomb of bombs goes not off either.
    let nested = packed(&bomb(1)[..1000]);
    let message = probe.craft(packed(&nested), true);
    let (fate, _) = asked(&mut probe, &message).await;
    assert!(matches!(fate, Fate::Failed(400, _)), "{fate:?}");
    let growth = ground.peak_bytes().saturating_sub(before);
    assert!(growth <= 16 * MIB, "{} MiB", growth / MIB);
    bystanders.end(Duration::from_secs(2));
}

/// All messages of a container share one budget, so a thousand bombs are one.
#[tokio::test]
async fn a8_a_thousand_bombs_in_one_packet_are_one() {
    let ground = Ground::alone(&[]).await;
    let alice = ground.user().await;
    let bystanders = Bystanders::begin(&ground);
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    // Each by itself stays below the limit.
    let small = packed(&bomb(1)[..900]);
    let bombs: Vec<Crafted> = (0..900).map(|_| probe.craft(small.clone(), true)).collect();
    let container = probe.craft(Crafted::container(&bombs), false);
    let before = ground.process().rss_bytes().expect("a running server");
    let packet = probe.seal(&container);
    let clock = Clock::start();
    probe.wire.send(&packet);
    let fates = fates(&mut probe, &bombs.iter().collect::<Vec<_>>()).await;
    let took = clock.elapsed();
    // The first is merely broken; with what it took, the others are too large.
    assert!(fates[0].is_error("INPUT_FETCH_ERROR"), "{:?}", fates[0]);
    let refused = fates[1..].iter().filter(|fate| fate.is_error("INPUT_REQUEST_TOO_LONG")).count();
    assert_eq!(refused, fates.len() - 1, "{:?}", fates[1]);
    assert!(took < 3 * PATIENCE, "{took:?}");
    let growth = ground.peak_bytes().saturating_sub(before);
    assert!(growth <= 16 * MIB, "{} MiB", growth / MIB);
    bystanders.end(Duration::from_secs(2));
}

#[tokio::test]
async fn a8_a_key_exchange_unpacks_nothing() {
    let ground = Ground::open(&[]).await;
    let first = tl::mt::ReqPqMulti { nonce: [7; 16] }.to_bytes();
    let mut stored = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 20, 0, 0xeb, 0xff];
    stored.extend_from_slice(&first);
    for body in [packed(&stored), packed(&bomb(1)[..900])] {
        let mut raw = Connection::connect(&ground.plain()).await;
        assert_eq!(raw.ask(&body).await, NOT_FOUND);
        assert_eq!(raw.answer().await, Answer::Closed);
    }
}
