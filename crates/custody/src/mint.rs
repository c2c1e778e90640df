//! Mint: new shared keys, durable at W vaults before they count, many in one exchange with each.
//!
//! A vault that has another share under a handle says so. Then all vaults are asked what they have: what k of them agree
//! on is taken instead (an earlier mint was cut short after it counted), and what cannot have counted is destroyed and
//! made anew. The key of a device is never taken over: what is there is that of a login that has ended, or of one that
//! never came about, and each vault destroys it before it takes the new one.
//!
//! What counts here was taken by W vaults in requests of this start, so nothing that was sent before can undo it there
//! (docs/keys.md 6), and no k of the other vaults can have another key.

use std::collections::VecDeque;

use crypto::Rng;
use ids::sabotage::{self, Fault};
use ids::{AuthKeyId, BoxId, limits};
use sealed::{BoxSecrets, InstallError, Keyring, Numbering, Secret};

use crate::{
    Away, Deployment, KeyName, Machine, Member, Pace, Transmit, VaultNo, Want, World,
    exchange::{Exchange, Heard},
    shared::{Fresh, Group, View, Views, draw},
    wire::{Op, Piece, Reply},
};

/// A key to be made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Make {
    /// R, at the very first start.
    Root,
    /// C and X of a box of the system, at the very first start.
    SystemBox(BoxId),
    /// C and X of a box that is nobody's yet, with a new random id.
    Blank,
    /// The key of a device that logs in.
    Device(AuthKeyId),
    /// The key of a day (unix time / 86,400).
    Day(u32),
    /// Nothing new: the shares of a key that exists, for vaults that were away when it was made. X of a box that was
    /// ticked is left to the next tick, and so is any key that is being shared anew.
    Again(Want),
}

/// What became of one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Minted {
    /// It is durable at W vaults and in the keyring. The vaults named did not answer: the driver comes back with
    /// [`Make::Again`].
    Installed {
        /// What was made: of a blank box, its number.
        key: Want,
        /// Vaults without a share.
        late: Vec<VaultNo>,
    },
    /// Fewer than W vaults took it in time. It does not count.
    Away,
    /// Another key is in use there.
    Taken,
    /// There is none of which vaults could lack shares: it was destroyed, or never counted.
    Nothing,
    /// The keyring does not take it.
    Refused(InstallError),
}

/// How often a key is made anew because the vaults had something else.
const ROUNDS_MAX: u8 = 4;

/// Keys in the making. See the module.
pub struct Mint {
    deployment: Deployment,
    ring: Keyring,
    numbering: Option<Numbering>,
    pace: Pace,
    until_ms: u64,
    items: Vec<Item>,
    exchange: Exchange<About>,
    enough_ms: Option<u64>,
    now_ms: u64,
    outcomes: VecDeque<(Make, Minted)>,
}

struct Item {
    make: Make,
    of: Want,
    parts: Vec<Part>,
    round: u8,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Putting,
    Asking,
    Done,
}

/// One shared key of an item.
struct Part {
    name: KeyName,
    source: Source,
    kept: Vec<VaultNo>,
    is_taken: bool,
    views: Views,
}

/// Where the pieces come from.
enum Source {
    None,
    Fresh(Fresh),
    Found(Group),
}

#[derive(Clone, Copy)]
struct About {
    item: usize,
    part: usize,
    round: u8,
}

impl Source {
    fn piece(&self, deployment: &Deployment, name: KeyName, vault: VaultNo) -> Option<Piece> {
        match self {
            Source::None => None,
            Source::Fresh(fresh) => fresh.pieces.get(vault.index()).cloned(),
            Source::Found(group) => group.piece(deployment, name, vault),
        }
    }

    /// That of its sharing: keys that have no epochs are shared anew too.
    fn epoch(&self) -> u32 {
        match self {
            Source::None | Source::Fresh(_) => 0,
            Source::Found(group) => group.sharing.epoch,
        }
    }

    fn key(self, deployment: &Deployment, name: KeyName) -> Option<Secret<[u8; 32]>> {
        match self {
            Source::None => None,
            Source::Fresh(fresh) => Some(fresh.key),
            Source::Found(group) => group.key(deployment, name),
        }
    }
}

