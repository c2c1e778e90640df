//! The shred tick: one box of many records, and many boxes at once, over the vaults' folders and the embedded engine.
use client::OsRng;
use crypto::Rng;
use custody::{Job, Ticked};
use ids::{BoxId, MsgId};
use store::Engine as _;

use super::super::BenchError;
use super::super::machine::thread_cpu;
use super::super::table::Table;
use super::Amount;
use super::deck::{Deck, Spent};

store::record! {
    /// What a box is filled with.
    pub struct Note v1 {
        /// As long as a message.
        pub text: String,
    }
}

store::tables! {
    /// Content of the benchmark's boxes.
    NOTES = 1: BoxId, MsgId => Note, WithOwner, Fresh;
}

/// Rows of one transaction.
const AT_ONCE: usize = 1_000;
/// Rows that are moved in one transaction, as in the server.
const MOVED_AT_ONCE: usize = 256;
/// Random deletions of the small tick: one record in so many.
const DELETED_SHARE: u32 = 1_000;
/// A tick that found one half done, or more pending than fits, is followed by others; it never takes so many.
const ROUNDS_MAX: usize = 64;
const MIB: f64 = 1_048_576.0;

/// Puts notes from `first` to before `end` into a box; durable.
pub(super) fn fill(deck: &Deck, of: BoxId, first: u32, end: u32) -> Result<(), BenchError> {
    let note = Note { text: "x".repeat(250) };
    in_steps(deck, of, (first..end).collect(), |tx, id| tx.insert(&NOTES, of, id, &note))
}

/// Removes notes; durable.
pub(super) fn remove(deck: &Deck, of: BoxId, which: Vec<u32>) -> Result<(), BenchError> {
    in_steps(deck, of, which, |tx, id| tx.delete(&NOTES, of, id))
}

fn in_steps(
    deck: &Deck,
    of: BoxId,
    which: Vec<u32>,
    act: impl Fn(&mut store::Tx<'_>, &MsgId) -> Result<(), store::StoreError>,
) -> Result<(), BenchError> {
    for step in which.chunks(AT_ONCE) {
        let ran = deck.store.write(|tx| {
            tx.enter(&[of])?;
            step.iter().try_for_each(|&id| act(tx, &MsgId(id.cast_signed())))
        });
        ran.result?;
    }
    deck.engine.sync()?;
    Ok(())
}

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let mut deck = Deck::new()?;
    one_box(amount, &mut deck, table)?;
    drop(deck);
    many_boxes(amount, &mut Deck::new()?, table)
}

fn one_box(amount: &Amount, deck: &mut Deck, table: &mut Table) -> Result<(), BenchError> {
    let of = deck.boxes(1)?.pop().ok_or(BenchError::Keys)?;
    fill(deck, of, 0, amount.records)?;
    let before = deck.engine.view()?.commit();
    let idle = tick(deck)?;
    let commits = deck.engine.view()?.commit().0 - before.0;
    let work = (idle.spent.requests + commits) as f64;
    table.at_most("a tick without deletions: requests and commits", work, 0.0, "");

    let mut left: Vec<u32> = (0..amount.records).collect();
    for at in 0..left.len() {
        let other = at + usize::try_from(OsRng.u64() % (left.len() - at) as u64).unwrap_or(0);
        left.swap(at, other);
    }
    let half = left.split_off(left.len() / 2);
    let few = half.len().min((amount.records / DELETED_SHARE).max(1) as usize);
    remove(deck, of, half[..few].to_vec())?;
    let small = tick(deck)?;
    small.is_whole(1)?;
    let named = format!("a tick of {few} random deletions among {} records", amount.records);
    table.at_most(&named, small.spent.cpu.as_secs_f64() * 1e3, 250.0, "ms");
    table.at_most("the same, sent to each vault", small.spent.vault_bytes as f64 / MIB, 1.0, "MiB");
    table.fact("the same, processor time of a vault", small.spent.vaults_cpu.as_secs_f64() * 1e3 / 3.0, "ms");
    table.fact("the same, time that passed", small.spent.wall.as_secs_f64() * 1e3, "ms");

    remove(deck, of, half[few..].to_vec())?;
    let large = tick(deck)?;
    table.at_most(
        "half of all deleted at random: the largest state",
        large.state_bytes as f64 / MIB,
        8.0,
        "MiB",
    );
    table.fact("the same, survivors moved", large.moved as f64, "rows");
    table.fact("the same, processor time", large.spent.cpu.as_secs_f64(), "s");
    if deck.store.pending(of, 1)?.is_empty() { Ok(()) } else { Err(BenchError::NotTicked) }
}

