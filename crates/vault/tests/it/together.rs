//! Requests that share a commit: each is answered as if it had come alone, and the disk syncs once for all.

use custody::wire::{Asked, Body, CopyOf, Handle, Op, Refusal, Reply, Request, RequestId};
use vault::DiskError;
use zeroize::Zeroizing;

use crate::ground::*;

/// What each of several requests, carried out together, is answered with.
fn ask_all(ground: &mut Ground, asked: Vec<(Asked, Zeroizing<Vec<u8>>)>) -> Vec<(u64, Body)> {
    let bytes: Vec<&[u8]> = asked.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    let key = ground.vault.verifying();
    let answers = ground.vault.exchange_all(&bytes);
    assert_eq!(answers.len(), asked.len());
    let opened = asked.iter().zip(answers).map(|((asked, _), answer)| {
        let answer = answer.expect("an answer");
        let receipt = asked.open(&answer, |signed, signature| key.verify(signed, signature).is_ok());
        let receipt = receipt.expect("a signed answer to this request");
        (receipt.commit, receipt.body)
    });
    opened.collect()
}

fn done(body: &Body) -> &[Reply] {
    match body {
        Body::Done(replies) => replies,
        Body::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

#[test]
fn many_share_one_commit_and_each_sees_what_came_before_it() {
    let mut ground = Ground::new();
    ground.ask_one(put(1));
    let before = ground.disk.done();
    ground.ask_one(put(2));
    let alone = ground.disk.done() - before;
    let all = vec![
        request(vec![put(3)]),
        request(vec![get(3)]),
        request(vec![put(4), get(4)]),
        request(vec![destroy(1)]),
    ];
    let before = ground.disk.done();
    let answers = ask_all(&mut ground, all);
    assert_eq!(ground.disk.done() - before, alone, "as many files as one of them takes");
    assert!(answers.iter().all(|(commit, _)| *commit == 3), "the commit that they share");
    assert!(matches!(done(&answers[1].1), [Reply::Get { current: Some(_), .. }]));
    assert!(matches!(done(&answers[2].1), [Reply::Put { kept: true }, Reply::Get { current: Some(_), .. }]));
    let mut again = ground.again();
    assert!(again.current(1).is_none() && again.current(3).is_some() && again.current(4).is_some());
}

#[test]
fn one_that_is_refused_costs_the_others_nothing() {
    let mut ground = Ground::new();
    ground.ask_one(put(1));
    let stranger =
        Request { deployment: Handle([0xee; 16]), id: RequestId([9; 16]), order: 1 << 60, ops: vec![put(8)] };
    let bytes = stranger.encode();
    let late = request(vec![put(7)]);
    let all =
        vec![request(vec![put(2)]), (Asked::new(&stranger, &bytes), bytes), late, request(vec![get(2)])];
    let mut answers = ask_all(&mut ground, all);
    assert!(matches!(done(&answers[3].1), [Reply::Get { current: Some(_), .. }]));
    assert!(answers.remove(1).1 == Body::Refused(Refusal::UnknownDeployment));
    assert!(answers.remove(1).1 == Body::Refused(Refusal::Overtaken), "it was sent before the first");
    assert!(ground.current(7).is_none() && ground.current(8).is_none());
}

/// The fallback: what cannot be carried out is taken back alone.
#[test]
fn one_whose_answer_would_be_too_long_is_taken_back_alone() {
    let mut ground = Ground::new();
    ground.ask_one(put(1));
    ground.ask_one(stage_of(1, 0, vec![(page_id(1, 0), blob(1, 1, 0, 60_000))], vec![]));
    let copy = |_| Op::Copy { handle: handle(1), what: CopyOf::StagedPage(page_id(1, 0)) };
    let greedy: Vec<Op> = [put(5)].into_iter().chain((0..300).map(copy)).collect();
    let answers = ask_all(&mut ground, vec![request(vec![put(2)]), request(greedy), request(vec![put(3)])]);
    assert!(answers[1].1 == Body::Refused(Refusal::TooMuch));
    assert!(ground.current(2).is_some() && ground.current(3).is_some() && ground.current(5).is_none());
}

#[test]
fn r4_a_full_disk_refuses_them_one_by_one() {
    let mut ground = Ground::new();
    ground.ask_one(put(1));
    ground.disk.fail_after(0, DiskError::Full);
    let answers =
        ask_all(&mut ground, vec![request(vec![put(2)]), request(vec![get(1)]), request(vec![put(3)])]);
    assert!(matches!(done(&answers[1].1), [Reply::Get { current: Some(_), .. }]));
    assert!(ground.again().current(1).is_some());
}
