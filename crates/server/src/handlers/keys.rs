//! Keys between memory and store.
use std::sync::Arc;

use ids::{AuthKeyId, Now, SessionId, UnixTime, WireMsgId};
use mtproto::handshake::{KeyKind, NewKey};
use mtproto::server::{KeyAnswer, KeyDestroyed, Stored};
use sealed::Need;
use store::Commit;

use super::hold;
use crate::backend::LoadedKey;
use crate::held::Delivery;
use crate::keeper::{Tries, Waiter};
use crate::keys::KeyEntry;
use crate::log::Event;
use crate::node::Node;
use crate::slot::{Mail, Slot};
use crate::work::{Subject, Task};

/// Answers a connection that asks for a key which is not in memory.
pub(super) fn load(node: &Node, id: AuthKeyId, slot: Arc<Slot>, tries: Tries) {
    let ran = node.backend.load_key(id);
    let answer = match ran.result {
        Ok(Some(loaded)) => KeyAnswer::Known(take(node, loaded, None).key().clone()),
        Ok(None) => absent(node, id),
        Err(_) if tries.may_ask() && !ran.needs.is_empty() => {
            return node.keeper.ask(node, Waiter::Task(Task::LoadKey(id, slot, tries)), ran.needs);
        }
        // The key of the device was destroyed: nobody can read what lies under it.
        Err(_) if tries.is_gone() => absent(node, id),
        Err(_) => {
            lacking_or_failed(node, &ran.needs);
            KeyAnswer::Unavailable
        }
    };
    slot.post(Mail::Key(id, answer));
}

fn absent(node: &Node, id: AuthKeyId) -> KeyAnswer {
    node.keys.note_absent(id);
    KeyAnswer::Unknown
}

/// Keys that the vaults did not give are no failure of the store, and the keeper has said so.
fn lacking_or_failed(node: &Node, needs: &[Need]) {
    if needs.is_empty() {
        node.log.event(&Event::StoreFailed {});
    }
}

/// Keeps the key that a connection made, and says so once it is durable.
pub(super) fn keep(node: &Node, new: NewKey, slot: Arc<Slot>, tries: Tries) {
    let now = node.clock.now();
    let id = new.key.id();
    let (stored, seen, needs) = match new.kind {
        KeyKind::Temporary { expires_in_s } => keep_temporary(node, &new, expires_in_s, now),
        KeyKind::Permanent => keep_permanent(node, &new, now),
    };
    if stored == Stored::Failed {
        if tries.may_ask() && !needs.is_empty() {
            return node.keeper.ask(node, Waiter::Task(Task::KeepKey(new, slot, tries)), needs);
        }
        lacking_or_failed(node, &needs);
    }
    if stored == Stored::Kept {
        node.metrics.key_created();
        let temporary = matches!(new.kind, KeyKind::Temporary { .. });
        node.log.event(&Event::KeyCreated { temporary });
    }
    hold(node, seen, Delivery::Stored(slot, id, stored));
}

fn keep_temporary(node: &Node, new: &NewKey, expires_in_s: u32, now: Now) -> (Stored, Commit, Vec<Need>) {
    let ran = node.backend.has_key(new.key.id());
    let expires_at = UnixTime(now.unix().get() + i64::from(expires_in_s));
    let stored = match ran.result {
        Ok(true) => Stored::Collides,
        Ok(false) if node.keys.take_temporary(node, new.key.clone(), new.first_salt, expires_at, now) => {
            Stored::Kept
        }
        Ok(false) => Stored::Collides,
        Err(_) => Stored::Failed,
    };
    (stored, ran.seen, ran.needs)
}

fn keep_permanent(node: &Node, new: &NewKey, now: Now) -> (Stored, Commit, Vec<Need>) {
    if node.keys.contains(new.key.id()) {
        return (Stored::Collides, Commit(0), Vec::new());
    }
    let ran = node.backend.keep_key(&new.key, now);
    let stored = match ran.result {
        Ok(true) => {
            let loaded = LoadedKey { key: new.key.clone(), user: None, layer: None };
            take(node, loaded, Some(new.first_salt));
            node.keeper.note_stranger();
            Stored::Kept
        }
        Ok(false) => Stored::Collides,
        Err(_) => Stored::Failed,
    };
    (stored, ran.seen, ran.needs)
}