impl Mint {
    /// Begins at the first transmission. At most [`limits::KEYS_PER_EXCHANGE_MAX`] keys; of those beyond, which are not made,
    /// the outcome says so.
    #[must_use]
    pub fn new(deployment: &Deployment, ring: &Keyring, makes: &[Make], pace: Pace, now_ms: u64) -> Mint {
        let until_ms = now_ms.saturating_add(pace.whole_ms);
        let items = makes.iter().take(limits::KEYS_PER_EXCHANGE_MAX).map(|&make| Item {
            make,
            of: match make {
                Make::Root => Want::Root,
                Make::SystemBox(of) => Want::Box(of),
                Make::Blank => Want::Box(BoxId(0)),
                Make::Device(of) => Want::Device(of),
                Make::Day(day) => Want::Day(day),
                Make::Again(want) => want,
            },
            parts: Vec::new(),
            round: 0,
            phase: Phase::New,
        });
        Mint {
            deployment: deployment.clone(),
            ring: ring.clone(),
            numbering: None,
            pace,
            until_ms,
            items: items.collect(),
            exchange: Exchange::new(deployment, pace, until_ms),
            enough_ms: None,
            now_ms,
            outcomes: makes
                .iter()
                .skip(limits::KEYS_PER_EXCHANGE_MAX)
                .map(|&make| (make, Minted::Away))
                .collect(),
        }
    }

    /// With the numbering of this start, for the root.
    #[must_use]
    pub(crate) fn with_numbering(self, numbering: Option<Numbering>) -> Mint {
        Mint { numbering, ..self }
    }

    /// Draws a new secret for every part, and asks all vaults to keep their shares.
    fn begin(&mut self, index: usize, rng: &mut dyn Rng) {
        let Some(item) = self.items.get_mut(index) else { return };
        let is_new = !matches!(item.make, Make::Again(_));
        if item.make == Make::Blank {
            let ids = limits::USER_ID_END.abs_diff(limits::USER_ID_MIN);
            item.of = Want::Box(BoxId(limits::USER_ID_MIN + (rng.u64() % ids).cast_signed()));
        }
        let names = item.of.names();
        item.parts = names
            .into_iter()
            .map(|name| Part {
                name,
                source: match is_new {
                    true => Source::Fresh(draw(&self.deployment, name, 0, rng)),
                    false => Source::None,
                },
                kept: Vec::new(),
                is_taken: false,
                views: Views::none(&self.deployment),
            })
            .collect();
        if is_new { self.put(index) } else { self.ask(index) }
    }

    /// Asks every vault that has not said so to keep its share.
    fn put(&mut self, index: usize) {
        let Some(item) = self.items.get_mut(index) else { return };
        item.phase = Phase::Putting;
        for (vault, _) in self.deployment.roster().vaults() {
            for (part, of) in item.parts.iter().enumerate().filter(|(_, part)| !part.kept.contains(&vault)) {
                let Some(piece) = of.source.piece(&self.deployment, of.name, vault) else { continue };
                let handle = self.deployment.handle(of.name, vault);
                let about = About { item: index, part, round: item.round };
                if matches!(item.make, Make::Device(_)) {
                    self.exchange.push(vault, Op::Destroy { handle }, about);
                }
                self.exchange.push(vault, Op::Put { handle, epoch: of.source.epoch(), piece }, about);
            }
        }
    }

    /// Asks every vault what it has.
    fn ask(&mut self, index: usize) {
        let Some(item) = self.items.get_mut(index) else { return };
        item.phase = Phase::Asking;
        item.round += 1;
        for (vault, _) in self.deployment.roster().vaults() {
            for (part, of) in item.parts.iter().enumerate() {
                let handle = self.deployment.handle(of.name, vault);
                self.exchange.push(vault, Op::Get { handle }, About { item: index, part, round: item.round });
            }
        }
    }

    fn hear(&mut self) {
        while let Some(Heard { vault, about, reply }) = self.exchange.poll() {
            let Some(item) = self.items.get_mut(about.item).filter(|item| item.round == about.round) else {
                continue;
            };
            let Some(part) = item.parts.get_mut(about.part) else { continue };
            match reply.map(|(reply, _)| reply) {
                Some(Reply::Put { kept: true }) => part.kept.push(vault),
                Some(Reply::Put { kept: false }) => part.is_taken = !matches!(item.make, Make::Device(_)),
                Some(Reply::Get { current, staged }) => part.views.heard(vault, View { current, staged }),
                Some(_) | None => {}
            }
        }
    }

