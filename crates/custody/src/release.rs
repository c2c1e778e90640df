//! Release: keys that exist, from k vaults into the keyring, many in one exchange with each.
//!
//! k vaults are asked; the others only when one of those fails, is slow, or says what does not settle a key. Nothing is
//! changed at the vaults: a box in the middle of a tick opens at the epoch that is usable, and the next tick ends what is
//! half done. A box whose sheet the store does not have gets its state back from the vaults' copies.

use std::collections::VecDeque;

use ids::{AuthKeyId, BoxId, limits};
use sealed::{AtRest, BoxSecrets, InstallError, Keyring, Numbering, PageId, Secret, State, StateError};
use store::StoreError;

use crate::{
    Away, Deployment, KeyName, Machine, Pace, StateRows, Transmit, VaultNo, World,
    exchange::{Exchange, Heard},
    fetch::{Fetch, Fetched},
    shared::{Group, View, Views},
    verdict,
    wire::{Op, Reply},
};

/// A key to be released.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Want {
    /// R. The numbering of this start goes with it.
    Root,
    /// C and X of a box, and its sheet.
    Box(BoxId),
    /// The key of a device.
    Device(AuthKeyId),
    /// The key of a day (unix time / 86,400).
    Day(u32),
}

impl Want {
    /// The shared keys it takes.
    pub(crate) fn names(self) -> Vec<KeyName> {
        match self {
            Want::Root => vec![KeyName::Root],
            Want::Box(of) => vec![KeyName::X(of), KeyName::C(of)],
            Want::Device(of) => vec![KeyName::Device(of)],
            Want::Day(day) => vec![KeyName::Day(day)],
        }
    }
}

/// What became of one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Released {
    /// It is in the keyring.
    Installed,
    /// It was destroyed, or never made: fewer than k vaults can have a share.
    Nothing,
    /// Fewer than k vaults answered in time, or agree, or give what they have.
    Away,
    /// No vault that answered has the state of the box, and the store has not either.
    StateMissing,
    /// The keyring does not take it.
    Refused(InstallError),
    /// The store failed.
    Store(StoreError),
}

/// Keys on their way. See the module.
pub struct Release {
    deployment: Deployment,
    ring: Keyring,
    numbering: Option<Numbering>,
    pace: Pace,
    wanted: Vec<Wanted>,
    exchange: Exchange<(usize, Part)>,
    begun_ms: Option<u64>,
    asked: usize,
    order: Vec<VaultNo>,
    outcomes: VecDeque<(Want, Released)>,
    /// Where X alone is wanted, states go here and not into the keyring.
    states: Option<Vec<(BoxId, State)>>,
}

struct Wanted {
    want: Want,
    names: Vec<KeyName>,
    views: Vec<Views>,
    fetch: Option<Fetch>,
    /// How often all of it was asked for.
    round: u8,
    is_done: bool,
}

/// Which part of a key an operation is about.
enum Part {
    /// One of its shared keys, asked for so often before.
    Name(usize, u8),
    /// A piece of its state.
    Copy(usize),
}

impl Release {
    /// Begins at the first transmission. At most [`limits::KEYS_PER_EXCHANGE_MAX`] keys; of those beyond, which are not asked
    /// for, the outcome says so.
    #[must_use]
    pub fn new(deployment: &Deployment, ring: &Keyring, wants: &[Want], pace: Pace, now_ms: u64) -> Release {
        let wanted = wants.iter().take(limits::KEYS_PER_EXCHANGE_MAX).map(|&want| {
            let names = want.names();
            let views = names.iter().map(|_| Views::none(deployment)).collect();
            Wanted { want, names, views, fetch: None, round: 0, is_done: false }
        });
        Release {
            deployment: deployment.clone(),
            ring: ring.clone(),
            numbering: None,
            pace,
            wanted: wanted.collect(),
            exchange: Exchange::new(deployment, pace, now_ms.saturating_add(pace.whole_ms)),
            begun_ms: None,
            asked: 0,
            order: deployment.by_presence(),
            outcomes: wants
                .iter()
                .skip(limits::KEYS_PER_EXCHANGE_MAX)
                .map(|&want| (want, Released::Away))
                .collect(),
            states: None,
        }
    }

