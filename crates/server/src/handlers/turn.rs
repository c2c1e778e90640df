//! One turn of a session: its news are pushed, then its next call is run and answered.
//!
//! The order a client sees: events before its own call, as updates; its own events, in the answer; later events, as
//! updates. The subscription's `told` is the line between what was said and what was not, whoever triggers a turn.
//!
//! A turn that lacks keys ends without having done anything but said what it could; it is run again when they have come,
//! three times at most. Later calls of the session wait behind it.
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use api::Outcome;
use domain::authorization::{Client, ClientText};
use ids::{BoxId, Layer, Pts, SessionId};
use mtproto::gzip::Packer;
use mtproto::server::{Call, InitConnection, RpcFailure, RpcResult};
use push::{PushError, Stretch};
use sealed::Need;
use store::Commit;

use super::{effects, hold, spread};
use crate::held::Delivery;
use crate::keys::{Device, KeyEntry, Said, Subscription, Turn};
use crate::log::{Event, Took};
use crate::node::Node;

/// Batches of news in one turn; a session that is further behind takes another turn.
const BATCHES_MAX: usize = 8;
/// The namespace of the methods that move files.
const FILE_METHODS: &str = "upload.";
/// What a call is told whose handler had a bug: it may be repeated, and nothing of it was done.
const BUG: RpcFailure = RpcFailure::new(500, "RPC_CALL_FAIL");

/// What leaves for the session at the end of the turn, and the newest commit it depends on.
#[derive(Default)]
struct Bag {
    things: Vec<Said>,
    seen: Commit,
}

/// A lane while it is held; dropping it gives it back, also when a bug ends the turn.
struct Held<'a> {
    node: &'a Node,
    entry: &'a Arc<KeyEntry>,
    turn: Turn,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What made the bug appear is not done again.
            self.turn.behind = None;
            if let Some(call) = self.turn.call.take() {
                self.node.work.forget_call(call.body.capacity());
            }
        }
        self.entry.end_turn(self.node, &mut self.turn);
    }
}

/// Runs one turn, if the session still has one to take.
pub(super) fn run(node: &Node, entry: &Arc<KeyEntry>, session: SessionId) {
    let Some(turn) = entry.begin_turn(session) else { return };
    let mut held = Held { node, entry, turn };
    let turn = &mut held.turn;
    let mut bag = Bag::default();
    let mut needs = Vec::new();
    let news = turn.behind.take();
    if let Some(head) = news {
        needs = catch_up(node, entry, turn, head, &mut bag);
    }
    if needs.is_empty() || !turn.tries.may_ask() {
        // What cannot be pushed without keys that do not come is asked for by the client.
        needs.clear();
        if let Some(call) = turn.call.take() {
            match answer(node, entry, turn, &call, &mut bag) {
                Ended::Answered => node.work.forget_call(call.body.capacity()),
                Ended::Lacking(lacking) => {
                    turn.call = Some(call);
                    needs = lacking;
                }
            }
        }
    } else {
        turn.behind = news;
    }
    if !bag.things.is_empty() {
        hold(node, bag.seen, Delivery::Say(entry.clone(), session, bag.things));
    }
    if !needs.is_empty() {
        turn.park(needs);
    }
}

/// What became of a call.
enum Ended {
    /// The answer is in the bag.
    Answered,
    /// Nothing was done for want of keys.
    Lacking(Vec<Need>),
}

/// Puts in the bag what happened in the subscribed box since the session was last told, up to `until`. The keys that it
/// lacked for the rest.
fn catch_up(node: &Node, entry: &KeyEntry, turn: &mut Turn, until: Pts, bag: &mut Bag) -> Vec<Need> {
    let Some(layer) = entry.layer(turn.session()) else { return Vec::new() };
    let Some(subscription) = &mut turn.subscription else { return Vec::new() };
    for _ in 0..BATCHES_MAX {
        let stretch = Stretch { since: subscription.told, until: Some(until) };
        let batch = match node.backend.news(subscription.key, stretch, layer, node.clock.now()) {
            Ok(batch) => batch,
            Err(error) => return unsaid(node, error),
        };
        bag.seen = bag.seen.max(batch.seen);
        subscription.told = batch.upto.max(subscription.told);
        if let Some(body) = batch.body {
            node.metrics.pushed();
            bag.things.push(Said::Push(body));
        }
        if !batch.more {
            return Vec::new();
        }
    }
    turn.behind = Some(until);
    Vec::new()
}

