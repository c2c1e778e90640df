//! Login tokens (A15).

use domain::login::{AcceptError, Accepted, Asking, Exported, Tokens};
use ids::limits::{LOGIN_TOKEN_FETCH_S, LOGIN_TOKEN_LIFE_S};
use ids::{AuthKeyId, SessionId, UnixTime, UserId};

use crate::world::{World, split_mix, toy_hash};

const SHOWING: AuthKeyId = AuthKeyId(900);
const OTHER: AuthKeyId = AuthKeyId(901);
const BEGIN: UnixTime = UnixTime(1_767_225_600);

/// Tokens and a seed.
struct Desk {
    tokens: Tokens,
    seed: u64,
}

impl Desk {
    fn new() -> Self {
        Self { tokens: Tokens::new(Box::new(toy_hash)), seed: 1 }
    }

    fn export(&mut self, key: AuthKeyId, except: &[UserId], after_s: i64) -> Exported {
        let seed = &mut self.seed;
        let asking = Asking { key, session: SessionId(7), except: except.to_vec() };
        let exported = self.tokens.export(asking, after(after_s), &mut || split_mix(seed));
        exported.unwrap_or_else(|full| panic!("{full}"))
    }

    fn token(&mut self, key: AuthKeyId, after_s: i64) -> (Vec<u8>, UnixTime) {
        match self.export(key, &[], after_s) {
            Exported::Shown { token, ends } => (token.to_vec(), ends),
            Exported::Accepted(_) => panic!("accepted"),
        }
    }

    fn accepted(&mut self, key: AuthKeyId, after_s: i64) -> Option<Accepted> {
        match self.export(key, &[], after_s) {
            Exported::Shown { .. } => None,
            Exported::Accepted(accepted) => Some(accepted),
        }
    }
}

fn after(s: i64) -> UnixTime {
    UnixTime(BEGIN.0 + s)
}

#[test]
fn a15_a_token_is_accepted_once_and_leads_its_own_key_to_the_login() {
    let (mut world, mut desk) = (World::new(), Desk::new());
    let [a, b, _] = world.trio();
    let (token, ends) = desk.token(SHOWING, 0);
    assert_eq!((token.len(), ends), (32, after(LOGIN_TOKEN_LIFE_S)));
    assert_eq!(desk.token(SHOWING, 3).0, token, "it is the same while it lives");
    let (of_other, _) = desk.token(OTHER, 3);
    assert_ne!(of_other, token);
    assert_eq!(desk.tokens.accept(a, &token, after(5)), Ok((SHOWING, SessionId(7))));
    for by in [a, b] {
        assert_eq!(desk.tokens.accept(by, &token, after(6)), Err(AcceptError::AlreadyAccepted));
    }
    // The other key, which has a token too, gets nothing of it.
    assert!(desk.accepted(OTHER, 7).is_none());
    let accepted = desk.accepted(SHOWING, 7).unwrap();
    assert_eq!((accepted.key(), accepted.user()), (SHOWING, a.user()));
    // Until it is done it can be fetched again: the call may be run twice. Then it is gone.
    assert!(desk.accepted(SHOWING, 8).is_some());
    desk.tokens.finish(&accepted);
    assert!(desk.accepted(SHOWING, 8).is_none());
    assert_eq!(desk.tokens.accept(b, &token, after(8)), Err(AcceptError::Invalid));
}

#[test]
fn a15_what_nobody_accepts_or_fetches_in_time_is_over() {
    let (mut world, mut desk) = (World::new(), Desk::new());
    let [a, ..] = world.trio();
    let (token, _) = desk.token(SHOWING, 0);
    assert_eq!(desk.tokens.accept(a, &token, after(LOGIN_TOKEN_LIFE_S)), Err(AcceptError::Expired));
    assert_eq!(desk.tokens.accept(a, &token, after(LOGIN_TOKEN_LIFE_S + 1)), Err(AcceptError::Expired));
    let (next, _) = desk.token(SHOWING, 31);
    assert_ne!(next, token);
    assert_eq!(desk.tokens.accept(a, &token, after(32)), Err(AcceptError::Invalid));
    assert!(desk.tokens.accept(a, &next, after(32)).is_ok());
    assert!(desk.accepted(SHOWING, 32 + LOGIN_TOKEN_FETCH_S).is_none(), "nobody came for it");
    assert_eq!(desk.tokens.accept(a, &next, after(93)), Err(AcceptError::Invalid));
}

#[test]
fn a15_nobody_is_let_in_by_a_guess_as_himself_or_as_whom_he_has() {
    let (mut world, mut desk) = (World::new(), Desk::new());
    let [a, b, _] = world.trio();
    for guess in [&[][..], &[0; 32], &[0; 31], &[7; 33]] {
        assert_eq!(desk.tokens.accept(a, guess, BEGIN), Err(AcceptError::Invalid));
    }
    let Exported::Shown { token, .. } = desk.export(SHOWING, &[a.user()], 0) else { panic!("accepted") };
    assert_eq!(desk.tokens.accept(a, token.as_slice(), BEGIN), Err(AcceptError::Excepted));
    assert!(desk.tokens.accept(b, token.as_slice(), BEGIN).is_ok());
    let (own, _) = desk.token(a.key(), 0);
    assert_eq!(desk.tokens.accept(a, &own, BEGIN), Err(AcceptError::Invalid));
}
