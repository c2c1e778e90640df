//! T12: a temporary key that nobody bound, or that was bound by a proof that does not fit.
//!
//! Red without any comparison in `mtproto::bind::check` (that field may be wrong: the fields stand in one `wanted`, so
//! remove one from it and from `hashed`; without `crypto::ct_eq(&msg_key(hashed), claimed)` any msg_key does, if the
//! packet was encrypted with it), without `ctx.admit(handler.access)?` or the `ctx.admit(..)` of stubs in `api::run` (an
//! unbound key may call anything), without both `entry.has_expired(now)` in the server's `KeyTable::look_up` and
//! `self.has_expired(now.unix())` in its `KeyEntry::timeout` (a key in use outlives its time; its timers go off so often
//! that either line is enough), and when `keep_temporary` in the server's `handlers/keys.rs` writes the key anywhere
//! below the data folder.
use std::path::Path;
use std::sync::Arc;

use client::{Clock, Identity, OsRng, Probe};
use ids::{AuthKeyId, SessionId};
use mtproto::AuthKey;
use mtproto::bind::{self, Binding};
use mtproto::client::Crafted;
use mtproto::handshake::KeyKind;
use tl::{Encode, schema};

use crate::ground::{Ground, random, runs};
use crate::packet::seal_v1;
use crate::probing::{Fate, ask, fate, fates, identity, introduced};
use crate::support::{PATIENCE, within};

const HOUR: KeyKind = KeyKind::Temporary { expires_in_s: 3600 };

/// Makes one field another.
type Flip = fn(&mut Said);

/// What a binding says, in the call and in its packet, every field open.
#[derive(Clone)]
struct Said {
    perm_id: AuthKeyId,
    nonce: i64,
    expires_at: i32,
    /// The random bytes, the header and the inner object: what the msg_key covers.
    hashed: Vec<u8>,
    padding: [u8; 8],
    /// How many bytes of the plaintext the msg_key is in truth computed over.
    covered: usize,
    /// Done to the finished packet.
    bend: fn(&mut Vec<u8>),
}

/// Places in the plaintext of the packet.
const MSG_ID: usize = 16;
const SEQNO: usize = 24;
const LENGTH: usize = 28;
const CONSTRUCTOR: usize = 32;
const NONCE: usize = 36;
const TEMP_ID: usize = 44;
const PERM_ID: usize = 52;
const SESSION: usize = 60;
const EXPIRES_AT: usize = 68;

impl Said {
    /// What a faithful client says, for a message with this id.
    fn right(permanent: &AuthKey, binding: Binding) -> Self {
        let mut hashed = random::<16>().to_vec();
        hashed.extend_from_slice(&binding.msg_id.get().to_le_bytes());
        hashed.extend_from_slice(&0_u32.to_le_bytes());
        hashed.extend_from_slice(&40_u32.to_le_bytes());
        hashed.extend_from_slice(&0x75a3_f765_u32.to_le_bytes());
        hashed.extend_from_slice(&binding.nonce.to_le_bytes());
        hashed.extend_from_slice(&binding.temp_key.get().to_le_bytes());
        hashed.extend_from_slice(&permanent.id().get().to_le_bytes());
        hashed.extend_from_slice(&binding.temp_session.get().to_le_bytes());
        hashed.extend_from_slice(&binding.expires_at.to_le_bytes());
        let (nonce, expires_at) = (binding.nonce, binding.expires_at);
        let covered = hashed.len();
        let (perm_id, padding) = (permanent.id(), random());
        Self { perm_id, nonce, expires_at, hashed, padding, covered, bend: |_| {} }
    }

    /// The call, its packet under this key.
    fn call(&self, permanent: &AuthKey) -> tl::auth::BindTempAuthKey {
        let plaintext = [&self.hashed[..], &self.padding].concat();
        let mut encrypted_message = seal_v1(permanent, &plaintext, self.covered);
        (self.bend)(&mut encrypted_message);
        tl::auth::BindTempAuthKey {
            perm_auth_key_id: self.perm_id.get().cast_signed(),
            nonce: self.nonce,
            expires_at: self.expires_at,
            encrypted_message,
        }
    }
}

