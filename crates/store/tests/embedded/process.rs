//! The watched process: it works in its folders as it is told, one line after the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::BufRead as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use store::{Commit, Embedded, Engine, Settings};

use crate::disk::{marker, watched};
use crate::driven::SMALL;
use crate::workload::{Kind, Plan, fingerprint, step};

/// Not a test: what `Watched` starts. Alone it has nothing to do.
#[test]
#[expect(clippy::print_stdout, reason = "this is how it answers")]
fn watched_process() {
    let Some(folders) = watched() else { return };
    // A panic of fjall's is no news here.
    std::panic::set_hook(Box::new(|_| {}));
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let folder = folders.join(words[1]);
        for order in &words[6..] {
            marker(&folder, order);
        }
        let plan = Plan { kind: kind(words[2]), seed: words[3].parse().unwrap() };
        let answer = work(&folder, plan, words[4].parse().unwrap(), words[5]);
        wait_for_workers();
        marker(&folder, "end");
        println!("\nanswer {answer}");
    }
}

/// Waits until fjall's threads are gone. A closed database waits for them as well, but each lets go of the journal only after
/// it has counted itself out, and whoever does so last syncs it. A record of that after the end of the trace would open the
/// trace again, and what is recorded of the next order would go with it when it is taken.
fn wait_for_workers() {
    let is_worker = |task: std::io::Result<std::fs::DirEntry>| {
        // A thread that ends meanwhile has no name any more.
        let name = task.and_then(|task| std::fs::read_to_string(task.path().join("comm")));
        name.is_ok_and(|name| name.starts_with("fjall"))
    };
    while std::fs::read_dir("/proc/self/task").unwrap().any(is_worker) {
        std::thread::yield_now();
    }
}

fn kind(word: &str) -> Kind {
    if word == "full" { Kind::Full } else { Kind::Small }
}

/// Settings with which little work reaches everything.
pub(crate) fn settings(kind: Kind) -> Settings {
    let memtable_bytes = if kind == Kind::Full { 6 << 20 } else { 12 << 10 };
    Settings { memtable_bytes, ..SMALL }
}

/// Opens the folder, writes up to a step, says which steps became durable, closes.
fn work(folder: &Path, plan: Plan, last: u64, end: &str) -> String {
    let engine = match Embedded::open(folder, &settings(plan.kind)) {
        Ok(engine) => Arc::new(engine),
        Err(error) => return format!("refused {error:?}"),
    };
    // Commits and their steps, noted before they are applied, so that a hook can tell of the step.
    let begun = step(&*engine.view().unwrap()).unwrap();
    let steps = Arc::new(Mutex::new(BTreeMap::from([(engine.durable().0, begun)])));
    let (place, known) = (folder.to_owned(), Arc::clone(&steps));
    let tell = move |commit: Commit| {
        let step = known.lock().unwrap().range(..=commit.0).next_back().map_or(0, |(_, step)| *step);
        marker(&place, &format!("ack.{step}"));
    };
    tell(engine.durable());
    engine.on_durable(Arc::new(tell));
    let before = |commit, step| {
        steps.lock().unwrap().insert(commit, step);
    };
    let synced = Arc::clone(&engine);
    let driver = std::thread::spawn(move || while synced.wait_unsynced() && synced.sync().is_ok() {});
    let mut said = String::new();
    let half = begun.midpoint(last);
    let written = [half, half.midpoint(last), last].into_iter().try_for_each(|to| {
        plan.write(&*engine, to, &before)?;
        engine.maintain()
    });
    // Reading goes on, whatever became of writing.
    let view = engine.view().unwrap();
    let (reached, print) = (step(&*view).unwrap(), fingerprint(&*view));
    drop(view);
    write!(said, "{written:?} {reached} {print:?}").unwrap();
    if end == "again" {
        // What was in the way is gone: is writing possible again?
        for call in ["write", "fsync", "truncate", "open", "rename", "unlink", "mkdir"] {
            marker(folder, &format!("fail.{call}.0.0.0"));
        }
        marker(folder, "full.0");
        write!(said, " {:?}", plan.write(&*engine, reached + 5, &before)).unwrap();
    }
    engine.close();
    driver.join().unwrap();
    said
}
