//! The keeper over vaults on folders that can be away, with clocks that jump: days, orders, ticks.
mod crowded;
mod restored;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crypto::Rng;
use custody::wire::{Asked, Body, Op, Reply, Request, RequestId};
use custody::{Away, Deployment, KeyName, Make, Member, Mint, Pace, Roster, VaultNo};
use domain::authorization::{self, Device, KeyBytes, StoredKey, orders};
use domain::tables::DEVICES;
use ids::limits::{CLOCK_DOUBT_MS, KEYS_WITHOUT_USER_MAX, ORDER_AGAIN_FINAL_MS, ORDERS_MAX, TICK_AGAIN_MS};
use ids::{AuthKeyId, BoxId, UnixTime};
use mtproto::handshake::server::ServerKeys;
use sealed::{Header, OwnerTag, Secret, table};
use store::outbox::{self, OutboxRow};
use store::{Engine, Masked, Memory, StoreError, Tx};
use vault::Vault;

use super::desk::Desk;
use super::job::{Done, Kind};
use super::{AnyVault, Custody, Keeper, Kept, Message, unseal};
use crate::clock::Clock;
use crate::config::Settings;
use crate::entropy::OsRng;
use crate::log::Log;
use crate::serve::build;

const DAY_S: i64 = 86_400;
const VAULTS: usize = 3;
/// How long the keeper works before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A vault on a folder that others can look into, and that is away when told.
#[derive(Clone)]
struct Switch {
    vault: Arc<Mutex<Vault>>,
    is_away: Arc<AtomicBool>,
}

impl custody::Vault for Switch {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Away> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(Away);
        }
        custody::Vault::exchange(&mut *self.vault.lock().unwrap(), request)
    }
}

/// A folder that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("heliograph-keeper-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind it is only rubbish.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The vaults, and the store, which outlive a server.
struct Ground {
    _scratch: Scratch,
    vaults: Vec<Switch>,
    roster: String,
    engine: Arc<dyn Engine>,
    clock: Clock,
}

impl Ground {
    fn new() -> Self {
        let scratch = Scratch::new();
        let vault =
            |number: usize| Vault::init(&scratch.0.join(number.to_string()), Box::new(OsRng)).unwrap();
        let vaults: Vec<Vault> = (0..VAULTS).map(vault).collect();
        let member = |vault: &Vault| Member {
            key: vault.verifying(),
            place: "here".to_owned(),
            jurisdiction: "here".to_owned(),
        };
        let roster = Roster::new(2, vaults.iter().map(member).collect()).unwrap().to_text();
        let switch = |vault| Switch { vault: Arc::new(Mutex::new(vault)), is_away: Arc::default() };
        let vaults = vaults.into_iter().map(switch).collect();
        let engine: Arc<dyn Engine> = Arc::new(Memory::new());
        let clock = Clock::start();
        // No test meets a midnight that it does not mean.
        clock.jump(DAY_S / 2 - clock.now().unix().0 % DAY_S);
        Self { _scratch: scratch, vaults, roster, engine, clock }
    }

    fn deployment(&self) -> Deployment {
        Deployment::new(Roster::parse(&self.roster).unwrap(), &Secret::new([7; 32]))
    }

    /// A server begins; `before` happens when the vaults have given their keys, and nobody is served yet.
    fn start(&self, before: impl FnOnce(&Clock)) -> Desk {
        let vaults = self.vaults.iter().cloned().map(|vault| AnyVault::Here(Box::new(vault))).collect();
        let custody = Custody {
            kept: Kept::Folders,
            is_production: false,
            deployment: self.deployment(),
            vaults,
            deeds: None,
        };
        let settings = Settings::default();
        let log = Log::to_stderr(settings.log.clone(), self.clock);
        let mut unsealed = unseal(&self.engine, custody, self.clock, &log, &AtomicBool::new(false))
            .unwrap_or_else(|_| panic!());
        before(&self.clock);
        let (messages, inbox) = unsealed.channel.take().unwrap();
        let keeper = Keeper::new((messages.clone(), std::sync::mpsc::channel::<Message>().1));
        let parts = build::Parts {
            keys: ServerKeys::new(Vec::new()),
            store: unsealed.store.clone(),
            keeper,
            listening: settings.listen,
        };
        let node = build::node(&settings, parts, self.clock, &log);
        Desk::new(node, unsealed, inbox)
    }

