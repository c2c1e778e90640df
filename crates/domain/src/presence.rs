//! Who is online, and when everybody else was there last.
//!
//! To the second it is known in memory alone ([`Presence`]), for two days; a restart forgets it. What is kept is the number of
//! a day in the account ([`SeenDay`]), from which others see "recently", "within a week", "within a month" or nothing.
//! A user is online while one of his keys is: from when its client said so, until it says otherwise, is not heard of for
//! [`ONLINE_MS`], or has no connection any more. Nothing else makes him so, neither a message nor that he types.
//! Source: docs, account.updateStatus, UserStatus.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ids::limits::{
    AUDIENCE_MAX, ONLINE_KEYS_MAX, ONLINE_KEYS_PER_USER_MAX, ONLINE_MS, ONLINE_SAME_MS, SEEN_EXACT_MAX,
    SEEN_EXACT_MS,
};
use ids::sabotage::{self, Fault};
use ids::{AuthKeyId, Now, UnixTime, UserId};
use store::{Field, Plain, Reader, StoreError, Tx, Window};

use crate::account::{self, Account};
use crate::profile::Person;
use crate::tables::DIALOGS;
use crate::{Authed, block, contact, privacy};

const DAY_S: i64 = 86_400;
/// Days since somebody was there, up to which it was recently, within a week, within a month.
const RECENTLY_DAYS: u32 = 2;
const WEEK_DAYS: u32 = 7;
const MONTH_DAYS: u32 = 30;

/// What one viewer sees of when somebody was there last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Nothing is known, or nothing is shown: clients say "a long time ago".
    Empty,
    /// He is online, until then if nothing more is heard.
    Online {
        /// When that ends.
        expires: UnixTime,
    },
    /// He is not.
    Offline {
        /// When he was there last.
        was_online: UnixTime,
    },
    /// Within the last three days.
    Recently {
        /// More is hidden because the viewer hides as much from him.
        by_me: bool,
    },
    /// Within a week.
    LastWeek {
        /// As of `Recently`.
        by_me: bool,
    },
    /// Within a month.
    LastMonth {
        /// As of `Recently`.
        by_me: bool,
    },
}

/// The day on which somebody was there last: all that is kept of it, on purpose, since a time at rest would tell whoever has
/// the disk and the vaults when he reads his messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SeenDay(u32);

/// How much of it somebody shows to a viewer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shown {
    /// To the second.
    Exact,
    /// To the day.
    Day {
        /// He would show more, if the viewer did.
        by_viewer: bool,
    },
    /// Nothing.
    Nothing,
}

/// Who is online, and when others were, as far as this process knows.
#[derive(Default)]
pub struct Presence(RwLock<Inner>);

/// Times are of the monotonic clock: one that is set changes nothing.
#[derive(Default)]
struct Inner {
    /// Keys whose clients said that their user is there.
    here: BTreeMap<(UserId, AuthKeyId), Here>,
    /// When those who have no such key were there last.
    seen: BTreeMap<UserId, u64>,
}

#[derive(Clone, Copy)]
struct Here {
    until_ms: u64,
    /// It had no connection when that was looked at last.
    alone: bool,
}

impl Presence {
    /// Notes what the client of a key says of its user; whether others may see him otherwise now.
    pub fn note(&self, user: UserId, key: AuthKeyId, online: bool, now: Now) -> bool {
        let mut inner = self.write();
        if !online {
            let was_here = inner.here.remove(&(user, key)).is_some();
            return was_here && inner.leave(user, now.mono_ms);
        }
        let until_ms = now.mono_ms.saturating_add(ONLINE_MS);
        let before_ms = inner.until_ms(user).unwrap_or(0);
        match inner.here.get_mut(&(user, key)) {
            Some(here) if here.until_ms.saturating_add(ONLINE_SAME_MS) > until_ms => return false,
            Some(here) => here.until_ms = until_ms,
            None => {
                let of_user = inner.here.range(keys_of(user)).count();
                if of_user >= ONLINE_KEYS_PER_USER_MAX || inner.here.len() >= ONLINE_KEYS_MAX {
                    return false;
                }
                inner.here.insert((user, key), Here { until_ms, alone: false });
            }
        }
        inner.seen.remove(&user);
        before_ms < until_ms
    }

