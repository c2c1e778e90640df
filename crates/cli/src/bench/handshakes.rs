//! Key exchanges a second, and what one costs the server (A5).
//!
//! The settings are the default ones, so exchanges get half a core and always wait for it: then they are computed in pairs.
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use client::{Clock, OsRng, Wire};
use crypto::dh::{self, Secret};
use crypto::padding;
use crypto::rsa::PrivateKey;
use mtproto::handshake::KeyKind;
use tokio::task::JoinSet;

use super::machine::thread_cpu;
use super::process::Ready;
use super::table::Table;
use super::{Amount, BenchError, crowd, end, serve};

/// Exchanges under way at a time: fewer than may wait, enough that some always do.
const AT_ONCE: u32 = 128;
/// Processor time of the server for one exchange, in milliseconds.
const COST_MS_MAX: f64 = 3.2;
/// The same over one RSA operation and two plain powers of the library.
const RATIO_MAX: f64 = 0.6;
/// Rounds in which the plain operations are measured; the median counts.
const ROUNDS: usize = 201;

pub(super) async fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let plain = tokio::task::spawn_blocking(plain_cost).await?;
    let server = serve(amount, &[])?;
    let ready = Arc::new(server.ready().clone());
    // The first exchanges build tables.
    run(&ready, Duration::from_millis(500)).await?;
    let (clock, cpu) = (Clock::start(), server.cpu()?);
    let made = run(&ready, Duration::from_secs(if amount.quick { 4 } else { 20 })).await?;
    let (took, cpu) = (clock.elapsed(), server.cpu()? - cpu);
    if made == 0 {
        return Err(BenchError::Nothing);
    }
    let cost = cpu / u32::try_from(made).unwrap_or(u32::MAX);
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    table.fact("handshakes, in half a core", made as f64 / took.as_secs_f64(), "/s");
    table.at_most("handshake, server's processor time", ms(cost), COST_MS_MAX, "ms");
    table.fact("one RSA operation and two plain powers", ms(plain), "ms");
    table.at_most("handshake over these", cost.as_secs_f64() / plain.as_secs_f64(), RATIO_MAX, "");
    end(server)
}

/// Makes keys until the time is over; how many.
async fn run(ready: &Arc<Ready>, time: Duration) -> Result<u64, BenchError> {
    /// Addresses go on from run to run, since each may make only so many keys.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let clock = Clock::start();
    let made = Arc::<AtomicU64>::default();
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (ready, made) = (ready.clone(), made.clone());
        tasks.spawn(async move {
            while clock.elapsed() < time {
                let options = crowd::options(&ready, NEXT.fetch_add(1, Ordering::Relaxed));
                let mut wire = Wire::connect(&options, clock).await?;
                wire.make_key(KeyKind::Permanent).await?;
                made.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, BenchError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(made.load(Ordering::Relaxed))
}

/// One private RSA operation and two powers with any base, as the library does them.
fn plain_cost() -> Duration {
    let key = PrivateKey::generate();
    let (ours, theirs) = (Secret::random(&mut OsRng), Secret::random(&mut OsRng));
    let (Ok(base), Ok(ciphertext)) =
        (dh::public(&theirs), padding::rsa_pad_encrypt(&[7; 100], &key.public(), &mut OsRng))
    else {
        return Duration::ZERO;
    };
    let mut rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let before = thread_cpu();
            black_box(key.decrypt_raw(black_box(&ciphertext)));
            for _ in 0..2 {
                black_box(dh::shared(black_box(&base), &ours));
            }
            thread_cpu() - before
        })
        .collect();
    rounds.sort_unstable();
    rounds[ROUNDS / 2]
}
