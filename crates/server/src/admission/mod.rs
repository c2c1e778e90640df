//! Who gets in: connections at a time, unauthenticated ones of each address, key exchanges of each address.
//!
//! All counters are in memory and die with the process (P30). Source: rows A5 and A6 of the threat table.
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ids::{Budgets, Now, counted_address};

use crate::config::LimitSettings;
use crate::log::log_words;

log_words! {
    /// Why a connection was turned away.
    pub(crate) enum Refusal {
        /// As many as the limit allows are open.
        Full = "full",
        /// Its address has too many that have not logged in.
        Unauthenticated = "unauthenticated",
    }
}

/// The counters.
pub(crate) struct Admission {
    connections_max: u64,
    unauthenticated_max: u32,
    counters: Mutex<Counters>,
}

struct Counters {
    open: u64,
    unauthenticated: HashMap<IpAddr, u32>,
    handshakes: Budgets<IpAddr>,
}

/// One admitted connection; dropping it makes room.
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    address: IpAddr,
    authenticated: bool,
}

impl Admission {
    /// Counters at zero; `connections_max` in all.
    pub(crate) fn new(limits: &LimitSettings, connections_max: u64) -> Self {
        let handshakes = Budgets::new(
            limits.handshakes_per_address_per_minute,
            limits.handshakes_per_address_burst,
            ids::limits::HANDSHAKE_ADDRESSES_MAX,
        );
        Self {
            connections_max,
            unauthenticated_max: limits.unauthenticated_per_address,
            counters: Mutex::new(Counters { open: 0, unauthenticated: HashMap::new(), handshakes }),
        }
    }

    /// Asks for a place for a connection that has shown nothing yet.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Admitted, Refusal> {
        let address = counted_address(peer);
        let mut counters = self.lock();
        if counters.open >= self.connections_max {
            return Err(Refusal::Full);
        }
        let of_address = counters.unauthenticated.entry(address).or_default();
        if *of_address >= self.unauthenticated_max {
            return Err(Refusal::Unauthenticated);
        }
        *of_address += 1;
        counters.open += 1;
        Ok(Admitted { admission: self.clone(), address, authenticated: false })
    }

    /// Connections that are open.
    pub(crate) fn open(&self) -> u64 {
        self.lock().open
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counters> {
        // The counters are whole after every statement, so a panic elsewhere under the lock left them usable.
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// Whether it no longer counts against its address.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// The connection used the auth key of somebody who is logged in: it no longer counts against its address.
    pub(crate) fn authenticated(&mut self) {
        if !self.authenticated {
            self.authenticated = true;
            self.admission.lock().forget(self.address);
        }
    }

    /// Asks to start a key exchange.
    pub(crate) fn may_exchange_keys(&self, now: Now) -> bool {
        let now = Duration::from_millis(now.mono_ms);
        self.admission.lock().handshakes.take(self.address, 1, now).is_ok()
    }

    /// A key exchange that it was allowed found no room. It has cost next to nothing, and after a crash whole addresses
    /// would use up what they have by being turned away (R11).
    pub(crate) fn exchanges_no_keys(&self) {
        self.admission.lock().handshakes.give_back(self.address, 1);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counters = self.admission.lock();
        counters.open -= 1;
        if !self.authenticated {
            counters.forget(self.address);
        }
    }
}

impl Counters {
    fn forget(&mut self, address: IpAddr) {
        if let Some(count) = self.unauthenticated.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.unauthenticated.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(connections: u64, unauthenticated: u32) -> Arc<Admission> {
        let limits =
            LimitSettings { unauthenticated_per_address: unauthenticated, ..LimitSettings::default() };
        Arc::new(Admission::new(&limits, connections))
    }

    #[test]
    fn a6_unauthenticated_connections_of_an_address_are_limited() {
        let admission = admission(10, 2);
        let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let mut first = admission.admit(here).expect("a first one");
        let second = admission.admit(here).expect("a second one");
        assert_eq!(admission.admit(here).err(), Some(Refusal::Unauthenticated));
        assert!(admission.admit(there).is_ok());
        first.authenticated();
        let third = admission.admit(here).expect("room after a login");
        drop((first, second, third));
        assert_eq!(admission.open(), 0);
        assert!(admission.lock().unauthenticated.is_empty());
    }

    #[test]
    fn connections_in_all_are_limited() {
        let admission = admission(1, 100);
        let only = admission.admit(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(admission.admit(IpAddr::from([127, 0, 0, 2])).err(), Some(Refusal::Full));
        drop(only);
        assert!(admission.admit(IpAddr::from([127, 0, 0, 2])).is_ok());
    }

    #[test]
    fn a5_key_exchanges_of_an_address_are_limited() {
        let admission = admission(10, 100);
        let admitted = admission.admit(IpAddr::from([127, 0, 0, 1])).expect("a place");
        let now = Now { wall_ns: 0, mono_ms: 5_000 };
        assert_eq!((0..30).filter(|_| admitted.may_exchange_keys(now)).count(), 20);
        assert!(!admitted.may_exchange_keys(now.plus_ms(5_999)));
        assert!(admitted.may_exchange_keys(now.plus_ms(6_000)));
        assert!(!admitted.may_exchange_keys(now.plus_ms(6_000)));
        admitted.exchanges_no_keys();
        assert!(admitted.may_exchange_keys(now.plus_ms(6_000)), "what found no room is not charged");
        assert!(!admitted.may_exchange_keys(now.plus_ms(6_000)));
    }
}