    /// X and the states of boxes, without their C.
    #[must_use]
    pub(crate) fn of_states(
        deployment: &Deployment,
        ring: &Keyring,
        boxes: &[BoxId],
        pace: Pace,
        now_ms: u64,
    ) -> Release {
        let wants: Vec<Want> = boxes.iter().copied().map(Want::Box).collect();
        let mut release = Release::new(deployment, ring, &wants, pace, now_ms);
        for wanted in &mut release.wanted {
            // X stands first.
            wanted.names.truncate(1);
            wanted.views.truncate(1);
        }
        Release { states: Some(Vec::new()), ..release }
    }

    /// The state of a box that came.
    pub(crate) fn take_state(&mut self, of: BoxId) -> Option<State> {
        let states = self.states.as_mut()?;
        let at = states.iter().position(|(other, _)| *other == of)?;
        Some(states.swap_remove(at).1)
    }

    /// With the numbering of this start, for the root.
    #[must_use]
    pub(crate) fn with_numbering(self, numbering: Numbering) -> Release {
        Release { numbering: Some(numbering), ..self }
    }

    /// Asks vaults until `count` of them have been asked.
    fn ask(&mut self, count: usize) {
        let until = count.min(self.order.len());
        let vaults: Vec<VaultNo> = self.order.get(self.asked..until).unwrap_or_default().to_vec();
        self.asked = self.asked.max(until);
        for vault in vaults {
            for (index, wanted) in self.wanted.iter().enumerate().filter(|(_, wanted)| !wanted.is_done) {
                for (part, &name) in wanted.names.iter().enumerate() {
                    let handle = self.deployment.handle(name, vault);
                    self.exchange.push(vault, Op::Get { handle }, (index, Part::Name(part, wanted.round)));
                }
            }
        }
    }

    /// What was heard of one of the wanted is out of date: those that said it are asked again.
    fn again(&mut self, index: usize) {
        let Some(wanted) = self.wanted.get_mut(index).filter(|wanted| wanted.round < u8::MAX) else { return };
        wanted.round += 1;
        wanted.fetch = None;
        wanted.views = wanted.names.iter().map(|_| Views::none(&self.deployment)).collect();
        for &vault in self.order.get(..self.asked).unwrap_or_default() {
            for (part, &name) in wanted.names.iter().enumerate() {
                let handle = self.deployment.handle(name, vault);
                self.exchange.push(vault, Op::Get { handle }, (index, Part::Name(part, wanted.round)));
            }
        }
    }

    fn hear(&mut self) {
        while let Some(Heard { vault, about: (index, part), reply }) = self.exchange.poll() {
            let Some(wanted) = self.wanted.get_mut(index) else { continue };
            let reply = reply.map(|(reply, _)| reply);
            match (part, reply) {
                (Part::Name(name, round), Some(Reply::Get { current, staged })) => {
                    if let Some(views) = wanted.views.get_mut(name).filter(|_| round == wanted.round) {
                        views.heard(vault, View { current, staged });
                    }
                }
                (Part::Name(name, round), Some(Reply::Withheld)) => {
                    if let Some(views) = wanted.views.get_mut(name).filter(|_| round == wanted.round) {
                        views.withheld(vault);
                    }
                }
                (Part::Name(..), _) => {}
                (Part::Copy(number), reply) => {
                    if let Some(fetch) = &mut wanted.fetch {
                        fetch.heard(number, reply);
                    }
                }
            }
        }
    }

    fn is_over(&self, now_ms: u64) -> bool {
        self.begun_ms.is_some_and(|begun| now_ms >= begun.saturating_add(self.pace.whole_ms))
    }

    /// Whether those asked first are slow, or one of them failed.
    fn wants_others(&self, now_ms: u64) -> bool {
        let is_slow = self.begun_ms.is_some_and(|begun| now_ms >= begun.saturating_add(self.pace.hedge_ms));
        let asked = self.order.get(..self.asked).unwrap_or_default();
        let has_failed = asked.iter().any(|&vault| self.exchange.has_failed(vault));
        let is_heard = asked.iter().all(|&vault| self.exchange.is_idle(vault));
        is_slow || has_failed || is_heard
    }

