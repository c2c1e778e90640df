//! Durable messages on the sealed store, and batches of the very same rows on the bare engine, by turns.
//!
//! The bare engine gets what the same messages become on a model in memory, sealed already: as many rows of the same
//! sizes, in the same order. Both engines sync in groups on a thread of their own, by the server's own rule, and both are the
//! embedded engine with its own row, its snapshot for each commit, its journals and tables. What only the sealed side does is
//! what is measured: it checks the writer's rights, reads what the rule asks, makes row keys, seals, and is told the commit to
//! wait for; the bare side only applies. A turn ends when all of it is durable; processor time is that of the whole process,
//! so fjall's threads and the sync belong to the side whose turn it is.
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, PoisonError};
use std::time::Duration;

use client::Clock;
use store::{Batch, Commit, Embedded, Engine, Settings, Store, Tapped};

use super::super::BenchError;
use super::super::machine::{process_cpu, read_calls};
use super::super::process::Folder;
use super::super::table::Table;
use super::Amount;
use super::deck::Deck;
use super::people::{self, PAIRS, Pair};

/// Messages that may be under way when one thread sends.
const UNDER_WAY: u64 = 64;
/// None, but that blocks of a table which was just written are read once.
const DISK_READS_MAX: f64 = 0.01;
/// People of the model have other numbers than those of the store.
const MODEL: u64 = 1_000_000;

/// An engine, and word of what is durable there.
struct Durable {
    engine: Arc<Embedded>,
    mark: Arc<Mark>,
}

#[derive(Default)]
struct Mark {
    commit: Mutex<Commit>,
    moved: Condvar,
}

impl Durable {
    fn of(engine: Arc<Embedded>) -> Self {
        let mark = Arc::new(Mark::default());
        let told = Arc::clone(&mark);
        engine.on_durable(Arc::new(move |commit| {
            *told.commit.lock().unwrap_or_else(PoisonError::into_inner) = commit;
            told.moved.notify_all();
        }));
        Self { engine, mark }
    }

