//! R3: power cuts. Every state that a crash can leave opens, holds every acknowledged commit whole, none half, and
//! nothing that is not a prefix of the commits. So do the states that a crash during recovery can leave.
//!
//! `STORE_CRASH_STATES` says how many states are built (20,000 here, 1,000,000 for a release), `STORE_CRASH_SEED` where
//! to begin. A state that fails stays on the disk, and its place is told.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::{Embedded, Engine as _};

use crate::disk::{Chance, State, Step, Trace, Watched, World};
use crate::process::settings;
use crate::scratch::Scratch;
use crate::workload::{Kind, Plan, fingerprint, step};

/// Steps of the work that is cut.
const STEPS: u64 = 260;
/// Steps after each recovery.
const MORE: u64 = 12;
/// Crashes in recoveries, one on top of the other.
const DEPTH: usize = 3;
/// States drawn from one trace of first work, and from one of a recovery.
const STATES_PER_WORK: usize = 600;
const STATES_PER_RECOVERY: usize = 12;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[test]
fn r3_every_crash_state_opens_with_all_that_was_acknowledged() {
    let wanted = setting("STORE_CRASH_STATES", 20_000);
    let seed = setting("STORE_CRASH_SEED", 1) as u64;
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let (built, work) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let deep: Vec<AtomicUsize> = (0..=DEPTH).map(|_| AtomicUsize::new(0)).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut gate = Gate {
                    process: Watched::start(),
                    place: Scratch::new(),
                    built: &built,
                    deep: &deep,
                    wanted,
                    name: 0,
                };
                while built.load(Ordering::Relaxed) < wanted {
                    let number = work.fetch_add(1, Ordering::Relaxed) as u64;
                    gate.work(seed.wrapping_add(number));
                }
            });
        }
    });
    let deep: Vec<usize> = deep.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    assert!(deep.iter().skip(1).all(|&count| count * 40 >= wanted), "too few states of some depth: {deep:?}");
}

/// Red when a start that finds the rows does not sync the folder that names them.
#[test]
fn r3_the_name_that_a_killed_process_gave_its_rows_is_on_the_disk_before_anything_builds_on_it() {
    let (built, deep) = (AtomicUsize::new(0), [const { AtomicUsize::new(0) }; DEPTH + 1]);
    let (process, place) = (Watched::start(), Scratch::new());
    let mut gate = Gate { process, place, built: &built, deep: &deep, wanted: usize::MAX, name: 0 };
    let plan = Plan { kind: Kind::Small, seed: 5 };
    let first = gate.record(plan, 1, None);
    let is_named = |step: &Step| matches!(step, Step::Moved { to, .. } if to == "rows");
    let named = first.steps.iter().position(is_named).expect("the first start names its rows");
    let mut world = World::empty();
    first.steps.iter().take(named + 1).for_each(|step| world.take(step));
    let second = gate.record(plan, MORE, Some(&State::live(&world)));
    let prints = plan.fingerprints(MORE);
    let known = Known { plan, prints: &prints, acked: 0, depth: DEPTH };
    gate.crash(&world, &second, &known, 100, &mut Chance(5));
    assert_eq!(built.into_inner(), 100);
}

struct Gate<'a> {
    process: Watched,
    place: Scratch,
    built: &'a AtomicUsize,
    deep: &'a [AtomicUsize],
    wanted: usize,
    name: u64,
}

/// What is known of a world: the plan, its fingerprints, what was acknowledged before the trace began.
struct Known<'a> {
    plan: Plan,
    prints: &'a [u64],
    acked: u64,
    depth: usize,
}

