//! T7: the same message is sent twice, because its sender did not hear that it was sent.
//!
//! The random id of a message is looked up in the transaction that stores it, so it is one message, with one number,
//! whichever way it comes. Red without `if let Some(first) = tx.get(&SENT, own, &random_id)?` in `domain::message::send`.
//! That this outlives a crash belongs to the durable store, which this build does not have.
use client::Probe;
use mtproto::client::Crafted;
use tl::Encode;

use crate::ground::{Ground, runs};
use crate::probing::{acquaint, fate, fates, history, identity, note, notes, sent_id, settled, text_to};
use crate::support::within;

#[tokio::test]
async fn t7_a_message_sent_again_is_the_same_message() {
    let ground = Ground::open(&[]).await;
    let (alice, bob) = (ground.user().await, ground.user().await);
    let (to_bob, to_alice) = (acquaint(&alice, &bob).await, acquaint(&bob, &alice).await);
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let texts: Vec<String> = (0..runs(20, 1_000)).map(|run| format!("text {run}")).collect();
    for (run, text) in texts.iter().enumerate() {
        let random_id = i64::MIN + run as i64;
        let body = text_to(to_bob.clone(), text, random_id).to_bytes();
        // In one packet, in packets of one session, and by another session.
        let twice = [probe.craft(body.clone(), true), probe.craft(body.clone(), true)];
        let container = probe.craft(Crafted::container(&twice), false);
        let container = probe.seal(&container);
        probe.wire.send(&container);
        let again = probe.say(body, true);
        let answers = fates(&mut probe, &[&twice[0], &twice[1], &again]).await;
        let elsewhere = within(alice.client.call(&text_to(to_bob.clone(), "another text", random_id))).await;
        let number = sent_id(&elsewhere.expect("an answer"));
        for answer in answers {
            assert_eq!(sent_id(&answer.result()), number);
        }
        // The number is the sender's own: to somebody else it means nothing.
        let own = within(bob.client.call(&note(text, random_id))).await.expect("an answer");
        sent_id(&own);
    }
    let newest_first: Vec<String> = texts.iter().rev().take(100).cloned().collect();
    assert_eq!(history(&alice, to_bob).await, newest_first);
    assert_eq!(history(&bob, to_alice).await, newest_first);
    assert_eq!(notes(&bob).await, newest_first);
}

#[tokio::test]
async fn t7_sessions_that_send_at_the_same_time_send_one_message() {
    let ground = Ground::open(&["--set", "threads.handlers=4"]).await;
    let alice = ground.user().await;
    let identity = identity(&alice).await;
    let mut probes: Vec<Probe> = Vec::new();
    for _ in 0..8 {
        let mut probe = ground.probe(&identity).await;
        settled(&mut probe).await;
        probes.push(probe);
    }
    let texts: Vec<String> = (0..runs(200, 10_000)).map(|run| format!("text {run}")).collect();
    for (run, text) in texts.iter().enumerate() {
        let body = note(text, 1 + run as i64).to_bytes();
        let mut sent = Vec::new();
        for probe in &mut probes {
            sent.push(probe.say(body.clone(), true));
            within(probe.wire.flush()).await.expect("the packet leaves");
        }
        let mut numbers = Vec::new();
        for (probe, sent) in probes.iter_mut().zip(&sent) {
            numbers.push(sent_id(&fate(probe, sent).await.result()));
        }
        assert!(numbers.iter().all(|number| *number == numbers[0]), "{numbers:?}");
    }
    assert_eq!(notes(&alice).await, texts.iter().rev().take(100).cloned().collect::<Vec<_>>());
}
