//! What all exchanges of a deployment share: the roster, the local part, and what was last seen of every vault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use crypto::{HmacKey, ct_eq, hkdf};
use ids::sabotage::{self, Fault};
use ids::{AuthKeyId, BoxId};
use sealed::Secret;

use crate::{
    roster::{Roster, VaultNo},
    wire::{AnswerFault, Handle, Mark, Op, Refusal, Token},
};

/// A shared key, by what it is for (docs/keys.md 2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// No key: what a vault calls the deployment.
    Deployment,
    /// R.
    Root,
    /// C of a box.
    C(BoxId),
    /// X of a box.
    X(BoxId),
    /// The key of a device.
    Device(AuthKeyId),
    /// The key of a day (unix time / 86,400).
    Day(u32),
}

impl KeyName {
    /// class(1) ‖ id(8).
    pub(crate) fn bytes(self) -> [u8; 9] {
        let (class, id) = match self {
            KeyName::Deployment => (0, [0; 8]),
            KeyName::Root => (1, [0; 8]),
            KeyName::C(of) => (2, of.0.to_be_bytes()),
            KeyName::X(of) => (3, of.0.to_be_bytes()),
            KeyName::Device(of) => (4, of.0.to_be_bytes()),
            KeyName::Day(day) => (5, u64::from(day).to_be_bytes()),
        };
        let mut bytes = [class; 9];
        if let Some(tail) = bytes.last_chunk_mut() {
            *tail = id;
        }
        bytes
    }
}

/// A deployment as its vaults see it. Clones are the same one.
#[derive(Clone)]
pub struct Deployment(Arc<Inner>);

struct Inner {
    roster: Roster,
    keys: Arc<Keys>,
    seen: Vec<Arc<Seen>>,
    faults: Mutex<Vec<Named>>,
    /// All that were ever named.
    ever: Mutex<BTreeSet<Named>>,
    course: Arc<Course>,
}

/// What follows from the local part.
struct Keys {
    handles: HmacKey,
    /// Tells what this deployment has told its vaults from what they make up.
    marks: HmacKey,
    local: hkdf::Salt,
}

/// How far a start is.
#[derive(Default)]
struct Course {
    /// The place of the last request in the order of all.
    order: AtomicU64,
    /// Boxes of which a tick was final, with their epochs and until when somebody may have heard otherwise before.
    settled: Mutex<BTreeMap<BoxId, (u32, u64)>>,
}

/// What was seen of one vault.
#[derive(Default)]
struct Seen {
    /// The highest commit number that it has told.
    commit: AtomicU64,
    /// Whether it answered when it was asked last.
    is_away: AtomicBool,
    /// One more than when it answered last; 0 before that.
    answered: AtomicU64,
}

/// How a vault is, as far as it was seen since the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// It did not answer when it was asked last.
    pub is_away: bool,
    /// When it answered last, on the clock of the machines.
    pub answered_ms: Option<u64>,
    /// The highest commit number that it has told.
    pub commit: u64,
    /// What it did that a right one does not.
    pub misdeeds: Vec<Misdeed>,
}

/// What a vault did that a right one does not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Misdeed {
    /// Its answer was not signed by it, or was longer than answers are. Somebody in between may have done it.
    Forged,
    /// It signed what does not answer the request.
    Unfit,
    /// It did not understand what others do.
    NotUnderstood,
    /// It does not know the deployment.
    UnknownDeployment,
    /// It is full.
    Full,
    /// It has forgotten what it had said was done: its folder was put back to an earlier time.
    RolledBack,
    /// Its share, or the commitments it states, are not those of the others.
    WrongShare,
    /// It says that somebody has drawn or reported what nobody has.
    MadeUp,
    /// It is at an epoch that it cannot be at.
    WrongEpoch,
    /// It says that it has had later requests of this deployment: another server may be running with its keys.
    Overtaken,
    /// It gives no more keys until its operator says so: what was asked of it was beyond its budget.
    Withholds,
}

/// A misdeed, with its vault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Named {
    /// Whose it is.
    pub vault: VaultNo,
    /// What it is.
    pub misdeed: Misdeed,
}

/// Bits that count the requests of one start.
const ORDER_BITS: u32 = 40;
/// Misdeeds kept until they are taken, one for each vault and kind.
const NAMED_MAX: usize = 256;

impl Deployment {
    /// A deployment of these vaults with this local part.
    #[must_use]
    pub fn new(roster: Roster, local: &Secret<[u8; 32]>) -> Deployment {
        let handles = HmacKey::new(&*hkdf::derive(local.expose(), b"", &[b"heliograph handle"]));
        let marks = HmacKey::new(&*hkdf::derive(local.expose(), b"", &[b"heliograph marks"]));
        let local = hkdf::Salt::new(local.expose());
        let seen = (0..roster.n()).map(|_| Arc::default()).collect();
        Deployment(Arc::new(Inner {
            roster,
            keys: Arc::new(Keys { handles, marks, local }),
            seen,
            faults: Mutex::default(),
            ever: Mutex::default(),
            course: Arc::default(),
        }))
    }

