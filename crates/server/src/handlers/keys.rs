//! Keys between memory and store.
use std::sync::Arc;

use ids::{AuthKeyId, Now, SessionId, UnixTime, WireMsgId};
use mtproto::handshake::{KeyKind, NewKey};
use mtproto::server::{KeyAnswer, KeyDestroyed, Stored};
use store::Commit;

use super::hold;
use crate::backend::LoadedKey;
use crate::held::Delivery;
use crate::keys::KeyEntry;
use crate::log::Event;
use crate::node::Node;
use crate::slot::{Mail, Slot};

/// Answers a connection that asks for a key which is not in memory.
pub(super) fn load(node: &Node, id: AuthKeyId, slot: &Slot) {
    let answer = match node.backend.load_key(id).result {
        Ok(Some(loaded)) => KeyAnswer::Known(take(node, loaded, None).key().clone()),
        Ok(None) => {
            node.keys.note_absent(id);
            KeyAnswer::Unknown
        }
        Err(_) => {
            node.log.event(&Event::StoreFailed {});
            KeyAnswer::Unavailable
        }
    };
    slot.post(Mail::Key(id, answer));
}

/// Keeps the key that a connection made, and says so once it is durable.
pub(super) fn keep(node: &Node, new: NewKey, slot: &Arc<Slot>) {
    let now = node.clock.now();
    let id = new.key.id();
    let (stored, seen) = match new.kind {
        KeyKind::Temporary { expires_in_s } => keep_temporary(node, &new, expires_in_s, now),
        KeyKind::Permanent => keep_permanent(node, &new, now),
    };
    if stored == Stored::Kept {
        node.metrics.key_created();
        let temporary = matches!(new.kind, KeyKind::Temporary { .. });
        node.log.event(&Event::KeyCreated { temporary });
    }
    hold(node, seen, Delivery::Stored(slot.clone(), id, stored));
}

fn keep_temporary(node: &Node, new: &NewKey, expires_in_s: u32, now: Now) -> (Stored, Commit) {
    let ran = node.backend.has_key(new.key.id());
    let expires_at = UnixTime(now.unix().get() + i64::from(expires_in_s));
    let stored = match ran.result {
        Ok(true) => Stored::Collides,
        Ok(false) if node.keys.take_temporary(node, new.key.clone(), new.first_salt, expires_at, now) => {
            Stored::Kept
        }
        Ok(false) => Stored::Collides,
        Err(_) => failed(node),
    };
    (stored, ran.seen)
}

fn keep_permanent(node: &Node, new: &NewKey, now: Now) -> (Stored, Commit) {
    if node.keys.contains(new.key.id()) {
        return (Stored::Collides, Commit(0));
    }
    let ran = node.backend.keep_key(&new.key, now);
    let stored = match ran.result {
        Ok(true) => {
            let loaded = LoadedKey { key: new.key.clone(), user: None, layer: None };
            take(node, loaded, Some(new.first_salt));
            make_room(node, new.key.id(), now);
            Stored::Kept
        }
        Ok(false) => Stored::Collides,
        Err(_) => failed(node),
    };
    (stored, ran.seen)
}

/// Destroys keys with which nobody logged in and whose time is over, now that there is one more.
fn make_room(node: &Node, id: AuthKeyId, now: Now) {
    for over in node.strangers.add(id, now) {
        match node.backend.destroy_stranger(over).result {
            Ok(true) => node.keys.remove(over, node, now),
            Ok(false) => {}
            Err(_) => node.log.event(&Event::StoreFailed {}),
        }
    }
}

/// Destroys the key of `entry` as its client asked: a temporary key alone, a permanent one with all its temporary
/// keys.
pub(super) fn destroy(node: &Node, entry: &Arc<KeyEntry>, request: (SessionId, WireMsgId)) {
    let (end, seen) = if entry.expires_at().is_some() {
        (KeyDestroyed::Done, Commit(0))
    } else {
        let ran = node.backend.destroy_key(entry.id());
        let end = match ran.result {
            Ok(true) => KeyDestroyed::Done,
            Ok(false) => KeyDestroyed::None,
            Err(_) => {
                node.log.event(&Event::StoreFailed {});
                KeyDestroyed::Failed
            }
        };
        (end, ran.seen)
    };
    hold(node, seen, Delivery::Destroyed(entry.clone(), request, end));
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

fn failed(node: &Node) -> Stored {
    node.log.event(&Event::StoreFailed {});
    Stored::Failed
}