    /// Whether a vault has a key.
    fn has(&self, vault: usize, name: KeyName) -> bool {
        let (deployment, at) = (self.deployment(), VaultNo::at(vault));
        let mut id = [0; 16];
        OsRng.fill(&mut id);
        let ops = vec![Op::Get { handle: deployment.handle(name, at) }];
        let request = Request {
            deployment: deployment.handle(KeyName::Deployment, at),
            id: RequestId(id),
            order: 0,
            ops,
        };
        let bytes = request.encode();
        let answer = self.vaults[vault].vault.lock().unwrap().exchange(&bytes).unwrap();
        let receipt = Asked::new(&request, &bytes).open(&answer, |_, _| true).unwrap();
        let Body::Done(mut replies) = receipt.body else { panic!("refused") };
        let Some(Reply::Get { current, .. }) = replies.pop() else { panic!("another reply") };
        current.is_some()
    }

    fn has_day(&self, day: u32) -> [bool; VAULTS] {
        [0, 1, 2].map(|vault| self.has(vault, KeyName::Day(day)))
    }
}

/// The keeper works until something is so.
#[track_caller]
fn until(desk: &mut Desk, is_so: impl Fn(&Desk) -> bool) {
    let clock = desk.node.clock;
    let since = clock.elapsed();
    while clock.elapsed() < since + PATIENCE {
        if is_so(desk) {
            return;
        }
        desk.store.engine().sync().unwrap();
        // What is looked at once a second is looked at in each turn.
        desk.errands.wakes_ms = 0;
        desk.step();
    }
    panic!("it does not become so");
}

/// The keeper works until nothing is under way.
#[track_caller]
fn settle(desk: &mut Desk) {
    desk.step();
    desk.step();
    until(desk, |desk| desk.count(Kind::Destroy) + desk.count(Kind::Other) + desk.count(Kind::Tick) == 0);
}

fn write<T>(desk: &Desk, run: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
    desk.store.write(run).result.unwrap()
}

fn today(desk: &Desk) -> u32 {
    u32::try_from(desk.node.clock.now().unix().0 / DAY_S).unwrap()
}

/// The day under whose key a row of somebody who is not logged in lies now.
fn day_in_use(desk: &Desk) -> u32 {
    let row = desk.keyring.names().unwrap().owner(OwnerTag::Device(AuthKeyId(1))).row(1, b"row");
    match Header::of(&desk.keyring.today().unwrap().seal(&row, b"", &mut OsRng)) {
        Some(Header::Day(day)) => day,
        _ => panic!("not under a day"),
    }
}

/// Days whose ends are ordered to be due at the beginning of a day or before.
fn ends_by(desk: &Desk, day: u32) -> Vec<u32> {
    let upto = UnixTime(i64::from(day) * DAY_S);
    let found = desk.store.read(|tx| outbox::due_of(tx, orders::DESTROY_DAY_KEY, upto, 99)).result.unwrap();
    found.into_iter().map(|(_, row)| u32::try_from(row.reference).unwrap()).collect()
}

fn ends(desk: &Desk) -> Vec<u32> {
    ends_by(desk, u32::MAX)
}

fn store_stranger(desk: &Desk, id: u64) {
    let key = StoredKey { bytes: KeyBytes::new(&[7; 256]), created: desk.node.clock.now().unix() };
    write(desk, |tx| authorization::store_key(tx, AuthKeyId(id), &key));
    desk.node.keeper.note_stranger();
}

fn has_stranger(desk: &Desk, id: u64) -> bool {
    desk.store.read(|tx| authorization::key(tx, AuthKeyId(id))).result.unwrap().is_some()
}

