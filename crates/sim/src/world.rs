//! The scheduler and the network: one heap of what is to happen, in the order of its time, and of its coming where the time
//! is the same.
//!
//! Invariant: nothing happens but what was taken from the heap, and nothing waits.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use custody::{Member, Misdeed, Roster, VaultNo, wire::Tag};
use ids::{BoxId, UnixTime};

use crate::{
    Counts, Options, Outage, Report,
    dice::Dice,
    host::Host,
    model::Model,
    node::Node,
    node_disk::Image,
    outage,
    story::Story,
    users::{Desk, User},
    vault_disk::Files,
};

/// What is to happen.
pub(crate) enum Event {
    /// A request reaches a vault.
    Request { start: u64, job: u64, to: VaultNo, bytes: Vec<u8> },
    /// An answer, or the news that there is none, reaches the node.
    Answer { start: u64, job: u64, from: VaultNo, bytes: Option<Vec<u8>> },
    /// The time of an exchange.
    Wake { start: u64, job: u64 },
    /// The node's disk syncs.
    Sync { start: u64 },
    /// The node looks for deletions to shred.
    Tick { start: u64 },
    /// The node does what is due: orders, the key of the day, shares for vaults that were away.
    Errands { start: u64 },
    /// The node reports its commit number.
    Reports { start: u64 },
    /// Somebody does something, or tries it again.
    User { index: usize },
    /// An answer reaches somebody no more: he tries again.
    GaveUp { index: usize, tries: u64 },
    /// Something goes wrong.
    Storm,
    /// Vaults are away for long.
    Outage(Outage),
    /// They are back.
    OutageEnds,
    /// The power is back at a vault.
    VaultBack { at: VaultNo },
    /// The node starts.
    NodeBack { start: u64 },
}

/// How bad the network is, in percent and milliseconds.
pub(crate) struct Weather {
    pub(crate) lost: u64,
    pub(crate) twice: u64,
    pub(crate) late: u64,
}

/// An image of the node's folder, with what was true then.
pub(crate) struct Saved {
    pub(crate) image: Image,
    /// Which start served it.
    pub(crate) served: u32,
    pub(crate) model: Model,
    /// The vaults' folders of that time: only a sabotage opens with them.
    pub(crate) vaults: Vec<Files>,
}

/// Everything.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) dice: Dice,
    pub(crate) now_ms: u64,
    /// How wrong the node's wall clock is, in seconds.
    pub(crate) clock_off_s: i64,
    pub(crate) story: Story,
    pub(crate) counts: Counts,
    pub(crate) weather: Weather,
    pub(crate) is_calm: bool,
    /// When vaults went away for long, and until when.
    pub(crate) outage_ms: Option<(u64, u64)>,
    pub(crate) hosts: Vec<Host>,
    /// The vault that lies at times.
    pub(crate) liar: Option<VaultNo>,
    /// What it lied about last, by its kind.
    pub(crate) lie: usize,
    pub(crate) node: Node,
    pub(crate) users: Vec<User>,
    pub(crate) desk: Desk,
    pub(crate) model: Model,
    pub(crate) images: Vec<Saved>,
    /// What became current at any vault, by box and epoch.
    pub(crate) epochs: BTreeMap<(BoxId, u32), Tag>,
    heap: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    next: u64,
}

/// When it is over at the latest: a run that has not come to its end then never will.
const END_MS: u64 = 3_600_000;
/// A Sunday in November.
const BEGIN_S: i64 = 1_795_000_000;

