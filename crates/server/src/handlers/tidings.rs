//! Tells those who know a user and are connected what has become of him.
use std::sync::Arc;

use api::Change;
use ids::{SessionId, UserId};
use push::{PushError, Tiding};

use super::hold;
use crate::held::Delivery;
use crate::keeper::{Tries, Waiter};
use crate::keys::{KeyEntry, Said};
use crate::log::Event;
use crate::node::Node;
use crate::tidings::Telling;
use crate::work::Task;

/// Tells all of them as far as the keys for it are in memory; the others when they have come.
pub(super) fn tell(node: &Node, telling: Telling, tries: Tries) {
    let Telling { of, what, to } = telling;
    let to = match to {
        Some(to) => to,
        None => match node.backend.audience(of, &|user| node.subscribers.has(user)) {
            Ok(all) => all
                .into_iter()
                .filter(|one| one.sees_time || what == Change::Name)
                .map(|one| one.user)
                .collect(),
            Err(error) => return later(node, Telling { of, what, to: None }, vec![error], tries),
        },
    };
    let now = node.clock.now();
    let (mut left, mut errors) = (Vec::new(), Vec::new());
    for user in to {
        let tiding = match what {
            Change::Status => Ok(node.backend.status(of, now)),
            Change::Name => node.backend.name(user, of, now),
        };
        match tiding {
            Ok(tiding) => spread(node, user, &tiding),
            Err(error) => {
                left.push(user);
                errors.push(error);
            }
        }
    }
    later(node, Telling { of, what, to: Some(left) }, errors, tries);
}

/// What lacks keys is told when they have come. If they do not, it is told to nobody, and seen by who asks.
fn later(node: &Node, telling: Telling, errors: Vec<PushError>, tries: Tries) {
    let mut needs = Vec::new();
    for error in errors {
        match error {
            PushError::NeedKeys(lacking) => needs.extend(lacking),
            PushError::Store(_) => node.log.event(&Event::StoreFailed {}),
            PushError::LoggedOut | PushError::Layer => {}
        }
    }
    if tries.may_ask() && !needs.is_empty() {
        node.keeper.ask(node, Waiter::Task(Task::Tell(telling, tries)), needs);
    }
}

/// Sends it to the sessions of a user that are connected, each in its layer, once it is durable.
fn spread(node: &Node, to: UserId, tiding: &Tiding) {
    let Some(body) = &tiding.body else { return };
    let connected = |(entry, _): &(Arc<KeyEntry>, SessionId)| entry.is_connected();
    for (entry, session) in node.subscribers.of(to).into_iter().filter(connected) {
        let Some(layer) = entry.layer(session) else { continue };
        // What an old layer cannot express is nothing to it.
        if let Ok(lowered) = push::lower(body, layer) {
            hold(node, tiding.seen, Delivery::Say(entry, session, vec![Said::Push(lowered)]));
        }
    }
}
