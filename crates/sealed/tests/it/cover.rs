//! What is left of a tree after any cuts is exactly what was not cut out, page by page (P33 at its root).

use ids::limits::{STATE_PAGE_BYTES_MAX, STATE_SHEET_BYTES_MAX};
use proptest::prelude::*;
use sealed::{Change, Number, NumberRange, PageId};

use crate::naive::{self, PageNode};
use crate::world::{ALICE, Ticked, X, range, x_of};

/// The numbers that are dead, as ranges: what the tree is compared with.
#[derive(Default)]
struct Dead(Vec<NumberRange>);

impl Dead {
    fn cut(&mut self, ranges: &[NumberRange]) {
        self.0.extend_from_slice(ranges);
    }

    fn has(&self, number: u64) -> bool {
        self.0.iter().any(|range| range.first.0 <= number && number <= range.last.0)
    }

    /// What is alive, as ranges that do not touch.
    fn rest(&self) -> Vec<(u64, u64)> {
        let mut next = Some(0);
        let mut rest = Vec::new();
        for range in NumberRange::joined(&self.0) {
            if let Some(first) = next.filter(|first| *first < range.first.0) {
                rest.push((first, range.first.0 - 1));
            }
            next = range.last.0.checked_add(1);
        }
        rest.extend(next.map(|first| (first, u64::MAX)));
        rest
    }
}

/// All nodes of the state, read as docs/keys.md says; and every rule about pages.
fn nodes(ticked: &Ticked, change: &Change) -> Vec<PageNode> {
    let state = ticked.state();
    assert!(change.sheet.as_bytes().len() <= STATE_SHEET_BYTES_MAX);
    let sheet_row = state.sheet_row(change.epoch);
    let entries = naive::read_sheet(&x_of(change.epoch), sheet_row.as_bytes(), change.sheet.as_bytes());
    assert_eq!(entries.len(), ticked.rows.len(), "every page that is kept is in the sheet");
    let ends = entries.iter().skip(1).map(|next| next.first - 1).chain([u64::MAX]);
    let mut all = Vec::new();
    for (entry, end) in entries.iter().zip(ends) {
        let id = PageId::from_bytes(entry.id);
        let page = &ticked.rows[&id];
        assert!(page.as_bytes().len() <= STATE_PAGE_BYTES_MAX);
        let nodes = naive::read_page(&entry.key, state.page_row(id).as_bytes(), page.as_bytes());
        assert!((1..=1500).contains(&nodes.len()));
        assert!(nodes.len() >= 400 || entries.len() == 1, "small pages join");
        assert_eq!(nodes.len(), usize::from(entry.nodes));
        assert_eq!(nodes[0].first, entry.first);
        assert!(nodes.last().unwrap().last() <= end);
        all.extend(nodes);
    }
    all
}

/// The nodes hold exactly what is alive, with the seeds of the one tree.
fn check(ticked: &Ticked, change: &Change, dead: &Dead, seeds: usize) {
    let nodes = nodes(ticked, change);
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for node in &nodes {
        match spans.last_mut() {
            Some(before) if before.1.checked_add(1) == Some(node.first) => before.1 = node.last(),
            Some(before) => {
                assert!(before.1 < node.first, "nodes ascend and are apart");
                spans.push((node.first, node.last()));
            }
            None => spans.push((node.first, node.last())),
        }
    }
    assert!(spans == dead.rest(), "exactly what was not cut out is left");
    let mut x = X;
    x[..8].copy_from_slice(&ALICE.0.to_be_bytes());
    let root = naive::tree(&x);
    let step = (nodes.len() / seeds).max(1);
    for node in nodes.iter().step_by(step) {
        assert_eq!(node.seed, naive::below(&root, node.first, node.depth));
    }
}

/// Numbers where something may go wrong: edges, neighbours, both ends.
fn probes(ranges: &[NumberRange]) -> impl Iterator<Item = u64> + '_ {
    let edges = ranges.iter().flat_map(|range| [range.first.0, range.last.0]);
    let around = edges.flat_map(|at| [at.saturating_sub(1), at, at.saturating_add(1)]);
    around.chain([0, u64::MAX])
}

fn some_range() -> impl Strategy<Value = NumberRange> {
    let near = (0..4096_u64, 0..64_u64).prop_map(|(first, more)| range(first, first + more));
    let one = (0..4096_u64).prop_map(|at| range(at, at));
    let far = (any::<u64>(), any::<u64>()).prop_map(|(a, b)| {
        let first = a >> (b % 64);
        range(first, first.saturating_add(b >> 32))
    });
    let top = (0..64_u64).prop_map(|less| range(u64::MAX - less, u64::MAX));
    prop_oneof![4 => one, 4 => near, 1 => far, 1 => top]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn p33_exactly_what_was_cut_out_is_gone(
        ticks in prop::collection::vec(prop::collection::vec(some_range(), 0..40), 1..6),
    ) {
        let mut ticked = Ticked::new(1);
        let mut dead = Dead::default();
        for ranges in ticks {
            let change = ticked.tick(&ranges);
            dead.cut(&ranges);
            check(&ticked, &change, &dead, usize::MAX);
            for number in probes(&dead.0).take(400) {
                prop_assert_eq!(ticked.is_alive(Number(number)), !dead.has(number));
            }
        }
    }
}

