//! A temporary key proves which permanent key it belongs to (T12).

use std::sync::Arc;

use crypto::Rng as _;
use ids::{ConnId, SessionId};
use mtproto::bind::{self, Binding, NotBound};
use mtproto::client::{Session, SessionStart};
use mtproto::salt::SaltSeed;
use mtproto::server::{Call, KeyEvent, KeyState};
use mtproto::{AuthKey, cipher};
use tl::codec::Decode as _;

use crate::middleman::some_key;
use crate::start::START;
use crypto::testing::Seeded;

/// What the server is asked with a binding, and by whom.
fn asked(temporary: &Arc<AuthKey>, permanent: &Arc<AuthKey>, rng: &mut Seeded) -> Call {
    let salts = SaltSeed::generate(rng);
    let mut state = KeyState::new(Arc::clone(temporary), &salts, Some(9), None, START);
    let session = SessionId(rng.u64());
    let start = SessionStart { key: Arc::clone(temporary), session, salt: 9, ahead_ns: 0 };
    let mut client = Session::new(start);
    client.ping(1);
    client.bind(Arc::clone(permanent), 1_700_086_400, rng);
    let packet = client.poll_transmit(START, rng).unwrap();
    let opened = cipher::decrypt(temporary, cipher::Sender::Client, &packet).ok().unwrap();
    state.handle_message(ConnId(1), opened.message, START, rng);
    std::iter::from_fn(|| state.poll_event())
        .find_map(|event| match event {
            KeyEvent::Call(call) => Some(call),
            KeyEvent::SessionCreated(_)
            | KeyEvent::SessionEnded(_)
            | KeyEvent::DestroyKey { .. }
            | KeyEvent::DisconnectAfter { .. }
            | KeyEvent::CloseConn { .. } => None,
        })
        .unwrap()
}

#[test]
fn t12_a_binding_inside_a_container_is_taken_and_nothing_else_fits_it() {
    let mut rng = Seeded::new(12);
    let (temporary, permanent, other) = (some_key(&mut rng), some_key(&mut rng), some_key(&mut rng));
    let call = asked(&temporary, &permanent, &mut rng);
    let request = tl::auth::BindTempAuthKey::from_bytes(&call.body).unwrap();
    assert_eq!(request.perm_auth_key_id as u64, permanent.id().0);
    assert_eq!(bind::permanent_key_id(&request.encrypted_message), Some(permanent.id()));
    let right = Binding {
        nonce: request.nonce,
        temp_key: temporary.id(),
        temp_session: call.session,
        expires_at: request.expires_at,
        msg_id: call.msg_id,
    };
    assert_eq!(bind::check(&permanent, &request.encrypted_message, right), Ok(()));
    assert_eq!(bind::check(&other, &request.encrypted_message, right), Err(NotBound));
    let stolen = Binding { temp_key: other.id(), ..right };
    assert_eq!(bind::check(&permanent, &request.encrypted_message, stolen), Err(NotBound));
    let again = asked(&temporary, &permanent, &mut rng);
    let repeated = Binding { msg_id: again.msg_id, temp_session: again.session, ..right };
    assert_eq!(bind::check(&permanent, &request.encrypted_message, repeated), Err(NotBound));
}