    /// Takes the wanted in turn as far as they are heard.
    fn settle(&mut self, world: &mut World<'_>) {
        let is_over = self.is_over(world.now_ms);
        for index in 0..self.wanted.len() {
            let Some(wanted) = self.wanted.get_mut(index).filter(|wanted| !wanted.is_done) else { continue };
            if self.ring.is_sealed() && wanted.want != Want::Root && !is_over {
                continue;
            }
            if let Some(fetch) = &mut wanted.fetch {
                fetch.leave(|vault| self.exchange.has_failed(vault));
            }
            let step =
                wanted.step(&self.deployment, &self.ring, &mut self.numbering, &mut self.states, world.rows);
            let released = match step {
                Step::Done(released) => Some(released),
                Step::Ask(vault, ops) => {
                    for (number, op) in ops {
                        self.exchange.push(vault, op, (index, Part::Copy(number)));
                    }
                    None
                }
                Step::Waiting => None,
                Step::Again => {
                    self.again(index);
                    None
                }
            };
            let released = released.or(is_over.then_some(Released::Away));
            if let (Some(released), Some(wanted)) = (released, self.wanted.get_mut(index)) {
                wanted.is_done = true;
                wanted.views.clear();
                self.outcomes.push_back((wanted.want, released));
            }
        }
    }
}

impl Machine for Release {
    type Outcome = (Want, Released);

    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        if self.begun_ms.is_none() {
            self.begun_ms = Some(world.now_ms);
            self.ask(self.deployment.roster().k());
        }
        self.hear();
        self.settle(world);
        if self.wanted.iter().all(|wanted| wanted.is_done) {
            return None;
        }
        if self.asked < self.order.len() && self.wants_others(world.now_ms) {
            self.ask(self.order.len());
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
        let begun = self.begun_ms?;
        let hedge = (self.asked < self.order.len()).then_some(begun.saturating_add(self.pace.hedge_ms));
        let end = begun.saturating_add(self.pace.whole_ms);
        [self.exchange.poll_timeout(), hedge, Some(end)].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        self.exchange.handle_timeout(now_ms);
    }

    fn poll_outcome(&mut self) -> Option<(Want, Released)> {
        self.outcomes.pop_front()
    }

    fn is_done(&self) -> bool {
        self.outcomes.is_empty() && self.wanted.iter().all(|wanted| wanted.is_done)
    }
}

enum Step {
    Done(Released),
    Ask(VaultNo, Vec<(usize, Op)>),
    Waiting,
    /// What was heard was true before a tick that is final by now.
    Again,
}

impl Wanted {
    fn step(
        &mut self,
        deployment: &Deployment,
        ring: &Keyring,
        numbering: &mut Option<Numbering>,
        states: &mut Option<Vec<(BoxId, State)>>,
        rows: &mut dyn StateRows,
    ) -> Step {
        if self.views.iter().any(|views| views.are_withheld(deployment)) {
            // Who waits longer hears nothing else.
            return Step::Done(Released::Away);
        }
        let mut known = self.names.iter().zip(&self.views);
        if known.any(|(&name, views)| verdict::is_nothing(deployment, name, views)) {
            return Step::Done(Released::Nothing);
        }
        let groups: Option<Vec<Group>> = self
            .names
            .iter()
            .zip(&self.views)
            .map(|(&name, views)| verdict::usable(deployment, name, views))
            .collect();
        let Some(groups) = groups else { return Step::Waiting };
        let keys = Keys { deployment, names: &self.names, groups: &groups };
        let Some(first) = keys.key(0) else { return Step::Waiting };
        let installed = match self.want {
            Want::Root => match numbering.take() {
                Some(numbering) => ring.install_root(first, numbering),
                None => return Step::Done(Released::Refused(InstallError::Sealed)),
            },
            Want::Device(of) => ring.install_device(of, first).map(|_| ()),
            Want::Day(day) => ring.install_day(day, first),
            Want::Box(of) => {
                let is_all = self.views.iter().all(|views| views.answered() == deployment.roster().n());
                let mut take = |epoch, sheet| match states {
                    Some(states) => keep_state(of, &keys, epoch, sheet, ring, states),
                    None => install(of, &keys, epoch, sheet, ring),
                };
                return match release_box(of, &keys, is_all, ring, &mut self.fetch, rows, &mut take) {
                    Ok(step) => step,
                    Err(failed) => Step::Done(Released::Store(failed)),
                };
            }
        };
        Step::Done(installed.map_or_else(Released::Refused, |()| Released::Installed))
    }
}

