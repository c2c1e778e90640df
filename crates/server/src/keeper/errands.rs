//! What the keeper does without being asked: the orders of the outbox.
//!
//! An order is carried out when its commit is durable, and is gone from the outbox when it is final; whatever is cut short
//! is begun anew. Doing one twice does no harm. One that cannot be finished now is put off in the outbox itself, so that
//! however many wait for an absent vault, none of the others waits behind them.
use std::collections::BTreeMap;

use custody::{Destroy, Destroyed, Doomed, Pace};
use domain::{authorization, orders};
use ids::limits::{
    KEY_WITHOUT_USER_LIFE_MS, KEYS_WITHOUT_USER_MAX, ORDER_AGAIN_FINAL_MS, ORDER_AGAIN_MS, ORDER_UNKNOWN_MS,
    ORDERS_MAX,
};
use ids::{AuthKeyId, Now};
use std::sync::atomic::Ordering;
use store::outbox::{self, OutboxId, OutboxRow};
use store::{Commit, StoreError, Tx};

use super::days::Days;
use super::desk::Desk;
use super::job::{Done, Kind};
use crate::log::Event;

/// How often the outbox is looked into.
const LOOK_MS: u64 = 1_000;

/// What is under way and what is due.
pub(super) struct Errands {
    pub(super) wakes_ms: u64,
    pub(super) days: Days,
    /// Orders that are to be carried out once this commit is durable.
    found: Option<(Commit, Vec<(OutboxId, Doomed)>)>,
    /// Keys that are being destroyed, with the orders that said so.
    destroying: BTreeMap<Doomed, Vec<OutboxId>>,
    /// Orders of the exchange that runs that are done.
    done: Vec<OutboxId>,
    /// Those whose keys some vaults still have, and those whose deletion is not even final.
    left: [Vec<OutboxId>; 2],
}

impl Errands {
    /// `day` is that of the key which the start has brought.
    pub(super) fn new(day: u32) -> Self {
        Self {
            wakes_ms: 0,
            days: Days::new(day),
            found: None,
            destroying: BTreeMap::new(),
            done: Vec::new(),
            left: Default::default(),
        }
    }

    /// Whether a key is being destroyed.
    pub(super) fn is_destroying(&self, doomed: Doomed) -> bool {
        self.destroying.contains_key(&doomed)
    }
}

impl Desk {
    /// Does what is due.
    pub(super) fn run_errands(&mut self, now: Now) {
        if let Some((commit, _)) = &self.errands.found
            && *commit <= self.store.engine().durable()
            && self.count(Kind::Mend) == 0
            && let Some((ordered, orders)) = self.errands.found.take()
        {
            self.destroy(orders, ordered, now);
        }
        if now.mono_ms < self.errands.wakes_ms {
            return;
        }
        self.errands.wakes_ms = now.mono_ms + LOOK_MS;
        self.look_at_day(now);
        self.end_messages(now);
        if self.errands.found.is_none() && self.count(Kind::Destroy) == 0 {
            self.look_at_outbox(now);
        }
    }

