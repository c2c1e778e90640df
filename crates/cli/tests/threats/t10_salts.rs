//! T10: a message under a salt that is not valid now.
//!
//! It is answered with the salt that is, and not run. Red without `if !self.shared.salts.accepts(message.salt, unix)` in
//! `mtproto::server::key_state::KeyState::admit`; without `now < first.valid_until` in `mtproto::salt::Salts::accepts`
//! (the first salt of a key never ends); without `&self.key.0.to_le_bytes()` in `Salts::of_period` (all keys have the
//! same salts). That salts die with their process is tested in `crates/mtproto/src/salt.rs`.
use std::collections::HashSet;

use client::{Clock, Identity, Probe};
use mtproto::client::Crafted;
use mtproto::handshake::KeyKind;
use tl::mt::{BadMsgNotification, FutureSalt, FutureSalts};
use tl::{Decode, Encode, mt};

use crate::ground::{Ground, random, runs};
use crate::probing::{Fate, fate, identity, note, notes};
use crate::support::{PATIENCE, within};

/// The salt that a refusal of this message tells.
async fn told(probe: &mut Probe, of: &Crafted) -> u64 {
    loop {
        for message in within(probe.hear()).await.expect("a packet").messages {
            if let Ok(BadMsgNotification::BadServerSalt { bad_msg_id, error_code, new_server_salt, .. }) =
                BadMsgNotification::from_bytes(&message.body)
            {
                assert_eq!((bad_msg_id.cast_unsigned(), error_code), (of.msg_id.get(), 48));
                return new_server_salt.cast_unsigned();
            }
        }
    }
}

/// The current salt and those that follow.
async fn future_salts(probe: &mut Probe, num: i32) -> Vec<(i32, i32, u64)> {
    let asked = probe.say(mt::GetFutureSalts { num }.to_bytes(), false);
    loop {
        for message in within(probe.hear()).await.expect("a packet").messages {
            if let Ok(FutureSalts::FutureSalts { req_msg_id, salts, .. }) =
                FutureSalts::from_bytes(&message.body)
            {
                assert_eq!(req_msg_id.cast_unsigned(), asked.msg_id.get());
                let item = |FutureSalt::FutureSalt { valid_since, valid_until, salt }| {
                    (valid_since, valid_until, i64::cast_unsigned(salt))
                };
                return salts.into_iter().map(item).collect();
            }
        }
    }
}

#[tokio::test]
async fn t10_a_message_under_a_wrong_salt_is_not_run() {
    let ground = Ground::open(&[]).await;
    let (alice, bob) = (ground.user().await, ground.user().await);
    let others = identity(&bob).await.salt;
    let identity = identity(&alice).await;
    for salt in [0, identity.salt ^ 1, others, u64::from_le_bytes(random()), u64::MAX] {
        let mut probe = ground.probe(&identity).await;
        let wrong = probe.craft(note("under a wrong salt", 1).to_bytes(), true);
        let wrong = Crafted { salt, ..wrong };
        let packet = probe.seal(&wrong);
        probe.wire.send(&packet);
        let right = told(&mut probe, &wrong).await;
        assert_eq!(notes(&alice).await, [""; 0]);
        let accepted = Crafted { salt: right, ..probe.craft(tl::updates::GetState {}.to_bytes(), true) };
        let packet = probe.seal(&accepted);
        probe.wire.send(&packet);
        fate(&mut probe, &accepted).await.result::<tl::updates::State>();
    }
}

/// Salts live for a second here instead of half an hour.
#[tokio::test]
async fn t10_a_salt_ends() {
    let ground = Ground::open(&["--set", "limits.salt_s=1"]).await;
    let clock = Clock::start();
    let (wire, identity) = ground.key(KeyKind::Permanent).await;
    let mut probe = Probe::new(wire, &identity, ids::SessionId(u64::from_le_bytes(random())));
    let mut accepted = 0;
    let salt = loop {
        assert!(clock.elapsed() < PATIENCE, "the first salt does not end");
        let ping = probe.say(mt::Ping { ping_id: 1 }.to_bytes(), false);
        match fate(&mut probe, &ping).await {
            Fate::Answered(_) => accepted += 1,
            // The refusal told the salt; the probe goes on with the old one all the same.
            Fate::Refused(48) => {
                let again = probe.say(mt::Ping { ping_id: 1 }.to_bytes(), false);
                break told(&mut probe, &again).await;
            }
            other => panic!("{other:?}"),
        }
    };
    let lived = clock.elapsed().as_millis();
    assert!(accepted > 0 && (900..10_000).contains(&lived), "{accepted} times, {lived} ms");
    // A salt of the table ends as well: current for a second, accepted for another one.
    let mut probe =
        Probe::new(ground.probe(&identity).await.wire, &Identity { salt, ..identity }, probe.session());
    let clock = Clock::start();
    loop {
        assert!(clock.elapsed() < PATIENCE, "a salt does not end");
        let ping = probe.say(mt::Ping { ping_id: 1 }.to_bytes(), false);
        match fate(&mut probe, &ping).await {
            Fate::Answered(_) => {}
            Fate::Refused(48) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!((900..10_000).contains(&clock.elapsed().as_millis()), "{:?}", clock.elapsed());
}

#[tokio::test]
async fn t10_no_more_than_64_salts_are_told_and_no_two_keys_share_one() {
    let ground = Ground::open(&[]).await;
    let mut all = HashSet::new();
    let mut count = 0;
    for round in 0..runs(100, 15_625) {
        let (wire, identity) = ground.key(KeyKind::Permanent).await;
        let mut probe = Probe::new(wire, &identity, ids::SessionId(u64::from_le_bytes(random())));
        if round == 0 {
            for (asked, given) in [(-1, 1), (0, 1), (1, 1), (2, 2), (65, 64), (i32::MAX, 64)] {
                assert_eq!(future_salts(&mut probe, asked).await.len(), given);
            }
        }
        let salts = future_salts(&mut probe, 64).await;
        assert_eq!(salts.len(), 64);
        assert!(salts.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[1].0 < pair[0].1), "they overlap");
        assert!(salts.iter().all(|(since, until, _)| until - since == 3600));
        all.extend(salts.iter().map(|(_, _, salt)| *salt));
        all.insert(identity.salt);
        count += 65;
        // What is told is true: the current one is taken.
        let ping = probe.craft(mt::Ping { ping_id: 1 }.to_bytes(), false);
        let ping = Crafted { salt: salts[0].2, ..ping };
        let packet = probe.seal(&ping);
        probe.wire.send(&packet);
        assert_eq!(fate(&mut probe, &ping).await, Fate::Answered(Vec::new()));
    }
    assert_eq!(all.len(), count);
}
