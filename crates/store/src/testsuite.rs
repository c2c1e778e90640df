//! What every engine must do, as one suite that runs on all of them: `testsuite::run(&|| Box::new(engine()))`.
//!
//! A case reports by panicking with the name of the rule that is broken. Nothing here sleeps or asks the clock.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test-suite reports by panicking"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};

use sealed::{AtRest, RowKey};

use crate::engine::{Batch, Commit, Engine, EngineError, Order, Row, Scan, View};

/// Makes an empty engine.
pub type Make<'a> = &'a dyn Fn() -> Box<dyn Engine>;

/// Runs the whole suite.
pub fn run(make: Make<'_>) {
    rows_come_and_go(&*make());
    ranges_have_order_and_bounds(&*make());
    multi_get_keeps_the_order_asked(&*make());
    a_dropped_session_leaves_nothing(&*make());
    a_batch_is_seen_whole_or_not_at_all(&*make());
    a_view_stays_at_its_commit(&*make());
    sessions_execute_one_after_another(&*make());
    commits_count_up_and_become_durable(&*make());
    hooks_hear_of_the_watermark_in_order(&*make());
    long_keys_and_values_come_back(&*make());
    random_batches_equal_a_map(&*make());
    sessions_and_views_see_the_newest_rows(&*make());
}

/// Runs one case: the case opens, drops and opens again a store whose folder stays the same.
pub type Reopen<'a> = &'a dyn Fn() -> Box<dyn Engine>;