    fn look_at_outbox(&mut self, now: Now) {
        let strangers = self.node.keeper.strangers.load(Ordering::Relaxed);
        let too_many = strangers.saturating_sub(KEYS_WITHOUT_USER_MAX).min(ORDERS_MAX);
        let all_strangers = now.plus_ms(2 * KEY_WITHOUT_USER_LIFE_MS).unix();
        let is_doubted = self.errands.days.is_doubted(now);
        let ran = self.store.read::<_, StoreError>(|tx| {
            let due = if is_doubted {
                outbox::due_of(tx, orders::DESTROY_DEVICE_KEY, now.unix(), ORDERS_MAX)?
            } else {
                outbox::due(tx, now.unix(), ORDERS_MAX)?
            };
            Ok((due, outbox::due_of(tx, orders::EXPIRE_KEY, all_strangers, too_many)?))
        });
        let Some((due, surplus)) = self.note(ran.result) else { return };
        let (mut expired, mut doomed, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for (id, OutboxRow { kind, reference, .. }) in due {
            match kind {
                orders::EXPIRE_KEY => expired.push((id, AuthKeyId(reference))),
                orders::DESTROY_DEVICE_KEY => doomed.push((id, Doomed::Device(AuthKeyId(reference)))),
                orders::DESTROY_DAY_KEY => {
                    doomed.push((id, Doomed::Day(u32::try_from(reference).unwrap_or_default())));
                }
                // Carried out elsewhere.
                orders::END_MESSAGE | orders::CLOSE_POLL => {}
                _ => unknown.push(id),
            }
        }
        if expired.len() < surplus.len() {
            expired = surplus.into_iter().map(|(id, row)| (id, AuthKeyId(row.reference))).collect();
        }
        if !unknown.is_empty() {
            self.node.log.event(&Event::UnknownOrder {});
            self.put_off(&unknown, ORDER_UNKNOWN_MS);
        }
        self.expire(&expired, now);
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
    fn destroy(&mut self, orders: Vec<(OutboxId, Doomed)>, ordered: Commit, now: Now) {
        let ran = self.store.read::<_, StoreError>(|tx| {
            orders.iter().map(|(_, doomed)| may_destroy(tx, *doomed)).collect::<Result<Vec<Use>, _>>()
        });
        let Some(uses) = self.note(ran.result) else { return };
        let (mut moot, mut soon) = (Vec::new(), Vec::new());
        for ((order, doomed), used) in orders.into_iter().zip(uses) {
            let is_wanted = match doomed {
                Doomed::Device(id) => self.is_wanted(id),
                Doomed::Day(day) => self.errands.days.is_in_use(day),
                Doomed::Box(_) => false,
            };
            match used {
                // Somebody has logged in again, and when he logs out there will be another order.
                Use::Again => moot.push(order),
                Use::None if !is_wanted => {
                    self.forget_late(doomed);
                    self.errands.destroying.entry(doomed).or_default().push(order);
                }
                Use::None | Use::Soon => soon.push(order),
            }
        }
        self.done(&moot);
        self.put_off(&soon, ORDER_AGAIN_MS);
        let doomed: Vec<Doomed> = self.errands.destroying.keys().copied().collect();
        if !doomed.is_empty() {
            let destroy =
                Destroy::new(&self.deployment, &self.keyring, &doomed, ordered, Pace::default(), now.mono_ms);
            self.start(Kind::Destroy, destroy, |(doomed, destroyed)| Done::Destroyed(doomed, destroyed));
        }
    }

    /// A key is gone from the vaults, or from some of them.
    pub(super) fn destroyed(&mut self, doomed: Doomed, destroyed: &Destroyed) {
        let receipts = destroyed.receipts.iter().map(|(vault, commit)| (vault.0, *commit));
        self.note(self.store.note_receipts(receipts));
        let orders = self.errands.destroying.remove(&doomed).unwrap_or_default();
        if destroyed.is_final && destroyed.missing.is_empty() {
            if matches!(doomed, Doomed::Device(_)) {
                self.node.log.event(&Event::KeyDestroyed {});
            }
            self.errands.done.extend(orders);
        } else {
            let [is_final, is_not] = &mut self.errands.left;
            if destroyed.is_final { is_final } else { is_not }.extend(orders);
        }
    }

    /// The exchange that destroys keys has ended; what it did not get to is ordered still.
    pub(super) fn destruction_ended(&mut self) {
        self.errands.destroying.clear();
        let done = std::mem::take(&mut self.errands.done);
        let [is_final, is_not] = std::mem::take(&mut self.errands.left);
        self.done(&done);
        self.put_off(&is_final, ORDER_AGAIN_FINAL_MS);
        self.put_off(&is_not, ORDER_AGAIN_MS);
    }

    fn done(&self, orders: &[OutboxId]) {
        if !orders.is_empty() {
            let ran = self.store.write(|tx| orders.iter().try_for_each(|order| outbox::done(tx, *order)));
            self.note(ran.result);
        }
    }

    /// Orders that cannot be finished now are due again later.
    fn put_off(&self, orders: &[OutboxId], ms: u64) {
        if !orders.is_empty() {
            let until = self.node.clock.now().plus_ms(ms).unix();
            let ran = self.store.write(|tx| outbox::postpone(tx, orders, until));
            self.note(ran.result);
        }
    }

    /// Counts the keys of nobody that earlier starts left.
    pub(super) fn count_strangers(&self) {
        let all = self.node.clock.now().plus_ms(2 * KEY_WITHOUT_USER_LIFE_MS).unix();
        let most = 2 * KEYS_WITHOUT_USER_MAX;
        let ran = self.store.read(|tx| outbox::due_of(tx, orders::EXPIRE_KEY, all, most));
        let strangers = self.note::<Vec<_>>(ran.result).unwrap_or_default().len();
        self.node.keeper.strangers.fetch_add(strangers, Ordering::Relaxed);
    }

    /// The value; a failure is logged, and what was to be done is found again in the outbox.
    pub(super) fn note<T>(&self, result: Result<T, StoreError>) -> Option<T> {
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
