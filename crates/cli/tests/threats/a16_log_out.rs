//! A16: what is still open under a login that its owner has ended.
//!
//! A login is a permanent key with the temporary keys bound to it. Whichever of them logs out, all connections of all
//! of them are refused from the next call on, and told nothing more of the user in between; another login of the user
//! stays. Red without `authorization::log_out(tx, key)` in `api::auth::log_out` (calls are answered), without
//! `entry.end_sessions(node, keep, now)` or `device.lock().user = user` in the server's `effects::sign_in_or_out` (the
//! others, or the one that logged out, still hear the user's friends write), and without
//! `ids.extend(device.lock().temp_keys())` in its `KeyTable::entries_of` (so do temporary keys). New messages are kept
//! from them twice: `push::pending` proves the login again before it tells any. Log-ins, and log-outs among the
//! sessions of one key, are in `crates/cli/tests/it/logins.rs`.
use client::{Identity, OsRng, Probe};
use ids::SessionId;
use mtproto::bind::{self, Binding};
use mtproto::client::Crafted;
use mtproto::handshake::KeyKind;
use tl::{Decode, Encode};

use crate::ground::{Ground, random};
use crate::probing::{Fate, acquaint, ask, fate, identity, introduced, settled, text_to, texts};
use crate::support::{self, User, within};

/// A temporary key that acts for a permanent one.
async fn bound(ground: &Ground, permanent: &Identity) -> Identity {
    let (wire, identity) = ground.key(KeyKind::Temporary { expires_in_s: 3600 }).await;
    let mut probe = Probe::new(wire, &identity, SessionId(u64::from_le_bytes(random())));
    let message = probe.craft(Vec::new(), true);
    let expires_at = probe.wire.clock().now().unix().as_int() + 3600;
    let binding = Binding {
        nonce: i64::from_le_bytes(random()),
        temp_key: identity.key.id(),
        temp_session: probe.session(),
        expires_at,
        msg_id: message.msg_id,
    };
    let call = tl::auth::BindTempAuthKey {
        perm_auth_key_id: permanent.key.id().get().cast_signed(),
        nonce: binding.nonce,
        expires_at,
        encrypted_message: bind::make(&permanent.key, binding, &mut OsRng),
    };
    let message = Crafted { body: introduced(&call), ..message };
    let packet = probe.seal(&message);
    probe.wire.send(&packet);
    assert!(fate(&mut probe, &message).await.result::<bool>());
    identity
}

/// Bob writes in this round: first it is seen that he does, then what. Done once the server has answered both.
async fn write(bob: &User, to_alice: &tl::InputPeer, round: i32) {
    let action = tl::SendMessageAction::SendMessageUploadPhotoAction { progress: round };
    let typing = tl::messages::SetTyping { peer: to_alice.clone(), top_msg_id: None, action };
    assert!(within(bob.client.call(&typing)).await.expect("an answer"));
    let send = text_to(to_alice.clone(), &format!("text {round}"), i64::from_le_bytes(random()));
    within(bob.client.call(&send)).await.expect("a message");
}

/// What an update tells of Bob's writing: "typing 1", "text 1".
fn told(updates: &tl::Updates) -> Vec<String> {
    let mut told = texts(updates);
    if let tl::Updates::UpdateShort(short) = updates
        && let tl::Update::UpdateUserTyping(typing) = &short.update
        && let tl::SendMessageAction::SendMessageUploadPhotoAction { progress } = typing.action
    {
        told.push(format!("typing {progress}"));
    }
    told
}

/// Listens until both signs of this round have come.
async fn hear_round(probe: &mut Probe, round: i32) {
    let mut awaited = vec![format!("typing {round}"), format!("text {round}")];
    while !awaited.is_empty() {
        for message in within(probe.hear()).await.expect("an update").messages {
            if let Ok(updates) = tl::Updates::from_bytes(&message.body) {
                awaited.retain(|sign| !told(&updates).contains(sign));
            }
        }
    }
}

/// Makes a call; what comes of it, and what was told before that.
async fn ask_and_hear(probe: &mut Probe, query: &impl Encode) -> (Fate, Vec<String>) {
    let asked = probe.say(query.to_bytes(), true);
    let mut heard = Vec::new();
    loop {
        for message in within(probe.hear()).await.expect("an answer").messages {
            if let Ok(updates) = tl::Updates::from_bytes(&message.body) {
                heard.extend(told(&updates));
            }
            if let Some((call, result)) = message.result()
                && call == asked.msg_id
            {
                return (Fate::of(result), heard);
            }
        }
    }
}

/// The connections of one login: two under a temporary key, one under another, one under the permanent key.
async fn connections(ground: &Ground, permanent: &Identity) -> [Probe; 4] {
    let (one, other) = (bound(ground, permanent).await, bound(ground, permanent).await);
    let mut probes = [
        ground.probe(&one).await,
        ground.probe(&one).await,
        ground.probe(&other).await,
        ground.probe(permanent).await,
    ];
    for probe in &mut probes {
        ask(probe, introduced(&tl::updates::GetState {})).await.result::<tl::updates::State>();
        settled(probe).await;
    }
    probes
}

#[tokio::test]
async fn a16_a_log_out_ends_all_keys_of_the_login_at_once() {
    let ground = Ground::open(&[]).await;
    let bob = ground.user().await;
    for (leaver, why) in [(0, "under a temporary key"), (3, "under the permanent key")] {
        let number = ground.number();
        let alice = support::sign_up(ground.process(), ground.options(), number).await;
        let elsewhere = support::sign_up(ground.process(), ground.options(), number).await;
        let mut elsewhere = ground.probe(&identity(&elsewhere).await).await;
        ask(&mut elsewhere, introduced(&tl::updates::GetState {})).await.result::<tl::updates::State>();
        let mut probes = connections(&ground, &identity(&alice).await).await;
        let to_alice = acquaint(&bob, &alice).await;
        write(&bob, &to_alice, 1).await;
        for probe in probes.iter_mut().chain([&mut elsewhere]) {
            hear_round(probe, 1).await;
        }

        let logged_out = ask(&mut probes[leaver], tl::auth::LogOut {}.to_bytes()).await;
        logged_out.result::<tl::auth::LoggedOut>();
        write(&bob, &to_alice, 2).await;
        hear_round(&mut elsewhere, 2).await;
        for (at, probe) in probes.iter_mut().enumerate() {
            let (fate, heard) = ask_and_hear(probe, &tl::updates::GetState {}).await;
            let unregistered = Fate::Failed(401, "AUTH_KEY_UNREGISTERED".into());
            assert_eq!(fate, unregistered, "log-out {why}: connection {at}");
            assert!(!heard.iter().any(|sign| sign.ends_with(" 2")), "log-out {why}: {at} heard {heard:?}");
        }
        // Nor is it only late.
        write(&bob, &to_alice, 3).await;
        hear_round(&mut elsewhere, 3).await;
        for (at, probe) in probes.iter_mut().enumerate() {
            let (fate, heard) = ask_and_hear(probe, &tl::updates::GetState {}).await;
            assert!(fate.is_error("AUTH_KEY_UNREGISTERED"), "log-out {why}: connection {at}: {fate:?}");
            assert!(!heard.iter().any(|sign| !sign.ends_with(" 1")), "log-out {why}: {at} heard {heard:?}");
        }
    }
}
