//! A vault takes the place of another while everybody is served (docs/keys.md 6.6).
//!
//! First the new one is asked whether it has nothing yet, and told of this start (`Adopt`). When no request is under way to
//! any vault, the list in the data folder names it: the one step that counts, before which nothing has happened and after which every
//! start goes on. Then all keys are shared anew, some at a time, until none is left of which the one before has a share that fits
//! those of the others. A start that finds the list so begins with the keys anew; to share one twice does no harm.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use custody::{
    Adopt, AdoptError, Away, KeyName, Machine, Pace, Reshare, Roster, RosterError, Ticked, Vault, VaultNo,
    Want, World, system_boxes,
};
use domain::{audit, authorization};
use ids::limits::{
    KEY_EXCHANGE_MS_MAX, KEYS_RESHARED_TOGETHER_MAX, REPAIR_WALK_BOXES_MAX, TICK_BOXES_MAX,
    VAULT_ANSWER_MS_MAX, VAULT_RETRY_MS,
};
use ids::{AuthKeyId, BoxId, UserId};
use link::{Caller, Identity, LinkError, Pin};
use sealed::Need;
use store::{Page, Store, StoreError, blank, receipts};
use tokio::sync::oneshot;

use super::desk::Desk;
use super::far::{Address, Far};
use super::job::{Done, Kind};
use super::listed::{self, ListedError};
use super::production::{self, ProductionError};
use super::{AnyVault, End, Message, Waiter};
use crate::clock::Clock;
use crate::config::Settings;
use crate::data_dir::{DataDirError, write_whole};
use crate::entropy::OsRng;
use crate::log::{Count, Event};

/// A device's key that was made so long ago stands in its account's list, or is nobody's.
const BINDING_MS: u64 = 10 * KEY_EXCHANGE_MS_MAX;
/// How often it is looked whether to go on, while boxes are awaited or a tick runs.
const LOOK_MS: u64 = 20;

/// What it takes to put another vault in the place of one.
pub(crate) struct Deeds {
    /// The list of the vaults.
    pub(super) roster: PathBuf,
    /// The key by which vaults elsewhere know this server; none with those of development mode.
    pub(super) own: Option<Identity>,
    pub(super) settings: Settings,
}