    /// The keys that are online.
    pub fn online(&self) -> Vec<(UserId, AuthKeyId)> {
        self.read().here.keys().copied().collect()
    }

    /// Looks who still is: a key whose time is over is not, and one that is found without a connection twice. Those who
    /// went with it.
    pub fn settle(&self, is_alone: &dyn Fn(UserId, AuthKeyId) -> bool, now: Now) -> Vec<UserId> {
        // Nobody who looks at a status waits for the look at connections.
        let alone: Vec<_> = self.online().into_iter().filter(|&(user, key)| is_alone(user, key)).collect();
        let mut inner = self.write();
        let mut gone = Vec::new();
        inner.here.retain(|at, here| {
            let was_alone = std::mem::replace(&mut here.alone, alone.binary_search(at).is_ok());
            let ends = here.until_ms <= now.mono_ms || (was_alone && here.alone);
            if ends {
                gone.push((at.0, here.until_ms.min(now.mono_ms)));
            }
            !ends
        });
        let left = gone.into_iter().filter(|&(user, at_ms)| inner.leave(user, at_ms));
        let mut left: Vec<_> = left.map(|(user, _)| user).collect();
        left.dedup();
        inner.seen.retain(|_, at_ms| now.mono_ms.saturating_sub(*at_ms) < SEEN_EXACT_MS);
        left
    }

    /// Users of whom something is known.
    pub fn len(&self) -> usize {
        let inner = self.read();
        inner.here.len() + inner.seen.len()
    }