fn many_boxes(amount: &Amount, deck: &mut Deck, table: &mut Table) -> Result<(), BenchError> {
    let boxes = deck.boxes(amount.boxes)?;
    let note = Note { text: "x".repeat(250) };
    for step in boxes.chunks(AT_ONCE / 10) {
        for gone in [false, true] {
            let ran = deck.store.write(|tx| {
                tx.enter(step)?;
                step.iter().try_for_each(|&of| match gone {
                    false => (0..3).try_for_each(|id| tx.insert(&NOTES, of, &MsgId(id), &note)),
                    true => tx.delete(&NOTES, of, &MsgId(1)),
                })
            });
            ran.result?;
        }
    }
    deck.engine.sync()?;
    let ticked = tick(deck)?;
    ticked.is_whole(boxes.len())?;
    let named = format!("a tick of {} boxes, vaults one after another", boxes.len());
    table.at_most(&named, ticked.spent.wall.as_secs_f64(), 60.0, "s");
    table.fact("the same, processor time", ticked.spent.cpu.as_secs_f64(), "s");
    table.fact("the same, processor time of a vault", ticked.spent.vaults_cpu.as_secs_f64() / 3.0, "s");
    table.fact("the same, requests to each vault", ticked.spent.requests as f64 / 3.0, "");
    Ok(())
}

/// What a tick came to.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) spent: Spent,
    done: usize,
    moved: usize,
    state_bytes: usize,
}

impl Sum {
    /// Refuses a tick that did not do each of so many boxes.
    pub(super) fn is_whole(&self, boxes: usize) -> Result<(), BenchError> {
        if self.done == boxes { Ok(()) } else { Err(BenchError::NotTicked) }
    }
}

/// A tick as the server does it: all dirty boxes, survivors moved where a state would be too large, until nothing is
/// pending.
pub(super) fn tick(deck: &mut Deck) -> Result<Sum, BenchError> {
    let mut sum = Sum::default();
    for _ in 0..ROUNDS_MAX {
        let dirty = deck.store.dirty(usize::MAX)?;
        if dirty.is_empty() {
            return Ok(sum);
        }
        let jobs: Vec<Job> = dirty.into_iter().map(|of| Job { of, below: None }).collect();
        let crowded = go(deck, &jobs, &mut sum)?;
        let mut moved = Vec::new();
        for of in crowded {
            moved.push(move_survivors(deck, of, &mut sum)?);
        }
        if !moved.is_empty() && !go(deck, &moved, &mut sum)?.is_empty() {
            return Err(BenchError::NotTicked);
        }
    }
    Err(BenchError::NotTicked)
}

/// One exchange; answers the boxes whose survivors have to move.
fn go(deck: &mut Deck, jobs: &[Job], sum: &mut Sum) -> Result<Vec<BoxId>, BenchError> {
    let mut crowded = Vec::new();
    let (ticked, spent) = deck.shred(jobs)?;
    sum.spent += spent;
    for (of, ticked) in ticked {
        match ticked {
            Ticked::Done { was_half_done: false, .. } => {
                sum.done += 1;
                let state = deck.ring.warm(of).ok().and_then(|keys| keys.state().ok());
                sum.state_bytes = sum.state_bytes.max(state.map_or(0, |state| state.bytes()));
            }
            Ticked::TooLarge => crowded.push(of),
            Ticked::Done { .. }
            | Ticked::NotFinal { .. }
            | Ticked::Waiting
            | Ticked::Away
            | Ticked::Gone
            | Ticked::Unusable
            | Ticked::Store(_) => return Err(BenchError::NotTicked),
        }
    }
    Ok(crowded)
}

fn move_survivors(deck: &Deck, of: BoxId, sum: &mut Sum) -> Result<Job, BenchError> {
    let below = deck.ring.warm(of).ok().and_then(|keys| keys.next_up().ok()).ok_or(BenchError::Keys)?;
    let cpu = thread_cpu();
    let mut from = None;
    loop {
        let swept = deck.store.move_survivors(of, below, from, MOVED_AT_ONCE)?;
        sum.moved += swept.rows;
        from = swept.next;
        if from.is_none() {
            break;
        }
    }
    deck.engine.sync()?;
    sum.spent.cpu += thread_cpu() - cpu;
    Ok(Job { of, below: Some(below) })
}