/// A case of engines that remember.
pub type Case<'a> = &'a dyn Fn(Reopen<'_>);

/// Runs what engines with a memory of their own must do beside [`run`]: `with` makes a place for a store and hands the
/// case a way to open it. A driver syncs each store that is open.
pub fn run_durable(with: &dyn Fn(Case<'_>)) {
    with(&rows_and_commits_survive);
    with(&commits_go_on_where_they_were);
    with(&views_read_beside_writes);
    with(&a_closed_engine_reads_on);
}

/// Applies one batch and answers its commit.
///
/// # Panics
/// When the engine refuses.
pub fn apply(engine: &dyn Engine, rows: &[(&[u8], Option<&[u8]>)]) -> Commit {
    let batch = rows.iter().map(|&(key, value)| (row(key), value.map(at_rest))).collect();
    engine.session().expect("session").apply(batch).expect("apply")
}

/// A row key of any bytes, as an engine reads it back.
pub fn row(key: &[u8]) -> RowKey {
    RowKey::read_back(key.to_vec())
}

/// A value of any bytes, as an engine reads it back.
pub fn at_rest(value: &[u8]) -> AtRest {
    AtRest::read_back(value.to_vec())
}

/// The bytes that a view has under a key.
///
/// # Panics
/// When the engine cannot read.
pub fn found(view: &dyn View, key: &[u8]) -> Option<Vec<u8>> {
    view.get(&row(key)).unwrap().map(AtRest::into_bytes)
}

fn rows_come_and_go(engine: &dyn Engine) {
    let get = |key: &[u8]| found(&*engine.view().unwrap(), key);
    assert!(get(b"a").is_none(), "an empty store has a row");
    apply(engine, &[(b"a", Some(b"1")), (b"b", Some(b""))]);
    assert_eq!(get(b"a").as_deref(), Some(b"1".as_slice()));
    assert_eq!(get(b"b").as_deref(), Some(b"".as_slice()), "an empty value is a row");
    apply(engine, &[(b"a", Some(b"2")), (b"b", None), (b"none", None)]);
    assert_eq!(get(b"a").as_deref(), Some(b"2".as_slice()));
    assert!(get(b"b").is_none(), "a deleted row is there");
}

fn ranges_have_order_and_bounds(engine: &dyn Engine) {
    let keys: [&[u8]; 6] = [b"", b"a", b"a\x00", b"a\xff", b"b", b"\xff\xff"];
    apply(engine, &keys.map(|key| (key, Some(key))));
    let view = engine.view().unwrap();
    let found = |from: &[u8], to: &[u8], skip, limit, order| -> Vec<Vec<u8>> {
        let rows = view.range(&Scan { from, to, skip, limit, order }).unwrap();
        rows.into_iter()
            .map(|(key, value)| {
                assert_eq!(key.as_bytes(), value.as_bytes());
                key.into_bytes()
            })
            .collect()
    };
    let up = Order::Ascending;
    let down = Order::Descending;
    assert_eq!(found(b"", b"\xff\xff\xff", 0, 99, up), keys, "bytes do not sort as bytes");
    assert_eq!(found(b"a", b"b", 0, 99, up), keys[1..4], "from is inside, to is outside");
    assert_eq!(found(b"a", b"b", 0, 2, down), [keys[3], keys[2]]);
    assert_eq!(found(b"a", b"b", 1, 1, up), [keys[2]]);
    assert_eq!(found(b"a", b"b", 2, 9, down), [keys[1]]);
    for (from, to, skip, limit) in [("a", "b", 3, 9), ("a", "b", 0, 0), ("b", "a", 0, 9), ("a", "a", 0, 9)] {
        let none = found(from.as_bytes(), to.as_bytes(), skip, limit, up);
        assert!(none.is_empty(), "{from}..{to} skip {skip} limit {limit}");
    }
}

fn multi_get_keeps_the_order_asked(engine: &dyn Engine) {
    apply(engine, &[(b"a", Some(b"1")), (b"c", Some(b"3"))]);
    let keys = [b"c", b"b", b"a", b"c"].map(|key| row(key));
    let values = engine.view().unwrap().multi_get(&keys).unwrap();
    assert_eq!(
        values,
        [Some(b"3"), None, Some(b"1"), Some(b"3")].map(|value| value.map(|value| at_rest(value)))
    );
}

fn a_dropped_session_leaves_nothing(engine: &dyn Engine) {
    let before = apply(engine, &[(b"a", Some(b"1"))]);
    let session = engine.session().unwrap();
    assert_eq!(session.commit(), before);
    assert_eq!(found(&*session, b"a").as_deref(), Some(b"1".as_slice()));
    drop(session);
    assert_eq!(engine.view().unwrap().commit(), before, "an aborted session made a commit");
}

/// Two rows always add up to 100, whoever looks and however often they are changed.
fn a_batch_is_seen_whole_or_not_at_all(engine: &dyn Engine) {
    apply(engine, &[(b"x", Some(&[40])), (b"y", Some(&[60]))]);
    std::thread::scope(|scope| {
        for by in 1..=2_u8 {
            scope.spawn(move || {
                for _ in 0..200 {
                    rerun(engine, |view| {
                        let x = found(view, b"x").unwrap()[0];
                        let x = (x + by) % 101;
                        Batch::from([
                            (row(b"x"), Some(at_rest(&[x]))),
                            (row(b"y"), Some(at_rest(&[100 - x]))),
                        ])
                    });
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..400 {
                let view = engine.view().unwrap();
                let values = view.multi_get(&[row(b"x"), row(b"y")]).unwrap();
                let sum: u32 =
                    values.iter().map(|value| u32::from(value.as_ref().unwrap().as_bytes()[0])).sum();
                assert_eq!(sum, 100, "half a batch was seen");
            }
        });
    });
}

/// A view that was opened before a commit does not see it, though the commit is on its way.
fn a_view_stays_at_its_commit(engine: &dyn Engine) {
    apply(engine, &[(b"a", Some(b"old")), (b"b", Some(b"old"))]);
    let (opened, wait_opened) = mpsc::channel();
    let (started, wait_started) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let view = engine.view().unwrap();
            let a = found(&*view, b"a");
            opened.send(()).unwrap();
            wait_started.recv().unwrap();
            // The other thread is applying now, or waits for this view to end.
            assert_eq!(found(&*view, b"b"), a, "a view saw a later commit");
        });
        scope.spawn(move || {
            wait_opened.recv().unwrap();
            let session = engine.session().unwrap();
            started.send(()).unwrap();
            let new = Some(at_rest(b"new"));
            session.apply(Batch::from([(row(b"a"), new.clone()), (row(b"b"), new)])).unwrap();
        });
    });
    assert_eq!(found(&*engine.view().unwrap(), b"b").as_deref(), Some(b"new".as_slice()));
}

/// Increments from several threads are all counted.
fn sessions_execute_one_after_another(engine: &dyn Engine) {
    const THREADS: u32 = 4;
    const EACH: u32 = 100;
    let count =
        |view: &dyn View| found(view, b"n").map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    rerun(engine, |view| {
                        let next = count(view) + 1;
                        Batch::from([(row(b"n"), Some(at_rest(&next.to_be_bytes())))])
                    });
                }
            });
        }
    });
    assert_eq!(count(&*engine.view().unwrap()), THREADS * EACH, "an update was lost");
}

