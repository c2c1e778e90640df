//! A thread that computes, and the way to it: whoever hands it a job waits for what becomes of it.
//!
//! Invariant: what it is given are jobs alone, so that it can hold no lock that anybody waits for but its clerk.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use mtproto::handshake::server::{Done, Job, KeyJob, ServerKeys, run_pair};

use crate::clock::thread_cpu_time;

/// Niceness of threads with a share, of 19 at most.
const NICE: i32 = 10;
/// That of the others where the system knows no threads that run when a core has nothing else to do.
const NICE_MAX: i32 = 19;

/// What of the processor a computing thread takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    /// Its part of the share that key exchanges have.
    Share,
    /// What nobody else wants.
    Rest,
}

/// What is computed at once.
pub(super) enum Batch {
    /// One step.
    One(Job),
    /// Two third steps, for hardly more than the price of one.
    Pair(KeyJob, KeyJob),
}

/// What became of a batch.
pub(super) struct Computed {
    /// In the order of the jobs; nothing if a bug ended them. Their connections wait in vain and are closed for it.
    pub(super) done: Vec<Done>,
    /// Processor time it took.
    pub(super) took: Duration,
}

/// The clerk's end.
pub(crate) struct Computer {
    pace: Pace,
    jobs: SyncSender<Batch>,
    computed: Receiver<Computed>,
}

/// The computing thread's end.
pub(crate) struct Bench {
    pace: Pace,
    jobs: Receiver<Batch>,
    computed: SyncSender<Computed>,
}

/// Both ends.
pub(crate) fn pair(pace: Pace) -> (Computer, Bench) {
    let ((give, jobs), (tell, computed)) = (sync_channel(1), sync_channel(1));
    (Computer { pace, jobs: give, computed }, Bench { pace, jobs, computed: tell })
}

impl Computer {
    /// How its thread computes.
    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    /// Waits for the end of a batch. Nothing if the thread is gone.
    pub(super) fn compute(&self, batch: Batch) -> Option<Computed> {
        self.jobs.send(batch).ok()?;
        self.computed.recv().ok()
    }
}

impl Bench {
    /// Computes until its clerk is gone; the body of each computing thread.
    pub(crate) fn work(self, keys: &ServerKeys) {
        self.pace.step_back();
        while let Ok(batch) = self.jobs.recv() {
            let before = thread_cpu_time();
            let done = catch_unwind(AssertUnwindSafe(|| batch.run(keys))).unwrap_or_default();
            let took = thread_cpu_time().saturating_sub(before);
            if self.computed.send(Computed { done, took }).is_err() {
                return;
            }
        }
    }
}

impl Batch {
    fn run(self, keys: &ServerKeys) -> Vec<Done> {
        match self {
            Self::One(job) => vec![job.run(keys)],
            Self::Pair(first, second) => {
                let (first, second) = run_pair(first, second);
                vec![first, second]
            }
        }
    }
}

impl Pace {
    /// Lets every other thread go first when there are not cores enough for all: whoever is logged in shall not feel that
    /// others come in. A system that refuses this works all the same.
    fn step_back(self) {
        let niceness = match self {
            Self::Share => NICE,
            Self::Rest if crypto::sched::run_when_idle() => return,
            Self::Rest => NICE_MAX,
        };
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), niceness);
    }
}
