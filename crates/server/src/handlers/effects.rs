//! What a call asks of the driver once it has ended well.
use std::sync::Arc;

use api::Effect;
use ids::{AuthKeyId, Now, SessionId, UnixTime, UserId};

use super::keys::take;
use crate::keys::{Device, KeyEntry};
use crate::log::Event;
use crate::node::Node;
use crate::tidings;

/// Whose call it was.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) entry: &'a Arc<KeyEntry>,
    pub(super) session: SessionId,
}

/// Causes the effects of one call, in their order.
pub(super) fn cause(node: &Node, from: From<'_>, effects: Vec<Effect>, now: Now) {
    for effect in effects {
        match effect {
            Effect::SendCode { phone, code } => {
                if let Some(inbox) = &node.inbox {
                    inbox.deliver(&phone.digits(), code.expose().to_owned(), now.unix());
                }
            }
            Effect::BindTempKey { temp, perm, expires_at } => bind(node, (temp, expires_at), perm, now),
            Effect::DropTempKeys { perm, except } => node.keys.drop_temp_keys(node, perm, &except, now),
            Effect::SignedIn { key, user } => sign_in_or_out(node, from, key, Some(user), now),
            Effect::TokenAccepted { key, session, update } => tell(node, (key, session), &update, now),
            Effect::SignedOut { key } => sign_in_or_out(node, from, key, None, now),
            Effect::Changed { user, what } => tidings::note(node, user, what, now),
            Effect::Ephemeral { to, update } => spread(node, to, &update, now),
        }
    }
}

fn bind(node: &Node, temp: (AuthKeyId, UnixTime), perm: AuthKeyId, now: Now) {
    // `api` has just proved that the permanent key exists, so the store has it or has failed since.
    if let Some(device) = device(node, perm) {
        node.keys.bind(node, temp, device, now);
    }
}

fn device(node: &Node, perm: AuthKeyId) -> Option<Arc<Device>> {
    if let Some(device) = node.keys.live_device(perm) {
        return Some(device);
    }
    match node.backend.load_key(perm).result {
        Ok(loaded) => take(node, loaded?, None).device(),
        Err(_) => {
            node.log.event(&Event::StoreFailed {});
            None
        }
    }
}

/// The login of a key changed: every session but the one that did it starts afresh (A16).
fn sign_in_or_out(node: &Node, from: From<'_>, key: AuthKeyId, user: Option<UserId>, now: Now) {
    if let Some(device) = node.keys.live_device(key) {
        device.lock().user = user;
    }
    for entry in node.keys.entries_of(key) {
        let keep = (entry.id() == from.entry.id()).then_some(from.session);
        entry.end_sessions(node, keep, now);
    }
}

/// Tells one session of a key, which has no user yet.
fn tell(node: &Node, (key, session): (AuthKeyId, SessionId), update: &[u8], now: Now) {
    for entry in node.keys.entries_of(key) {
        let Some(layer) = entry.layer(session) else { continue };
        if let Ok(lowered) = push::lower(update, layer) {
            entry.say_now(node, session, lowered, now);
        }
    }
}

/// Sends an update that is not kept to the sessions of a user that are connected, each in its layer.
fn spread(node: &Node, to: UserId, update: &[u8], now: Now) {
    for (entry, session) in node.subscribers.of(to) {
        let Some(layer) = entry.layer(session) else { continue };
        // What an old layer cannot express is nothing to it.
        if let Ok(lowered) = push::lower(update, layer) {
            entry.say_now(node, session, lowered, now);
        }
    }
}