fn commits_count_up_and_become_durable(engine: &dyn Engine) {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    engine.on_durable(Arc::new(move |commit| tell.lock().unwrap().send(commit).unwrap()));
    let mut last = engine.view().unwrap().commit();
    for _ in 0..10 {
        let commit = apply(engine, &[(b"a", Some(b"1"))]);
        assert!(commit > last, "a commit number did not grow");
        assert!(engine.view().unwrap().commit() >= commit, "an applied commit is not visible");
        last = commit;
    }
    let mut heard = Commit(0);
    while heard < last {
        let next = told.recv().expect("the watermark never reached the last commit");
        assert!(next > heard, "the watermark went back");
        assert!(engine.durable() >= next, "the hook ran ahead of the watermark");
        heard = next;
    }
}

/// Commits of several threads: the hook hears ascending numbers and hears of the last one.
fn hooks_hear_of_the_watermark_in_order(engine: &dyn Engine) {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    engine.on_durable(Arc::new(move |commit| tell.lock().unwrap().send(commit).unwrap()));
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            scope.spawn(move || {
                for _ in 0..100 {
                    rerun(engine, |_| Batch::from([(row(&[thread]), Some(at_rest(&[1])))]));
                }
            });
        }
    });
    let last = engine.view().unwrap().commit();
    let mut heard = Commit(0);
    while heard < last {
        let next = told.recv().expect("the watermark never reached the last commit");
        assert!(next > heard, "hooks heard of the watermark out of order");
        heard = next;
    }
}

/// What was written before the store ended is there when it opens again, deletions and all.
fn rows_and_commits_survive(open: Reopen<'_>) {
    let mut draw = Draw(0xd15c);
    let mut model = BTreeMap::<RowKey, AtRest>::new();
    let mut last = Commit(0);
    for _ in 0..5 {
        let engine = open();
        assert_eq!(engine.durable(), last, "the watermark is not where it was");
        assert_eq!(engine.view().unwrap().commit(), last, "the newest commit is not the last one");
        let all = Scan { from: b"", to: b"\xff\xff\xff\xff", skip: 0, limit: 999, order: Order::Ascending };
        let rows = engine.view().unwrap().range(&all).unwrap();
        assert_eq!(rows, expected(&model, &all), "rows are not what they were");
        for _ in 0..20 {
            let key = draw.key();
            let value = (draw.below(3) > 0).then(|| vec![7; draw.below(3000)]);
            match &value {
                Some(value) => model.insert(row(&key), at_rest(value)),
                None => model.remove(&row(&key)),
            };
            last = apply(&*engine, &[(&key, value.as_deref())]);
        }
        engine.close();
    }
}

/// Commit numbers have no gap and none comes twice, over restarts as well.
fn commits_go_on_where_they_were(open: Reopen<'_>) {
    let mut next = 1;
    for _ in 0..3 {
        let engine = open();
        for _ in 0..10 {
            assert_eq!(apply(&*engine, &[(b"a", Some(b"1"))]), Commit(next));
            next += 1;
        }
        engine.sync().unwrap();
        assert_eq!(engine.durable(), Commit(next - 1), "a sync leaves something out");
    }
}

/// Views stay where they are while thousands of batches come after them, and each names the commit it is at.
fn views_read_beside_writes(open: Reopen<'_>) {
    const BATCHES: u64 = 2000;
    let engine = &*open();
    let number = |view: &dyn View, key| {
        found(view, key).map_or(0, |bytes| u64::from_be_bytes(*bytes.first_chunk().unwrap()))
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for at in 1..=BATCHES {
                let value = [at.to_be_bytes().to_vec(), vec![0; 1000]].concat();
                apply(engine, &[(b"first", Some(&value)), (b"last", Some(&value))]);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let old = engine.view().unwrap();
                let began = old.commit().0;
                let mut before = 0;
                while before < BATCHES {
                    let view = engine.view().unwrap();
                    let at = view.commit().0;
                    assert!(at >= before, "a later view is older");
                    assert_eq!(number(&*view, b"last"), at, "a view is not at its commit");
                    assert_eq!(number(&*view, b"first"), at, "a view saw half a batch");
                    assert_eq!(number(&*old, b"first"), began, "an old view moved");
                    before = at;
                }
            });
        }
    });
}

/// Closing makes everything durable and ends writing; views go on.
fn a_closed_engine_reads_on(open: Reopen<'_>) {
    let engine = open();
    let last = apply(&*engine, &[(b"a", Some(b"1"))]);
    let view = engine.view().unwrap();
    engine.close();
    assert_eq!(engine.durable(), last);
    assert!(engine.session().is_err(), "a closed engine takes writes");
    assert_eq!(found(&*view, b"a").as_deref(), Some(b"1".as_slice()));
}

