//! What a session is told of its box, and how much at a time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test reports by panicking"
)]

use std::sync::Arc;

use crypto::Rng;
use crypto::testing::Seeded;
use domain::contact::{self, Contact, NewContact};
use domain::login::{self, Codes};
use domain::message::{self, FormattedText, NewMessage};
use domain::{AccessHashes, Allowed, Authed, ContactName, PersonName, PhoneNumber, Presence};
use ids::limits::{LAYER_CANONICAL, LAYER_MIN, PUSH_EVENTS_MAX};
use ids::{AuthKeyId, Layer, MsgId, Now, Pts, RandomId, UnixTime};
use push::{Batch, PushError, Stretch, head, name, pending, status};
use store::{Memory, Store, testing};
use tl::Decode;
use views::Sight;

const NOW: UnixTime = UnixTime(1_767_225_600);
const ANNA: AuthKeyId = AuthKeyId(1);
const BORIS: AuthKeyId = AuthKeyId(2);
const NOBODY: AuthKeyId = AuthKeyId(3);

struct World {
    store: Store,
    hashes: AccessHashes,
    presence: Presence,
    codes: Codes,
    rng: Seeded,
}

fn keyed(parts: &[&[u8]]) -> [u8; 32] {
    crypto::sha256(parts)
}

impl World {
    /// Anna and Boris, who have not spoken yet.
    fn new() -> (Self, Authed, Authed) {
        let mut world = Self {
            store: Store::new(Arc::new(Memory::new()), testing::door()),
            hashes: AccessHashes::new(Arc::new(keyed)),
            presence: Presence::default(),
            codes: Codes::new(Box::new(keyed)),
            rng: Seeded::new(1),
        };
        let anna = world.user(ANNA, "12025550001", "Anna");
        let boris = world.user(BORIS, "12025550002", "Boris");
        (world, anna, boris)
    }

    fn user(&mut self, key: AuthKeyId, phone: &str, name: &str) -> Authed {
        let Self { store, codes, rng, .. } = self;
        let phone = PhoneNumber::parse(phone).ok().unwrap();
        let issued = codes.request(key, phone, NOW, &mut || rng.u64()).unwrap();
        let proof = codes.check(key, phone, &issued.hash.to_text(), issued.code.expose(), NOW).unwrap();
        let name = PersonName::parse(name, "").unwrap();
        let ran = store.write(|tx| login::sign_up(tx, &proof, name.clone(), NOW));
        ran.result.unwrap().by
    }

    fn send(&mut self, by: Authed, to: Authed) {
        let known = self.hashes.known(by, to.user(), self.hashes.of(by.user(), to.user())).unwrap();
        let random_id = RandomId(self.rng.u64().cast_signed());
        let text = FormattedText::new("text".to_owned(), Vec::new()).unwrap();
        let ran = self.store.write(|tx| {
            let to = Allowed::to_write(tx, by, known).unwrap();
            let text = text.clone();
            message::send(tx, by, NewMessage::text(to, random_id, text), NOW)
        });
        ran.result.unwrap();
    }

    fn sight(&self) -> Sight<'_> {
        let now = Now { wall_ns: NOW.0.cast_unsigned() * 1_000_000_000, mono_ms: 0 };
        Sight { hashes: &self.hashes, presence: &self.presence, now }
    }

    fn pending(&self, key: AuthKeyId, since: Pts, until: Option<Pts>) -> Batch {
        let stretch = Stretch { since, until };
        pending(&self.store, &self.sight(), key, stretch, Layer(LAYER_CANONICAL)).unwrap()
    }
}

/// How many updates a body of the canonical layer holds.
fn told(batch: &Batch) -> usize {
    let Some(body) = &batch.body else { return 0 };
    match tl::Updates::from_bytes(body).unwrap() {
        tl::Updates::Updates(updates) => updates.updates.len(),
        _ => panic!("not a batch of updates"),
    }
}

