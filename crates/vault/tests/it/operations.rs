//! What each operation does and says, the first time and when it comes again.

use custody::wire::{
    Asked, CopyOf, Ended, Handle, Mark, Op, Refusal, Reply, Request, RequestId, Stage, Token,
};

use crate::ground::*;

fn commit_number(ground: &mut Ground) -> u64 {
    try_ask(&mut ground.vault, vec![]).expect("an answer").commit
}

#[test]
fn a_share_is_kept_once() {
    let mut ground = Ground::new();
    assert!(ground.current(1).is_none());
    assert!(ground.ask_one(put(1)) == Reply::Put { kept: true });
    assert!(ground.ask_one(put(1)) == Reply::Put { kept: true });
    let another = Op::Put { handle: handle(1), epoch: 0, piece: piece(2, 0) };
    assert!(ground.ask_one(another) == Reply::Put { kept: false });
    let later = Op::Put { handle: handle(1), epoch: 1, piece: piece(1, 0) };
    assert!(ground.ask_one(later) == Reply::Put { kept: false });
    assert!(ground.current(1) == Some(entry(1, 0)));
    assert!(ground.current(2).is_none());
}

#[test]
fn the_commit_number_counts_changes_only() {
    let mut ground = Ground::new();
    assert_eq!(commit_number(&mut ground), 0);
    let changes = [put(1), stage(1, 0), unstage(1, 1), stage(1, 0), commit(1, 1), destroy(1)];
    for (before, op) in (0..).zip(changes) {
        assert_eq!(commit_number(&mut ground), before);
        ground.ask_one(op);
        assert_eq!(commit_number(&mut ground), before + 1);
    }
    [get(1), Op::Status].into_iter().for_each(|op| drop(ground.ask_one(op)));
    ground.ask_one(Op::Draw { value: 0, token: Token([1; 16]) });
    ground.ask_one(Op::Report { incarnation: 0, commit: 0, mark: Mark([0; 16]) });
    assert_eq!(commit_number(&mut ground), 6);
    // That they were there in this order is to be remembered, whatever they find.
    [unstage(1, 1), commit(1, 1), destroy(1)].into_iter().for_each(|op| drop(ground.ask_one(op)));
    assert_eq!(commit_number(&mut ground), 9);
}

#[test]
fn a_stage_lies_beside_what_is_current_until_its_commit() {
    let mut ground = Ground::new();
    ground.ask(vec![put(1), put(2)]);
    let staged = Reply::Stage { staged: true, current: Some(0) };
    assert!(ground.ask_one(stage(1, 0)) == staged);
    assert!(ground.ask_one(stage(1, 0)) == staged);
    assert!(ground.current(1) == Some(entry(1, 0)) && ground.staged(1) == Some(entry(1, 1)));
    assert!(ground.copy(1, CopyOf::StagedSheet) == Some(blob(1, 1, u64::MAX, 90)));
    assert!(ground.copy(1, CopyOf::StagedPage(page_id(1, 0))) == Some(blob(1, 1, 0, 2700)));
    assert!(ground.copy(1, CopyOf::Sheet).is_none());
    assert!(ground.copy(1, CopyOf::Page(page_id(1, 0))).is_none());

    let committed = Reply::Commit { committed: true, current: Some(1) };
    assert!(ground.ask_one(commit(1, 1)) == committed);
    assert!(ground.ask_one(commit(1, 1)) == committed);
    assert!(ground.current(1) == Some(entry(1, 1)) && ground.staged(1).is_none());
    assert!(ground.copy(1, CopyOf::StagedSheet).is_none());
    assert!(ground.copy(1, CopyOf::Sheet) == Some(blob(1, 1, u64::MAX, 90)));
    assert!(ground.copy(1, CopyOf::Page(page_id(1, 0))) == Some(blob(1, 1, 0, 2700)));
    assert!(ground.current(2) == Some(entry(2, 0)));
    // Too late, and of the wrong epoch.
    assert!(ground.ask_one(stage(1, 0)) == Reply::Stage { staged: false, current: Some(1) });
    assert!(ground.ask_one(unstage(1, 1)) == Reply::Unstage { gone: false, current: Some(1) });
    assert!(ground.ask_one(stage(9, 0)) == Reply::Stage { staged: false, current: None });
    assert!(ground.ask_one(commit(9, 1)) == Reply::Commit { committed: false, current: None });
}