    fn settle(&mut self, world: &mut World<'_>) {
        let is_over = world.now_ms >= self.until_ms;
        for index in 0..self.items.len() {
            let Some(item) = self.items.get(index) else { continue };
            let outcome = match item.phase {
                Phase::Done => continue,
                Phase::New if self.ring.is_sealed() && item.make != Make::Root && !is_over => continue,
                Phase::New if !is_over => {
                    self.begin(index, world.rng);
                    continue;
                }
                Phase::Putting if item.parts.iter().any(|part| part.is_taken) && !is_over => {
                    if item.round >= ROUNDS_MAX {
                        Some(Minted::Taken)
                    } else if item.make == Make::Blank {
                        // Somebody has this id: another one.
                        if let Some(item) = self.items.get_mut(index) {
                            item.round += 1;
                        }
                        self.begin(index, world.rng);
                        None
                    } else {
                        self.ask(index);
                        None
                    }
                }
                Phase::Putting => self.finish(index, world.now_ms),
                Phase::Asking => self.judge(index, world.rng),
                Phase::New => None,
            };
            if let Some(outcome) = outcome.or(is_over.then_some(Minted::Away)) {
                self.end(index, outcome);
            }
        }
    }

    fn end(&mut self, index: usize, outcome: Minted) {
        if let Some(item) = self.items.get_mut(index).filter(|item| item.phase != Phase::Done) {
            item.phase = Phase::Done;
            item.parts.clear();
            self.outcomes.push_back((item.make, outcome));
        }
    }

    /// The breach of P17: no vault has it, and none is asked any more.
    fn falls_back(&self, index: usize) -> bool {
        let failed = |&(vault, _): &(VaultNo, &Member)| self.exchange.has_failed(vault);
        sabotage::is(Fault::FallbackKey)
            && self.items.get(index).is_some_and(|item| matches!(item.make, Make::Device(_)))
            && self.deployment.roster().vaults().filter(failed).count() > 1
    }

    /// Whether the key counts; late vaults are waited for a little.
    fn finish(&mut self, index: usize, now_ms: u64) -> Option<Minted> {
        let roster = self.deployment.roster();
        let falls_back = self.falls_back(index);
        let item = self.items.get_mut(index)?;
        let has_it = |vault: &VaultNo| item.parts.iter().all(|part| part.kept.contains(vault));
        let (kept, late): (Vec<VaultNo>, Vec<VaultNo>) =
            roster.vaults().map(|(vault, _)| vault).partition(has_it);
        if kept.len() < roster.w() && !falls_back {
            return None;
        }
        let enough = *self.enough_ms.get_or_insert(now_ms);
        let waits = late.iter().any(|&vault| !self.exchange.is_idle(vault));
        if waits && now_ms < enough.saturating_add(self.pace.hedge_ms) {
            return None;
        }
        if matches!(item.make, Make::Again(_)) {
            return Some(Minted::Installed { key: item.of, late });
        }
        let key = item.of;
        let keys: Option<Vec<Secret<[u8; 32]>>> =
            item.parts.drain(..).map(|part| part.source.key(&self.deployment, part.name)).collect();
        let mut keys = keys?.into_iter();
        let first = keys.next()?;
        let installed = match (item.make, item.of, keys.next()) {
            (Make::Root, ..) => match self.numbering.take() {
                Some(numbering) => self.ring.install_root(first, numbering),
                None => Err(InstallError::Sealed),
            },
            (Make::Device(of), ..) => self.ring.mint_device(of, first),
            (Make::Day(day), ..) => self.ring.install_day(day, first),
            (make, Want::Box(of), Some(c)) => {
                let secrets = BoxSecrets { c, x: first, epoch: 0, sheet: None };
                match make {
                    Make::Blank => self.ring.install_blank(of, secrets),
                    Make::SystemBox(_) | Make::Root | Make::Device(_) | Make::Day(_) | Make::Again(_) => {
                        self.ring.install_box(of, secrets).map(|_| ())
                    }
                }
            }
            (Make::Blank | Make::SystemBox(_) | Make::Again(_), ..) => return None,
        };
        Some(installed.map_or_else(Minted::Refused, |()| Minted::Installed { key, late }))
    }