#[test]
fn a_day_that_begins_before_the_first_look_gets_a_key_and_the_day_of_the_start_an_end() {
    let ground = Ground::new();
    let mut desk = ground.start(|clock| clock.jump(DAY_S));
    let now = today(&desk);
    assert_eq!(day_in_use(&desk), now - 1);
    assert_eq!((ends_by(&desk, now), ends_by(&desk, now + 1)), (vec![], vec![now - 1]), "before it is used");
    until(&mut desk, |desk| day_in_use(desk) == now);
    assert_eq!(ground.has_day(now), [true; 3]);
    assert_eq!((ends_by(&desk, now + 1), ends_by(&desk, now + 2)), (vec![now - 1], vec![now - 1, now]));
    // The day after its own is over: it ends at all vaults, and its order with it.
    ground.clock.jump(DAY_S);
    until(&mut desk, |desk| ends(desk).len() == 2 && day_in_use(desk) == now + 1);
    assert_eq!((ground.has_day(now - 1), ground.has_day(now)), ([false; 3], [true; 3]));
    assert!(desk.keyring.day(now - 1).unwrap().is_none() && desk.keyring.day(now).unwrap().is_some());
}

#[test]
fn a_clock_that_is_set_right_after_the_start_leaves_no_key_behind() {
    let ground = Ground::new();
    let right = ground.clock.now().unix().0;
    ground.clock.jump(-right);
    let mut desk = ground.start(|clock| clock.jump(right));
    assert_eq!(day_in_use(&desk), 0);
    store_stranger(&desk, 1);
    let now = today(&desk);
    until(&mut desk, |desk| day_in_use(desk) == now);
    assert_eq!(ground.has_day(0), [true; 3], "for an hour a clock that has jumped ends nothing");
    assert!(has_stranger(&desk, 1));
    ground.clock.pass(CLOCK_DOUBT_MS);
    until(&mut desk, |desk| ends(desk).len() == 1);
    assert_eq!((ground.has_day(0), ground.has_day(now)), ([false; 3], [true; 3]));
}

#[test]
fn a_clock_that_jumps_ahead_and_back_ends_no_day_too_early_and_none_too_late() {
    let ground = Ground::new();
    let mut desk = ground.start(|_| {});
    let now = today(&desk);
    store_stranger(&desk, 1);
    ground.clock.jump(400 * DAY_S);
    until(&mut desk, |desk| day_in_use(desk) == now + 400);
    store_stranger(&desk, 2);
    settle(&mut desk);
    ground.clock.jump(-400 * DAY_S);
    until(&mut desk, |desk| day_in_use(desk) == now);
    assert_eq!((ground.has_day(now), ground.has_day(now + 400)), ([true; 3], [true; 3]));
    assert!(has_stranger(&desk, 1) && has_stranger(&desk, 2));
    assert_eq!((ends_by(&desk, now + 1), ends_by(&desk, now + 2)), (vec![], vec![now, now + 400]));
    // Both end two days later, and so do the strangers.
    ground.clock.pass(CLOCK_DOUBT_MS);
    ground.clock.jump(DAY_S);
    until(&mut desk, |desk| day_in_use(desk) == now + 1);
    ground.clock.jump(DAY_S);
    until(&mut desk, |desk| day_in_use(desk) == now + 2 && ends(desk).len() == 2);
    assert_eq!((ground.has_day(now), ground.has_day(now + 400)), ([false; 3], [false; 3]));
    assert!(!has_stranger(&desk, 1) && !has_stranger(&desk, 2));
}