    /// The same deployment with these vaults in place of those, in the same number. What was seen of a vault stays with it; of one
    /// that is new nothing was. While requests to a vault are under way that is replaced it must not be used.
    #[must_use]
    pub fn with_roster(&self, roster: Roster) -> Deployment {
        let is_same = |vault: VaultNo| match (self.roster().member(vault), roster.member(vault)) {
            (Some(before), Some(now)) => before.key == now.key,
            (_, None) | (None, Some(_)) => false,
        };
        let seen = roster.vaults().map(|(vault, _)| match self.0.seen.get(vault.index()) {
            Some(seen) if is_same(vault) => seen.clone(),
            Some(_) | None => Arc::default(),
        });
        let ever = self.0.ever.lock().unwrap_or_else(PoisonError::into_inner);
        let ever = ever.iter().copied().filter(|named| is_same(named.vault)).collect();
        Deployment(Arc::new(Inner {
            keys: self.0.keys.clone(),
            seen: seen.collect(),
            faults: Mutex::default(),
            ever: Mutex::new(ever),
            course: self.0.course.clone(),
            roster,
        }))
    }

    /// The vaults.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.0.roster
    }

    /// What a vault knows a key by.
    #[must_use]
    pub fn handle(&self, key: KeyName, vault: VaultNo) -> Handle {
        let mac = self.0.keys.handles.sign(&[&key.bytes(), &[vault.0]]);
        let mut handle = [0; 16];
        if sabotage::is(Fault::IdAsHandle) {
            let named = key.bytes().into_iter().chain([vault.0]);
            handle.iter_mut().zip(named).for_each(|(to, from)| *to = from);
            return Handle(handle);
        }
        handle.copy_from_slice(mac.split_at(16).0);
        Handle(handle)
    }

    /// The shared key that a secret stands for (docs/keys.md 3). Of X each epoch has another one; any other key stays the same
    /// however often it is shared.
    #[must_use]
    pub(crate) fn shared_key(&self, secret: &[u8; 32], key: KeyName, epoch: u32) -> Secret<[u8; 32]> {
        let epoch = if matches!(key, KeyName::X(_)) { epoch } else { 0 };
        Secret::from(
            self.0.keys.local.derive(secret, &[b"heliograph key", &key.bytes(), &epoch.to_be_bytes()]),
        )
    }

    /// A token for a draw of this value.
    pub(crate) fn token(&self, value: u32, random: [u8; 8]) -> Token {
        let mac = self.0.keys.marks.sign(&[b"draw", &value.to_be_bytes(), &random]);
        let mut token = [0; 16];
        let (drawn, mark) = token.split_at_mut(8);
        drawn.copy_from_slice(&random);
        mark.copy_from_slice(mac.split_at(8).0);
        Token(token)
    }

    /// Whether some start of this deployment has drawn this value with this token, or nobody has drawn any.
    pub(crate) fn has_drawn(&self, value: u32, token: Token) -> bool {
        let random = token.0.first_chunk().copied().unwrap_or_default();
        let made = if value == 0 { Token([0; 16]) } else { self.token(value, random) };
        ct_eq(&made.0, &token.0)
    }

    /// The mark of a report.
    fn mark(&self, incarnation: u32, commit: u64) -> Mark {
        let mac = self.0.keys.marks.sign(&[b"report", &incarnation.to_be_bytes(), &commit.to_be_bytes()]);
        let mut mark = [0; 16];
        mark.copy_from_slice(mac.split_at(16).0);
        Mark(mark)
    }

    /// Whether some start of this deployment has reported this, or nobody has reported anything.
    pub(crate) fn has_reported(&self, incarnation: u32, commit: u64, mark: Mark) -> bool {
        (incarnation, commit) == (0, 0) || ct_eq(&self.mark(incarnation, commit).0, &mark.0)
    }

    /// The incarnation of this start; 0 before it has one.
    pub(crate) fn incarnation(&self) -> u32 {
        u32::try_from(self.0.course.order.load(Ordering::SeqCst) >> ORDER_BITS).unwrap_or_default()
    }

    /// Tells a vault that the store of this start is durable up to this commit.
    pub(crate) fn report(&self, commit: u64) -> Op {
        let incarnation = self.incarnation();
        Op::Report { incarnation, commit, mark: self.mark(incarnation, commit) }
    }

    /// All requests from now on come after those of earlier starts.
    pub(crate) fn begin_order(&self, incarnation: u32) {
        self.0.course.order.fetch_max(u64::from(incarnation) << ORDER_BITS, Ordering::SeqCst);
    }

    /// A tick of a box is final: it is at this epoch. Whoever asked before has heard what he will hear at `until_ms`.
    pub(crate) fn settle(&self, of: BoxId, epoch: u32, now_ms: u64, until_ms: u64) {
        let mut settled = self.0.course.settled.lock().unwrap_or_else(PoisonError::into_inner);
        settled.retain(|_, (_, until_ms)| *until_ms > now_ms);
        settled.insert(of, (epoch, until_ms));
    }

    /// The epoch that a tick of a box has settled lately.
    pub(crate) fn settled(&self, of: BoxId) -> Option<u32> {
        let settled = self.0.course.settled.lock().unwrap_or_else(PoisonError::into_inner);
        settled.get(&of).map(|(epoch, _)| *epoch)
    }

    /// The place of the next request.
    pub(crate) fn next_order(&self) -> u64 {
        self.0.course.order.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The highest commit number that a vault has told.
    pub(crate) fn seen(&self, vault: VaultNo) -> u64 {
        self.of(vault).map_or(0, |seen| seen.commit.load(Ordering::SeqCst))
    }

    /// A vault has told its commit number.
    pub(crate) fn saw(&self, vault: VaultNo, commit: u64) {
        if let Some(seen) = self.of(vault) {
            seen.commit.fetch_max(commit, Ordering::SeqCst);
        }
    }

    /// A vault did not answer.
    pub(crate) fn missed(&self, vault: VaultNo) {
        if let Some(seen) = self.of(vault) {
            seen.is_away.store(true, Ordering::Relaxed);
        }
    }

    /// A vault has answered.
    pub(crate) fn answered(&self, vault: VaultNo, now_ms: u64) {
        if let Some(seen) = self.of(vault) {
            seen.is_away.store(false, Ordering::Relaxed);
            seen.answered.store(now_ms.saturating_add(1), Ordering::Relaxed);
        }
    }

    fn of(&self, vault: VaultNo) -> Option<&Seen> {
        self.0.seen.get(vault.index()).map(Arc::as_ref)
    }

    /// How a vault is.
    #[must_use]
    pub fn health(&self, vault: VaultNo) -> Health {
        let none = Seen::default();
        let seen = self.of(vault).unwrap_or(&none);
        let ever = self.0.ever.lock().unwrap_or_else(PoisonError::into_inner);
        Health {
            is_away: seen.is_away.load(Ordering::Relaxed),
            answered_ms: seen.answered.load(Ordering::Relaxed).checked_sub(1),
            commit: seen.commit.load(Ordering::SeqCst),
            misdeeds: ever.iter().filter(|named| named.vault == vault).map(|named| named.misdeed).collect(),
        }
    }

    /// All vaults, those first that answered when they were asked last.
    pub(crate) fn by_presence(&self) -> Vec<VaultNo> {
        let mut vaults: Vec<VaultNo> = (0..self.roster().n()).map(VaultNo::at).collect();
        let is_away = |vault: &VaultNo| self.of(*vault).map(|seen| seen.is_away.load(Ordering::Relaxed));
        vaults.sort_by_key(is_away);
        vaults
    }

    /// A vault has done something.
    pub(crate) fn name(&self, vault: VaultNo, misdeed: Misdeed) {
        let mut named = self.0.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = Named { vault, misdeed };
        self.0.ever.lock().unwrap_or_else(PoisonError::into_inner).insert(fault);
        if named.len() < NAMED_MAX && !named.contains(&fault) {
            named.push(fault);
        }
    }

    /// What vaults did since this was asked last, for the log and the operator: each once.
    #[must_use]
    pub fn take_named(&self) -> Vec<Named> {
        std::mem::take(&mut *self.0.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<Refusal> for Misdeed {
    fn from(refusal: Refusal) -> Misdeed {
        match refusal {
            Refusal::NotUnderstood => Misdeed::NotUnderstood,
            Refusal::UnknownDeployment => Misdeed::UnknownDeployment,
            Refusal::TooMuch => Misdeed::Full,
            Refusal::Overtaken => Misdeed::Overtaken,
        }
    }
}

impl Misdeed {
    /// What an answer that does not count says of its vault; nothing if it may just be late.
    pub(crate) fn of(fault: AnswerFault) -> Option<Misdeed> {
        match fault {
            AnswerFault::Forged => Some(Misdeed::Forged),
            AnswerFault::Unfit => Some(Misdeed::Unfit),
            AnswerFault::OtherRequest => None,
        }
    }
}