#[test]
fn a_stage_taken_back_leaves_nothing() {
    let mut ground = Ground::new();
    ground.ask(vec![put(1), stage(1, 0)]);
    let gone = Reply::Unstage { gone: true, current: Some(0) };
    assert!(ground.ask_one(unstage(1, 1)) == gone);
    assert!(ground.ask_one(unstage(1, 1)) == gone);
    assert!(ground.current(1) == Some(entry(1, 0)) && ground.staged(1).is_none());
    assert!(ground.copy(1, CopyOf::StagedSheet).is_none());
    assert!(ground.copy(1, CopyOf::StagedPage(page_id(1, 0))).is_none());
    assert!(ground.ask_one(commit(1, 1)) == Reply::Commit { committed: false, current: Some(0) });
    assert!(ground.ask_one(Op::Status) == Reply::Status { rows: 1, bytes: 1 + 4 + 32 + 1 + 3 * 16 });
}

#[test]
fn another_attempt_at_the_same_epoch_is_told_apart() {
    let mut ground = Ground::new();
    ground.ask(vec![put(1), stage(1, 0)]);
    let mine = piece(1, 1).tag();
    let other = || piece(77, 1);
    let stage_other = || {
        Op::Stage(Box::new(Stage {
            handle: handle(1),
            from: Some(0),
            to: 1,
            piece: other(),
            sheet: vec![],
            pages: vec![],
            ended: Ended::Pages(vec![]),
        }))
    };
    let tag = other().tag();
    assert!(ground.ask_one(stage_other()) == Reply::Stage { staged: false, current: Some(0) });
    let commit_other = || Op::Commit { handle: handle(1), to: 1, tag };
    let unstage_other = || Op::Unstage { handle: handle(1), to: 1, tag };
    assert!(ground.ask_one(commit_other()) == Reply::Commit { committed: false, current: Some(0) });
    assert!(ground.ask_one(unstage_other()) == Reply::Unstage { gone: true, current: Some(0) });
    assert!(ground.staged(1) == Some(entry(1, 1)));
    ground.ask_one(Op::Commit { handle: handle(1), to: 1, tag: mine });
    assert!(ground.ask_one(commit_other()) == Reply::Commit { committed: false, current: Some(1) });
    assert!(ground.ask_one(unstage_other()) == Reply::Unstage { gone: true, current: Some(1) });
}

#[test]
fn pages_end_stay_and_are_all_replaced() {
    let mut ground = Ground::new();
    ground.ask_one(put(1));
    let page = |epoch, index| (page_id(epoch, index), blob(1, epoch, index.into(), 500));
    let has = |ground: &mut Ground, epoch, index| {
        ground.copy(1, CopyOf::Page(page_id(epoch, index))) == Some(blob(1, epoch, index.into(), 500))
    };
    ground.ask(vec![stage_of(1, 0, vec![page(1, 0), page(1, 1), page(1, 2)], vec![]), commit(1, 1)]);
    ground.ask(vec![stage_of(1, 1, vec![page(2, 0)], vec![page_id(1, 1)]), commit(1, 2)]);
    assert_eq!(
        [(1, 0), (1, 1), (1, 2), (2, 0)].map(|(e, i)| has(&mut ground, e, i)),
        [true, false, true, true]
    );
    // A vault that was away is brought up to date in one step.
    let whole = Op::Stage(Box::new(Stage {
        handle: handle(1),
        from: Some(2),
        to: 9,
        piece: piece(1, 9),
        sheet: blob(1, 9, u64::MAX, 90),
        pages: vec![page(1, 2), page(8, 0)],
        ended: Ended::AllOthers,
    }));
    ground.ask(vec![whole, commit(1, 9)]);
    assert_eq!(
        [(1, 0), (1, 2), (2, 0), (8, 0)].map(|(e, i)| has(&mut ground, e, i)),
        [false, true, false, true]
    );
    assert!(ground.current(1) == Some(entry(1, 9)));
    // And one that has nothing.
    let first = Op::Stage(Box::new(Stage {
        handle: handle(2),
        from: None,
        to: 4,
        piece: piece(2, 4),
        sheet: blob(2, 4, u64::MAX, 90),
        pages: vec![],
        ended: Ended::AllOthers,
    }));
    assert!(ground.ask_one(first) == Reply::Stage { staged: true, current: None });
    assert!(ground.ask_one(put(2)) == Reply::Put { kept: false });
    assert!(ground.ask_one(commit(2, 4)) == Reply::Commit { committed: true, current: Some(4) });
    assert!(ground.current(2) == Some(entry(2, 4)));
}