/// Nothing could be pushed. Nothing is lost by it: the client sees the gap and asks for the difference. The keys that
/// were lacking, if that was the reason.
fn unsaid(node: &Node, error: PushError) -> Vec<Need> {
    match error {
        PushError::NeedKeys(needs) => return needs,
        PushError::Store(_) => node.log.event(&Event::StoreFailed {}),
        PushError::LoggedOut | PushError::Layer => {}
    }
    Vec::new()
}

fn answer(node: &Node, entry: &Arc<KeyEntry>, turn: &mut Turn, call: &Call, bag: &mut Bag) -> Ended {
    let started = node.clock.elapsed();
    let now = node.clock.now();
    let device = entry.device();
    let mut needs = match &device {
        Some(device) => describe(node, device, call, bag),
        None => Vec::new(),
    };
    let subscribes = !call.without_updates && !moves_files(&call.body);
    needs.extend(subscribe(node, entry, turn, device.as_deref(), subscribes));
    let may_ask = turn.tries.may_ask();
    if may_ask && !needs.is_empty() {
        return Ended::Lacking(needs);
    }
    if ids::sabotage::is(ids::sabotage::Fault::RequestLogged) {
        let text = String::from_utf8_lossy(&call.body);
        let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    }
    if ids::sabotage::is(ids::sabotage::Fault::RequestKept) {
        std::mem::forget(call.body.to_vec());
    }
    let caller = caller(node, entry, device.as_deref(), call);
    let ran = catch_unwind(AssertUnwindSafe(|| node.backend.call(&caller, &call.body, now)));
    let Ok(mut outcome) = ran else {
        bag.things.push(Said::Result(call.msg_id, RpcResult::Error(BUG)));
        return Ended::Answered;
    };
    if may_ask && !outcome.needs.is_empty() {
        return Ended::Lacking(outcome.needs);
    }
    bag.seen = bag.seen.max(outcome.seen);
    let from = effects::From { entry, session: turn.session() };
    effects::cause(node, from, std::mem::take(&mut outcome.effects), now);
    // A call that logged in has somebody to subscribe to only now, one that logged out nobody any more. Should keys be
    // lacking now, the next call subscribes.
    subscribe(node, entry, turn, device.as_deref(), subscribes);
    tell_own(node, entry, turn, &outcome, bag);
    if let Some(seconds) = outcome.wait_s {
        entry.told_to_wait(seconds, now);
    }
    let refused = matches!(outcome.result, RpcResult::Error(_));
    bag.things.push(Said::Result(call.msg_id, packed(outcome.result, &call.body)));
    spread(node, &outcome.touched, (entry.id(), turn.session()));
    let took = node.clock.elapsed().saturating_sub(started);
    node.metrics.called(refused, took);
    node.log.event(&Event::Called { refused, took: Took(took) });
    Ended::Answered
}

thread_local! {
    /// One for each handler thread: its tables are large and packing one answer after another keeps them.
    static PACKER: RefCell<Packer> = RefCell::new(Packer::new());
}

/// An answer goes out compressed where that makes it smaller; parts of files never do.
fn packed(result: RpcResult, call: &[u8]) -> RpcResult {
    match result {
        RpcResult::Answer(body) if !moves_files(call) => {
            RpcResult::Answer(PACKER.with_borrow_mut(|packer| packer.pack(body)))
        }
        RpcResult::Answer(_) | RpcResult::Error(_) => result,
    }
}

