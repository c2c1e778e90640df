//! Which sessions are told about which user's box, in this process.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ids::{AuthKeyId, SessionId, UserId};

use crate::keys::KeyEntry;

/// The sessions of each user.
#[derive(Default)]
pub(crate) struct Subscribers(Mutex<HashMap<UserId, Vec<Subscriber>>>);

struct Subscriber {
    key: AuthKeyId,
    session: SessionId,
    entry: Weak<KeyEntry>,
}

impl Subscribers {
    /// Adds a session, once.
    pub(crate) fn add(&self, user: UserId, entry: &Arc<KeyEntry>, session: SessionId) {
        let key = entry.id();
        let mut users = self.lock();
        let sessions = users.entry(user).or_default();
        sessions.retain(|other| !other.is(key, session));
        if sessions.is_empty() {
            // Most users have one session, and there are many users.
            sessions.reserve_exact(1);
        }
        sessions.push(Subscriber { key, session, entry: Arc::downgrade(entry) });
    }

    /// Removes a session.
    pub(crate) fn remove(&self, user: UserId, key: AuthKeyId, session: SessionId) {
        let mut users = self.lock();
        if let Some(sessions) = users.get_mut(&user) {
            sessions.retain(|other| !other.is(key, session));
            if sessions.is_empty() {
                users.remove(&user);
            }
        }
    }

    /// The sessions of a user.
    pub(crate) fn of(&self, user: UserId) -> Vec<(Arc<KeyEntry>, SessionId)> {
        let users = self.lock();
        let sessions = users.get(&user).map(Vec::as_slice).unwrap_or_default();
        sessions.iter().filter_map(|one| Some((one.entry.upgrade()?, one.session))).collect()
    }

    /// Whether a user has a session here.
    pub(crate) fn has(&self, user: UserId) -> bool {
        self.lock().contains_key(&user)
    }

    /// Users with a session here.
    pub(crate) fn users(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Vec<Subscriber>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber {
    fn is(&self, key: AuthKeyId, session: SessionId) -> bool {
        self.key == key && self.session == session
    }
}