#[test]
fn destroyed_is_everything_under_the_handle_and_nothing_else() {
    let mut ground = Ground::new();
    ground.ask(vec![put(1), put(2), stage(1, 0), commit(1, 1), stage(1, 1), stage(2, 0), commit(2, 1)]);
    assert!(ground.ask_one(destroy(1)) == Reply::Destroy);
    assert!(ground.ask_one(destroy(1)) == Reply::Destroy);
    assert!(ground.current(1).is_none() && ground.staged(1).is_none());
    for what in
        [CopyOf::Sheet, CopyOf::StagedSheet, CopyOf::Page(page_id(1, 0)), CopyOf::StagedPage(page_id(2, 0))]
    {
        assert!(ground.copy(1, what).is_none());
    }
    assert!(ground.current(2) == Some(entry(2, 1)));
    assert!(ground.copy(2, CopyOf::Page(page_id(1, 0))) == Some(blob(2, 1, 0, 2700)));
}

#[test]
fn counters_only_grow() {
    let mut ground = Ground::new();
    let draw = |value, token| Op::Draw { value, token: Token([token; 16]) };
    let drawn = |value, token| Reply::Draw { value, token: Token([token; 16]) };
    assert!(ground.ask_one(draw(0, 9)) == drawn(0, 0));
    assert!(ground.ask_one(draw(5, 1)) == drawn(5, 1));
    assert!(ground.ask_one(draw(5, 2)) == drawn(5, 1));
    assert!(ground.ask_one(draw(4, 2)) == drawn(5, 1));
    assert!(ground.ask_one(draw(5, 1)) == drawn(5, 1));
    let mark = |commit: u64| Mark([u8::try_from(commit % 256).expect("a byte"); 16]);
    let report = |incarnation, commit| Op::Report { incarnation, commit, mark: mark(commit) };
    let before = |incarnation, commit| Reply::Report { incarnation, commit, mark: mark(commit) };
    assert!(ground.ask_one(report(5, 100)) == before(0, 0));
    assert!(ground.ask_one(report(5, 90)) == before(5, 100));
    assert!(ground.ask_one(report(6, 3)) == before(5, 100));
    let mut ground = ground.again();
    assert!(ground.ask_one(report(0, 0)) == before(6, 3));
    assert!(ground.ask_one(draw(0, 0)) == drawn(5, 1));
}

#[test]
fn replies_stand_in_the_order_of_the_operations() {
    let mut ground = Ground::new();
    let replies = ground.ask(vec![
        Op::Status,
        get(3),
        put(3),
        get(3),
        Op::Draw { value: 1, token: Token([1; 16]) },
        put(2),
        destroy(3),
        get(3),
        get(2),
    ]);
    let has = |at: usize| matches!(&replies[at], Reply::Get { current: Some(_), .. });
    assert_eq!([1, 3, 7, 8].map(has), [false, true, false, true]);
    assert!(matches!(replies[0], Reply::Status { rows: 1, .. }));
    assert!(matches!(replies[4], Reply::Draw { value: 1, .. }));
}

#[test]
fn the_same_operations_have_the_same_effect_and_an_answer_each_time() {
    let mut ground = Ground::new();
    let requests: [fn() -> Vec<Op>; 4] = [
        || vec![put(1), put(2), Op::Draw { value: 3, token: Token([1; 16]) }],
        || vec![stage(1, 0), stage(2, 0)],
        || vec![commit(1, 1), unstage(2, 1)],
        || vec![destroy(2), Op::Report { incarnation: 3, commit: 8, mark: Mark([8; 16]) }],
    ];
    for ops in requests {
        let first = ground.ask(ops());
        let rows = |ground: &mut Ground| (1..=2).map(|n| ground.ask_one(get(n))).collect::<Vec<_>>();
        let before = rows(&mut ground);
        let mut ground = ground.again();
        for _ in 0..2 {
            let second = ground.ask(ops());
            let same = |(a, b): (&Reply, &Reply)| a == b || matches!(a, Reply::Report { .. });
            assert!(first.iter().zip(&second).all(same));
            assert!(rows(&mut ground) == before);
        }
    }
}

