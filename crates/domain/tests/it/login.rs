//! Login codes (A1).

use domain::PhoneNumber;
use domain::login::{CheckError, Codes, Issued, RequestError};
use ids::{AuthKeyId, UnixTime};

use crate::world::{number, split_mix, toy_hash};

const KEY: AuthKeyId = AuthKeyId(1);
const MINUTE_S: i64 = 60;
const DAY_S: i64 = 86_400;

/// Codes, a clock and a seed.
struct Desk {
    codes: Codes,
    now: i64,
    seed: u64,
    phone: PhoneNumber,
}

impl Desk {
    fn new() -> Self {
        Self {
            codes: Codes::new(Box::new(toy_hash)),
            now: 1_767_225_600,
            seed: 1,
            phone: number("12025550001"),
        }
    }

    fn request(&mut self, key: AuthKeyId, phone: PhoneNumber) -> Result<Issued, RequestError> {
        let seed = &mut self.seed;
        self.codes.request(key, phone, UnixTime(self.now), &mut || split_mix(seed))
    }

    fn issue(&mut self) -> (String, String) {
        let issued = self.request(KEY, self.phone).unwrap_or_else(|error| panic!("{error}"));
        (issued.hash.to_text(), issued.code.expose().to_owned())
    }

    fn try_code(&mut self, hash: &str, typed: &str) -> Option<CheckError> {
        self.codes.check(KEY, self.phone, hash, typed, UnixTime(self.now)).err()
    }
}

/// A wrong code of the same length.
fn wrong(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..code.len() - 1])
}

#[test]
fn a1_a_right_code_is_taken_and_an_empty_one_not_counted() {
    let mut desk = Desk::new();
    let (hash, code) = desk.issue();
    assert_eq!(code.len(), 5);
    assert!(code.bytes().all(|byte| byte.is_ascii_digit()));
    for _ in 0..9 {
        assert_eq!(desk.try_code(&hash, " "), Some(CheckError::Empty));
    }
    assert_eq!(desk.try_code(&hash, &format!(" {code}\n")), None);
    assert_eq!(desk.try_code(&hash, &code), None, "the answer was lost, the client asks again");
}

#[test]
fn a1_the_fourth_try_fails_even_if_it_is_right() {
    let mut desk = Desk::new();
    let (hash, code) = desk.issue();
    for guess in [wrong(&code), String::from("x"), "9".repeat(1 << 20)] {
        assert_eq!(desk.try_code(&hash, &guess), Some(CheckError::Invalid));
    }
    assert_eq!(desk.try_code(&hash, &code), Some(CheckError::Expired));
    assert_eq!(
        desk.codes.verified(KEY, desk.phone, &hash, UnixTime(desk.now)).err(),
        Some(CheckError::Expired)
    );
}

#[test]
fn a1_a_code_lives_five_minutes() {
    let mut desk = Desk::new();
    let (hash, code) = desk.issue();
    desk.now += 5 * MINUTE_S - 1;
    assert_eq!(desk.try_code(&hash, &wrong(&code)), Some(CheckError::Invalid));
    desk.now += 1;
    assert_eq!(desk.try_code(&hash, &code), Some(CheckError::Expired));
}

#[test]
fn a1_a_handle_is_worth_nothing_to_another_key_or_number() {
    let mut desk = Desk::new();
    let (hash, code) = desk.issue();
    let now = UnixTime(desk.now);
    let other_key = desk.codes.check(AuthKeyId(2), desk.phone, &hash, &code, now);
    assert_eq!(other_key.err(), Some(CheckError::Expired));
    let other_number = desk.codes.check(KEY, number("12025550002"), &hash, &code, now);
    assert_eq!(other_number.err(), Some(CheckError::Expired));
    for handle in ["", "0", &"0".repeat(32), &hash[1..], &format!("{hash}0"), &hash.replace(&hash[..1], "+")]
    {
        assert_eq!(desk.try_code(handle, &code), Some(CheckError::Expired), "{handle}");
    }
    assert!(!desk.codes.cancel(AuthKeyId(2), desk.phone, &hash, now));
    assert_eq!(desk.try_code(&hash, &code), None, "none of it counted");
}

#[test]
fn a1_five_codes_in_any_24_hours() {
    let mut desk = Desk::new();
    let start = desk.now;
    for key in 0..5 {
        assert!(desk.request(AuthKeyId(key), desk.phone).is_ok(), "the number counts, not the key");
        desk.now += 100;
    }
    let wait = |desk: &mut Desk| desk.request(AuthKeyId(9), desk.phone).map(|_| ());
    assert_eq!(wait(&mut desk), Err(RequestError::Flood { wait_s: start + DAY_S - desk.now }));
    assert!(desk.request(KEY, number("12025550002")).is_ok());
    desk.now = start + DAY_S - 1;
    assert_eq!(wait(&mut desk), Err(RequestError::Flood { wait_s: 1 }));
    desk.now += 1;
    assert_eq!(wait(&mut desk), Ok(()), "who waits as long as told is not refused");
    assert_eq!(wait(&mut desk), Err(RequestError::Flood { wait_s: 60 }), "and the next is 100 s later");
}

