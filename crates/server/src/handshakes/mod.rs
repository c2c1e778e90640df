//! The pool that computes key exchanges, beside the reactor and the handlers, so that neither waits for it (A5).
//!
//! Two kinds of work wait: the second step (RSA and the server's power of g) and the third (the key itself). The
//! third goes first, since whoever has come that far has done work of his own; two of them run at once at hardly
//! more than the price of one. What does not fit into the queue is refused: the newest, because the oldest is
//! nearest to being done.
//!
//! One thread has a share of a core for itself, so that people get in whatever else is to be done. Others take what is left
//! when that share is spent, and only what no other thread wants: after a crash everybody with temporary keys comes at once
//! (R11), and then there is little else to do.
//!
//! Who computes steps back behind all other threads, and so may be stopped anywhere for as long as they are busy. Were it
//! holding a lock then, whoever wants the lock would wait as long, and with him all connections of his thread. So each
//! computing thread has a clerk before it: the clerk, who does not step back, takes jobs from the queue and posts what
//! became of them; the computing thread sees jobs and channels, no queue, no mailbox and no reactor.
mod credit;
mod pool;
pub(crate) mod quota;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mtproto::handshake::server::{Job, KeyJob, ParamsJob, ServerKeys};

use self::credit::Credit;
use self::pool::{Batch, Computed};
pub(crate) use self::pool::{Computer, Pace, pair};
use crate::clock::Clock;
use crate::config::LimitSettings;
use crate::slot::{Mail, Slot};

/// The queue of the pool.
pub(crate) struct Handshakes {
    keys: ServerKeys,
    waiting_max: usize,
    clock: Clock,
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    params: VecDeque<(ParamsJob, Arc<Slot>)>,
    keys: VecDeque<(KeyJob, Arc<Slot>)>,
    credit: Credit,
    /// Threads with a share that compute nothing now.
    free: usize,
    /// A lone third step has let one second step go before it, in the hope of a partner.
    waited_for_partner: bool,
    stopping: bool,
}

/// The queue is full.
pub(crate) struct Busy;

/// Whether a clerk takes a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// There is one for him.
    Now,
    /// In so long at the earliest.
    Later(Duration),
    /// Something has to change first.
    WhenCalled,
}

/// What is computed at once, and for whom.
struct Work {
    batch: Batch,
    slots: Vec<Arc<Slot>>,
}

