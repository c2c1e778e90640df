//! Two people who have nothing to do with an attack and talk all the while.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use client::{Client, Clock, Options};

use crate::ground::Ground;
use crate::probing::{acquaint, text_to, texts};
use crate::support::process::Ready;
use crate::support::{User, person, within};

/// From one message to the next: people do not write without a pause, and the attack shall have the machine.
const PAUSE: Duration = Duration::from_millis(10);

/// The two, on a thread of their own.
pub(crate) struct Bystanders {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

impl Bystanders {
    /// They sign up and begin to talk.
    pub(crate) fn begin(ground: &Ground) -> Self {
        let people = [0, 1].map(|_| (ground.options(), ground.number()));
        let ready = ground.ready().clone();
        let stop = Arc::<AtomicBool>::default();
        let (begun, wait) = mpsc::channel();
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let [alice, bob] = people.map(|(options, number)| join(ready.clone(), options, number));
                let (alice, bob) = (alice.await, bob.await);
                let (to_bob, to_alice) = (acquaint(&alice, &bob).await, acquaint(&bob, &alice).await);
                // Whoever waits for the beginning may have failed meanwhile.
                let _ = begun.send(());
                talk([(&alice, &bob, to_bob), (&bob, &alice, to_alice)], &stopped).await
            })
        });
        wait.recv().expect("they talk");
        Self { stop, thread }
    }

    /// They stop, and every message had arrived. `patience` is what one may take at most.
    pub(crate) fn end(self, patience: Duration) {
        self.stop.store(true, Ordering::Relaxed);
        let mut took = self.thread.join().unwrap_or_else(|_| panic!("the bystanders were disturbed"));
        took.sort();
        let (messages, half, worst) = (took.len(), took[took.len() / 2], took[took.len() - 1]);
        let fared = format!("{messages} messages, half of them in {half:?}, the slowest in {worst:?}");
        assert!(worst <= patience && half <= patience / 4, "{fared}");
    }
}

async fn join(ready: Ready, options: Options, number: u16) -> User {
    let client = within(Client::connect(options)).await.expect("a client");
    let person = person(number);
    let phone = person.phone.clone();
    let code = async move || ready.code(&phone).expect("an inbox");
    let tl::User::User(own) = within(client.log_in(&person, code)).await.expect("a login") else {
        panic!("the user is somebody")
    };
    User { client, own: *own, person }
}

async fn talk(sides: [(&User, &User, tl::InputPeer); 2], stop: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    let (clock, mut beat) = (Clock::start(), tokio::time::interval(PAUSE));
    while took.is_empty() || !stop.load(Ordering::Relaxed) {
        beat.tick().await;
        let (from, to, peer) = &sides[took.len() % 2];
        let text = format!("message {}", took.len());
        let begun = clock.elapsed();
        let send = text_to(peer.clone(), &text, 1 + took.len() as i64);
        within(from.client.call(&send)).await.expect("the message is taken");
        while !texts(&within(to.client.update()).await.expect("an update")).contains(&text) {}
        took.push(clock.elapsed() - begun);
    }
    took
}