/// Destroys the key of `entry` as its client asked: a temporary key alone, a permanent one with all its temporary
/// keys.
pub(super) fn destroy(
    node: &Node,
    (entry, of): (Arc<KeyEntry>, Subject),
    request: (SessionId, WireMsgId),
    tries: Tries,
) {
    let (end, seen) = if entry.expires_at().is_some() {
        (KeyDestroyed::Done, Commit(0))
    } else {
        let ran = node.backend.destroy_key(entry.id(), node.clock.now());
        let end = match ran.result {
            Ok(true) => KeyDestroyed::Done,
            Ok(false) => KeyDestroyed::None,
            Err(_) if tries.may_ask() && !ran.needs.is_empty() => {
                let waiter = Waiter::Task(Task::DestroyKey(entry, of, request, tries));
                return node.keeper.ask(node, waiter, ran.needs);
            }
            Err(_) => {
                lacking_or_failed(node, &ran.needs);
                KeyDestroyed::Failed
            }
        };
        (end, ran.seen)
    };
    hold(node, seen, Delivery::Destroyed(entry, request, end));
}

/// Tells a client what became of its request to destroy its key. The key is unknown before the client can read that.
pub(super) fn tell_destroyed(
    node: &Node,
    entry: &Arc<KeyEntry>,
    request: (SessionId, WireMsgId),
    end: KeyDestroyed,
    now: Now,
) {
    match end {
        KeyDestroyed::Done | KeyDestroyed::None => {
            if entry.expires_at().is_none() {
                node.keys.drop_temp_keys(node, entry.id(), &[], now);
            }
            node.keys.take_out(entry.id());
            entry.destroyed(node, request, end, now);
            entry.end_sessions(node, None, now);
        }
        KeyDestroyed::Failed => entry.destroyed(node, request, end, now),
    }
}

/// Brings a permanent key into memory.
pub(super) fn take(node: &Node, loaded: LoadedKey, first_salt: Option<u64>) -> Arc<KeyEntry> {
    node.keys.take_permanent(loaded.key, first_salt, (loaded.user, loaded.layer), node.clock.now())
}

#[cfg(test)]
mod tests {
    use crypto::Rng;
    use ids::ConnId;
    use mtproto::AuthKey;
    use mtproto::handshake::server::ServerKeys;
    use store::{Memory, Store};
    use zeroize::Zeroizing;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Settings;
    use crate::entropy::OsRng;
    use crate::keeper::Keeper;
    use crate::keys::Lookup;
    use crate::log::Log;
    use crate::serve::build;

    const HOUR: KeyKind = KeyKind::Temporary { expires_in_s: 3600 };

    fn new_key(kind: KeyKind) -> NewKey {
        let mut bytes = Box::new(Zeroizing::new([0; 256]));
        OsRng.fill(bytes.as_mut_slice());
        NewKey { key: Arc::new(AuthKey::new(bytes)), kind, first_salt: OsRng.u64(), dc: None }
    }

    /// T9: nobody can make two keys of one id on purpose, so the same key stands for the other one here.
    #[test]
    fn t9_an_id_is_given_once_and_its_first_owner_is_not_concerned() {
        let (clock, settings) = (Clock::start(), Settings::default());
        let log = Log::to_stderr(settings.log.clone(), clock);
        let parts = build::Parts {
            keys: ServerKeys::new(Vec::new()),
            store: Store::new(Arc::new(Memory::new()), store::testing::door()),
            keeper: Keeper::of_tests(),
            listening: settings.listen,
        };
        let node = build::node(&settings, parts, clock, &log);
        let keep = |key: &NewKey| {
            let slot = Arc::new(Slot::new(ConnId(1), 1));
            keep(&node, key.clone(), slot.clone(), Tries::default());
            match slot.take().as_slice() {
                [Mail::Stored(id, stored)] if *id == key.key.id() => *stored,
                _ => panic!("one word on the key"),
            }
        };
        for (first, second) in [
            (KeyKind::Permanent, KeyKind::Permanent),
            (KeyKind::Permanent, HOUR),
            (HOUR, KeyKind::Permanent),
            (HOUR, HOUR),
        ] {
            let old = new_key(first);
            assert_eq!(keep(&old), Stored::Kept);
            let Lookup::Found(entry) = node.keys.look_up(old.key.id(), clock.now().unix()) else {
                panic!("the key is here")
            };
            assert_eq!(
                keep(&NewKey { kind: second, ..old.clone() }),
                Stored::Collides,
                "{first:?} {second:?}"
            );
            let Lookup::Found(after) = node.keys.look_up(old.key.id(), clock.now().unix()) else {
                panic!("the key is still here")
            };
            assert!(Arc::ptr_eq(&entry, &after) && Arc::ptr_eq(after.key(), &old.key));
            // Out of memory its id is taken as well, if it is in the store.
            if first == KeyKind::Permanent {
                node.keys.evict(&entry, clock.now());
                assert_eq!(keep(&NewKey { kind: second, ..old }), Stored::Collides);
            }
        }
    }
}