/// Why a vault was not replaced. Shown to the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplaceError {
    /// Folders of this machine.
    #[error("the vaults of development mode lie in folders of this machine and are not replaced")]
    Development,
    /// No vault.
    #[error("no vault has the key {0}")]
    NoSuch(Pin),
    /// What the operator says of the new one.
    #[error(transparent)]
    Listed(#[from] ListedError),
    /// It does not go with the others.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// One is about to be replaced.
    #[error("a vault is being replaced at this moment")]
    Busy,
    /// What production demands.
    #[error(transparent)]
    Production(#[from] ProductionError),
    /// TLS.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The new one.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// The list.
    #[error(transparent)]
    Data(#[from] DataDirError),
    /// The store.
    #[error("the store failed")]
    Store,
    /// The operating system refuses a thread.
    #[error("cannot ask the new vault: {0}")]
    System(#[from] std::io::Error),
}

/// Who waits to hear what became of it.
pub(crate) type TellReplaced = oneshot::Sender<Result<VaultNo, ReplaceError>>;

/// What the new vault has said, and the way to it.
pub(crate) struct Adopted {
    outcome: Result<(), AdoptError>,
    way: AnyVault,
}

/// Replacements: one that is wanted, and one that goes on.
pub(super) struct Replace {
    deeds: Option<Deeds>,
    wanted: Option<Wanted>,
    course: Option<Course>,
    /// Devices whose keys were made a moment ago, and when: no list has them yet.
    made: BTreeMap<AuthKeyId, u64>,
}

/// A vault that is to take another's place.
struct Wanted {
    vault: VaultNo,
    roster: Roster,
    tell: TellReplaced,
    /// It has been asked, and may.
    way: Option<AnyVault>,
}

/// Keys on their way to new shares.
struct Course {
    vault: VaultNo,
    keys: VecDeque<KeyName>,
    /// The next page of the phone index; all are done beyond the last.
    page: u16,
    /// Boxes whose devices are asked for.
    awaited: BTreeSet<BoxId>,
    boxes: VecDeque<BoxId>,
    /// What has to be tried again.
    again: BTreeSet<KeyName>,
    not_before_ms: u64,
    has_failed: bool,
    done: u64,
}

/// How far new shares are, for the operator.
pub(super) struct Progress {
    pub(super) vault: VaultNo,
    pub(super) done: u64,
    pub(super) again: usize,
}

/// What must not begin while a vault is about to be replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    Nothing,
    /// What nobody waits for.
    Errands,
    /// Anything.
    All,
}

impl Replace {
    pub(super) fn new(deeds: Option<Deeds>) -> Self {
        Self { deeds, wanted: None, course: None, made: BTreeMap::new() }
    }

    /// Whether keys are being shared anew.
    pub(super) fn goes_on(&self) -> bool {
        self.course.is_some()
    }

    /// When to go on.
    pub(super) fn wakes_ms(&self) -> Option<u64> {
        let takes_place = self.wanted.as_ref().is_some_and(|wanted| wanted.way.is_some());
        if takes_place { Some(0) } else { self.course.as_ref().map(|course| course.not_before_ms) }
    }

    pub(super) fn progress(&self) -> Option<Progress> {
        let Course { vault, done, again, .. } = self.course.as_ref()?;
        Some(Progress { vault: *vault, done: *done, again: again.len() })
    }

    /// A device's key was made.
    pub(super) fn note_made(&mut self, id: AuthKeyId, now_ms: u64) {
        self.made.retain(|_, made_ms| made_ms.saturating_add(BINDING_MS) > now_ms);
        self.made.insert(id, now_ms);
    }
}

impl Desk {
    /// The operator wants a vault replaced.
    pub(super) fn replace_vault(&mut self, old: Pin, line: &str, tell: TellReplaced) {
        match self.ask_newcomer(old, line) {
            Ok((vault, roster)) => {
                self.replace.wanted = Some(Wanted { vault, roster, tell, way: None });
            }
            // Whoever asked may have gone.
            Err(error) => drop(tell.send(Err(error))),
        }
    }

    /// Asks the new vault, if it may take the place, whether it can.
    fn ask_newcomer(&self, old: Pin, line: &str) -> Result<(VaultNo, Roster), ReplaceError> {
        let roster = self.deployment.roster();
        if self.replace.wanted.is_some() {
            return Err(ReplaceError::Busy);
        }
        let deeds = self.replace.deeds.as_ref();
        let (deeds, own) =
            deeds.and_then(|deeds| Some((deeds, deeds.own.as_ref()?))).ok_or(ReplaceError::Development)?;
        let (vault, _) =
            roster.vaults().find(|(_, member)| member.key == old.0).ok_or(ReplaceError::NoSuch(old))?;
        let member = listed::read(&[line.to_owned()])?.remove(0);
        let address = Address::Named(member.place.clone());
        let caller = Caller::new(own, Pin(member.key))?;
        let roster = roster.replaced(vault, member)?;
        if deeds.settings.production {
            production::check(&deeds.settings, &roster, true)?;
        }
        self.adopt(vault, roster.clone(), AnyVault::Far(Far { address, caller, alone: None }))?;
        Ok((vault, roster))
    }

    /// On a thread of its own, since an exchange with somebody new may take its time.
    pub(super) fn adopt(&self, vault: VaultNo, roster: Roster, mut way: AnyVault) -> std::io::Result<()> {
        let clock = self.node.clock;
        let pace = Pace { whole_ms: 2 * VAULT_ANSWER_MS_MAX, ..Pace::default() };
        let durable = self.store.engine().durable().0;
        let deployment = self.deployment.with_roster(roster);
        let (mut rows, messages) = (self.store.clone(), self.node.keeper.messages.clone());
        std::thread::Builder::new().name("newcomer".to_owned()).spawn(move || {
            let adopt = Adopt::new(&deployment, vault, durable, pace, clock.now().mono_ms);
            let outcome = drive(adopt, &mut way, &mut rows, clock);
            // Nobody hears it at the end of the process.
            let _ = messages.send(Message::Adopted(Adopted { outcome, way }));
        })?;
        Ok(())
    }

    /// The new vault has answered.
    pub(super) fn adopted(&mut self, Adopted { outcome, way }: Adopted) {
        let Some(wanted) = &mut self.replace.wanted else { return };
        match (outcome, way) {
            (Ok(()), AnyVault::Far(far)) => wanted.way = Some(AnyVault::Far(Far { alone: None, ..far })),
            (Ok(()), way @ AnyVault::Here(_)) => wanted.way = Some(way),
            (Err(error), _) => {
                if let Some(Wanted { tell, .. }) = self.replace.wanted.take() {
                    let _ = tell.send(Err(error.into()));
                }
            }
        }
    }

    /// What must wait until the place is taken: who waits for keys does so for one exchange at most.
    pub(super) fn hold(&self) -> Hold {
        match &self.replace.wanted {
            Some(Wanted { way: Some(_), .. }) => {
                let short = self.count(Kind::Release) + self.count(Kind::MintDevice);
                if short == self.all_jobs() { Hold::All } else { Hold::Errands }
            }
            Some(Wanted { way: None, .. }) | None => Hold::Nothing,
        }
    }

    /// Takes the place when nothing is under way, and goes on with the keys.
    pub(super) fn run_replacement(&mut self, now_ms: u64) {
        if self.all_jobs() == 0
            && let Some(wanted) = self.replace.wanted.take_if(|wanted| wanted.way.is_some())
        {
            let Wanted { vault, roster, tell, way } = wanted;
            let taken = self.take_place(vault, roster, way).map(|()| vault);
            let _ = tell.send(taken);
        }
        let is_free = self.count(Kind::Reshare) + self.count(Kind::Tick) + self.count(Kind::Mend) == 0;
        let is_free = is_free && !self.tick.is_at_work() && self.hold() == Hold::Nothing;
        let Some(course) = self.replace.course.as_mut().filter(|course| course.not_before_ms <= now_ms)
        else {
            return;
        };
        course.not_before_ms = now_ms + LOOK_MS;
        if is_free {
            self.share_more(now_ms);
        }
    }

    fn take_place(
        &mut self,
        vault: VaultNo,
        roster: Roster,
        way: Option<AnyVault>,
    ) -> Result<(), ReplaceError> {
        let (Some(way), Some(deeds)) = (way, &self.replace.deeds) else {
            return Err(ReplaceError::Development);
        };
        // What the one before has signed for is not signed for by this one.
        let forgotten = self.store.write(|tx| receipts::forget(tx, vault.0));
        forgotten.result.map_err(|_| ReplaceError::Store)?;
        write_whole(&deeds.roster, roster.to_text().as_bytes(), 0o644)?;
        self.deployment = self.deployment.with_roster(roster);
        let messages = self.node.keeper.messages.clone();
        if self.links.replace(vault, way, (&messages, &self.node.log)).is_err() {
            // Until the next start it is away.
            self.node.log.event(&Event::NoWayToVault {});
        }
        self.node.log.event(&Event::VaultReplaced { vault: Count(vault.0.into()) });
        self.begin_course();
        Ok(())
    }

    /// Begins with the keys, if there is a newcomer.
    pub(super) fn begin_course(&mut self) {
        let Some(vault) = self.deployment.roster().newcomer() else { return };
        let days = self.errands.days.in_memory().map(KeyName::Day);
        let made = self.replace.made.keys().copied().map(KeyName::Device);
        // Before any page is read: one that becomes an account's meanwhile is on none that was read already.
        let blanks = self.store.read(|tx| blank::all(tx, usize::MAX)).result;
        let blanks = self.note(blanks).unwrap_or_default();
        let boxes = system_boxes().chain(blanks).flat_map(of_box);
        let keys = [KeyName::Root].into_iter().chain(days).chain(made).chain(boxes).collect();
        self.replace.course = Some(Course {
            vault,
            keys,
            page: 0,
            awaited: BTreeSet::new(),
            boxes: VecDeque::new(),
            again: BTreeSet::new(),
            not_before_ms: 0,
            has_failed: false,
            done: 0,
        });
    }

    /// The next keys; or the end.
    fn share_more(&mut self, now_ms: u64) {
        self.ask_for_devices();
        let Some(course) = &mut self.replace.course else { return };
        if course.keys.is_empty() {
            course.keys.extend(std::mem::take(&mut course.again));
        }
        let count = course.keys.len().min(KEYS_RESHARED_TOGETHER_MAX).min(TICK_BOXES_MAX);
        let keys: Vec<KeyName> = course.keys.drain(..count).collect();
        if !keys.is_empty() {
            // Until it has ended.
            course.not_before_ms = u64::MAX;
            let reshare = Reshare::new(&self.deployment, &self.keyring, &keys, Pace::default(), now_ms);
            return self.start(Kind::Reshare, reshare, |(key, ticked)| Done::Reshared(key, ticked));
        }
        if course.boxes.is_empty() && course.awaited.is_empty() && course.page >= Page::COUNT {
            self.end_course();
        }
    }

    /// Reads on in the phone index, and asks for the keys of boxes, which say what devices there are.
    fn ask_for_devices(&mut self) {
        let Some(course) = &mut self.replace.course else { return };
        while course.boxes.is_empty() && course.page < Page::COUNT {
            let page = course.page;
            match self.store.read(|tx| audit::boxes_on(tx, page)).result {
                Ok(boxes) => course.boxes.extend(boxes),
                // Whose boxes it named nobody can say any more.
                Err(_) => self.node.log.event(&Event::StoreFailed {}),
            }
            course.page += 1;
        }
        let room = REPAIR_WALK_BOXES_MAX.saturating_sub(course.awaited.len()).min(course.boxes.len());
        let boxes: Vec<BoxId> = course.boxes.drain(..room).collect();
        course.awaited.extend(&boxes);
        for of in boxes {
            self.wait(Waiter::Devices(of), vec![Need::Box(of)]);
        }
    }

    /// The keys of a box have come, or not.
    pub(super) fn devices_of(&mut self, of: BoxId, end: End) {
        let Some(course) = &mut self.replace.course else { return };
        if !course.awaited.remove(&of) {
            return;
        }
        let devices = match end {
            End::Here => self.store.read(|tx| authorization::devices(tx, UserId(of.0))).result,
            End::Gone => Ok(Vec::new()),
            End::Late => Err(StoreError::Sealed),
        };
        course.not_before_ms = course.not_before_ms.min(self.node.clock.now().mono_ms + LOOK_MS);
        match devices {
            Ok(devices) => {
                course.keys.extend(of_box(of));
                course.keys.extend(devices.into_iter().map(KeyName::Device));
            }
            Err(_) => course.boxes.push_back(of),
        }
    }

    /// What became of one key.
    pub(super) fn reshared(&mut self, key: KeyName, ticked: &Ticked) {
        let is_final = match ticked {
            Ticked::Done { was_half_done, epoch, late } => {
                self.note_late(key, *epoch, late);
                !was_half_done
            }
            Ticked::Gone => true,
            Ticked::TooLarge => {
                // A tick moves what lives first.
                self.tick.ask();
                false
            }
            Ticked::Unusable | Ticked::Store(_) => {
                self.node.log.event(&Event::BoxNotTicked {});
                false
            }
            Ticked::NotFinal { .. } | Ticked::Waiting | Ticked::Away => false,
        };
        let Some(course) = &mut self.replace.course else { return };
        if is_final {
            course.done += 1;
        } else {
            course.again.insert(key);
            course.has_failed = true;
        }
    }

    /// An exchange has ended; what failed in it is tried again a little later.
    pub(super) fn reshare_ended(&mut self) {
        let now_ms = self.node.clock.now().mono_ms;
        if let Some(course) = &mut self.replace.course {
            let has_failed = std::mem::take(&mut course.has_failed);
            course.not_before_ms = if has_failed { now_ms + VAULT_RETRY_MS } else { now_ms };
        }
    }

    /// Vaults that were away get their shares as they do of any other key.
    fn note_late(&mut self, key: KeyName, epoch: u32, late: &[VaultNo]) {
        let want = match key {
            KeyName::X(of) => {
                self.seen.ticked(of, epoch, late);
                if !late.is_empty() {
                    self.note(self.store.soil(of));
                }
                return;
            }
            KeyName::C(of) => Want::Box(of),
            KeyName::Device(of) => Want::Device(of),
            KeyName::Day(day) => Want::Day(day),
            KeyName::Root => Want::Root,
            KeyName::Deployment => return,
        };
        if !late.is_empty() {
            self.late.insert(want);
        }
    }

    /// Nothing that the one before has is of use any more.
    fn end_course(&mut self) {
        let Some(deeds) = &self.replace.deeds else { return };
        let roster = self.deployment.roster().settled();
        if write_whole(&deeds.roster, roster.to_text().as_bytes(), 0o644).is_err() {
            return self.node.log.event(&Event::StoreFailed {});
        }
        self.deployment = self.deployment.with_roster(roster);
        if let Some(Course { vault, done, .. }) = self.replace.course.take() {
            self.node.log.event(&Event::SharedAnew { vault: Count(vault.0.into()), keys: Count(done) });
        }
    }
}

/// X and C.
fn of_box(of: BoxId) -> [KeyName; 2] {
    [KeyName::X(of), KeyName::C(of)]
}

/// Drives a machine over one vault, an exchange after the other.
fn drive(mut adopt: Adopt, way: &mut AnyVault, rows: &mut Store, clock: Clock) -> Result<(), AdoptError> {
    loop {
        let mut world = World { rows, rng: &mut OsRng, now_ms: clock.now().mono_ms };
        while let Some(transmit) = adopt.poll_transmit(&mut world) {
            let answer = way.exchange(&transmit.request);
            let answer = answer.as_deref().map_err(|away: &Away| *away);
            adopt.handle_answer(transmit.to, answer, clock.now().mono_ms);
            world.now_ms = clock.now().mono_ms;
        }
        if let Some(outcome) = adopt.poll_outcome() {
            return outcome;
        }
        let now_ms = clock.now().mono_ms;
        let due_ms = adopt.poll_timeout().unwrap_or(now_ms);
        std::thread::sleep(Duration::from_millis(due_ms.saturating_sub(now_ms).max(1)));
        adopt.handle_timeout(clock.now().mono_ms);
    }
}