    /// The vaults have said what they have: it is taken, or destroyed and made anew.
    fn judge(&mut self, index: usize, rng: &mut dyn Rng) -> Option<Minted> {
        let roster = self.deployment.roster();
        let vaults: Vec<VaultNo> = roster.vaults().map(|(vault, _)| vault).collect();
        if vaults.iter().any(|&vault| !self.exchange.is_idle(vault) && !self.exchange.has_failed(vault)) {
            return None;
        }
        let item = self.items.get_mut(index)?;
        let mut doomed = Vec::new();
        for (at, part) in item.parts.iter_mut().enumerate() {
            let weighed = part.views.weigh(&self.deployment, part.name);
            let counts = |group: &&Group| group.held() + weighed.unheard >= roster.w();
            let possible = weighed.groups.iter().filter(counts).count();
            let found = weighed.groups.iter().position(|group| group.held() >= roster.k());
            let is_again = matches!(item.make, Make::Again(_));
            let is_x = matches!(part.name, KeyName::X(_));
            let moves = |group: &Group| (is_x && group.sharing.epoch > 0) || !group.staged.is_empty();
            if is_again && weighed.groups.iter().any(moves) {
                // A tick is at it, or was, and looks after all vaults itself.
                part.kept.clone_from(&vaults);
                continue;
            }
            match found.and_then(|at| Some((at, is_x && weighed.groups.get(at)?.sharing.epoch > 0))) {
                // It may be another one that counts, also one that nobody was heard of: too few have said so.
                _ if possible > 1 || weighed.unheard >= roster.w() => return None,
                Some((found, false)) => {
                    let odd = weighed.groups.iter().enumerate().filter(|&(other, _)| other != found);
                    let odd = odd.flat_map(|(_, group)| group.current.iter().chain(&group.staged));
                    doomed.extend(odd.map(|&vault| (at, part.name, vault)));
                    let mut groups = weighed.groups;
                    let group = groups.swap_remove(found);
                    // Of what is to count, every vault has to say so now: what it had may be gone by now.
                    part.kept = if is_again { group.current.clone() } else { Vec::new() };
                    part.source = Source::Found(group);
                }
                Some(_) if is_again => part.kept.clone_from(&vaults),
                Some(_) => return Some(Minted::Taken),
                None if possible > 0 => return None,
                None if is_again => return Some(Minted::Nothing),
                None => {
                    part.source = Source::Fresh(draw(&self.deployment, part.name, 0, rng));
                    part.kept.clear();
                    doomed.extend(vaults.iter().map(|&vault| (at, part.name, vault)));
                }
            }
            part.is_taken = false;
            part.views = Views::none(&self.deployment);
        }
        for (part, name, vault) in doomed {
            let handle = self.deployment.handle(name, vault);
            let about = About { item: index, part, round: item.round };
            self.exchange.push(vault, Op::Destroy { handle }, about);
        }
        self.put(index);
        None
    }
}

impl Machine for Mint {
    type Outcome = (Make, Minted);

    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        self.now_ms = world.now_ms;
        self.hear();
        self.settle(world);
        if self.items.iter().all(|item| item.phase == Phase::Done) {
            return None;
        }
        self.exchange.poll_transmit(world.now_ms, world.rng)
    }

    fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        self.exchange.handle_answer(from, answer, now_ms);
    }

    fn poll_timeout(&self) -> Option<u64> {
        if self.is_done() {
            return None;
        }
        let hedge = self.enough_ms.map(|enough| enough.saturating_add(self.pace.hedge_ms));
        let hedge = hedge.filter(|&hedge| hedge > self.now_ms);
        [self.exchange.poll_timeout(), hedge, Some(self.until_ms)].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        self.exchange.handle_timeout(now_ms);
    }

    fn poll_outcome(&mut self) -> Option<(Make, Minted)> {
        self.outcomes.pop_front()
    }

    fn is_done(&self) -> bool {
        self.outcomes.is_empty() && self.items.iter().all(|item| item.phase == Phase::Done)
    }
}