#[test]
fn who_is_up_to_date_is_told_nothing() {
    let (mut world, anna, boris) = World::new();
    world.send(anna, boris);
    let head = head(&world.store, BORIS).unwrap();
    let batch = world.pending(BORIS, head, None);
    assert!(batch.body.is_none() && !batch.more && batch.upto == head);
}

#[test]
fn a_long_absence_is_told_in_batches_that_miss_nothing() {
    let (mut world, anna, boris) = World::new();
    let since = head(&world.store, BORIS).unwrap();
    for _ in 0..=PUSH_EVENTS_MAX {
        world.send(anna, boris);
    }
    let first = world.pending(BORIS, since, None);
    assert_eq!((told(&first), first.more), (PUSH_EVENTS_MAX, true));
    let rest = world.pending(BORIS, first.upto, None);
    assert_eq!((told(&rest), rest.more), (1, false));
    assert!(rest.upto == head(&world.store, BORIS).unwrap());
}

#[test]
fn what_a_call_answers_itself_is_left_to_it() {
    let (mut world, anna, boris) = World::new();
    let since = head(&world.store, BORIS).unwrap();
    world.send(anna, boris);
    let until = head(&world.store, BORIS).unwrap();
    world.send(boris, anna);
    let batch = world.pending(BORIS, since, Some(until));
    assert_eq!(told(&batch), 1);
    assert!(batch.upto == until);
}

/// A repaired box may have less than its clients were told.
#[test]
fn after_a_repair_a_session_is_told_to_ask() {
    let (mut world, anna, boris) = World::new();
    world.send(anna, boris);
    let told = head(&world.store, BORIS).unwrap();
    world.store.mark_behind().unwrap();
    let stretch = Stretch { since: told, until: None };
    let refused = pending(&world.store, &world.sight(), BORIS, stretch, Layer(LAYER_CANONICAL)).err();
    assert_eq!(refused, Some(PushError::NeedKeys(vec![sealed::Need::Box(boris.own_box())])));
    domain::repair::repair(&world.store, boris.own_box(), NOW).unwrap();
    let batch = world.pending(BORIS, told, None);
    let body = tl::Updates::from_bytes(&batch.body.unwrap()).unwrap();
    assert!(matches!(body, tl::Updates::UpdatesTooLong));
    assert!(batch.upto.0 > 100_000 && batch.upto == head(&world.store, BORIS).unwrap());
}

#[test]
fn a_key_without_a_user_is_told_nothing() {
    let (world, ..) = World::new();
    let stretch = Stretch { since: Pts(1), until: None };
    let layer = Layer(LAYER_CANONICAL);
    let refused = pending(&world.store, &world.sight(), NOBODY, stretch, layer).err();
    assert_eq!(refused, Some(PushError::LoggedOut));
    assert_eq!(head(&world.store, NOBODY), Err(PushError::LoggedOut));
}

#[test]
fn the_oldest_layer_is_told_in_its_own_form() {
    let (mut world, anna, boris) = World::new();
    let since = head(&world.store, BORIS).unwrap();
    world.send(anna, boris);
    let stretch = Stretch { since, until: None };
    let batch = pending(&world.store, &world.sight(), BORIS, stretch, Layer(LAYER_MIN)).unwrap();
    let mut raised = Vec::new();
    tl::layer::raise(&batch.body.unwrap(), Layer(LAYER_MIN), &mut raised).unwrap();
    assert_eq!(told(&Batch { body: Some(raised), upto: batch.upto, more: false, seen: batch.seen }), 1);
}