/// A temporary key with a session.
struct Temp {
    identity: Identity,
    probe: Probe,
}

impl Temp {
    async fn new(ground: &Ground, kind: KeyKind) -> Self {
        let (wire, identity) = ground.key(kind).await;
        let session = SessionId(u64::from_le_bytes(random()));
        let probe = Probe::new(wire, &identity, session);
        Self { identity, probe }
    }

    /// Binds as `bend` has it; what comes of it.
    async fn bind(&mut self, permanent: &AuthKey, bend: impl FnOnce(&mut Said)) -> Fate {
        let message = self.probe.craft(Vec::new(), true);
        let expires_at = self.probe.wire.clock().now().unix().as_int() + 3600;
        let binding = Binding {
            nonce: i64::from_le_bytes(random()),
            temp_key: self.identity.key.id(),
            temp_session: self.probe.session(),
            expires_at,
            msg_id: message.msg_id,
        };
        let mut said = Said::right(permanent, binding);
        bend(&mut said);
        let message = Crafted { body: introduced(&said.call(permanent)), ..message };
        let packet = self.probe.seal(&message);
        self.probe.wire.send(&packet);
        fate(&mut self.probe, &message).await
    }

    async fn ask(&mut self, query: &impl Encode) -> Fate {
        ask(&mut self.probe, introduced(query)).await
    }
}

#[tokio::test]
async fn t12_no_field_of_a_binding_may_be_another() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let permanent = identity(&alice).await.key;
    let (_, other) = ground.key(KeyKind::Permanent).await;
    let other = other.key;
    let mut temp = Temp::new(&ground, HOUR).await;
    let flips: [(&str, Flip); 24] = [
        ("argument perm_auth_key_id", |said| said.perm_id = AuthKeyId(said.perm_id.get() ^ 1)),
        ("argument nonce", |said| said.nonce ^= 1),
        ("argument expires_at", |said| said.expires_at += 1),
        ("inner msg_id", |said| said.hashed[MSG_ID] ^= 4),
        ("inner seqno", |said| said.hashed[SEQNO] ^= 1),
        ("inner length", |said| said.hashed[LENGTH] ^= 4),
        ("inner constructor", |said| said.hashed[CONSTRUCTOR] ^= 1),
        ("inner nonce", |said| said.hashed[NONCE] ^= 1),
        ("inner temp_auth_key_id", |said| said.hashed[TEMP_ID] ^= 1),
        ("inner perm_auth_key_id", |said| said.hashed[PERM_ID] ^= 1),
        ("inner temp_session_id", |said| said.hashed[SESSION] ^= 1),
        ("inner expires_at", |said| said.hashed[EXPIRES_AT] ^= 1),
        ("last byte that is hashed", |said| said.hashed[EXPIRES_AT + 3] ^= 0x40),
        ("packet's key id", |said| said.bend = |packet| packet[0] ^= 1),
        ("packet's msg_key", |said| said.bend = |packet| packet[8] ^= 1),
        ("end of the msg_key", |said| said.bend = |packet| packet[23] ^= 0x80),
        ("msg_key over the padding too", |said| said.covered += 8),
        ("msg_key over less", |said| said.covered -= 4),
        ("first block", |said| said.bend = |packet| packet[24] ^= 1),
        ("block before the last", |said| said.bend = |packet| packet[72] ^= 1),
        ("a byte too few", |said| said.bend = |packet| packet.truncate(103)),
        ("a block too few", |said| said.bend = |packet| packet.truncate(88)),
        ("a block too many", |said| said.bend = |packet| packet.extend([0; 16])),
        ("nothing", |said| said.bend = Vec::clear),
    ];
    for (name, flip) in flips {
        let fate = temp.bind(&permanent, flip).await;
        assert!(fate.is_error("ENCRYPTED_MESSAGE_INVALID"), "{name}: {fate:?}");
    }
    // Another key that exists, under which nothing was encrypted.
    let fate = temp.bind(&permanent, |said| said.perm_id = other.id()).await;
    assert!(fate.is_error("ENCRYPTED_MESSAGE_INVALID"), "{fate:?}");
    let unbound = temp.ask(&tl::users::GetUsers { id: vec![tl::InputUser::InputUserSelf] }).await;
    assert!(unbound.is_error("AUTH_KEY_PERM_EMPTY"), "none of them bound it: {unbound:?}");

    assert!(temp.bind(&permanent, |_| {}).await.result::<bool>());
    assert!(temp.bind(&permanent, |_| {}).await.result::<bool>(), "once more is the same");
    let bound_elsewhere = temp.bind(&other, |_| {}).await;
    assert!(bound_elsewhere.is_error("TEMP_AUTH_KEY_ALREADY_BOUND"), "{bound_elsewhere:?}");
    let own = temp.ask(&tl::users::GetUsers { id: vec![tl::InputUser::InputUserSelf] }).await;
    let [tl::User::User(user)] = &own.result::<Vec<tl::User>>()[..] else { panic!("one user") };
    assert_eq!(user.id, alice.own.id);
}

