//! A store that was put back, and people who do not come.
use custody::KeyName;
use domain::PersonName;
use domain::authorization::{self, Device, KeyBytes, StoredKey};
use domain::login::{self, Codes};
use domain::tables::DEVICES;
use ids::{AuthKeyId, BoxId};
use sealed::{AtRest, Header, OwnerTag, RowKey};
use store::{Batch, Masked, Order, Scan, StoreError};

use super::{Ground, claim, until, write};
use crate::keeper::Waiter;
use crate::keeper::desk::Desk;

/// Somebody signs up with a device.
fn sign_up(desk: &mut Desk, device: u64) -> BoxId {
    until(desk, |desk| desk.keyring.blanks() > 0);
    claim(desk, device..device + 1);
    let (key, now) = (AuthKeyId(device), desk.node.clock.now().unix());
    let phone = domain::PhoneNumber::parse(&format!("1202555{device:04}")).ok().unwrap();
    let mut codes = Codes::new(Box::new(toy_hash));
    let issued = codes.request(key, phone, now, &mut || 7).unwrap();
    let proof = codes.check(key, phone, &issued.hash.to_text(), issued.code.expose(), now).unwrap();
    let name = PersonName::parse("Some", "Body").ok().unwrap();
    let ran = desk.store.write(|tx| {
        authorization::store_key(tx, key, &StoredKey { bytes: KeyBytes::new(&[7; 256]), created: now })?;
        login::sign_up(tx, &proof, name.clone(), now).map(|signed| signed.by)
    });
    ran.result.unwrap_or_else(|_| panic!()).own_box()
}

fn toy_hash(parts: &[&[u8]]) -> [u8; 32] {
    crypto::sha256(parts)
}

/// Rows under numbers of a box.
fn rows(desk: &Desk, of: BoxId) -> Vec<(RowKey, AtRest)> {
    let names = desk.keyring.names().unwrap().owner(OwnerTag::of_box(of));
    let all = everything(desk).into_iter();
    all.filter(|(key, value)| names.owns(key) && matches!(Header::of(value), Some(Header::Record(_))))
        .collect()
}

fn everything(desk: &Desk) -> Vec<(RowKey, AtRest)> {
    let all = Scan { from: &[], to: &[0xff; 64], skip: 0, limit: usize::MAX, order: Order::Ascending };
    desk.store.engine().view().unwrap().range(&all).unwrap()
}

fn shred(desk: &mut Desk) {
    let answer = desk.node.keeper.shred();
    until(desk, |_| answer.borrow().is_some());
    assert_eq!(answer.borrow().unwrap().open, 0);
}

/// P33: the keeper goes over the boxes of a store that was put back by itself, and opens none: what the lost time wrote is
/// left to the tick, and what it had deleted goes. A start later there is nothing more to do.
#[test]
fn p33_boxes_that_nobody_opens_after_a_restore_are_gone_over() {
    let ground = Ground::new();
    let mut desk = ground.start(|_| {});
    let boxes: Vec<BoxId> = (1..40).map(|device| sign_up(&mut desk, device)).collect();
    let of = boxes[7];
    let add = |desk: &Desk, at: u64| {
        write(desk, |tx| {
            tx.enter(&[of])?;
            tx.put(&DEVICES, of, &Masked(at), &Device { key: AuthKeyId(at) })
        });
    };
    (100..110).for_each(|at| add(&desk, at));
    desk.store.engine().sync().unwrap();
    let backup = everything(&desk);
    let there = rows(&desk, of);
    drop(desk);
    // The lost time is that of another start.
    let mut lost = ground.start(|_| {});
    until(&mut lost, |desk| desk.store.engine().durable().0 > 0);
    lost.wait(Waiter::Crowded(BoxId(0)), vec![sealed::Need::Box(of)]);
    until(&mut lost, |desk| desk.keyring.warm(of).is_ok());
    write(&lost, |tx| {
        tx.enter(&[of])?;
        (100..103).try_for_each(|at| tx.delete(&DEVICES, of, &Masked(at)))
    });
    shred(&mut lost);
    add(&lost, 200);
    let dead = lost.keyring.warm(of).unwrap().next_number().unwrap();
    lost.store.engine().sync().unwrap();
    let mut batch: Batch = everything(&lost).into_iter().map(|(key, _)| (key, None)).collect();
    batch.extend(backup.into_iter().map(|(key, value)| (key, Some(value))));
    drop(lost);
    ground.engine.session().unwrap().apply(batch).unwrap();

    let mut desk = ground.start(|_| {});
    assert!(!desk.walk.is_over());
    assert_eq!(rows(&desk, of).len(), there.len());
    until(&mut desk, |desk| desk.walk.is_over());
    assert_eq!(rows(&desk, of).len(), there.len() - 3, "what is dead, and nothing else");
    assert!(boxes.iter().all(|of| desk.keyring.warm(*of).is_err()), "a key that opens was asked for");
    let pending = desk.store.pending(of, 99).unwrap();
    assert!(pending.iter().any(|range| range.first < dead && dead <= range.last), "{pending:?}");
    assert!(boxes.iter().all(|of| !desk.store.pending(*of, 1).unwrap().is_empty()));
    shred(&mut desk);
    assert!(ground.has(0, KeyName::C(of)));
    // The owner comes: he has what is alive.
    desk.wait(Waiter::Crowded(BoxId(0)), vec![sealed::Need::Box(of)]);
    until(&mut desk, |desk| desk.keyring.warm(of).is_ok());
    let read = |desk: &Desk, at: u64| {
        let ran = desk.store.read(|tx| tx.get(&DEVICES, of, &Masked(at)));
        Ok::<_, StoreError>(ran.result?.is_some())
    };
    until(&mut desk, |desk| read(desk, 105).is_ok());
    assert_eq!([100, 103, 200].map(|at| read(&desk, at)), [Ok(false), Ok(true), Ok(false)]);
    drop(desk);
    assert!(ground.start(|_| {}).walk.is_over());
}
