//! R10: four times as many calls as can be answered. What finds no room is told so, what was answered is there, once, and
//! about as much is done as without the rest.
//!
//! First as many messages as are answered one after another, then four times their rate, whoever was refused or not. The
//! generator takes its part of the same two cores, four times as much of it, so the gate asks for 40 %; `R10_GOODPUT=80`
//! is acceptance, on a machine with cores for both. Red with `R10_WAITING=10000`: answers come late
//! then.
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::Clock;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::crowd::{Became, Writer, meet};
use crate::support::process::{Folder, Process};
use crate::support::within;
use crate::{one_of_some, program, size, tell};

const PAIRS: u16 = 8;
/// Messages of one writer that are under way when all are answered.
const UNDER_WAY: usize = 4;
/// The same in overload: he does not wait for those before.
const UNDER_WAY_OVER: usize = 512;
/// The rate of overload over what is answered.
const OVER: u32 = 4;
/// How long each phase of a round goes on.
const TIME: Duration = Duration::from_secs(3);
/// Half of what is answered in overload is answered within this: what waits is bounded.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// After overload an answer comes within this.
const NORMAL_MAX: Duration = Duration::from_secs(10);

/// What was seen of a phase.
#[derive(Default)]
struct Seen {
    answered: BTreeSet<String>,
    refused: BTreeSet<String>,
    /// How long answers took.
    times: Vec<Duration>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_overload_is_refused_in_words_and_what_was_answered_is_there() {
    let waiting = format!("limits.calls_waiting={}", size("R10_WAITING", 128_u32));
    let goodput_min: u32 = size("R10_GOODPUT", 40);
    let flags = ["--log-level", "error", "--set", "limits.calls_percent=0", "--set", &waiting];
    let folder = Folder::new().expect("a folder");
    let server = Process::start_in(&program(), folder, &flags, &[]).unwrap_or_else(|why| panic!("{why}"));
    let writers = meet(&server, PAIRS).await;
    let (mut answered, mut refused, mut round) = (BTreeSet::new(), BTreeSet::new(), 0);
    let told = one_of_some(async || {
        round += 2;
        let clock = Clock::start();
        let peak = as_much_as_is_answered(&writers, round).await;
        let most = rate(&peak, clock.elapsed());
        let clock = Clock::start();
        let mut over = four_times(&writers, round + 1, most).await;
        let then = rate(&over, clock.elapsed());
        over.times.sort_unstable();
        let half = over.times.get(over.times.len() / 2).copied().unwrap_or_default();
        let clock = Clock::start();
        assert_eq!(writers[0].write(format!("after round {round}"), i64::MAX - round).await, Became::Done);
        assert!(clock.elapsed() < NORMAL_MAX, "back to normal after {:?}", clock.elapsed());
        let no = over.refused.len();
        for seen in [peak, over] {
            answered.extend(seen.answered);
            refused.extend(seen.refused);
        }
        let percent = 100 * then / most.max(1);
        let said = format!(
            "{most} answered in a second; of four times as many {then} ({percent} %), half of them within {half:?}, refused {no}"
        );
        if percent >= goodput_min && no > 0 && half <= ANSWER_MAX { Ok(said) } else { Err(said) }
    })
    .await;
    tell(&told);
    let mut there = BTreeSet::new();
    for pair in writers.chunks_exact(2) {
        let (one, other) = (pair[0].history().await, pair[1].history().await);
        assert!(one == other, "both sides have the same");
        assert!(one.values().all(|times| *times == 1), "nothing is there twice");
        there.extend(one.into_keys());
    }
    assert!(answered.is_subset(&there), "what was answered is there");
    assert!(refused.is_disjoint(&there), "what was refused was not done");
}

/// Everybody has a few messages under way.
async fn as_much_as_is_answered(writers: &[Arc<Writer>], round: i64) -> Seen {
    let clock = Clock::start();
    let mut tasks = JoinSet::new();
    for writer in writers {
        for lane in 0..UNDER_WAY as i64 {
            let writer = writer.clone();
            tasks.spawn(async move {
                let mut seen = Seen::default();
                let mut number = 0;
                while clock.elapsed() < TIME {
                    number += 1;
                    let random_id = (round << 48) | (lane << 40) | number;
                    seen.write(&writer, random_id).await;
                }
                seen
            });
        }
    }
    tasks.join_all().await.into_iter().fold(Seen::default(), Seen::and)
}

/// Everybody writes at four times the rate at which all were answered before.
async fn four_times(writers: &[Arc<Writer>], round: i64, in_a_second: u32) -> Seen {
    let clock = Clock::start();
    let writers_count = u32::try_from(writers.len()).expect("few");
    let period = Duration::from_secs(1) * writers_count / (OVER * in_a_second.max(1));
    let mut tasks = JoinSet::new();
    for writer in writers {
        let writer = writer.clone();
        tasks.spawn(async move {
            let (mut ticks, seen) = (interval(period), Arc::<Mutex<Seen>>::default());
            let room = Arc::new(Semaphore::new(UNDER_WAY_OVER));
            let mut number = 0;
            let mut sent = JoinSet::new();
            while clock.elapsed() < TIME {
                ticks.tick().await;
                let turn = within(room.clone().acquire_owned()).await.expect("it is never closed");
                number += 1;
                let random_id = (round << 48) | number;
                let (writer, seen) = (writer.clone(), seen.clone());
                sent.spawn(async move {
                    let mut one = Seen::default();
                    one.write(&writer, random_id).await;
                    let mut seen = seen.lock().expect("whole");
                    *seen = std::mem::take(&mut *seen).and(one);
                    drop(turn);
                });
                while sent.try_join_next().is_some() {}
            }
            sent.join_all().await;
            std::mem::take(&mut *seen.lock().expect("whole"))
        });
    }
    tasks.join_all().await.into_iter().fold(Seen::default(), Seen::and)
}

/// Answers in a second.
fn rate(seen: &Seen, took: Duration) -> u32 {
    (seen.answered.len() as f64 / took.as_secs_f64()) as u32
}

impl Seen {
    async fn write(&mut self, writer: &Writer, random_id: i64) {
        let text = format!("{} writes {random_id}", writer.number);
        let clock = Clock::start();
        match writer.write(text.clone(), random_id).await {
            Became::Done => {
                self.times.push(clock.elapsed());
                self.answered.insert(text);
            }
            Became::Refused => {
                self.refused.insert(text);
            }
        }
    }

    fn and(mut self, mut more: Self) -> Self {
        self.answered.append(&mut more.answered);
        self.refused.append(&mut more.refused);
        self.times.append(&mut more.times);
        self
    }
}
