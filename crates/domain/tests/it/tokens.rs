//! Login tokens (A15).

use domain::login::{AcceptError, Accepted, Asking, Exported, Tokens};
use ids::limits::{CODES_ALIVE_MAX, LOGIN_TOKEN_FETCH_S, LOGIN_TOKEN_LIFE_S};
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

/// Whoever makes keys enough to fill the table drives out his own tokens first that have ended, then the oldest, and none that
/// was accepted.
#[test]
fn a15_strangers_who_fill_the_table_keep_nobody_from_a_token_of_his_own() {
    let (mut world, mut desk) = (World::new(), Desk::new());
    let [a, b, _] = world.trio();
    let (accepted, _) = desk.token(SHOWING, 0);
    assert!(desk.tokens.accept(a, &accepted, after(1)).is_ok());
    let (oldest, _) = desk.token(OTHER, 1);
    let stranger = |n: usize| AuthKeyId(1_000_000 + n as u64);
    (2..CODES_ALIVE_MAX).for_each(|n| drop(desk.token(stranger(n), 2)));
    assert_eq!(desk.tokens.asked_by(b, &oldest, after(3)), Ok(OTHER), "there was room for all");
    let (own, _) = desk.token(AuthKeyId(902), 3);
    assert_eq!(desk.tokens.asked_by(b, &oldest, after(3)), Err(AcceptError::Invalid), "the oldest made room");
    assert_eq!(desk.tokens.asked_by(b, &own, after(3)), Ok(AuthKeyId(902)));
    // Those that have ended go before any other, and he who asks once more is asked by nobody to wait.
    let (next, _) = desk.token(OTHER, 2 + LOGIN_TOKEN_LIFE_S);
    assert_eq!(desk.tokens.asked_by(b, &own, after(2 + LOGIN_TOKEN_LIFE_S)), Ok(AuthKeyId(902)));
    assert_eq!(desk.tokens.asked_by(b, &next, after(2 + LOGIN_TOKEN_LIFE_S)), Ok(OTHER));
    assert!(desk.accepted(SHOWING, 2 + LOGIN_TOKEN_LIFE_S).is_some());
}

/// Red when what is forgotten of a key is not compared with the token that it has now.
#[test]
fn a15_a_token_that_is_shown_anew_outlives_what_is_left_of_the_one_before() {
    let (mut world, mut desk) = (World::new(), Desk::new());
    let [a, ..] = world.trio();
    desk.token(SHOWING, 0);
    let (anew, _) = desk.token(SHOWING, 2 * LOGIN_TOKEN_LIFE_S - 2);
    desk.token(OTHER, 2 * LOGIN_TOKEN_LIFE_S);
    assert_eq!(desk.tokens.asked_by(a, &anew, after(2 * LOGIN_TOKEN_LIFE_S)), Ok(SHOWING));
}

/// A row of accepted tokens is bounded too.
#[test]
fn a15_logins_that_nobody_fetches_fill_the_table_for_a_minute() {
    let (mut world, mut desk) = (World::new(), Desk::new());
    let [a, ..] = world.trio();
    for n in 0..CODES_ALIVE_MAX {
        let (token, _) = desk.token(AuthKeyId(1_000_000 + n as u64), 0);
        assert!(desk.tokens.accept(a, &token, after(0)).is_ok());
    }
    let asking = || Asking { key: OTHER, session: SessionId(7), except: Vec::new() };
    assert!(desk.tokens.export(asking(), after(LOGIN_TOKEN_FETCH_S - 1), &mut || 7).is_err());
    assert!(desk.tokens.export(asking(), after(LOGIN_TOKEN_FETCH_S), &mut || 7).is_ok());
}
