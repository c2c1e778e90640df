//! R2: the process is killed under load, again and again. What was answered is there once, what was not is there once
//! or not at all, and both sides of a conversation say the same. Red when an answer leaves before its commit is durable
//! (`handlers::hold`), and when `random_id` is not looked up (`domain::message::send`).
//!
//! `CRASH_KILLS` sets the number of kills; the gate is 50, acceptance 1,000.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for a few variants among the hundreds of the schema"
)]
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use client::{CallError, Client, Identity};
use support::process::{Ended, Process};
use support::{named, options, sign_up, start, start_on, texts, within};

/// Conversations at a time, each in both directions.
const PAIRS: u16 = 4;
/// Who writes as fast as he is answered must not be told to wait.
const UNLIMITED: [&str; 2] = ["--set", "limits.calls_percent=0"];
/// Answers that must have come, of all people together, before the process is killed: from the first call of a start
/// to some way into the load.
const ANSWERS_BEFORE_KILL: [u32; 5] = [0, 1, 17, 60, 150];

/// Somebody who writes to one other person.
struct Writer {
    number: u16,
    identity: Identity,
    to: tl::InputPeer,
    /// What he wrote, and whether he was answered.
    sent: Mutex<Vec<(String, bool)>>,
}

/// Texts as somebody finds them in his history, with how often.
type History = BTreeMap<String, u32>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_nothing_that_was_answered_is_lost_and_nothing_is_there_twice() {
    let kills: usize = std::env::var("CRASH_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(50);
    let mut server = start(&UNLIMITED);
    let writers = meet(&server).await;
    for kill in 0..kills {
        let answers = ANSWERS_BEFORE_KILL[kill % ANSWERS_BEFORE_KILL.len()];
        let ended = killed_under_load(server, &writers, answers).await;
        assert!(!ended.log.contains(" error "), "{}", ended.log);
        server = start_on(ended.folder, &UNLIMITED);
    }
    let mut answered = 0;
    for pair in writers.chunks_exact(2) {
        let [first, second] = pair else { unreachable!("chunks of two") };
        let at_first = history(&server, first).await;
        assert_eq!(at_first, history(&server, second).await, "both have the same");
        for writer in [first, second] {
            for (text, was_answered) in writer.sent.lock().expect("whole").iter() {
                let found = at_first.get(text).copied().unwrap_or_default();
                assert!(found <= 1, "{text} is there {found} times");
                assert!(found == 1 || !was_answered, "{text} was answered and is lost");
                answered += usize::from(*was_answered);
            }
        }
    }
    assert!(answered > 10 * kills, "there was load: {answered} answers");
}

/// The breach that this promise is about (docs/claims.md): answers are not held until their commit is durable.
#[cfg(feature = "sabotage")]
#[test]
fn r2_is_red_when_answers_leave_early() {
    let program = std::env::current_exe().expect("this program");
    let test = "r2_nothing_that_was_answered_is_lost_and_nothing_is_there_twice";
    let run = std::process::Command::new(program)
        .args([test, "--exact", "--nocapture"])
        .envs([("HELIOGRAPH_SABOTAGE", "r2"), ("CRASH_KILLS", "20")])
        .output();
    let run = run.expect("a process");
    let said = String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned();
    assert!(said.contains("running 1 test"), "no test is called {test}");
    let is_red =
        ["was answered and is lost", "was answered for is lost"].iter().any(|why| said.contains(why));
    assert!(!run.status.success() && is_red, "{said}");
}

/// Pairs of people who can write to each other.
async fn meet(server: &Process) -> Vec<Arc<Writer>> {
    let mut writers = Vec::new();
    for pair in 0..PAIRS {
        let numbers = [2 * pair + 1, 2 * pair + 2];
        let one = sign_up(server, options(server, numbers[0]), numbers[0]).await;
        let other = sign_up(server, options(server, numbers[1]), numbers[1]).await;
        for (own, of, number) in [(&one, &other, numbers[0]), (&other, &one, numbers[1])] {
            writers.push(Arc::new(Writer {
                number,
                identity: own.client.permanent().clone(),
                to: named(&own.client, &of.person.phone).await,
                sent: Mutex::default(),
            }));
        }
    }
    writers
}

/// Everybody writes as fast as he is answered; when so many answers have come, the server is killed while they go on.
async fn killed_under_load(server: Process, writers: &[Arc<Writer>], answers: u32) -> Ended {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in writers {
        let (writer, told) = (writer.clone(), told.clone());
        let options = options(&server, writer.number);
        tasks.spawn(async move {
            // Nobody answers any more when the server is gone.
            let Ok(client) = Client::resume(options, writer.identity.clone()).await else { return };
            while writer.write(&client).await && told.send(()).is_ok() {}
        });
    }
    for _ in 0..answers {
        within(heard.recv()).await.expect("an answer");
    }
    let ended = server.kill().expect("the end");
    tasks.abort_all();
    while let Some(task) = tasks.join_next().await {
        assert!(!task.is_err_and(|error| error.is_panic()), "an account that was answered for is lost");
    }
    ended
}

impl Writer {
    /// Writes the next text; first once more the last one, if it was not answered. Whether it was answered now.
    async fn write(&self, client: &Client) -> bool {
        let (text, random_id) = {
            let mut sent = self.sent.lock().expect("whole");
            if sent.last().is_none_or(|(_, answered)| *answered) {
                let text = format!("{} says {}", self.number, sent.len());
                sent.push((text, false));
            }
            let (text, _) = sent.last().expect("one at least");
            (text.clone(), i64::from(self.number) << 32 | sent.len() as i64)
        };
        let message = tl::messages::SendMessage {
            peer: self.to.clone(),
            message: text,
            random_id,
            ..Default::default()
        };
        let is_answered = match within(client.call(&message)).await {
            Ok(_) => true,
            Err(CallError::Ended(_)) => false,
            Err(refused) => panic!("{refused}"),
        };
        if let Some((_, answered)) = self.sent.lock().expect("whole").last_mut() {
            *answered = is_answered;
        }
        is_answered
    }
}

/// All of somebody's history.
async fn history(server: &Process, writer: &Writer) -> History {
    let client = Client::resume(options(server, writer.number), writer.identity.clone()).await;
    let client = client.expect("a connection");
    texts(&client, &writer.to).await
}