#[test]
fn pages_split_and_join_and_untouched_ones_stay() {
    let mut ticked = Ticked::new(2);
    let mut dead = Dead::default();
    let (mut stayed, mut most) = (0, 0);
    for tick in 0..24_u64 {
        // Deletions here and there, in one corner, and at last everywhere.
        let (base, spread, count) = match tick % 4 {
            0 => (0, 1 << 22, 400),
            1 => (tick << 14, 1 << 14, 300),
            2 => (0, 1 << 30, 5),
            _ => (tick << 15, 1 << 12, 2000),
        };
        let mut at = || base + ticked.rng.below(spread);
        let mut ranges: Vec<NumberRange> = (0..count).map(|_| at()).map(|at| range(at, at)).collect();
        if tick % 6 == 5 {
            let first = at();
            ranges.push(range(first, first + (1 << 18)));
        }
        let before = ticked.rows.clone();
        let touched = ticked.state().touched(&ranges);
        let change = ticked.tick(&ranges);
        dead.cut(&ranges);
        check(&ticked, &change, &dead, 50);
        assert!(touched.iter().all(|id| change.ended.contains(id)), "what is touched is written anew");
        assert!(change.ended.len() <= 3 * touched.len().max(1), "and little else");
        let kept: Vec<_> = before.iter().filter(|(id, _)| !change.ended.contains(id)).collect();
        assert!(kept.iter().all(|(id, page)| ticked.rows[id] == **page));
        stayed += kept.len();
        most = most.max(ticked.rows.len());
    }
    assert!(stayed > 20, "the ticks did not all touch everything");
    assert!(most > 8, "{most} pages");
    let change = ticked.tick(&[range(0, (1 << 40) - 1)]);
    dead.cut(&[range(0, (1 << 40) - 1)]);
    check(&ticked, &change, &dead, 50);
    assert_eq!(ticked.rows.len(), 1);
}

#[test]
fn a_page_that_becomes_small_takes_a_neighbour_in() {
    let mut ticked = Ticked::new(5);
    let mut dead = Dead::default();
    let many: Vec<NumberRange> = (0..8000).map(|n| range(n * 64, n * 64)).collect();
    let mut change = ticked.tick(&many);
    dead.cut(&many);
    let pages = ticked.rows.len();
    assert!(pages > 20);
    // Most of a page goes: from the middle, beside it, at the beginning, at the end.
    for at in [5, 5, 7, 0, 0, usize::MAX] {
        let sheet_row = ticked.state().sheet_row(change.epoch);
        let sheet = naive::read_sheet(&x_of(change.epoch), sheet_row.as_bytes(), change.sheet.as_bytes());
        let at = at.min(sheet.len() - 1);
        let end = sheet.get(at + 1).map_or(u64::MAX, |next| next.first - 1);
        let most = [range(sheet[at].first, end - 200)];
        assert_eq!(ticked.state().touched(&most).len(), 1);
        change = ticked.tick(&most);
        dead.cut(&most);
        check(&ticked, &change, &dead, 50);
        assert_eq!(change.ended.len(), 2, "the page and its neighbour");
    }
    assert!(ticked.rows.len() < pages);
}

#[test]
fn a_tree_can_be_cut_out_whole() {
    let mut ticked = Ticked::new(3);
    ticked.tick(&[range(5, 5)]);
    let change = ticked.tick(&[range(0, u64::MAX)]);
    assert!(change.pages.is_empty() && ticked.rows.is_empty());
    assert!(!ticked.is_alive(Number(0)) && !ticked.is_alive(Number(u64::MAX)));
    assert_eq!(ticked.keys.next_number(), Err(sealed::LeafError::Exhausted));
    // And ticked further.
    ticked.tick(&[range(1, 2)]);
}

#[test]
fn all_but_one_leaf_can_be_cut_out() {
    for alive in [0, 1, 1 << 40, u64::MAX] {
        let mut ticked = Ticked::new(4);
        let below = NumberRange::below(Number(alive));
        let above = (alive < u64::MAX).then(|| range(alive + 1, u64::MAX));
        ticked.tick(&below.into_iter().chain(above).collect::<Vec<_>>());
        assert!(ticked.is_alive(Number(alive)));
        assert!(!ticked.is_alive(Number(alive ^ 1)));
    }
}
