//! T1: somebody between client and server swaps packets.
//!
//! Within the 50 ms that a gap in the sequence numbers holds a message, the order is that of the ids; an order that the
//! client demands by `invokeAfterMsg` holds whatever the gap. Red without `if seqno <= self.next` in
//! `mtproto::session::order::Order::offer` (everything runs as it comes); without the sorting by `msg_id` in
//! `mtproto::container::unpack` and `Session::run` (a scrambled container); without `call.wrapped.after.is_empty()` in
//! `Session::begin_call` (nothing waits).
use std::time::Duration;

use client::{Clock, OsRng, Probe};
use crypto::Rng;
use mtproto::client::Crafted;
use tl::Encode;
use tl::codec::Raw;

use crate::ground::{Ground, runs};
use crate::probing::{Fate, ask, fate, fates, identity, note, notes, sent_id, settled};

/// How long a gap is held.
const HELD: Duration = Duration::from_millis(50);
/// How long a call waits for one that has not come.
const WAITED_FOR: Duration = Duration::from_millis(500);

/// Swaps packets at random.
fn shuffle<T>(items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, OsRng.u32() as usize % (last + 1));
    }
}

/// Notes of one run, made in their order.
fn make(probe: &mut Probe, run: usize, count: usize) -> Vec<Crafted> {
    let random = |index: usize| (run as i64) << 8 | index as i64 | 1 << 60;
    let bodies = (0..count).map(|index| note(&format!("{run} {index}"), random(index)).to_bytes());
    bodies.map(|body| probe.craft(body, true)).collect()
}

/// Sends messages in the order they stand here, all in one piece.
fn send(probe: &mut Probe, messages: &[&Crafted]) {
    for message in messages {
        let packet = probe.seal(message);
        probe.wire.send(&packet);
    }
}

fn assert_in_order(answers: &[Fate]) {
    let numbers: Vec<i32> = answers.iter().map(|answer| sent_id(&answer.result())).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
}

#[tokio::test]
async fn t1_swapped_packets_run_in_the_order_of_their_ids() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let (mut expected, mut in_time, all) = (Vec::new(), 0, runs(600, 10_000));
    for run in 0..all {
        let count = 2 + OsRng.u32() as usize % 15;
        let messages = make(&mut probe, run, count);
        let mut swapped: Vec<&Crafted> = messages.iter().collect();
        shuffle(&mut swapped);
        let clock = Clock::start();
        send(&mut probe, &swapped);
        let in_order: Vec<&Crafted> = messages.iter().collect();
        let answers = fates(&mut probe, &in_order).await;
        // If the machine stood still for longer than a gap is held, nothing is promised.
        if clock.elapsed() >= HELD {
            continue;
        }
        assert_in_order(&answers);
        in_time += 1;
        expected.extend((0..count).map(|index| format!("{run} {index}")));
    }
    assert!(in_time > all / 2, "{in_time} of {all} runs were in time");
    if in_time == all {
        expected.reverse();
        expected.truncate(100);
        assert_eq!(notes(&alice).await, expected);
    }
}

#[tokio::test]
async fn t1_one_batch_runs_in_the_order_of_its_ids_whatever_its_numbers_say() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    for run in 0..runs(100, 10_000) {
        let mut messages = make(&mut probe, run, 16);
        // The same number for all: nothing is held back, only the ids are left.
        messages.iter_mut().for_each(|message| message.seqno = 1);
        let in_order = messages.clone();
        shuffle(&mut messages);
        let container = probe.craft(Crafted::container(&messages), false);
        send(&mut probe, &[&container]);
        assert_in_order(&fates(&mut probe, &in_order.iter().collect::<Vec<_>>()).await);
    }
}

#[tokio::test]
async fn t1_a_gap_that_is_never_filled_holds_nothing_for_ever() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let messages = make(&mut probe, 0, 3);
    send(&mut probe, &[&messages[2]]);
    fate(&mut probe, &messages[2]).await.result::<tl::Updates>();
    send(&mut probe, &[&messages[0]]);
    fate(&mut probe, &messages[0]).await.result::<tl::Updates>();
    assert_eq!(notes(&alice).await, ["0 0", "0 2"], "the late one runs late, and the lost one not at all");
}