#[test]
fn what_came_and_went_is_told_as_a_step_that_leaves_no_hole() {
    let (mut world, anna, boris) = World::new();
    let since = head(&world.store, BORIS).unwrap();
    world.send(anna, boris);
    world.send(anna, boris);
    world.send(anna, boris);
    let ids = [MsgId(since.0 + 1), MsgId(since.0 + 2)];
    let ran = world.store.write(|tx| message::delete(tx, boris, &ids, false, NOW));
    assert_eq!(ran.result.unwrap().pts_count, 2);
    let batch = world.pending(BORIS, since, None);
    let tl::Updates::Updates(told) = tl::Updates::from_bytes(&batch.body.unwrap()).unwrap() else { panic!() };
    // Two that are gone, one that is there, and the deletion: each update begins where the one before ended.
    let steps: Vec<_> = told
        .updates
        .iter()
        .map(|update| match update {
            tl::Update::UpdateFolderPeers { folder_peers, pts, pts_count } if folder_peers.is_empty() => {
                (*pts, *pts_count)
            }
            tl::Update::UpdateNewMessage(new) => (new.pts, new.pts_count),
            tl::Update::UpdateDeleteMessages { pts, pts_count, .. } => (*pts, *pts_count),
            _ => panic!("something else"),
        })
        .collect();
    assert_eq!(steps, [(since.0 + 2, 2), (since.0 + 3, 1), (since.0 + 5, 2)]);
}

/// What is told at once of a user: as each viewer sees him, and whether he is there only if that is known.
#[test]
fn tidings_are_as_the_viewer_sees_it() {
    let (world, anna, boris) = World::new();
    assert!(status(&world.sight(), boris.user()).body.is_none());
    let now = world.sight().now;
    world.presence.note(boris.user(), BORIS, true, now);
    let told = status(&world.sight(), boris.user()).body.unwrap();
    let Ok(tl::Updates::UpdateShort(short)) = tl::Updates::from_bytes(&told) else { panic!("not short") };
    assert!(matches!(
        short.update,
        tl::Update::UpdateUserStatus { user_id, status: tl::UserStatus::UserStatusOnline { .. } }
            if user_id == boris.user().0
    ));
    let first_name = |viewer: Authed| {
        let tiding = name(&world.store, &world.sight(), viewer.user(), boris.user()).unwrap();
        let body = tiding.body.unwrap();
        let Ok(tl::Updates::Updates(told)) = tl::Updates::from_bytes(&body) else { panic!("not `updates`") };
        assert_eq!(told.users.len(), 1, "clients drop what names somebody unknown");
        match &told.updates[..] {
            [tl::Update::UpdateUserName(name), tl::Update::UpdateUser { user_id }] => {
                assert_eq!(*user_id, boris.user().0);
                name.first_name.clone()
            }
            _ => panic!("something else"),
        }
    };
    assert_eq!(first_name(anna), "Boris");
    let contact = || Contact {
        phone: PhoneNumber::parse("12025550002").ok().unwrap(),
        name: ContactName::parse("Borya", ""),
    };
    let new = || vec![NewContact { client_id: 1, contact: contact() }];
    let ran: store::Ran<_, store::StoreError> = world.store.write(|tx| contact::import(tx, anna, new()));
    ran.result.unwrap();
    assert_eq!(first_name(anna), "Borya", "his own name for a contact");
}

/// Few events are asked for by their numbers: with any of them the same is told as by the whole log, also where one event
/// moved the counter by two.
#[test]
fn a_few_events_are_told_as_many_are() {
    let (mut world, anna, boris) = World::new();
    let since = head(&world.store, BORIS).unwrap();
    (0..3).for_each(|_| world.send(anna, boris));
    let ids = [MsgId(since.0 + 1), MsgId(since.0 + 2)];
    world.store.write(|tx| message::delete(tx, boris, &ids, false, NOW)).result.unwrap();
    world.send(anna, boris);
    let head = head(&world.store, BORIS).unwrap();
    assert_eq!(head.0, since.0 + 6);
    let ends = [1, 2, 3, 5, 6].map(|step| Pts(since.0 + step));
    for from in std::iter::once(&since).chain(&ends) {
        let whole = world.pending(BORIS, *from, None);
        let few = world.pending(BORIS, *from, Some(head));
        assert_eq!((few.upto, few.more), (whole.upto, whole.more));
        assert_eq!(few.body, whole.body);
        for until in ends {
            let few = world.pending(BORIS, *from, Some(until));
            assert_eq!((few.upto, few.more), (until.max(*from), false));
            assert_eq!(few.body.is_some(), until > *from);
        }
    }
}