/// P37: what was destroyed does not come back by what was sent before, nor does what came after go by it; not after a
/// power cut either.
#[test]
fn p37_a_request_that_was_overtaken_does_nothing() {
    let mut ground = Ground::new();
    let late = [vec![put(1)], vec![destroy(2)], vec![stage(3, 0)], vec![commit(3, 1)], vec![unstage(3, 1)]];
    let late: Vec<_> = late.into_iter().map(request).collect();
    ground.ask(vec![put(1), put(2), put(3)]);
    let last = request(vec![destroy(1)]);
    let refused = |ground: &mut Ground, (asked, bytes): &(Asked, zeroize::Zeroizing<Vec<u8>>)| {
        let answer = ground.vault.exchange(bytes).expect("an answer");
        refusal(open(&ground.vault, asked, &answer))
    };
    assert_eq!(refused(&mut ground, &last), None);
    let files = ground.disk.files();
    for _ in 0..2 {
        // The last one itself is there only once, too.
        for request in late.iter().chain([&last]) {
            assert_eq!(refused(&mut ground, request), Some(Refusal::Overtaken));
        }
        assert!(ground.disk.files() == files);
        assert!(ground.current(1).is_none() && ground.current(2).is_some());
        ground = ground.again();
    }
    // What changes nothing under a handle may come at any time.
    let asked =
        request(vec![get(2), Op::Status, Op::Report { incarnation: 1, commit: 1, mark: Mark([1; 16]) }]);
    ground.ask(vec![put(4)]);
    assert_eq!(refused(&mut ground, &asked), None);
}

#[test]
fn strangers_and_garbage_are_refused() {
    let mut ground = Ground::new();
    let foreign = |ops| {
        let request = Request { deployment: Handle([1; 16]), id: RequestId([2; 16]), order: u64::MAX, ops };
        let bytes = request.encode();
        (Asked::new(&request, &bytes), bytes)
    };
    let said = |ground: &mut Ground, (asked, bytes): (Asked, zeroize::Zeroizing<Vec<u8>>)| {
        let answer = ground.vault.exchange(&bytes).expect("an answer");
        refusal(open(&ground.vault, &asked, &answer))
    };
    // Whoever changes something first is served from then on.
    assert_eq!(said(&mut ground, foreign(vec![get(1)])), None);
    ground.ask_one(put(1));
    assert_eq!(said(&mut ground, foreign(vec![get(1)])), Some(Refusal::UnknownDeployment));
    let mut ground = ground.again();
    assert_eq!(said(&mut ground, foreign(vec![destroy(1)])), Some(Refusal::UnknownDeployment));
    assert!(ground.current(1).is_some());

    let (asked, mut bytes) = request(vec![get(1)]);
    bytes.push(0);
    let answer = ground.vault.exchange(&bytes).expect("an answer");
    assert!(asked.open(&answer, |_, _| true).is_err(), "it answers other bytes");
    assert!(answer.windows(3).any(|three| three == [0xff, 0xff, 1]));
}

#[test]
fn an_answer_that_would_be_too_long_changes_nothing() {
    let mut ground = Ground::new();
    ground.ask_one(put(1));
    let pages = (0..200).map(|index| (page_id(1, index), blob(1, 1, index.into(), 64 << 10))).collect();
    ground.ask(vec![stage_of(1, 0, pages, vec![]), commit(1, 1)]);
    let copy = |index: u32| Op::Copy { handle: handle(1), what: CopyOf::Page(page_id(1, index % 200)) };
    let mut ops: Vec<Op> = (0..300).map(copy).collect();
    ops.push(put(2));
    let receipt = try_ask(&mut ground.vault, ops).expect("an answer");
    assert_eq!(refusal(receipt), Some(Refusal::TooMuch));
    assert!(ground.current(2).is_none());
    assert_eq!(ground.ask((0..200).map(copy).collect()).len(), 200);
}