    /// Whether nothing is known of anybody.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of a user to the second, for those to whom he shows it.
    pub fn exact(&self, user: UserId, now: Now) -> Option<Status> {
        let inner = self.read();
        match inner.until_ms(user) {
            Some(until_ms) if until_ms > now.mono_ms => {
                Some(Status::Online { expires: now.unix_at(until_ms) })
            }
            Some(until_ms) => Some(Status::Offline { was_online: now.unix_at(until_ms) }),
            None => {
                let at_ms = *inner.seen.get(&user)?;
                (now.mono_ms.saturating_sub(at_ms) < SEEN_EXACT_MS)
                    .then(|| Status::Offline { was_online: now.unix_at(at_ms) })
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        // Whoever panicked here left the maps whole: each is changed by one call.
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Until when a user is online, or was, if nobody has looked since.
    fn until_ms(&self, user: UserId) -> Option<u64> {
        self.here.range(keys_of(user)).map(|(_, here)| here.until_ms).max()
    }

    /// A key of a user is not online any more; whether none is.
    fn leave(&mut self, user: UserId, at_ms: u64) -> bool {
        if self.here.range(keys_of(user)).next().is_some() {
            return false;
        }
        let at_ms = self.seen.get(&user).map_or(at_ms, |before| at_ms.max(*before));
        self.seen.insert(user, at_ms);
        if self.seen.len() > SEEN_EXACT_MAX {
            // Half of them go at once, so that the next ones cost nothing.
            let mut times: Vec<_> = self.seen.values().copied().collect();
            let (_, &mut median, _) = times.select_nth_unstable(SEEN_EXACT_MAX / 2);
            self.seen.retain(|_, at_ms| *at_ms > median);
        }
        true
    }
}

fn keys_of(user: UserId) -> std::ops::RangeInclusive<(UserId, AuthKeyId)> {
    (user, AuthKeyId(0))..=(user, AuthKeyId(u64::MAX))
}

impl SeenDay {
    /// Nobody was ever there.
    pub(crate) const NEVER: Self = Self(0);

    fn of(now: UnixTime) -> Self {
        let unit_s = if sabotage::is(Fault::SecondKept) { 1 } else { DAY_S };
        Self(u32::try_from(now.0.div_euclid(unit_s)).unwrap_or(0))
    }

    fn status(self, now: UnixTime, by_me: bool) -> Status {
        if self == Self::NEVER {
            return Status::Empty;
        }
        match Self::of(now).0.saturating_sub(self.0) {
            days if days <= RECENTLY_DAYS => Status::Recently { by_me },
            days if days <= WEEK_DAYS => Status::LastWeek { by_me },
            days if days <= MONTH_DAYS => Status::LastMonth { by_me },
            _ => Status::Empty,
        }
    }
}

impl Field for SeenDay {
    fn put(&self, out: &mut Plain) {
        self.0.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, store::Fault> {
        u32::take(reader).map(Self)
    }
}

impl Person {
    /// What the viewer sees of when this person was there last.
    pub fn status(&self, presence: &Presence, now: Now) -> Status {
        match self.shown {
            Shown::Exact => {
                presence.exact(self.id, now).unwrap_or_else(|| self.seen.status(now.unix(), false))
            }
            Shown::Day { by_viewer } => self.seen.status(now.unix(), by_viewer),
            Shown::Nothing => Status::Empty,
        }
    }
}

/// Whether the caller's account says already that he is there today.
///
/// # Errors
/// When the store fails.
pub fn is_marked(tx: &Tx<'_>, by: Authed, now: UnixTime) -> Result<bool, StoreError> {
    Ok(account::own(tx, by)?.seen == SeenDay::of(now))
}

/// Notes in the caller's account that he is there today. No client is told: the day is seen by who sees no time.
///
/// # Errors
/// When the store fails.
pub fn mark(tx: &mut Tx<'_>, by: Authed, now: UnixTime) -> Result<(), StoreError> {
    let account = account::own(tx, by)?;
    account::put(tx, &Account { seen: SeenDay::of(now), ..account })
}

/// What two users are to each other, as far as rules ask for it.
#[derive(Clone, Copy)]
pub(crate) struct Books {
    /// The viewer is in the book of whom he looks at.
    pub(crate) viewer_in_book: bool,
    /// And the other way round.
    pub(crate) target_in_book: bool,
}

/// What an account shows to somebody else of when it was there last: nothing to whom it has blocked, the day to whom its rules do
/// not let see more, and to who does not let see it more himself, by his rules or by a block. No rule of his would change what a
/// block takes from him, so he is not told that one would.
pub(crate) fn shown(
    tx: &Tx<'_>,
    target: &Account,
    viewer: &Account,
    books: Books,
) -> Result<Shown, StoreError> {
    if block::has_blocked(tx, target, viewer.id)? {
        return Ok(Shown::Nothing);
    }
    if !privacy::allows(tx, target, viewer.id, books.viewer_in_book)? {
        return Ok(Shown::Day { by_viewer: false });
    }
    if block::has_blocked(tx, viewer, target.id)? {
        return Ok(Shown::Day { by_viewer: false });
    }
    let returned = privacy::allows(tx, viewer, target.id, books.target_in_book)?;
    Ok(if returned { Shown::Exact } else { Shown::Day { by_viewer: true } })
}

/// Somebody who is told of another user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Onlooker {
    /// Who.
    pub user: UserId,
    /// Whether he sees to the second when that user is there; who does not must not be told when he comes either.
    pub sees_time: bool,
}

/// Who is told of a user: of those with `is_live`, who has his number in his book, or has a dialog with him; not whom he has
/// blocked. [`AUDIENCE_MAX`] at most; the others see it when they ask.
///
/// # Errors
/// When the store fails.
pub fn audience(
    tx: &Tx<'_>,
    user: UserId,
    is_live: &dyn Fn(UserId) -> bool,
) -> Result<Vec<Onlooker>, StoreError> {
    let Some(account) = account::find(tx, user)? else { return Ok(Vec::new()) };
    let holders = contact::holders(tx, account.phone)?;
    let dialogs = tx.range(&DIALOGS, user.into(), .., Window::first(usize::MAX))?;
    let peers = dialogs.into_iter().map(|((), row)| row.peer.user());
    let known = holders.iter().copied().chain(peers);
    let mut known: Vec<_> = known.filter(|&other| other != user && is_live(other)).collect();
    known.sort_unstable();
    known.dedup();
    let mut audience = Vec::new();
    for viewer in account::find_all(tx, &known)?.into_iter().flatten() {
        let books = Books {
            // Another page of the directory, and only rules ask for it.
            viewer_in_book: account.has_rules
                && contact::holders(tx, viewer.phone)?.binary_search(&user).is_ok(),
            target_in_book: holders.binary_search(&viewer.id).is_ok(),
        };
        if audience.len() >= AUDIENCE_MAX {
            break;
        }
        match shown(tx, &account, &viewer, books)? {
            Shown::Exact => audience.push(Onlooker { user: viewer.id, sees_time: true }),
            Shown::Day { .. } => audience.push(Onlooker { user: viewer.id, sees_time: false }),
            Shown::Nothing => {}
        }
    }
    Ok(audience)
}