impl Handshakes {
    /// An empty queue. `keys` are the RSA keys that are offered.
    pub(crate) fn new(keys: ServerKeys, limits: &LimitSettings, clock: Clock) -> Self {
        let credit = Credit::new(limits.handshake_cpu_percent, clock.elapsed());
        Self {
            keys,
            waiting_max: limits.handshakes_waiting as usize,
            clock,
            queue: Mutex::new(Queue {
                params: VecDeque::new(),
                keys: VecDeque::new(),
                credit,
                free: 0,
                waited_for_partner: false,
                stopping: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Queues a job; its outcome is posted to `slot`. Third steps have a queue of their own: a flood of second ones
    /// throws nobody out who has got through it.
    pub(crate) fn submit(&self, job: Job, slot: Arc<Slot>) -> Result<(), Busy> {
        let mut queue = self.lock();
        let waiting = match &job {
            Job::Params(_) => queue.params.len(),
            Job::Key(_) => queue.keys.len(),
        };
        if waiting >= self.waiting_max {
            return Err(Busy);
        }
        match job {
            Job::Params(job) => queue.params.push_back((job, slot)),
            Job::Key(job) => queue.keys.push_back((job, slot)),
        }
        drop(queue);
        // Whose job it is depends on the pace of who hears of it.
        self.changed.notify_all();
        Ok(())
    }

    /// Jobs that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// Has jobs computed until [`Handshakes::stop`]; the body of each clerk.
    pub(crate) fn work(&self, computer: Computer) {
        let pace = computer.pace();
        while let Some(Work { batch, slots }) = self.next(pace) {
            let Some(Computed { done, took }) = computer.compute(batch) else { return };
            for (slot, done) in slots.into_iter().zip(done) {
                slot.post(Mail::Job(done));
            }
            if pace == Pace::Share {
                self.lock().credit.spend(took);
            }
        }
    }

    /// What a computing thread has to know.
    pub(crate) fn keys(&self) -> &ServerKeys {
        &self.keys
    }

    /// Lets the threads end; what waits is dropped with its connections.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    fn next(&self, pace: Pace) -> Option<Work> {
        let mut queue = self.lock();
        queue.free += usize::from(pace == Pace::Share);
        loop {
            if queue.stopping {
                return None;
            }
            queue = match queue.turn(pace, self.clock.elapsed()) {
                Turn::Now => break,
                Turn::Later(pause) => self.wait(queue, pause),
                Turn::WhenCalled => self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            };
        }
        queue.free -= usize::from(pace == Pace::Share);
        let work = queue.take();
        if pace == Pace::Share && queue.len() > 0 {
            // What is left may be for those who take what the share does not reach for.
            self.changed.notify_all();
        }
        work
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>, pause: Duration) -> MutexGuard<'a, Queue> {
        self.changed.wait_timeout(queue, pause).unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn len(&self) -> usize {
        self.params.len() + self.keys.len()
    }

    /// Whether who works at this pace takes a job now. While somebody with a share has time and credit, jobs are his: whoever
    /// takes what is left may be stopped for long in the middle of one.
    fn turn(&mut self, pace: Pace, now: Duration) -> Turn {
        if self.len() == 0 {
            return Turn::WhenCalled;
        }
        match (pace, self.credit.wait(now)) {
            (Pace::Share, None) => Turn::Now,
            (Pace::Share, Some(pause)) => Turn::Later(pause),
            (Pace::Rest, None) if self.free > 0 => Turn::WhenCalled,
            (Pace::Rest, _) => Turn::Now,
        }
    }

    fn take(&mut self) -> Option<Work> {
        let lone = self.keys.len() == 1 && !self.params.is_empty();
        if self.keys.is_empty() || (lone && !self.waited_for_partner) {
            self.waited_for_partner = lone;
            let (job, slot) = self.params.pop_front()?;
            return Some(Work { batch: Batch::One(Job::Params(job)), slots: vec![slot] });
        }
        self.waited_for_partner = false;
        let first = self.keys.pop_front()?;
        Some(match self.keys.pop_front() {
            Some(second) => Work { batch: Batch::Pair(first.0, second.0), slots: vec![first.1, second.1] },
            None => Work { batch: Batch::One(Job::Key(first.0)), slots: vec![first.1] },
        })
    }
}

#[cfg(test)]
mod tests {
    use crypto::rsa::{PrivateKey, PublicKey};
    use ids::{ConnId, Now};
    use mtproto::client::{self, Conn as Client};
    use mtproto::handshake::KeyKind;
    use mtproto::handshake::client::{FirstRequest, RsaPadding, Wanted};
    use mtproto::server::{Config, Conn, Dcs, Output, Patience};
    use mtproto::transport::Kind;

    use super::*;
    use crate::entropy::OsRng;

    const NOW: Now = Now { wall_ns: 1_700_000_000_000_000_000, mono_ms: 1000 };

    /// Both ends of a connection on which a key is made.
    struct Exchange(Client, Conn);

    impl Exchange {
        fn new(handshakes: &Handshakes, trusted: &Arc<[PublicKey]>) -> Self {
            let config = Config {
                fingerprints: handshakes.keys.fingerprints(),
                dcs: Dcs { ids: 1..=5, test: false },
                secret: None,
                patience: Patience::default(),
            };
            let client = Client::new(Kind::Intermediate, None, trusted.clone(), &mut OsRng);
            let mut client = client.expect("a transport");
            let (first, padding) = (FirstRequest::ReqPqMulti, RsaPadding::RsaPad);
            let wanted = Wanted { kind: KeyKind::Permanent, dc: Some(2), first, padding };
            client.make_key(wanted, NOW, &mut OsRng);
            Self(client, Conn::new(Arc::new(config), NOW))
        }

        /// Lets both talk until the server has something to compute.
        fn job(&mut self) -> Job {
            let Self(client, server) = self;
            loop {
                while let Some(output) = client.poll_output() {
                    let client::Output::Transmit(bytes) = output else { panic!("the client gives up") };
                    server.handle_input(&bytes, NOW, &mut OsRng);
                }
                match server.poll_output() {
                    Some(Output::Transmit(bytes)) => client.handle_input(&bytes, NOW, &mut OsRng),
                    Some(Output::Job(job)) => return job,
                    _ => panic!("the server has nothing to say"),
                }
            }
        }
    }

    #[test]
    fn a5_a_flood_of_beginnings_throws_nobody_out_who_has_got_further() {
        let key = PrivateKey::generate();
        let trusted: Arc<[PublicKey]> = Arc::new([key.public()]);
        let limits = LimitSettings { handshakes_waiting: 2, ..LimitSettings::default() };
        let handshakes = Handshakes::new(ServerKeys::new(vec![key]), &limits, Clock::start());
        let submit = |job| handshakes.submit(job, Arc::new(Slot::new(ConnId(1), 1)));
        let mut user = Exchange::new(&handshakes, &trusted);
        let done = user.job().run(&handshakes.keys);
        user.1.handle_job(done, NOW, &mut OsRng);
        let taken = (0..5).filter(|_| submit(Exchange::new(&handshakes, &trusted).job()).is_ok()).count();
        assert_eq!(taken, 2);
        let third_step = user.job();
        assert!(matches!(third_step, Job::Key(_)));
        assert!(submit(third_step).is_ok());
        assert_eq!(handshakes.waiting(), 3);
    }

    /// What the kernel calls the thread that asks: its niceness, and whether it runs only when a core is idle. proc(5): the
    /// policy is the 41st field of stat, and the fields behind the name begin with the third.
    fn place() -> (i32, bool) {
        let niceness = rustix::process::getpriority_process(Some(rustix::thread::gettid())).expect("known");
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("proc(5)");
        let policy =
            stat.rsplit_once(')').and_then(|(_, fields)| fields.split_ascii_whitespace().nth(41 - 3));
        (niceness, policy == Some("5"))
    }

    /// Whoever steps back must hold nothing that others wait for; that it is given no mailbox says its type.
    #[test]
    fn a5_who_computes_steps_back_and_who_posts_does_not() {
        for pace in [Pace::Share, Pace::Rest] {
            let key = PrivateKey::generate();
            let trusted: Arc<[PublicKey]> = Arc::new([key.public()]);
            let limits = LimitSettings::default();
            let handshakes = Handshakes::new(ServerKeys::new(vec![key]), &limits, Clock::start());
            let reactor = tokio::runtime::Builder::new_current_thread().build().expect("a reactor");
            let (computer, bench) = pair(pace);
            std::thread::scope(|scope| {
                let keys = handshakes.keys();
                let behind = scope.spawn(move || {
                    bench.work(keys);
                    place()
                });
                let desk = &handshakes;
                let before = scope.spawn(move || {
                    desk.work(computer);
                    place()
                });
                let (mut user, slot) =
                    (Exchange::new(&handshakes, &trusted), Arc::new(Slot::new(ConnId(1), 1)));
                for _ in 0..2 {
                    let job = user.job();
                    assert!(handshakes.submit(job, slot.clone()).is_ok());
                    reactor.block_on(slot.mail());
                    let Some(Mail::Job(done)) = slot.take().pop() else { panic!("a step was computed") };
                    user.1.handle_job(done, NOW, &mut OsRng);
                }
                handshakes.stop();
                let (before, behind) = (before.join().expect("it ends"), behind.join().expect("it ends"));
                assert!(!before.1 && behind.1 == (pace == Pace::Rest), "{pace:?}");
                assert!(behind.0 > before.0 || behind.1, "{pace:?}: {behind:?} {before:?}");
            });
        }
    }

    #[test]
    fn r11_what_the_share_does_not_reach_for_is_for_who_takes_the_rest() {
        let key = PrivateKey::generate();
        let trusted: Arc<[PublicKey]> = Arc::new([key.public()]);
        let limits = LimitSettings { handshake_cpu_percent: 50, ..LimitSettings::default() };
        let handshakes = Handshakes::new(ServerKeys::new(vec![key]), &limits, Clock::start());
        let now = Duration::ZERO;
        let turn = |pace| handshakes.lock().turn(pace, now);
        assert_eq!((turn(Pace::Share), turn(Pace::Rest)), (Turn::WhenCalled, Turn::WhenCalled));
        let job = Exchange::new(&handshakes, &trusted).job();
        assert!(handshakes.submit(job, Arc::new(Slot::new(ConnId(1), 1))).is_ok());
        handshakes.lock().free = 1;
        assert_eq!(
            (turn(Pace::Share), turn(Pace::Rest)),
            (Turn::Now, Turn::WhenCalled),
            "the share has time"
        );
        handshakes.lock().free = 0;
        assert_eq!(turn(Pace::Rest), Turn::Now, "it is at work");
        handshakes.lock().free = 1;
        handshakes.lock().credit.spend(Duration::from_millis(101));
        assert!(matches!(turn(Pace::Share), Turn::Later(_)));
        assert_eq!(turn(Pace::Rest), Turn::Now, "it is spent");
    }
}