impl World {
    pub(crate) fn new(options: Options) -> Option<World> {
        let mut dice = Dice::new(options.seed);
        let (n, k) = if dice.chance(75) { (3, 2) } else { (5, 3) };
        let hosts: Vec<Host> = (0..n).map(|_| Host::new(dice.fork())).collect::<Option<_>>()?;
        let member = |(index, host): (usize, &Host)| {
            let (place, jurisdiction) = (format!("vault-{index}"), format!("land-{index}"));
            Some(Member { key: host.verifying()?, place, jurisdiction })
        };
        let members = hosts.iter().enumerate().map(member).collect::<Option<Vec<_>>>()?;
        let roster = Roster::new(k, members).ok()?.to_text();
        let people = dice.between(2, 4);
        let left = dice.between(10, 30);
        let users = (0..people)
            .map(|index| User::new(usize::try_from(index).ok()?, u32::try_from(left).ok()?, &mut dice))
            .collect::<Option<Vec<_>>>()?;
        let node = Node::new(&mut dice, roster, options.sabotage);
        Some(World {
            options,
            now_ms: 0,
            clock_off_s: 0,
            story: Story::new(options.keeps_lines),
            counts: Counts::default(),
            weather: Weather { lost: 0, twice: 0, late: 0 },
            is_calm: false,
            outage_ms: None,
            hosts,
            liar: None,
            lie: 0,
            node,
            users,
            desk: Desk::new(),
            model: Model::default(),
            images: Vec::new(),
            epochs: BTreeMap::new(),
            heap: BinaryHeap::new(),
            events: BTreeMap::new(),
            next: 0,
            dice,
        })
    }

    /// What the node's wall clock says.
    pub(crate) fn unix(&self) -> UnixTime {
        UnixTime(BEGIN_S + (self.now_ms / 1000).cast_signed() + self.clock_off_s)
    }

    pub(crate) fn after(&mut self, ms: u64, event: Event) {
        self.heap.push(Reverse((self.now_ms + ms, self.next)));
        self.events.insert(self.next, event);
        self.next += 1;
    }

    pub(crate) fn tell(&mut self, line: &str) {
        self.story.tell(self.now_ms, line);
    }

    pub(crate) fn wrong(&mut self, what: &str) {
        self.story.wrong(self.now_ms, what);
    }

