//! auth.bindTempAuthKey (T12: every field flipped is refused).

use api::{Effect, TempKey};
use crypto::testing::Filled;
use ids::{AuthKeyId, SessionId, UnixTime, WireMsgId};
use mtproto::AuthKey;
use mtproto::bind::{self, Binding};
use zeroize::Zeroizing;

use crate::world::{BEGIN_S, Device, World};

const ENDS: i32 = BEGIN_S as i32 + 3600;

struct Case {
    world: World,
    temp: Device,
    perm: AuthKey,
    binding: Binding,
}

fn case() -> Case {
    let world = World::new();
    let perm = AuthKey::new(Box::new(Zeroizing::new([1; 256])));
    let stored = domain::authorization::StoredKey {
        bytes: domain::authorization::KeyBytes::new(perm.bytes()),
        created: UnixTime(0),
    };
    let id = perm.id();
    world.store.write(|tx| domain::authorization::store_key(tx, id, &stored)).result.unwrap();
    let key = AuthKeyId(77);
    let temp = Device {
        key,
        layer: None,
        temp: Some(TempKey { expires_at: UnixTime(BEGIN_S + 86_400) }),
        bound: false,
        export: None,
    };
    // The world numbers its calls 4, 8, 12; the first one is the binding's.
    let binding = Binding {
        nonce: 5,
        temp_key: key,
        temp_session: SessionId(1),
        expires_at: ENDS,
        msg_id: WireMsgId(4),
    };
    Case { world, temp, perm, binding }
}

fn method(perm: &AuthKey, packet: Vec<u8>) -> tl::auth::BindTempAuthKey {
    tl::auth::BindTempAuthKey {
        perm_auth_key_id: perm.id().0.cast_signed(),
        nonce: 5,
        expires_at: ENDS,
        encrypted_message: packet,
    }
}

#[test]
fn a_packet_under_the_permanent_key_binds() {
    let Case { mut world, temp, perm, binding } = case();
    let packet = bind::make(&perm, binding, &mut Filled(0));
    assert!(world.ok(temp, &method(&perm, packet)));
    assert!(matches!(
        &world.effects[..],
        [Effect::BindTempKey { temp: t, perm: p, expires_at }]
            if *t == temp.key && *p == perm.id() && expires_at.0 == i64::from(ENDS)
    ));
}

#[test]
fn t12_each_field_of_the_packet_counts() {
    let changes: [fn(&mut Binding); 5] = [
        |binding| binding.nonce += 1,
        |binding| binding.temp_key.0 += 1,
        |binding| binding.temp_session.0 += 1,
        |binding| binding.expires_at += 1,
        |binding| binding.msg_id.0 += 4,
    ];
    for change in changes {
        let Case { mut world, temp, perm, mut binding } = case();
        change(&mut binding);
        let packet = bind::make(&perm, binding, &mut Filled(0));
        assert_eq!(world.err(temp, &method(&perm, packet)), "400 ENCRYPTED_MESSAGE_INVALID");
        assert!(world.effects.is_empty());
    }
}

#[test]
fn t12_each_argument_counts() {
    let changes: [fn(&mut tl::auth::BindTempAuthKey); 5] = [
        |method| method.perm_auth_key_id += 1,
        |method| method.nonce += 1,
        |method| method.expires_at += 1,
        |method| method.encrypted_message[30] ^= 1,
        |method| method.encrypted_message.truncate(103),
    ];
    for change in changes {
        let Case { mut world, temp, perm, binding } = case();
        let mut method = method(&perm, bind::make(&perm, binding, &mut Filled(0)));
        change(&mut method);
        assert_eq!(world.err(temp, &method), "400 ENCRYPTED_MESSAGE_INVALID");
    }
}

#[test]
fn only_a_temporary_key_can_be_bound_and_only_into_the_future() {
    let Case { mut world, temp, perm, binding } = case();
    let packet = bind::make(&perm, binding, &mut Filled(0));
    let permanent = Device { temp: None, bound: true, ..temp };
    assert_eq!(world.err(permanent, &method(&perm, packet.clone())), "400 TEMP_AUTH_KEY_EMPTY");
    let past = tl::auth::BindTempAuthKey { expires_at: BEGIN_S as i32, ..method(&perm, packet.clone()) };
    assert_eq!(world.err(temp, &past), "400 EXPIRES_AT_INVALID");
    let bound = Device { bound: true, ..temp };
    assert_eq!(world.err(bound, &method(&perm, packet)), "400 TEMP_AUTH_KEY_ALREADY_BOUND");
}

#[test]
fn t12_an_unbound_key_may_do_nothing_else() {
    let Case { mut world, temp, .. } = case();
    assert_eq!(world.err(temp, &tl::updates::GetState {}), "401 AUTH_KEY_PERM_EMPTY");
    assert_eq!(world.err(temp, &crate::world::send_code("9996600001")), "401 AUTH_KEY_PERM_EMPTY");
    world.ok(temp, &tl::help::GetConfig {});
    world.ok(temp, &tl::help::GetNearestDc {});
}