/// The shared keys of one wanted, each from k shares.
struct Keys<'a> {
    deployment: &'a Deployment,
    names: &'a [KeyName],
    groups: &'a [Group],
}

impl Keys<'_> {
    fn key(&self, at: usize) -> Option<Secret<[u8; 32]>> {
        self.groups.get(at)?.key(self.deployment, *self.names.get(at)?)
    }
}

/// X stands first, C second. `is_all` says that there is no vault left that may have more.
fn release_box(
    of: BoxId,
    keys: &Keys<'_>,
    is_all: bool,
    ring: &Keyring,
    fetch: &mut Option<Fetch>,
    rows: &mut dyn StateRows,
    take: &mut dyn FnMut(u32, Option<AtRest>) -> Step,
) -> Result<Step, StoreError> {
    let Some(group) = keys.groups.first() else { return Ok(Step::Waiting) };
    let epoch = group.sharing.epoch;
    if keys.deployment.settled(of).is_some_and(|settled| epoch < settled) {
        // Everything deleted up to then would open with it.
        return Ok(Step::Again);
    }
    if epoch == 0 {
        return Ok(take(epoch, None));
    }
    if fetch.is_none() {
        let is_whole = |sheet: &AtRest| {
            let x = keys.key(0)?;
            let pages = ring.state(of, epoch, x, Some(sheet.clone())).ok()?.pages();
            Some(pages)
        };
        if let Some(sheet) = rows.sheet(of, epoch)?
            && let Some(pages) = is_whole(&sheet)
            && has_all(of, &pages, rows)?
        {
            return Ok(take(epoch, Some(sheet)));
        }
    }
    if fetch.as_ref().is_none_or(|fetch| !fetch.is_waiting() && (!fetch.is_of(group) || fetch.is_lost())) {
        *fetch = Some(Fetch::new(keys.deployment, of, group));
    }
    let Some(fetch) = fetch.as_mut().filter(|fetch| fetch.is_of(group)) else { return Ok(Step::Waiting) };
    Ok(match fetch.next(keys.deployment, ring, || keys.key(0), rows)? {
        Fetched::Ask(vault, ops) => Step::Ask(vault, ops),
        Fetched::Waiting => Step::Waiting,
        Fetched::Failed if is_all => Step::Done(Released::StateMissing),
        Fetched::Failed | Fetched::Lost => Step::Waiting,
        Fetched::Whole(sheet, pages) => {
            rows.write_state(of, epoch, &sheet, &pages)?;
            take(epoch, Some(sheet))
        }
    })
}

fn has_all(of: BoxId, pages: &[PageId], rows: &mut dyn StateRows) -> Result<bool, StoreError> {
    for &page in pages {
        if rows.page(of, page)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn install(of: BoxId, keys: &Keys<'_>, epoch: u32, sheet: Option<AtRest>, ring: &Keyring) -> Step {
    let (Some(x), Some(c)) = (keys.key(0), keys.key(1)) else { return Step::Waiting };
    let installed = ring.install_box(of, BoxSecrets { c, x, epoch, sheet });
    Step::Done(installed.map_or_else(Released::Refused, |_| Released::Installed))
}

/// The state of a box for whoever asks which of its leaves are alive; its X is erased when that is dropped.
fn keep_state(
    of: BoxId,
    keys: &Keys<'_>,
    epoch: u32,
    sheet: Option<AtRest>,
    ring: &Keyring,
    states: &mut Vec<(BoxId, State)>,
) -> Step {
    let Some(x) = keys.key(0) else { return Step::Waiting };
    Step::Done(match ring.state(of, epoch, x, sheet) {
        Ok(state) => {
            states.push((of, state));
            Released::Installed
        }
        Err(StateError::Full) => Released::Refused(InstallError::Full),
        Err(_) => Released::StateMissing,
    })
}
