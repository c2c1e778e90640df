//! What the keeper does without being asked: the orders of the outbox, and the key of each day.
//!
//! An order is carried out when its commit is durable, and is gone from the outbox when it is final; whatever is cut short
//! is begun anew. Doing one twice does no harm.
use std::collections::BTreeMap;

use custody::{Destroy, Destroyed, Doomed, Make, Mint, Pace};
use domain::authorization::{self, orders};
use ids::limits::{KEY_WITHOUT_USER_LIFE_MS, KEYS_WITHOUT_USER_MAX, ORDERS_MAX, VAULT_RETRY_MS};
use ids::{AuthKeyId, BoxId, Now, UnixTime};
use std::sync::atomic::Ordering;
use store::outbox::{self, OutboxId, OutboxRow};
use store::{Commit, StoreError, System, Tx, Window};

use super::boot::{DAY_S, day};
use super::desk::Desk;
use super::job::{Done, Kind};
use crate::log::Event;

/// How often the outbox is looked into.
const LOOK_MS: u64 = 1_000;
/// The key of a day is to be destroyed; the order refers to the day.
const DESTROY_DAY_KEY: u16 = 3;
/// Days for which a day key is kept after its own.
const DAYS_KEPT: i64 = 2;
/// A key whose vaults were not all there is looked at again after this.
const AGAIN_MS: u64 = 30_000;

/// What is under way and what is due.
#[derive(Default)]
pub(super) struct Errands {
    pub(super) wakes_ms: u64,
    /// Orders that are to be carried out once this commit is durable.
    found: Option<(Commit, Vec<(OutboxId, Doomed)>)>,
    /// Keys that are being destroyed, with the orders that said so.
    destroying: BTreeMap<Doomed, Vec<OutboxId>>,
    /// Orders whose keys some vaults still have, and when they are looked at again.
    resting: BTreeMap<Doomed, u64>,
    /// The day whose key is there, and the one that is being minted.
    day: u32,
    minting: Option<u32>,
}

impl Errands {
    /// Whether a key is being destroyed.
    pub(super) fn is_destroying(&self, doomed: Doomed) -> bool {
        self.destroying.contains_key(&doomed)
    }

    /// The exchange that destroys keys has ended; what it did not get to is ordered still.
    pub(super) fn destroyed_all(&mut self) {
        self.destroying.clear();
    }

    /// The key of a day was minted, or not.
    pub(super) fn minted_day(&mut self, day: u32, is_minted: bool) {
        self.minting = None;
        if is_minted {
            self.day = day;
        }
    }
}

impl Desk {
    /// Does what is due.
    pub(super) fn run_errands(&mut self, now: Now) {
        if let Some((commit, _)) = &self.errands.found
            && *commit <= self.store.engine().durable()
            && let Some((_, orders)) = self.errands.found.take()
        {
            self.destroy(orders, now);
        }
        if now.mono_ms < self.errands.wakes_ms {
            return;
        }
        self.errands.wakes_ms = now.mono_ms + LOOK_MS;
        self.look_at_day(now);
        if self.errands.found.is_none() && self.count(Kind::Destroy) == 0 {
            self.look_at_outbox(now);
        }
    }

    /// A new day has a key of its own.
    fn look_at_day(&mut self, now: Now) {
        let today = day(now.unix().get());
        let is_new = today > self.errands.day && self.errands.minting.is_none();
        if !is_new {
            return;
        }
        if self.errands.day == 0 {
            // The start has brought it.
            self.errands.day = today;
        } else {
            self.errands.minting = Some(today);
            let mint = Mint::new(
                &self.deployment,
                &self.keyring,
                &[Make::Day(today)],
                Pace { whole_ms: VAULT_RETRY_MS * 10, ..Pace::default() },
                now.mono_ms,
            );
            self.start(Kind::Other, mint, |(make, minted)| Done::Minted(make, minted));
        }
        let ordered = self.store.write(|tx| order_end_of_day(tx, today));
        self.note(ordered.result);
    }

    fn look_at_outbox(&mut self, now: Now) {
        let strangers = self.node.keeper.strangers.load(Ordering::Relaxed);
        let too_many = strangers.saturating_sub(KEYS_WITHOUT_USER_MAX).min(ORDERS_MAX);
        let all_strangers = now.plus_ms(2 * KEY_WITHOUT_USER_LIFE_MS).unix();
        let ran = self.store.read::<_, StoreError>(|tx| {
            let mut due = outbox::due(tx, now.unix(), ORDERS_MAX)?;
            if due.len() < too_many {
                due = outbox::due(tx, all_strangers, too_many)?;
                due.retain(|(_, row)| row.kind == orders::EXPIRE_KEY);
            }
            Ok(due)
        });
        let Some(due) = self.note(ran.result).filter(|due| !due.is_empty()) else { return };
        let (mut expired, mut doomed) = (Vec::new(), Vec::new());
        for (id, OutboxRow { kind, reference, .. }) in due {
            match kind {
                orders::EXPIRE_KEY => expired.push((id, AuthKeyId(reference))),
                orders::DESTROY_DEVICE_KEY => doomed.push((id, Doomed::Device(AuthKeyId(reference)))),
                DESTROY_DAY_KEY => {
                    doomed.push((id, Doomed::Day(u32::try_from(reference).unwrap_or_default())));
                }
                _ => {}
            }
        }
        self.expire(&expired, now);
        let resting = &self.errands.resting;
        doomed.retain(|(_, doomed)| resting.get(doomed).is_none_or(|until_ms| *until_ms <= now.mono_ms));
        if !doomed.is_empty() {
            self.errands.found = Some((ran.seen, doomed));
        }
    }