impl Gate<'_> {
    fn work(&mut self, seed: u64) {
        // Every tenth fills a journal, so that the next one is begun; those are slow, and few states are made of them.
        let kind = if seed % 10 == 9 { Kind::Full } else { Kind::Small };
        let plan = Plan { kind, seed };
        let trace = self.record(plan, STEPS, None);
        reaches_everything(kind, &trace);
        let prints = plan.fingerprints(STEPS + MORE * 8);
        let states = if kind == Kind::Full { STATES_PER_WORK / 6 } else { STATES_PER_WORK };
        let known = Known { plan, prints: &prints, acked: 0, depth: 1 };
        self.crash(&World::empty(), &trace, &known, states, &mut Chance(seed));
    }

    /// Lets the process work in a folder, and takes what it did there.
    fn record(&mut self, plan: Plan, last: u64, state: Option<&State>) -> Trace {
        self.name += 1;
        let name = format!("run-{}", self.name);
        if let Some(state) = state {
            state.build(&self.process.folder(&name));
        }
        let kind = if plan.kind == Kind::Full { "full" } else { "small" };
        let answer = self.process.order(&format!("work {name} {kind} {} {last} close", plan.seed));
        assert!(answer.starts_with("Ok"), "the work failed without a crash: {answer}");
        self.process.take(&name)
    }

    /// Draws crash states all along a trace.
    fn crash(&mut self, begin: &World, trace: &Trace, known: &Known<'_>, states: usize, chance: &mut Chance) {
        let mut moments: Vec<usize> = (0..states).map(|_| chance.below(trace.steps.len() + 1)).collect();
        moments.sort_unstable();
        let mut moments = moments.into_iter().peekable();
        let (mut world, mut acked) = (begin.clone(), known.acked);
        for (place, step) in trace.steps.iter().chain([&Step::Marker(String::new())]).enumerate() {
            while moments.next_if_eq(&place).is_some() {
                if self.built.fetch_add(1, Ordering::Relaxed) >= self.wanted {
                    return;
                }
                self.deep[known.depth].fetch_add(1, Ordering::Relaxed);
                let killed = chance.once_in(40);
                let state = if killed { State::live(&world) } else { State::draw(&world, chance) };
                let reached = self.judge(&state, known, acked);
                // A recovery is watched, and crashed in turn. After a mere kill the disk has no more than before.
                if known.depth < DEPTH && (killed || chance.once_in(40)) {
                    let trace = self.record(known.plan, reached + MORE, Some(&state));
                    let known = Known { acked, depth: known.depth + 1, ..*known };
                    let states = if known.plan.kind == Kind::Full { 2 } else { STATES_PER_RECOVERY };
                    let begin = if killed { world.clone() } else { state.rest() };
                    self.crash(&begin, &trace, &known, states, chance);
                }
            }
            if let Step::Marker(text) = step
                && let Some(step) = text.strip_prefix("ack.")
            {
                acked = acked.max(step.parse().unwrap());
            }
            world.take(step);
        }
    }

    /// Opens a state and looks at everything in it; answers its last step.
    fn judge(&self, state: &State, known: &Known<'_>, acked: u64) -> u64 {
        let folder = self.place.path().join("state");
        state.build(&folder);
        let found = open(&folder, known);
        match found {
            Ok(reached) if reached >= acked => {
                std::fs::remove_dir_all(&folder).unwrap();
                return reached;
            }
            Ok(_) | Err(_) => {}
        }
        let kept = std::env::temp_dir().join(format!("heliograph-crash-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&kept);
        state.build(&kept);
        panic!(
            "R3: {:?} at depth {}: {found:?}, acknowledged {acked}; the state is in {}",
            known.plan,
            known.depth,
            kept.display()
        );
    }
}

/// A crash is worth something only where something happens: tables are made and merged, journals end.
fn reaches_everything(kind: Kind, trace: &Trace) {
    let made = |part: &str| {
        let made = |step: &&Step| matches!(step, Step::Made { path, .. } if path.contains(part));
        trace.steps.iter().filter(made).count()
    };
    let removed = |part: &str| {
        let removed = |step: &&Step| matches!(step, Step::Removed { path } if path.contains(part));
        trace.steps.iter().filter(removed).count()
    };
    let tables = "rows/keyspaces/1/tables/";
    match kind {
        Kind::Small => {
            assert!(made(tables) > 2 && removed(tables) > 0, "{} {}", made(tables), removed(tables));
        }
        Kind::Full => {
            assert!(made("rows/1.jnl") == 1 && removed("rows/0.jnl") == 1, "no journal came and went");
        }
    }
}

fn open(folder: &Path, known: &Known<'_>) -> Result<u64, String> {
    let engine =
        Embedded::open(folder, &settings(known.plan.kind)).map_err(|error| format!("not opened: {error}"))?;
    let view = engine.view().unwrap();
    if engine.durable() != view.commit() {
        return Err("what was opened is not durable".to_owned());
    }
    let reached = step(&*view).map_err(|error| format!("not read: {error}"))?;
    let print = fingerprint(&*view).map_err(|error| format!("not read: {error}"))?;
    let expected = usize::try_from(reached).ok().and_then(|step| known.prints.get(step));
    if expected != Some(&print) {
        return Err(format!("the rows are not those of step {reached}"));
    }
    Ok(reached)
}