#[test]
fn a1_asked_again_the_handle_stays_and_the_code_is_new() {
    let mut desk = Desk::new();
    let (hash, code) = desk.issue();
    desk.now += 20;
    assert_eq!(desk.request(KEY, desk.phone).err(), Some(RequestError::Flood { wait_s: 40 }));
    desk.try_code(&hash, "00000");
    desk.now += 40;
    let (again, newer) = desk.issue();
    assert_eq!(again, hash);
    assert_ne!(newer, code);
    assert_eq!(desk.try_code(&hash, &code), Some(CheckError::Invalid), "the first one is dead");
    assert_eq!(desk.try_code(&hash, &newer), None);
}

#[test]
fn a1_sign_up_needs_a_code_that_was_right() {
    let mut desk = Desk::new();
    let (hash, code) = desk.issue();
    let verified = |desk: &mut Desk| desk.codes.verified(KEY, desk.phone, &hash, UnixTime(desk.now)).err();
    assert_eq!(verified(&mut desk), Some(CheckError::Expired));
    desk.now += 4 * MINUTE_S;
    let proof =
        desk.codes.check(KEY, desk.phone, &hash, &code, UnixTime(desk.now)).unwrap_or_else(|e| panic!("{e}"));
    assert!(proof.key() == KEY && proof.phone() == desk.phone);
    desk.now += 4 * MINUTE_S;
    assert_eq!(verified(&mut desk), None, "who types a name gets the time for it");
    desk.codes.finish(&proof);
    assert_eq!(verified(&mut desk), Some(CheckError::Expired));
}

#[test]
fn a_cancelled_code_is_gone() {
    let mut desk = Desk::new();
    let (hash, code) = desk.issue();
    assert!(desk.codes.cancel(KEY, desk.phone, &hash, UnixTime(desk.now)));
    assert!(!desk.codes.cancel(KEY, desk.phone, &hash, UnixTime(desk.now)));
    assert_eq!(desk.try_code(&hash, &code), Some(CheckError::Expired));
}

/// After 1,000 wrong codes in an hour new ones are longer; an hour later they are not.
#[test]
fn a1_codes_grow_while_guessing_goes_on() {
    let mut desk = Desk::new();
    let digits = |desk: &mut Desk, n: u64| {
        let (key, phone) = (AuthKeyId(n), number(&format!("1777{n:07}")));
        let issued = desk.request(key, phone).unwrap_or_else(|error| panic!("{error}"));
        let hash = issued.hash.to_text();
        for _ in 0..3 {
            let tried = desk.codes.check(key, phone, &hash, "x", UnixTime(desk.now));
            assert_eq!(tried.err(), Some(CheckError::Invalid));
        }
        issued.code.expose().len()
    };
    let lengths: Vec<_> = (0..340).map(|n| digits(&mut desk, n)).collect();
    assert!(lengths[..334].iter().all(|length| *length == 5));
    assert!(lengths[334..].iter().all(|length| *length == 6), "after 334 x 3 wrong codes");
    desk.now += 3600;
    assert_eq!(digits(&mut desk, 999), 5);
}

/// Fifteen guesses a day at one number, whatever the attacker does with keys and handles.
#[test]
fn a1_a_guesser_has_fifteen_tries_a_day() {
    let mut desk = Desk::new();
    let (end, mut tries, mut hit) = (desk.now + DAY_S, 0, 0);
    let mut key = 0;
    while desk.now < end {
        key += 1;
        if let Ok(issued) = desk.request(AuthKeyId(key), desk.phone) {
            let hash = issued.hash.to_text();
            for guess in ["12345", "00000", "11111", "22222", "33333"] {
                match desk.codes.check(AuthKeyId(key), desk.phone, &hash, guess, UnixTime(desk.now)) {
                    Ok(_) => hit += 1,
                    Err(CheckError::Invalid) => tries += 1,
                    Err(CheckError::Empty | CheckError::Expired) => {}
                }
            }
        }
        desk.now += 61;
    }
    assert_eq!((tries, hit), (15, 0));
}

/// One client, however many numbers it names, leaves codes for the others.
#[test]
fn a3_a_key_asks_for_ten_codes_a_day() {
    let mut desk = Desk::new();
    let start = desk.now;
    let mut ask = |key, n: u64, now| {
        desk.now = now;
        desk.request(AuthKeyId(key), number(&format!("1555{n:07}")))
    };
    let issued = (0..100).filter(|n| ask(1, *n, start).is_ok()).count();
    assert_eq!(issued, 10);
    assert!(matches!(ask(1, 200, start + 60), Err(RequestError::Flood { wait_s }) if wait_s == DAY_S - 60));
    assert!(ask(2, 50, start + 60).is_ok(), "a number that was refused is as good as before");
    assert!(ask(1, 300, start + DAY_S).is_ok());
}

/// The tables stay within their limits under a flood of numbers and keys, and empty themselves.
#[test]
fn codes_alive_are_bounded() {
    let mut desk = Desk::new();
    let mut busy = 0;
    for n in 0..100_100_u64 {
        match desk.request(AuthKeyId(n), number(&format!("1666{n:07}"))) {
            Ok(_) => {}
            Err(RequestError::Busy) => busy += 1,
            Err(RequestError::Flood { .. }) => panic!("each number is asked for once"),
        }
    }
    assert_eq!(busy, 100, "100,000 at a time");
    desk.now += 5 * MINUTE_S;
    assert!(desk.request(AuthKeyId(1 << 40), desk.phone).is_ok(), "old codes make room");
}