/// Days between the last start that a store knows of and this one: another one may have made their keys and be forgotten.
#[test]
fn p33_days_of_which_a_store_knows_nothing_end_too() {
    let ground = Ground::new();
    let mut first = ground.start(|_| {});
    let day = today(&first);
    settle(&mut first);
    // A timeline that is lost: it minted the next day's key.
    let make = [Make::Day(day + 1)];
    let mint =
        Mint::new(&first.deployment, &first.keyring, &make, Pace::default(), first.node.clock.now().mono_ms);
    first.start(Kind::Other, mint, |(make, minted)| Done::Minted(make, minted));
    until(&mut first, |_| ground.has_day(day + 1) == [true; 3]);
    let keep = ends(&first);
    drop(first);
    ground.clock.jump(4 * DAY_S);
    let mut second = ground.start(|_| {});
    assert_eq!(keep.len(), 1);
    until(&mut second, |_| ground.has_day(day + 1) == [false; 3]);
    until(&mut second, |_| ground.has_day(day) == [false; 3]);
}

/// Gives devices keys of their own, as logins do.
fn claim(desk: &mut Desk, devices: std::ops::Range<u64>) {
    let ids: Vec<AuthKeyId> = devices.map(AuthKeyId).collect();
    let makes: Vec<Make> = ids.iter().copied().map(Make::Device).collect();
    let mint =
        Mint::new(&desk.deployment, &desk.keyring, &makes, Pace::default(), desk.node.clock.now().mono_ms);
    desk.start(Kind::Other, mint, |(make, minted)| Done::Minted(make, minted));
    until(desk, |desk| ids.iter().all(|id| desk.keyring.device(*id).is_ok()));
    for id in ids {
        store_stranger(desk, id.0);
        write(desk, |tx| tx.claim(id));
    }
}

fn ends_of_devices(desk: &Desk) -> usize {
    let all = UnixTime(i64::MAX);
    desk.store.read(|tx| outbox::due_of(tx, orders::DESTROY_DEVICE_KEY, all, 9_999)).result.unwrap().len()
}

/// One vault is away, and more logins end than are looked at in one go: all their keys go from the other vaults, what comes
/// after them does, and the one that was away gets to hear of all when it is back.
#[test]
fn orders_that_wait_for_an_absent_vault_hold_up_no_other() {
    let ground = Ground::new();
    let mut desk = ground.start(|_| {});
    let all = ORDERS_MAX as u64 + 50;
    claim(&mut desk, 0..all);
    ground.vaults[2].is_away.store(true, Ordering::Relaxed);
    let now = desk.node.clock.now().unix();
    for id in (0..all).map(AuthKeyId) {
        write(&desk, |tx| authorization::destroy_key(tx, id, now));
    }
    // One of a kind that nobody knows is in the way, too.
    write(&desk, |tx| tx.enqueue(UnixTime(0), &OutboxRow { kind: 999, of: BoxId(0), reference: 0 }));
    let left = |vault| (0..all).filter(|id| ground.has(vault, KeyName::Device(AuthKeyId(*id)))).count();
    let due = |desk: &Desk| {
        let now = desk.node.clock.now().unix();
        desk.store.read(|tx| outbox::due_of(tx, orders::DESTROY_DEVICE_KEY, now, 9_999)).result.unwrap().len()
    };
    // Those that wait are not in the way.
    until(&mut desk, |desk| due(desk) == 0);
    assert_eq!([left(0), left(1), left(2)], [0, 0, all as usize]);
    ground.vaults[2].is_away.store(false, Ordering::Relaxed);
    ground.clock.pass(ORDER_AGAIN_FINAL_MS + 1_000);
    until(&mut desk, |desk| ends_of_devices(desk) == 0);
    assert_eq!(left(2), 0);
}

/// Too many keys with which nobody logs in: the oldest go, though all the orders in front of theirs wait for a vault.
#[test]
fn strangers_above_their_number_go_though_a_vault_is_away() {
    let ground = Ground::new();
    let mut desk = ground.start(|_| {});
    let all = ORDERS_MAX as u64 + 10;
    claim(&mut desk, 0..all);
    (1_000..1_005).for_each(|id| store_stranger(&desk, id));
    ground.vaults[2].is_away.store(true, Ordering::Relaxed);
    let now = desk.node.clock.now().unix();
    for id in (0..all).map(AuthKeyId) {
        write(&desk, |tx| authorization::destroy_key(tx, id, now));
    }
    let strangers = &desk.node.keeper.strangers;
    strangers.store(KEYS_WITHOUT_USER_MAX + all as usize + 2, Ordering::Relaxed);
    until(&mut desk, |desk| !has_stranger(desk, 1_001));
    assert!(has_stranger(&desk, 1_002), "the oldest, and no more than are too many");
}