    fn wait(&self, commit: Commit) {
        let mut durable = self.mark.commit.lock().unwrap_or_else(PoisonError::into_inner);
        while *durable < commit {
            durable = self.mark.moved.wait(durable).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Syncs until the engine is closed. Should the disk fail, its commits fail as well.
    fn sync(&self, clock: Clock) {
        let _ = server::sync_in_groups(&*self.engine, || clock.elapsed(), || ());
    }

    fn apply(&self, batch: Batch) -> Result<Commit, BenchError> {
        Ok(self.engine.session()?.apply(batch)?)
    }
}

/// What a turn took.
#[derive(Clone, Copy)]
struct Turn {
    wall: Duration,
    cpu: Duration,
    reads: u64,
}

struct Bench<'a> {
    amount: &'a Amount,
    clock: Clock,
    store: Store,
    pairs: Vec<Pair>,
    sealed: Durable,
    bare: Durable,
    model: Model,
    sent: i64,
}

/// The same messages in memory: their batches are what the bare engine gets.
struct Model {
    store: Store,
    pairs: Vec<Pair>,
    batches: Arc<Mutex<Vec<Batch>>>,
    sent: i64,
}

impl Model {
    fn taken(&self) -> Vec<Batch> {
        std::mem::take(&mut *self.batches.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn send(&mut self, messages: usize) -> Result<Vec<Batch>, BenchError> {
        for at in 0..messages {
            self.sent += 1;
            self.pairs.get(at % PAIRS).ok_or(BenchError::Nothing)?.send(&self.store, self.sent)?;
        }
        Ok(self.taken())
    }
}

pub(super) fn measure(amount: &Amount, table: &mut Table) -> Result<(), BenchError> {
    let mut deck = Deck::new()?;
    let folder = Folder::new()?;
    let mut bench = prepare(amount, &mut deck, folder.path())?;
    let (sealed, bare) = (Arc::clone(&bench.sealed.engine), Arc::clone(&bench.bare.engine));
    let (sealed_mark, bare_mark) = (Arc::clone(&bench.sealed.mark), Arc::clone(&bench.bare.mark));
    std::thread::scope(|scope| {
        for (engine, mark) in [(&sealed, sealed_mark), (&bare, bare_mark)] {
            let side = Durable { engine: Arc::clone(engine), mark };
            let clock = bench.clock;
            scope.spawn(move || side.sync(clock));
        }
        let result = bench.run(table);
        // The threads that sync end with their engines.
        sealed.close();
        bare.close();
        result
    })
}

fn prepare<'a>(amount: &'a Amount, deck: &mut Deck, folder: &Path) -> Result<Bench<'a>, BenchError> {
    let store = deck.store.clone();
    let pairs = people::sign_up(deck, &store, 1)?;
    let batches = Arc::<Mutex<Vec<Batch>>>::default();
    let kept = Arc::clone(&batches);
    let memory = Arc::new(Tapped::new(Box::new(move |batch| {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(batch.clone());
        Ok(())
    })));
    let model_store = Store::new(memory, store.door().clone());
    let model_pairs = people::sign_up(deck, &model_store, MODEL)?;
    let model = Model { store: model_store, pairs: model_pairs, batches, sent: 0 };
    let bare = Arc::new(Embedded::open(&folder.join("rows"), &Settings::default())?);
    let (sealed, bare) = (Durable::of(Arc::clone(&deck.engine)), Durable::of(bare));
    for batch in model.taken() {
        bare.apply(batch)?;
    }
    Ok(Bench { amount, clock: Clock::start(), store, pairs, sealed, bare, model, sent: 0 })
}

impl Bench<'_> {
    fn run(&mut self, table: &mut Table) -> Result<(), BenchError> {
        let rounds = if self.amount.quick { 3 } else { 15 };
        let messages = self.amount.messages;
        // Once for nothing: dialogs are made, files and caches are there.
        self.one_sends()?;
        self.many_send()?;
        let (mut ones, mut manys, mut puts, mut bytes) = (Vec::new(), Vec::new(), 0, 0);
        for _ in 0..rounds {
            let (sealed, bare, shape) = self.one_sends()?;
            (puts, bytes) = (puts.max(shape.0), bytes.max(shape.1));
            ones.push((sealed, bare));
            manys.push(self.many_send()?);
        }
        let each = |turn: &Turn| turn.cpu.as_secs_f64() * 1e6 / messages as f64;
        let ratio = median(ones.iter().map(|(sealed, bare)| each(sealed) / each(bare)))?;
        table.at_most("processor time of a durable message over the bare engine's", ratio, 2.0, "");
        table.fact("the same, sealed", median(ones.iter().map(|(sealed, _)| each(sealed)))?, "us");
        table.fact("the same, bare", median(ones.iter().map(|(_, bare)| each(bare)))?, "us");
        table.at_most("puts of a message", puts as f64, 8.0, "");
        table.fact("bytes of a message's rows, keys included", bytes as f64, "bytes");
        let reads = median(ones.iter().map(|(sealed, _)| sealed.reads as f64))?;
        table.at_most("reads of the disk for a message, warm", reads / messages as f64, DISK_READS_MAX, "");
        let rate = |turn: &Turn| messages as f64 / turn.wall.as_secs_f64();
        let share = median(manys.iter().map(|(sealed, bare)| 100.0 * rate(sealed) / rate(bare)))?;
        table.at_least("commits of 64 senders at once, of the bare engine's", share, 70.0, "%");
        table.fact("the same, sealed", median(manys.iter().map(|(sealed, _)| rate(sealed)))?, "/s");
        table.fact("the same, bare", median(manys.iter().map(|(_, bare)| rate(bare)))?, "/s");
        Ok(())
    }