/// The session is told what came before its own events, or before what it reads, as updates, and its own by the answer. If
/// that has no place for them, they are updates as well: what another session did meanwhile may have reached the client between its call and its
/// answer, and it could not know which of both was last.
fn tell_own(node: &Node, entry: &KeyEntry, turn: &mut Turn, outcome: &Outcome, bag: &mut Bag) {
    let Some(subscription) = turn.subscription else { return };
    let own = outcome.touched.iter().find(|touched| touched.of == BoxId::from(subscription.user));
    let until = match own {
        Some(own) if outcome.tells => Some(own.before),
        Some(own) => Some(own.head),
        None => outcome.stood,
    };
    if let Some(until) = until.filter(|until| subscription.told < *until) {
        catch_up(node, entry, turn, until, bag);
    }
    if let (Some(subscription), Some(own)) = (&mut turn.subscription, own) {
        subscription.told = subscription.told.max(own.head);
    }
}

/// Ends a subscription to anybody but whoever is logged in; subscribes to his box, from now on, if `wanted`. The keys
/// that it lacked for that.
fn subscribe(
    node: &Node,
    entry: &Arc<KeyEntry>,
    turn: &mut Turn,
    device: Option<&Device>,
    wanted: bool,
) -> Vec<Need> {
    let login = device.and_then(|device| Some((device.key(), device.user()?)));
    let user = login.map(|(_, user)| user);
    if let Some(old) = turn.subscription.take_if(|subscription| Some(subscription.user) != user) {
        node.subscribers.remove(old.user, entry.id(), turn.session());
    }
    let unsubscribed = login.filter(|_| wanted && turn.subscription.is_none());
    let Some((key, user)) = unsubscribed else { return Vec::new() };
    // Registered before the counter is read: an event in between makes a turn too many, never one too few.
    node.subscribers.add(user, entry, turn.session());
    match node.backend.head(key) {
        Ok(told) => {
            turn.subscription = Some(Subscription { user, key, told });
            Vec::new()
        }
        Err(error) => {
            node.subscribers.remove(user, entry.id(), turn.session());
            unsaid(node, error)
        }
    }
}

/// Connections that only carry files are not told updates (docs: api/updates).
fn moves_files(body: &[u8]) -> bool {
    let method = body.first_chunk().and_then(|id| tl::schema::by_id(u32::from_le_bytes(*id)));
    method.is_some_and(|method| method.name().starts_with(FILE_METHODS))
}

fn caller(node: &Node, entry: &KeyEntry, device: Option<&Device>, call: &Call) -> api::Caller {
    api::Caller {
        perm_key: device.map(Device::key),
        wire_key: entry.id(),
        temp: entry.expires_at().map(|expires_at| api::TempKey { expires_at }),
        session: call.session,
        msg_id: call.msg_id,
        dc: entry.dc(call.conn).unwrap_or(node.dc),
        layer: call.layer,
        export: export(call),
    }
}

fn export(call: &Call) -> Option<api::Export> {
    let range = call.range.map(|_| api::Export::Range);
    call.takeout_id.map(|_| api::Export::Takeout).or(range)
}

/// Keeps what the client says of itself, when it says something new. The keys that it lacked for that.
fn describe(node: &Node, device: &Device, call: &Call, bag: &mut Bag) -> Vec<Need> {
    let Some(layer) = call.layer else { return Vec::new() };
    let is_new = call.init_is_new || device.lock().layer != Some(layer);
    if let Some(init) = call.init.as_deref().filter(|_| is_new) {
        let ran = node.backend.describe(device.key(), &client(init, layer));
        if !ran.needs.is_empty() {
            return ran.needs;
        }
        if ran.result.is_err() {
            // The call itself will meet the same store and answer for it.
            node.log.event(&Event::StoreFailed {});
        }
        bag.seen = bag.seen.max(ran.seen);
    }
    device.lock().layer = Some(layer);
    Vec::new()
}

fn client(init: &InitConnection, layer: Layer) -> Client {
    Client {
        layer,
        api_id: init.api_id,
        device_model: ClientText::new(&init.device_model),
        system_version: ClientText::new(&init.system_version),
        app_version: ClientText::new(&init.app_version),
        system_lang_code: ClientText::new(&init.system_lang_code),
        lang_pack: ClientText::new(&init.lang_pack),
        lang_code: ClientText::new(&init.lang_code),
    }
}