fn long_keys_and_values_come_back(engine: &dyn Engine) {
    let (key, value) = (vec![7; 1024], vec![9; 64 * 1024]);
    apply(engine, &[(&key, Some(&value))]);
    assert_eq!(found(&*engine.view().unwrap(), &key), Some(value));
}

/// Random batches and random ranges against the standard library's map.
fn random_batches_equal_a_map(engine: &dyn Engine) {
    let mut draw = Draw(0x5eed);
    let mut model = BTreeMap::<RowKey, AtRest>::new();
    for _ in 0..200 {
        let batch: Batch = (0..draw.below(6))
            .map(|_| {
                (
                    row(&draw.key()),
                    (draw.below(3) > 0).then(|| at_rest(&[u8::try_from(draw.below(256)).unwrap()])),
                )
            })
            .collect();
        for (key, value) in &batch {
            match value {
                Some(value) => model.insert(key.clone(), value.clone()),
                None => model.remove(key),
            };
        }
        engine.session().unwrap().apply(batch).unwrap();
        let (from, to) = (draw.key(), draw.key());
        let order = if draw.below(2) == 0 { Order::Ascending } else { Order::Descending };
        let scan = Scan { from: &from, to: &to, skip: draw.below(3), limit: draw.below(8), order };
        assert_eq!(engine.view().unwrap().range(&scan).unwrap(), expected(&model, &scan), "{scan:?}");
    }
}

/// An engine may remember what sessions asked for: what they are told is what a map says, and what a view is told.
fn sessions_and_views_see_the_newest_rows(engine: &dyn Engine) {
    const TABLE: &[u8; 14] = b"an owner's tab";
    let mut draw = Draw(0x1a57);
    let mut model = BTreeMap::<RowKey, AtRest>::new();
    // Some keys are shorter than a table's, some of the next table.
    let key = |n: usize| [&TABLE[..], &[2, u8::try_from(n).unwrap()]].concat().split_off(usize::from(n == 7));
    for round in 0..400 {
        let session = engine.session().unwrap();
        let asked = (row(&key(draw.below(8))), row(TABLE));
        let span = Scan { from: TABLE, to: b"an owner's tac", skip: 0, limit: 1, order: Order::Descending };
        let said = (model.get(&asked.0).cloned(), expected(&model, &span).pop());
        let told = |view: &dyn View| (view.get(&asked.0).unwrap(), view.last(&asked.1).unwrap());
        assert_eq!(told(&*session), said, "round {round}");
        let batch: Batch = (0..draw.below(3))
            .map(|_| {
                (
                    row(&key(draw.below(8))),
                    (draw.below(3) > 0).then(|| at_rest(&[u8::try_from(round % 251).unwrap()])),
                )
            })
            .collect();
        // One in four is given up.
        if draw.below(4) == 0 {
            drop(session);
        } else {
            for (key, value) in &batch {
                match value {
                    Some(value) => model.insert(key.clone(), value.clone()),
                    None => model.remove(key),
                };
            }
            session.apply(batch).unwrap();
        }
        let span = Scan { limit: 9, ..span };
        assert_eq!(engine.view().unwrap().range(&span).unwrap(), expected(&model, &span));
    }
}

/// What a map says to a scan.
pub(crate) fn expected(model: &BTreeMap<RowKey, AtRest>, scan: &Scan<'_>) -> Vec<Row> {
    let inside = |key: &RowKey| key.as_bytes() >= scan.from && key.as_bytes() < scan.to;
    let mut rows: Vec<_> = model
        .iter()
        .filter(|(key, _)| inside(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if scan.order == Order::Descending {
        rows.reverse();
    }
    rows.into_iter().skip(scan.skip).take(scan.limit).collect()
}

/// Runs a session, again when another one came in between.
fn rerun(engine: &dyn Engine, run: impl Fn(&dyn View) -> Batch) {
    loop {
        let session = engine.session().unwrap();
        let batch = run(&*session);
        match session.apply(batch) {
            Ok(_) => return,
            Err(EngineError::Conflict) => {}
            Err(error @ (EngineError::Unavailable | EngineError::Poisoned | EngineError::Damaged)) => {
                panic!("{error}")
            }
        }
    }
}

/// A small generator (SplitMix64), so that the suite is the same each time.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(end).unwrap();
        usize::try_from((z ^ (z >> 31)) % bound).unwrap()
    }

    /// A key of up to three letters out of four, so that keys meet.
    pub(crate) fn key(&mut self) -> Vec<u8> {
        (0..self.below(4)).map(|_| [0, 1, 0x80, 0xff][self.below(4)]).collect()
    }
}