/// What the other side of the code makes is what was made by hand above.
#[tokio::test]
async fn t12_a_captured_binding_binds_nothing_else() {
    let ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let permanent = identity(&alice).await.key;
    let mut temp = Temp::new(&ground, HOUR).await;
    let message = temp.probe.craft(Vec::new(), true);
    let expires_at = temp.probe.wire.clock().now().unix().as_int() + 3600;
    let (nonce, temp_key, temp_session) = (7, temp.identity.key.id(), temp.probe.session());
    let binding = Binding { nonce, temp_key, temp_session, expires_at, msg_id: message.msg_id };
    let call = tl::auth::BindTempAuthKey {
        perm_auth_key_id: permanent.id().get().cast_signed(),
        nonce,
        expires_at,
        encrypted_message: bind::make(&permanent, binding, &mut OsRng),
    };
    // Under another temporary key, under the permanent one, in another message, in another session.
    let mut thief = Temp::new(&ground, HOUR).await;
    assert!(thief.ask(&call).await.is_error("ENCRYPTED_MESSAGE_INVALID"));
    let mut own = ground.probe(&identity(&alice).await).await;
    assert!(ask(&mut own, introduced(&call)).await.is_error("TEMP_AUTH_KEY_EMPTY"));
    assert!(temp.ask(&call).await.is_error("ENCRYPTED_MESSAGE_INVALID"));
    let wire = ground.probe(&temp.identity).await.wire;
    let mut elsewhere = Probe::new(wire, &temp.identity, SessionId(u64::from_le_bytes(random())));
    let moved = Crafted { session: elsewhere.session(), body: introduced(&call), ..message.clone() };
    let packet = elsewhere.seal(&moved);
    elsewhere.wire.send(&packet);
    assert!(fate(&mut elsewhere, &moved).await.is_error("ENCRYPTED_MESSAGE_INVALID"));
    let message = Crafted { body: introduced(&call), ..message };
    let packet = temp.probe.seal(&message);
    temp.probe.wire.send(&packet);
    assert!(fate(&mut temp.probe, &message).await.result::<bool>());
}

/// Every method there is, with nothing behind its number: access is judged before arguments.
#[tokio::test]
async fn t12_an_unbound_key_may_bind_and_ask_where_it_is_and_nothing_else() {
    let ground = Ground::open(&[]).await;
    let mut temp = Temp::new(&ground, HOUR).await;
    temp.ask(&tl::help::GetConfig {}).await.result::<tl::Config>();
    temp.ask(&tl::help::GetNearestDc {}).await.result::<tl::NearestDc>();
    let allowed = ["auth.bindTempAuthKey", "help.getConfig", "help.getNearestDc"];
    let wrappers = ["initConnection", "invokeWith", "invokeAfter"];
    let methods: Vec<_> = schema::methods()
        .filter(|method| !allowed.contains(&method.name()))
        .filter(|method| !wrappers.iter().any(|wrapper| method.name().starts_with(wrapper)))
        .collect();
    assert!(methods.len() > 700, "{} methods", methods.len());
    for some in methods.chunks(100) {
        let calls: Vec<Crafted> =
            some.iter().map(|method| temp.probe.say(method.id().to_le_bytes().to_vec(), true)).collect();
        let fates = fates(&mut temp.probe, &calls.iter().collect::<Vec<_>>()).await;
        for (fate, method) in fates.iter().zip(some) {
            assert_eq!(*fate, Fate::Failed(401, "AUTH_KEY_PERM_EMPTY".into()), "{}", method.name());
        }
    }
}

