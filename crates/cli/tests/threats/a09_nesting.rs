//! A9: objects within objects, as deep as a frame allows.
//!
//! Every constructor that may hold itself, in every call that may hold it, read from the schema: 16 levels are read, more
//! are an error of the call; eight wrappers may stand around a query. A stack that overflows ends the process, and this
//! test with it. Red without `if self.depth >= TL_DEPTH_MAX` in `tl::codec::Reader::open` (for the present layer) and in
//! `tl::layer::object` (for older ones), and without `if *depth > WRAPPERS_MAX` in `mtproto::wrapper::strip`.
use std::collections::BTreeSet;
use std::time::Duration;

use client::Probe;
use ids::limits::{LAYER_CANONICAL, TL_DEPTH_MAX, WRAPPERS_MAX};
use mtproto::client::Crafted;
use tl::Encode;
use tl::codec::Raw;

use crate::bystander::Bystanders;
use crate::ground::{Ground, runs};
use crate::probing::{Fate, ask, fates, identity, introduced, settled};
use crate::schema::{Cycle, Schema};

/// Bytes of the largest calls here.
const FRAME_BYTES: usize = 900_000;

/// The methods that have code; all others answer without reading what they are given.
pub(crate) fn methods() -> impl Iterator<Item = &'static str> {
    include_str!("../../../tl/typed.txt").lines().filter(|line| line.contains('.') && !line.starts_with('#'))
}

/// A probe that speaks this layer.
async fn speaker(ground: &Ground, layer: u16) -> Probe {
    let user = ground.user().await;
    let mut probe = ground.probe(&identity(&user).await).await;
    let query = tl::InvokeWithLayer { layer: layer.into(), query: Raw(tl::updates::GetState {}.to_bytes()) };
    assert!(matches!(ask(&mut probe, query.to_bytes()).await, Fate::Answered(_)));
    // The probe goes on; its user has nothing more to do.
    probe
}

/// Sends calls, and what comes of each.
async fn said(probe: &mut Probe, bodies: Vec<Vec<u8>>) -> Vec<Fate> {
    let messages: Vec<Crafted> = bodies.into_iter().map(|body| probe.say(body, true)).collect();
    fates(probe, &messages.iter().collect::<Vec<_>>()).await
}

#[tokio::test]
async fn a9_no_depth_is_a_danger() {
    let ground = Ground::open(&[]).await;
    let bystanders = Bystanders::begin(&ground);
    let (mut names, mut number) = (BTreeSet::new(), 0);
    for layer in [LAYER_CANONICAL, 158] {
        let schema = Schema::of(layer);
        let mut probe = speaker(&ground, layer).await;
        for method in methods() {
            let cycles = schema.cycles(method);
            names.extend(cycles.iter().map(|cycle| cycle.name));
            for cycle in &cycles {
                let deepest = FRAME_BYTES / (cycle.turn.before.len() + cycle.turn.behind.len());
                // In a short run only some go to the end of a frame.
                number = (number + 1) % 8;
                let deepest = if number < runs(1, 8) { deepest } else { deepest.min(2_000) };
                let depths = [1, TL_DEPTH_MAX + 1, 100, deepest];
                let fates = said(&mut probe, depths.iter().map(|depth| cycle.nested(*depth)).collect()).await;
                for (fate, depth) in fates.iter().zip(depths) {
                    check(fate, cycle, method, depth);
                }
            }
        }
    }
    assert!(names.len() > 30, "{names:?}");
    bystanders.end(Duration::from_secs(5));
}

fn check(fate: &Fate, cycle: &Cycle, method: &str, turns: usize) {
    let is_deep = turns * cycle.objects > TL_DEPTH_MAX;
    let is_refused = fate.is_error("INPUT_FETCH_ERROR");
    let is_answered = matches!(fate, Fate::Answered(_) | Fate::Failed(..));
    assert!(is_answered && (is_refused || !is_deep), "{method}, {turns} times {}: {fate:?}", cycle.name);
}

/// Puts something around a query.
type Wrap<'a> = &'a dyn Fn(Vec<u8>) -> Vec<u8>;

#[tokio::test]
async fn a9_wrappers_are_counted() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    settled(&mut probe).await;
    let query = tl::updates::GetState {}.to_bytes();
    let wrapped = |wrap: Wrap<'_>, times: usize| (0..times).fold(query.clone(), |query, _| wrap(query));
    let without_updates = |query| tl::InvokeWithoutUpdates { query: Raw(query) }.to_bytes();
    let in_layer = |query| tl::InvokeWithLayer { layer: 230, query: Raw(query) }.to_bytes();
    let introduced = |query: Vec<u8>| introduced(&Raw(query));
    let wraps: [(Wrap<'_>, usize); 3] = [(&without_updates, 1), (&in_layer, 1), (&introduced, 2)];
    for (wrap, wrappers) in wraps {
        let most = WRAPPERS_MAX / wrappers;
        let deepest = 200_000 / wrap(Vec::new()).len();
        let bodies = vec![wrapped(wrap, most), wrapped(wrap, most + 1), wrapped(wrap, deepest)];
        let fates = said(&mut probe, bodies).await;
        assert!(matches!(fates[0], Fate::Answered(_)), "{:?}", fates[0]);
        assert!(fates[1..].iter().all(|fate| fate.is_error("INPUT_FETCH_ERROR")), "{:?}", &fates[1..]);
    }
    // Nested parameters of a wrapper, which are read before any access is judged.
    let schema = Schema::of(LAYER_CANONICAL);
    let cycles = schema.cycles("initConnection");
    assert!(cycles.iter().any(|cycle| cycle.name == "jsonArray"));
    for cycle in cycles {
        let deepest = FRAME_BYTES / (cycle.turn.before.len() + cycle.turn.behind.len());
        for depth in [1, 20, deepest] {
            let fates = said(&mut probe, vec![cycle.nested(depth)]).await;
            check(&fates[0], &cycle, "initConnection", depth);
        }
    }
}
