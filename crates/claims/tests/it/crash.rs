//! R13: kills in the middle of ticks. A process of its own works on folders, one after the other: it starts, finds what the
//! one before it left, ends the tick, writes and deletes, begins a tick and dies in it at a given point. After each,
//! exactly one epoch is usable, survivors are readable, and what was deleted is not, once that is final.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use custody::wire::{Op, Request};
use domain::tables::MESSAGES;
use sealed::{AtRest, OwnerTag, RowKey};
use store::{Order, Scan};

use crate::folders::{Base, Image};
use crate::people::Pair;
use crate::promises::open;
use crate::red::is_full;
use crate::world::{Moment, Node};

const BASE: &str = "CLAIMS_R13_BASE";
const KILL: &str = "CLAIMS_R13_KILL";
/// Where a tick can be killed.
const POINTS: [&str; 6] =
    ["one vault staged", "W staged", "rows written", "first commit", "D receipts", "settled"];
/// Vaults that must stage before a commit, and those whose receipts make it final.
const W: usize = 3;
const D: usize = 2;
/// So many kills pass between two looks with copies of all folders.
const LOOK_EVERY: u32 = 20;

/// How a process is to end.
#[derive(Clone, Copy)]
struct Kill {
    number: u32,
    point: usize,
    /// Already in the tick that ends the one before, if that comes to the point.
    is_early: bool,
}

impl Kill {
    fn nth(number: u32) -> Kill {
        // Each point with each kind of it.
        Kill { number, point: number as usize % POINTS.len(), is_early: number / 6 % 3 == 2 }
    }
}

#[test]
fn r13_kills_during_ticks_leave_one_usable_epoch_and_no_deleted_message() {
    let each = if is_full() { 10_000 } else { 100 };
    // More than processors: they wait for one another's disks.
    let threads = 5;
    let runs: Vec<_> = (0..threads)
        .map(|seed| thread::spawn(move || storm(seed, u32::try_from(POINTS.len()).unwrap() * each / threads)))
        .collect();
    let hits: Vec<[u32; 6]> = runs.into_iter().map(|run| run.join().unwrap()).collect();
    for (point, name) in POINTS.iter().enumerate() {
        let hit: u32 = hits.iter().map(|hits| hits[point]).sum();
        assert!(hit >= each, "{hit} kills at: {name}");
    }
}

/// Kills so many processes over one set of folders, and lets the last one live. Answers how many died at each point.
fn storm(seed: u32, kills: u32) -> [u32; 6] {
    let base = Base::new();
    Node::make(base.path(), u64::from(seed) + 1300);
    let mut hits = [0; 6];
    for number in 0..=kills {
        let is_last = number == kills;
        let kill = if is_last { "none".to_owned() } else { number.to_string() };
        let output = Command::new(env::current_exe().unwrap())
            .args(["crash::r13_process", "--exact", "--nocapture"])
            .env(BASE, base.path())
            .env(KILL, kill)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let died = output.status.signal() == Some(6);
        assert!(died != is_last && (!is_last || output.status.success()), "process {number}: {said}");
        hits[Kill::nth(number).point] += u32::from(died);
    }
    hits
}

/// The process that is killed; as a test of its own it does nothing.
#[test]
fn r13_process() {
    let Some(base) = env::var_os(BASE).map(PathBuf::from) else { return };
    let kill = env::var(KILL).unwrap().parse().ok().map(Kill::nth);
    let number = kill.map_or(u32::MAX, |kill| kill.number);
    let mut life = Life::begin(&base, number);
    life.check();
    let mut killer = Killer::new(kill.filter(|kill| kill.is_early));
    life.node.tick_watched(&mut |moment| killer.see(&moment));
    life.check_final();
    if let Some(kill) = kill {
        life.write(kill.number);
        let mut killer = Killer::new(Some(kill));
        life.node.tick_watched(&mut |moment| killer.see(&moment));
        panic!("the tick did not come to: {}", POINTS[kill.point]);
    }
}

/// Dies at a point of a tick.
struct Killer {
    kill: Option<Kill>,
    staged: usize,
    committed: usize,
}

impl Killer {
    fn new(kill: Option<Kill>) -> Killer {
        Killer { kill, staged: 0, committed: 0 }
    }

    fn see(&mut self, moment: &Moment<'_>) {
        let Some(kill) = self.kill else { return };
        let has = |request: &[u8], is: fn(&Op) -> bool| {
            Request::decode(request).is_ok_and(|it| it.ops.iter().any(is))
        };
        let is_now = match moment {
            Moment::Sent(request) => {
                // Every second of these kills comes before the vault has it.
                kill.point == 3
                    && (kill.number / 6).is_multiple_of(2)
                    && has(request, |op| matches!(op, Op::Commit { .. }))
            }
            Moment::Answered(request) => {
                self.staged += usize::from(has(request, |op| matches!(op, Op::Stage(_))));
                self.committed += usize::from(has(request, |op| matches!(op, Op::Commit { .. })));
                match kill.point {
                    0 => self.staged == 1,
                    1 => self.staged == W,
                    3 => self.committed == 1,
                    4 => self.committed == D,
                    _ => false,
                }
            }
            Moment::Written => kill.point == 2,
            Moment::Outcome => kill.point == 5,
        };
        if is_now {
            std::process::abort();
        }
    }
}

/// What a process knows: its folders, and a file with what was promised to whom.
struct Life {
    node: Node,
    pair: Pair,
    base: PathBuf,
    alive: BTreeSet<String>,
    dead: BTreeSet<String>,
}