    /// From the first start to the last image.
    pub(crate) fn run(mut self) -> Report {
        let vaults = self.hosts.len();
        let people = self.users.len();
        self.tell(&format!("{vaults} vaults, {people} users"));
        self.start_node();
        for index in 0..people {
            let ms = self.dice.below(2_000);
            self.after(ms, Event::User { index });
        }
        let first = self.dice.between(2_000, 9_000);
        match self.options.outage {
            None => self.after(first, Event::Storm),
            Some(outage) => self.after(outage::BEGIN_MS, Event::Outage(outage)),
        }
        let storm_ms = self.dice.between(60_000, 150_000);
        while let Some(Reverse((at_ms, number))) = self.heap.pop() {
            self.now_ms = at_ms;
            if !self.is_calm && at_ms > storm_ms && self.options.outage.is_none() {
                self.calm_down();
            }
            if let Some(event) = self.events.remove(&number) {
                self.happen(event);
            }
            for wrong in self.node.disk.take_wrongs() {
                self.wrong(&wrong);
            }
            if self.is_calm && self.is_settled() {
                break;
            }
            if self.now_ms > self.outage_ms.map_or(END_MS, |(_, until_ms)| until_ms + outage::REST_MS) {
                let what = self.unsettled();
                self.wrong(&format!("what was begun never came to its end: {what}"));
                break;
            }
            if self.story.is_wrong() {
                break;
            }
        }
        self.finish()
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Request { start, job, to, bytes } => self.reach_vault(start, job, to, &bytes),
            Event::Answer { start, job, from, bytes } => {
                self.hear(start, job, from, bytes.as_deref());
                self.watch_names();
            }
            Event::Wake { start, job } => self.wake(start, job),
            Event::Sync { start } => self.sync(start),
            Event::Tick { start } => self.tick(start),
            Event::Errands { start } => self.errands(start),
            Event::Reports { start } => self.report(start),
            Event::User { index } => self.act(index),
            Event::GaveUp { index, tries } => self.give_up(index, tries),
            Event::Storm => self.storm(),
            Event::Outage(outage) => self.outage(outage),
            Event::OutageEnds => self.outage_ends(),
            Event::VaultBack { at } => self.vault_back(at),
            Event::NodeBack { start } => self.node_back(start),
        }
    }

    /// Sends something over the network: it may be lost, come twice, or late, and so in another order.
    pub(crate) fn send(&mut self, vault: VaultNo, make: impl Fn() -> Event) {
        let Weather { lost, twice, late } = self.weather;
        let dice = self.dice.below(100);
        let copies = if dice < lost { 0 } else { 1 + u64::from(dice < lost + twice) };
        let slow = self.hosts.get(vault.index()).is_some_and(|host| self.now_ms < host.slow_until_ms);
        for _ in 0..copies {
            let mut ms = self.dice.between(1, 12);
            if slow {
                ms += self.dice.between(300, 2_500);
            }
            if self.dice.chance(late) {
                ms += self.dice.between(1_000, 15_000);
            }
            self.after(ms, make());
        }
    }

    fn reach_vault(&mut self, start: u64, job: u64, to: VaultNo, bytes: &[u8]) {
        let now_ms = self.now_ms;
        let Some(host) = self.hosts.get_mut(to.index()) else { return };
        let answer = if host.is_reachable(now_ms) { host.answer(bytes, now_ms) } else { None };
        match answer {
            Some((answer, is_lie)) => {
                if let Some(lies) = self.counts.lies.get_mut(self.lie) {
                    *lies += u64::from(is_lie);
                }
                self.watch_epochs(to, bytes);
                self.send(to, || Event::Answer { start, job, from: to, bytes: Some(answer.clone()) });
            }
            // Sometimes the driver finds out at once, sometimes never.
            None if self.dice.chance(50) => {
                self.after(3, Event::Answer { start, job, from: to, bytes: None });
            }
            None => {}
        }
    }

    /// Who lies is named, and nobody else. A request that came late makes an honest vault say that it was overtaken.
    fn watch_names(&mut self) {
        let Some(deployment) = self.node.deployment() else { return };
        for named in deployment.take_named() {
            if named.misdeed != Misdeed::Overtaken && Some(named.vault) != self.liar {
                self.wrong(&format!("vault {} is named without cause: {:?}", named.vault.0, named.misdeed));
            }
            if let Some(kinds) = self.counts.named.get_mut(self.lie) {
                *kinds += u64::from(named.misdeed != Misdeed::Overtaken);
            }
        }
    }

    /// R13 in the small: whatever vaults commit for an epoch of a box is one and the same sharing.
    fn watch_epochs(&mut self, at: VaultNo, request: &[u8]) {
        let boxes = self.boxes();
        let Some(deployment) = self.node.deployment() else { return };
        let Some(host) = self.hosts.get_mut(at.index()) else { return };
        for (of, epoch, tag) in host.committed(&deployment, &boxes, at, request) {
            let first = *self.epochs.entry((of, epoch)).or_insert(tag);
            if first != tag {
                self.wrong(&format!("epoch {epoch} of a box was committed with two secrets"));
            }
        }
        self.counts.epochs = self.epochs.len() as u64;
    }

    /// All boxes there are.
    pub(crate) fn boxes(&self) -> Vec<BoxId> {
        let own = self.users.iter().filter_map(|user| user.id).map(BoxId::from);
        own.chain(custody::system_boxes()).collect()
    }

    /// Whose box it is.
    pub(crate) fn owner(&self, of: BoxId) -> Option<usize> {
        self.users.iter().position(|user| user.id.map(BoxId::from) == Some(of))
    }

    fn finish(mut self) -> Report {
        if !self.story.is_wrong() {
            self.last_look();
        }
        let (copies, shredded) = self.model.counts();
        let (hash, lines, wrongs, count) = self.story.into_parts();
        let counts = Counts { lines: count, copies: copies as u64, shredded: shredded as u64, ..self.counts };
        Report { hash, lines, wrongs, counts }
    }
}