    /// Destroys keys with which nobody has logged in and whose time is over.
    fn expire(&mut self, keys: &[(OutboxId, AuthKeyId)], now: Now) {
        if keys.is_empty() {
            return;
        }
        let ran = self.store.write::<_, StoreError>(|tx| {
            let mut gone = Vec::new();
            for &(order, key) in keys {
                // Rows under a key of their own are those of somebody who is logged in.
                if !tx.is_claimed(key)? && authorization::expire(tx, key, now.unix())? {
                    gone.push(key);
                }
                outbox::done(tx, order)?;
            }
            Ok(gone)
        });
        for key in self.note(ran.result).unwrap_or_default() {
            self.node.keys.remove(key, &self.node, now);
        }
        let strangers = &self.node.keeper.strangers;
        let fewer = |all: usize| Some(all.saturating_sub(keys.len()));
        let _ = strangers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
    }

    /// Destroys keys at the vaults, as far as nobody has use for them again.
    fn destroy(&mut self, orders: Vec<(OutboxId, Doomed)>, now: Now) {
        let ran = self.store.read::<_, StoreError>(|tx| {
            orders.iter().map(|(_, doomed)| may_destroy(tx, *doomed)).collect::<Result<Vec<Use>, _>>()
        });
        let Some(uses) = self.note(ran.result) else { return };
        let mut moot = Vec::new();
        for ((order, doomed), used) in orders.into_iter().zip(uses) {
            let is_wanted = matches!(doomed, Doomed::Device(id) if self.is_wanted(id));
            match used {
                // Somebody has logged in again, and when he logs out there will be another order.
                Use::Again => moot.push(order),
                Use::None if !is_wanted => {
                    self.errands.destroying.entry(doomed).or_default().push(order);
                }
                Use::None | Use::Soon => {}
            }
        }
        self.done(&moot);
        let doomed: Vec<Doomed> = self.errands.destroying.keys().copied().collect();
        if !doomed.is_empty() {
            let destroy =
                Destroy::new(&self.deployment, &self.keyring, &doomed, Pace::default(), now.mono_ms);
            self.start(Kind::Destroy, destroy, |(doomed, destroyed)| Done::Destroyed(doomed, destroyed));
        }
    }

    /// A key is gone from the vaults, or from some of them.
    pub(super) fn destroyed(&mut self, doomed: Doomed, destroyed: &Destroyed) {
        let orders = self.errands.destroying.remove(&doomed).unwrap_or_default();
        if destroyed.is_final && destroyed.missing.is_empty() {
            self.errands.resting.remove(&doomed);
            if matches!(doomed, Doomed::Device(_)) {
                self.node.log.event(&Event::KeyDestroyed {});
            }
            self.done(&orders);
        } else {
            let until_ms = self.node.clock.now().mono_ms + AGAIN_MS;
            self.errands.resting.insert(doomed, until_ms);
        }
    }

    fn done(&self, orders: &[OutboxId]) {
        if !orders.is_empty() {
            let ran = self.store.write(|tx| orders.iter().try_for_each(|order| outbox::done(tx, *order)));
            self.note(ran.result);
        }
    }

    /// Counts the keys of nobody that earlier starts left.
    pub(super) fn count_strangers(&self) {
        let all = self.node.clock.now().plus_ms(2 * KEY_WITHOUT_USER_LIFE_MS).unix();
        let ran = self.store.read(|tx| outbox::due(tx, all, KEYS_WITHOUT_USER_MAX));
        let rows = self.note::<Vec<_>>(ran.result).unwrap_or_default();
        let strangers = rows.iter().filter(|(_, row)| row.kind == orders::EXPIRE_KEY).count();
        self.node.keeper.strangers.fetch_add(strangers, Ordering::Relaxed);
    }

    /// The value; a failure is logged, and what was to be done is found again in the outbox.
    fn note<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        if result.is_err() {
            self.node.log.event(&Event::StoreFailed {});
        }
        result.ok()
    }
}

/// Whether somebody has use for a key whose destruction was ordered.
enum Use {
    /// Nobody.
    None,
    /// It is in use again.
    Again,
    /// It may be in a moment.
    Soon,
}

fn may_destroy(tx: &Tx<'_>, doomed: Doomed) -> Result<Use, StoreError> {
    let Doomed::Device(id) = doomed else { return Ok(Use::None) };
    if tx.is_claimed(id)? {
        return Ok(Use::Again);
    }
    Ok(if authorization::is_unused(tx, id)? { Use::None } else { Use::Soon })
}

/// Orders the end of a day's key, once.
fn order_end_of_day(tx: &mut Tx<'_>, day: u32) -> Result<(), StoreError> {
    let due = UnixTime((i64::from(day) + DAYS_KEPT) * DAY_S);
    let same_time = (due, 0)..=(due, u32::MAX);
    let there = tx.range(&outbox::OUTBOX, System, same_time, Window::first(ORDERS_MAX))?;
    if there.iter().any(|(_, row)| row.kind == DESTROY_DAY_KEY) {
        return Ok(());
    }
    tx.enqueue(due, &OutboxRow { kind: DESTROY_DAY_KEY, of: BoxId(0), reference: day.into() })
}