#[tokio::test]
async fn t12_temporary_keys_end() {
    let ground = Ground::open(&[]).await;
    // By the time their maker asked for, whatever the binding says.
    let clock = Clock::start();
    let mut temp = Temp::new(&ground, KeyKind::Temporary { expires_in_s: 2 }).await;
    // It ends with a whole second of the wall clock; later than this no call may be answered.
    let last_ns = (clock.now().unix().get() as u64 + 2) * 1_000_000_000 + 250_000_000;
    let alice = ground.user().await;
    let permanent = identity(&alice).await.key;
    // A second may have passed before this.
    let bound = temp.bind(&permanent, |_| {}).await;
    let end = loop {
        let asked_ns = clock.now().wall_ns;
        assert!(clock.elapsed() < PATIENCE, "the key does not end");
        match temp.ask(&tl::help::GetConfig {}).await {
            Fate::Closed(code) => break code,
            Fate::Answered(_) => assert!(asked_ns < last_ns, "the key ends late"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(end, Some(-404), "{bound:?}");
    assert!((1_000..30_000).contains(&clock.elapsed().as_millis()), "{:?}", clock.elapsed());
    // With the permanent key.
    let (wire, identity) = ground.key(KeyKind::Permanent).await;
    let mut temp = Temp::new(&ground, HOUR).await;
    assert!(temp.bind(&identity.key, |_| {}).await.result::<bool>());
    let mut owner = Probe::new(wire, &identity, SessionId(1));
    owner.say(tl::mt::DestroyAuthKey {}.to_bytes(), false);
    while within(owner.hear())
        .await
        .is_ok_and(|opened| opened.messages.iter().all(|one| one.id() != 0xf660_e1d4))
    {}
    let clock = Clock::start();
    loop {
        assert!(clock.elapsed() < PATIENCE, "the key outlives its permanent one");
        match temp.ask(&tl::help::GetConfig {}).await {
            Fate::Closed(_) => break,
            Fate::Answered(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let mut again = ground.probe(&temp.identity).await;
    assert_eq!(ask(&mut again, introduced(&tl::help::GetConfig {})).await, Fate::Closed(Some(-404)));
}

#[tokio::test]
async fn t12_temporary_keys_are_in_memory_only() {
    let mut ground = Ground::open(&[]).await;
    let alice = ground.user().await;
    let permanent = identity(&alice).await.key;
    let mut temps: Vec<Temp> = Vec::new();
    for _ in 0..runs(4, 100) {
        let mut temp = Temp::new(&ground, HOUR).await;
        assert!(temp.bind(&permanent, |_| {}).await.result::<bool>());
        temps.push(temp);
    }
    let keys: Vec<Arc<AuthKey>> = temps.iter().map(|temp| temp.identity.key.clone()).collect();
    scan(ground.process().path(), &keys);
    ground.power_cut();
    scan(ground.process().path(), &keys);
    for temp in temps {
        let mut probe = ground.probe(&temp.identity).await;
        assert_eq!(ask(&mut probe, introduced(&tl::help::GetConfig {})).await, Fate::Closed(Some(-404)));
    }
}

/// Looks for any sixteen bytes of the keys, and their ids, in all files below a folder.
fn scan(folder: &Path, keys: &[Arc<AuthKey>]) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            scan(&entry.path(), keys);
        }
        if !kind.is_file() {
            continue;
        }
        let content = std::fs::read(entry.path()).expect("a file");
        for key in keys {
            let pieces = key.bytes().as_chunks::<16>().0.iter().map(|piece| &piece[..]);
            let id = key.id().get().to_le_bytes();
            for piece in pieces.chain([&id[..]]) {
                let is_here = content.windows(piece.len()).any(|window| window == piece);
                assert!(!is_here, "a temporary key is in {}", entry.path().display());
            }
        }
    }
}