/// A message that may run only after another one, with a sequence number that holds nothing back.
fn after(probe: &mut Probe, earlier: &Crafted, body: Vec<u8>) -> Crafted {
    let query = Raw(body);
    let after = tl::InvokeAfterMsg { msg_id: earlier.msg_id.get().cast_signed(), query };
    Crafted { seqno: 1, ..probe.craft(after.to_bytes(), true) }
}

#[tokio::test]
async fn t1_a_demanded_order_holds_however_packets_are_swapped() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    for run in 0..runs(150, 10_000) {
        let count = 2 + OsRng.u32() as usize % 15;
        let mut chain = make(&mut probe, run, 1);
        chain[0].seqno = 1;
        for index in 1..count {
            let random_id = 1 << 40 | (run as i64) << 8 | index as i64;
            let body = note(&format!("{run} {index}"), random_id).to_bytes();
            let next = after(&mut probe, &chain[index - 1], body);
            chain.push(next);
        }
        let mut swapped: Vec<&Crafted> = chain.iter().collect();
        if run % 2 == 0 {
            swapped.reverse()
        } else {
            shuffle(&mut swapped)
        }
        let clock = Clock::start();
        send(&mut probe, &swapped);
        let mut answers = fates(&mut probe, &chain.iter().collect::<Vec<_>>()).await;
        if clock.elapsed() >= WAITED_FOR {
            // The machine stood still: some may have given up waiting, but none ran before its turn.
            answers.retain(|answer| !answer.is_error("MSG_WAIT_FAILED"));
        }
        assert_in_order(&answers);
    }
}

#[tokio::test]
async fn t1_a_demanded_order_holds_whatever_the_gap() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let mut patient = 0;
    for run in 0..runs(20, 1_000) {
        let [first] = &make(&mut probe, run, 1)[..] else { unreachable!("one message") };
        let second = after(&mut probe, first, note("second", 1 << 50 | run as i64).to_bytes());
        send(&mut probe, &[&second]);
        // Longer than any gap is held: a message whose number shows a gap has come through meanwhile.
        let far = probe.craft(tl::updates::GetState {}.to_bytes(), true);
        let far = Crafted { seqno: far.seqno + 2, ..far };
        send(&mut probe, &[&far]);
        fate(&mut probe, &far).await.result::<tl::updates::State>();
        send(&mut probe, &[&Crafted { seqno: 1, ..first.clone() }]);
        let both = fates(&mut probe, &[first, &second]).await;
        if both[1].is_error("MSG_WAIT_FAILED") {
            continue;
        }
        assert_in_order(&both);
        patient += 1;
    }
    assert!(patient > 0, "a gap of some 50 ms is waited for");
}

#[tokio::test]
async fn t1_what_follows_a_failure_or_nothing_fails() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let failing = probe.craft(note("", 1).to_bytes(), true);
    let follower = after(&mut probe, &failing, note("after a failure", 2).to_bytes());
    send(&mut probe, &[&follower, &Crafted { seqno: 1, ..failing.clone() }]);
    let both = fates(&mut probe, &[&failing, &follower]).await;
    assert!(both[0].is_error("MESSAGE_EMPTY") && both[1].is_error("MSG_WAIT_FAILED"), "{both:?}");

    let late = probe.craft(note("late", 3).to_bytes(), true);
    let follower = after(&mut probe, &late, note("after nothing", 4).to_bytes());
    send(&mut probe, &[&follower]);
    assert!(fate(&mut probe, &follower).await.is_error("MSG_WAIT_FAILED"));
    send(&mut probe, &[&Crafted { seqno: 1, ..late.clone() }]);
    fate(&mut probe, &late).await.result::<tl::Updates>();
    let follower = after(&mut probe, &late, note("after the late one", 5).to_bytes());
    send(&mut probe, &[&follower]);
    fate(&mut probe, &follower).await.result::<tl::Updates>();
    assert!(ask(&mut probe, note("free", 6).to_bytes()).await.result::<tl::Updates>().to_bytes().len() > 8);
    assert_eq!(notes(&alice).await, ["free", "after the late one", "late"]);
}