impl Life {
    /// Starts, in whatever state the folders are. The first process signs two people up.
    fn begin(base: &Path, number: u32) -> Life {
        let mut node = Node::on(base, u64::from(number) << 8 | 13);
        node.start();
        assert!(!node.up().is_behind || number == 0, "a kill was taken for a rollback");
        let told = fs::read_to_string(base.join("told")).unwrap_or_default();
        let pair = match told.lines().next() {
            None => {
                let pair = Pair::sign_up(&mut node);
                node.tick();
                let keys = pair.people.map(|by| by.key().0);
                fs::write(base.join("told"), format!("keys {} {}\n", keys[0], keys[1])).unwrap();
                pair
            }
            Some(line) => {
                let keys: Vec<u64> = line.split(' ').skip(1).map(|key| key.parse().unwrap()).collect();
                Pair::again(&mut node, [keys[0], keys[1]])
            }
        };
        let (mut alive, mut dead) = (BTreeSet::new(), BTreeSet::new());
        for line in told.lines().skip(1) {
            match line.split_once(' ').unwrap() {
                ("alive", text) => drop(alive.insert(text.to_owned())),
                (_, text) => drop((alive.remove(text), dead.insert(text.to_owned()))),
            }
        }
        Life { node, pair, base: base.to_owned(), alive, dead }
    }

    fn told(&self, what: &str, text: &str) {
        let file = OpenOptions::new().append(true).open(self.base.join("told"));
        writeln!(file.unwrap(), "{what} {text}").unwrap();
    }

    /// Whatever the tick has come to, people read what is there and nothing else.
    fn check(&mut self) {
        for of in 0..2 {
            let there: BTreeSet<String> = self.pair.texts(&mut self.node, of).into_iter().collect();
            assert!(there == self.alive, "{} readable, {} alive", there.len(), self.alive.len());
        }
    }

    /// After a tick has come to its end.
    fn check_final(&mut self) {
        self.check();
        for of in self.pair.people.map(|by| by.own_box()) {
            let epochs: BTreeSet<_> = (0..3).map(|vault| self.node.epochs(of, vault)).collect();
            let [current, staged] = epochs.first().unwrap();
            assert!(epochs.len() == 1 && current.is_some() && staged.is_none(), "{} states", epochs.len());
        }
        let own = self.pair.people[0].own_box();
        let keys = self.node.up().ring.warm(own).unwrap();
        let doomed = fs::read(self.base.join("doomed")).unwrap_or_default();
        let mut rest = doomed.as_slice();
        while let Some((lengths, more)) = rest.split_first_chunk::<2>() {
            let (key, more) = more.split_at(usize::from(lengths[0]));
            let (value, more) = more.split_at(usize::from(lengths[1]));
            let (key, value) = (RowKey::read_back(key.to_vec()), AtRest::read_back(value.to_vec()));
            assert!(open(&self.node, &keys, &key, &value).is_err(), "a deleted message opens");
            rest = more;
        }
        let before = self.base.join("images/before");
        if before.exists() {
            let (then, now) = (Image::live(&before), Image::take(&self.base, "now"));
            let found = self.node.dig([&*then.data, &*now.data], now.vaults.iter().map(PathBuf::as_path));
            assert!(self.alive.iter().all(|text| found.holds(text.as_bytes())), "a survivor does not open");
            assert!(!self.dead.iter().any(|text| found.holds(text.as_bytes())), "what is dead opens");
            fs::remove_dir_all(self.base.join("images/now")).unwrap();
            fs::remove_dir_all(before).unwrap();
        }
    }

    /// Sends, and deletes on both sides; told when it is durable.
    fn write(&mut self, number: u32) {
        let texts: Vec<String> =
            (0..2).map(|of| format!("{number:08}-{of}-{:016x}", self.node.draw())).collect();
        for (of, text) in texts.iter().enumerate() {
            self.pair.say(&mut self.node, of, text);
        }
        self.node.sync();
        for text in texts {
            self.told("alive", &text);
            self.alive.insert(text);
        }
        if number.is_multiple_of(LOOK_EVERY) {
            Image::take(&self.base, "before");
        }
        // One at least, and more when many are left: a look at all of them is to be quick.
        for _ in 0..self.alive.len().saturating_sub(12).max(1) {
            let at = usize::try_from(self.node.draw() % self.alive.len() as u64).unwrap();
            let text = self.alive.iter().nth(at).unwrap().clone();
            let before = self.rows();
            self.pair.delete_both(&mut self.node, &text);
            self.node.sync();
            self.told("dead", &text);
            let after = self.rows();
            self.doom(before.iter().filter(|row| !after.contains(row)));
            self.alive.remove(&text);
            self.dead.insert(text);
        }
    }

    /// The rows of messages of the first of the two.
    fn rows(&self) -> Vec<(RowKey, AtRest)> {
        let names = self.node.up().ring.names().unwrap();
        let from = names.owner(OwnerTag::of_box(self.pair.people[0].own_box())).row(MESSAGES.info().id, &[]);
        let mut to = from.as_bytes().to_vec();
        to.push(0xff);
        let all =
            Scan { from: from.as_bytes(), to: &to, skip: 0, limit: usize::MAX, order: Order::Ascending };
        self.node.store().engine().view().unwrap().range(&all).unwrap()
    }

    /// Keeps rows that were deleted: they must never open again.
    fn doom<'a>(&self, rows: impl Iterator<Item = &'a (RowKey, AtRest)>) {
        let mut bytes = Vec::new();
        for (key, value) in rows {
            let lengths =
                [key.as_bytes().len(), value.as_bytes().len()].map(|length| u8::try_from(length).unwrap());
            bytes.extend([&lengths, key.as_bytes(), value.as_bytes()].concat());
        }
        assert!(!bytes.is_empty(), "nothing was deleted");
        let file = OpenOptions::new().create(true).append(true).open(self.base.join("doomed"));
        file.unwrap().write_all(&bytes).unwrap();
    }
}