/// A box of somebody, in which something was deleted.
fn dirty_box(desk: &mut Desk) -> BoxId {
    until(desk, |desk| desk.keyring.blanks() > 0);
    let of = write(desk, |tx| {
        let of = tx.take_blank()?;
        tx.put(&DEVICES, of, &Masked(1), &Device { key: AuthKeyId(1) })?;
        Ok(of)
    });
    write(desk, |tx| {
        tx.enter(&[of])?;
        tx.delete(&DEVICES, of, &Masked(1))
    });
    of
}

/// What waits for vaults does not wait for the next tick's time when they are back. Red when a tick for which too few answered leaves
/// the next one where it was.
#[test]
fn r12_a_tick_that_too_few_vaults_answered_is_tried_again_within_a_minute() {
    let ground = Ground::new();
    let mut desk = ground.start(|_| {});
    let of = dirty_box(&mut desk);
    ground.vaults[1].is_away.store(true, Ordering::Relaxed);
    let tick = |desk: &mut Desk| {
        let answer = desk.node.keeper.shred();
        until(desk, |_| answer.borrow().is_some());
        let due_ms = desk.tick.wakes_ms().saturating_sub(desk.node.clock.now().mono_ms);
        (answer.borrow().unwrap().open, due_ms)
    };
    let (open, due_ms) = tick(&mut desk);
    assert!(open > 0 && due_ms <= TICK_AGAIN_MS, "{open} open, {due_ms} ms");
    ground.vaults[1].is_away.store(false, Ordering::Relaxed);
    let (open, due_ms) = tick(&mut desk);
    assert!(open == 0 && due_ms > 2 * TICK_AGAIN_MS, "{open} open, {due_ms} ms");
    assert!(desk.store.pending(of, 9).unwrap().is_empty());
}

/// A row of the list of dirty boxes that does not open stops no other box, and is told; more boxes than fit one exchange are
/// all reached, also behind some that cannot be ticked.
#[test]
fn p33_a_tick_reaches_every_box_though_rows_of_its_list_do_not_open() {
    let ground = Ground::new();
    let mut desk = ground.start(|_| {});
    let boxes: Vec<BoxId> = (0..7).map(|_| dirty_box(&mut desk)).collect();
    let system = desk.keyring.names().unwrap().owner(OwnerTag::System);
    let bad = system.row(table::DIRTY, &system.mask(boxes[3].0.cast_unsigned()));
    let mut value = ground.engine.view().unwrap().get(&bad).unwrap().unwrap().as_bytes().to_vec();
    *value.last_mut().unwrap() ^= 1;
    store::testsuite::apply(&*ground.engine, &[(bad.as_bytes(), Some(&value))]);

    desk.tick.take_at_once(2);
    let others = desk.store.dirty_from(None, 99).unwrap().boxes.len();
    let answer = desk.node.keeper.shred();
    until(&mut desk, |_| answer.borrow().is_some());
    let shredded = answer.borrow().unwrap();
    assert_eq!((shredded.done, shredded.open), (others, 1));
    for (at, of) in boxes.iter().enumerate() {
        assert_eq!(desk.store.pending(*of, 9).unwrap().is_empty(), at != 3);
    }
    // However many ask while a tick is under way, one more is for all of them.
    let first = desk.node.keeper.shred();
    until(&mut desk, |desk| desk.count(Kind::Tick) > 0 || first.borrow().is_some());
    let later: Vec<_> = (0..1_000).map(|_| desk.node.keeper.shred()).collect();
    until(&mut desk, |_| later.iter().all(|answer| answer.borrow().is_some()));
    assert!(later.iter().all(|answer| answer.same_channel(&later[0])));
}