    /// One thread sends, with some messages under way, on both engines. Also the most rows and bytes of a message.
    fn one_sends(&mut self) -> Result<(Turn, Turn, (usize, usize)), BenchError> {
        let messages = self.amount.messages;
        let batches = self.model.send(messages)?;
        let sizes = batches.iter().map(|batch| {
            let bytes = |(key, value): (&sealed::RowKey, &Option<sealed::AtRest>)| {
                key.as_bytes().len() + value.as_ref().map_or(0, |value| value.as_bytes().len())
            };
            (batch.len(), batch.iter().map(bytes).sum::<usize>())
        });
        let shape = sizes.fold((0, 0), |most, size| (most.0.max(size.0), most.1.max(size.1)));
        let (store, pairs, mut sent) = (&self.store, &self.pairs, self.sent);
        let sealed = turn(self.clock, &self.sealed, 0..messages, |at| {
            sent += 1;
            pairs.get(at % PAIRS).ok_or(BenchError::Nothing)?.send(store, sent)
        })?;
        self.sent = sent;
        let bare = turn(self.clock, &self.bare, batches, |batch| self.bare.apply(batch))?;
        Ok((sealed, bare, shape))
    }

    /// Each sender waits until his message is durable before he sends the next one.
    fn many_send(&mut self) -> Result<(Turn, Turn), BenchError> {
        let messages = self.amount.messages;
        let mut lanes: Vec<Vec<Batch>> = (0..PAIRS).map(|_| Vec::new()).collect();
        for (at, batch) in self.model.send(messages)?.into_iter().enumerate() {
            lanes.get_mut(at % PAIRS).ok_or(BenchError::Nothing)?.push(batch);
        }
        let first = self.sent;
        self.sent += i64::try_from(messages).unwrap_or(i64::MAX);
        let (store, pairs) = (&self.store, &self.pairs);
        let counts: Vec<usize> = lanes.iter().map(Vec::len).collect();
        let jobs = pairs.iter().zip(counts).enumerate().map(|(lane, (pair, count))| {
            let ids = (0..count).map(move |nth| first + 1 + (nth * PAIRS + lane) as i64);
            ids.map(move |id| move || pair.send(store, id)).collect::<Vec<_>>()
        });
        let sealed = crowd(self.clock, &self.sealed, jobs.collect())?;
        let bare = &self.bare;
        let jobs = lanes
            .into_iter()
            .map(|lane| lane.into_iter().map(|batch| move || bare.apply(batch)).collect::<Vec<_>>());
        Ok((sealed, crowd(self.clock, bare, jobs.collect())?))
    }
}

/// One thread does it all; at the end all of it is durable.
fn turn<T>(
    clock: Clock,
    on: &Durable,
    what: impl IntoIterator<Item = T>,
    mut act: impl FnMut(T) -> Result<Commit, BenchError>,
) -> Result<Turn, BenchError> {
    let reads = read_calls()?;
    let own_reads = read_calls()? - reads;
    let (began, cpu, reads) = (clock.elapsed(), process_cpu(), read_calls()?);
    for one in what {
        let commit = act(one)?;
        on.wait(Commit(commit.0.saturating_sub(UNDER_WAY)));
    }
    let reads = read_calls()?.saturating_sub(reads + own_reads);
    on.wait(newest(on)?);
    Ok(Turn { wall: clock.elapsed() - began, cpu: process_cpu() - cpu, reads })
}

fn newest(on: &Durable) -> Result<Commit, BenchError> {
    Ok(on.engine.view()?.commit())
}

/// Every sender on a thread of his own; time runs from when all stand ready.
fn crowd<F>(clock: Clock, on: &Durable, lanes: Vec<Vec<F>>) -> Result<Turn, BenchError>
where
    F: FnOnce() -> Result<Commit, BenchError> + Send,
{
    let start = Barrier::new(lanes.len() + 1);
    let failed = AtomicUsize::new(0);
    let (start, failed) = (&start, &failed);
    let (began, cpu) = std::thread::scope(|scope| {
        for lane in lanes {
            scope.spawn(move || {
                start.wait();
                for act in lane {
                    match act() {
                        Ok(commit) => on.wait(commit),
                        Err(_) => return failed.fetch_add(1, Ordering::Relaxed),
                    };
                }
                0
            });
        }
        start.wait();
        (clock.elapsed(), process_cpu())
    });
    if failed.load(Ordering::Relaxed) > 0 {
        return Err(BenchError::Unexpected);
    }
    Ok(Turn { wall: clock.elapsed() - began, cpu: process_cpu() - cpu, reads: 0 })
}

fn median(values: impl Iterator<Item = f64>) -> Result<f64, BenchError> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().ok_or(BenchError::Nothing)
}
