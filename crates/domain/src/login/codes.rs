//! Login codes (A1): in memory only, lost at a restart, on purpose.
//!
//! A code has 5 digits, lives 5 minutes and dies with the third wrong try; a number gets at most 5 in any 24 hours, so
//! a guesser has at most 15 tries a day at it; a key asks for at most 10, for whatever numbers, so that one client cannot
//! use up what all together may have. When many wrong codes come in at all, new codes have 6 digits. Neither
//! number nor code is kept: both are keyed hashes under a key that lives as long as the process. Everything is bounded.

use std::collections::{BTreeMap, VecDeque};

use ids::limits::{
    CODE_AGAIN_S, CODE_DIGITS, CODE_DIGITS_GUESSED, CODE_KEYS_MAX, CODE_LIFE_S, CODE_NUMBERS_MAX,
    CODE_TRIES_MAX, CODES_ALIVE_MAX, CODES_PER_DAY_MAX, CODES_PER_KEY_PER_DAY_MAX, WRONG_CODES_PER_HOUR_MAX,
};
use ids::{AuthKeyId, UnixTime};
use zeroize::Zeroizing;

use super::quota::{DayQuota, Spent};
use crate::{KeyedHash, PhoneNumber};

/// More characters than any code has; what is longer is wrong without being hashed.
const TYPED_BYTES_MAX: usize = 16;

/// The codes that are alive.
pub struct Codes {
    key: Box<dyn KeyedHash>,
    alive: BTreeMap<Subject, Waiting>,
    /// When each issued code ends, oldest first; an entry whose code was replaced meanwhile is passed over.
    ends: VecDeque<(UnixTime, Subject)>,
    of_numbers: DayQuota<{ CODES_PER_DAY_MAX as usize }>,
    of_keys: DayQuota<{ CODES_PER_KEY_PER_DAY_MAX as usize }>,
    /// When the last wrong codes came in.
    wrong: VecDeque<UnixTime>,
}

/// A keyed hash of whom something is about, so that memory holds no number.
pub(super) type Subject = [u8; 16];

struct Waiting {
    hash: CodeHash,
    code: [u8; 32],
    wrong_tries: u32,
    issued: UnixTime,
    ends: UnixTime,
    verified: bool,
}

/// The handle of a code (`phone_code_hash`): random, worth something only with the auth key and number it was issued
/// for.
#[derive(Clone, Copy)]
pub struct CodeHash([u8; 16]);

/// The digits of a code; wiped when dropped, never printed.
pub struct Code(Zeroizing<String>);

/// A code to be delivered.
pub struct Issued {
    /// Its handle.
    pub hash: CodeHash,
    /// Its digits.
    pub code: Code,
    /// How long it lives, in seconds.
    pub life_s: i64,
}

/// This auth key has shown the code of this number.
#[derive(Clone, Copy)]
pub struct Verified {
    key: AuthKeyId,
    phone: PhoneNumber,
}

/// Why no code was issued.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestError {
    /// Too many codes for this number or with this key, or the last one is too fresh; ask again after so many seconds.
    #[error("too many codes for one number or key")]
    Flood {
        /// Seconds to wait.
        wait_s: i64,
    },
    /// Too many codes are alive in all.
    #[error("too many codes in all")]
    Busy,
}

/// Why a code was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    /// No digits at all; not counted.
    #[error("no code given")]
    Empty,
    /// Wrong, and counted.
    #[error("wrong code")]
    Invalid,
    /// There is no such code, or no more: of another key or number, too old, or tried too often.
    #[error("no such code")]
    Expired,
}

impl Codes {
    /// No codes yet. `key` must be drawn for this process and kept nowhere.
    pub fn new(key: Box<dyn KeyedHash>) -> Self {
        Self {
            key,
            alive: BTreeMap::new(),
            ends: VecDeque::new(),
            of_numbers: DayQuota::new(CODE_NUMBERS_MAX),
            of_keys: DayQuota::new(CODE_KEYS_MAX),
            wrong: VecDeque::new(),
        }
    }

    /// Issues a code for `phone` to the client of `by`. Asked again within the life of a code, the handle stays and
    /// the code is a new one.
    ///
    /// # Errors
    /// The [`RequestError`].
    pub fn request(
        &mut self,
        by: AuthKeyId,
        phone: PhoneNumber,
        now: UnixTime,
        draw: &mut dyn FnMut() -> u64,
    ) -> Result<Issued, RequestError> {
        self.forget_old(now);
        let subject = self.subject(by, phone);
        let before = self.alive.get(&subject);
        if let Some(before) = before {
            let wait_s = before.issued.0 + CODE_AGAIN_S - now.0;
            if wait_s > 0 {
                return Err(RequestError::Flood { wait_s });
            }
        } else if self.alive.len() >= CODES_ALIVE_MAX {
            return Err(RequestError::Busy);
        }
        let hash = before.map_or_else(|| CodeHash::draw(draw), |before| before.hash);
        let asking = self.key.hash(&[b"key that asks for a login code", &by.0.to_le_bytes()]);
        match self.of_keys.spend(half(asking), now) {
            // So many keys are no single client any more: what is left are the limits on the sum.
            Spent::Yes | Spent::Full => {}
            Spent::Wait { s } => return Err(RequestError::Flood { wait_s: s }),
        }
        let number = self.key.hash(&[b"number of a login code", &phone.name()]);
        match self.of_numbers.spend(half(number), now) {
            Spent::Yes => {}
            Spent::Wait { s } => return Err(RequestError::Flood { wait_s: s }),
            Spent::Full => return Err(RequestError::Busy),
        }
        let code = Code::draw(self.digits(now), draw);
        let ends = UnixTime(now.0 + CODE_LIFE_S);
        let waiting = Waiting {
            hash,
            code: self.closed(hash, code.expose()),
            wrong_tries: 0,
            issued: now,
            ends,
            verified: false,
        };
        self.alive.insert(subject, waiting);
        self.ends.push_back((ends, subject));
        Ok(Issued { hash, code, life_s: CODE_LIFE_S })
    }

    /// Issues another code under a handle that is alive.
    ///
    /// # Errors
    /// The [`RequestError`]; none inside if there is no such handle of this client and number.
    pub fn request_again(
        &mut self,
        by: AuthKeyId,
        phone: PhoneNumber,
        hash: &str,
        now: UnixTime,
        draw: &mut dyn FnMut() -> u64,
    ) -> Result<Option<Issued>, RequestError> {
        if self.waiting(&self.subject(by, phone), hash, now).is_none() {
            return Ok(None);
        }
        self.request(by, phone, now, draw).map(Some)
    }

    /// Tries a code. A right one stays right for this handle until [`finish`](Self::finish) or its time is over.
    ///
    /// # Errors
    /// The [`CheckError`].
    pub fn check(
        &mut self,
        by: AuthKeyId,
        phone: PhoneNumber,
        hash: &str,
        typed: &str,
        now: UnixTime,
    ) -> Result<Verified, CheckError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(CheckError::Empty);
        }
        let subject = self.subject(by, phone);
        let handle = self.waiting(&subject, hash, now).ok_or(CheckError::Expired)?.hash;
        let given = self.closed(handle, typed.get(..TYPED_BYTES_MAX.min(typed.len())).unwrap_or_default());
        let waiting = self.waiting(&subject, hash, now).ok_or(CheckError::Expired)?;
        if waiting.wrong_tries >= CODE_TRIES_MAX {
            return Err(CheckError::Expired);
        }
        if !same(&waiting.code, &given) || typed.len() > TYPED_BYTES_MAX {
            waiting.wrong_tries += 1;
            waiting.verified = false;
            self.note_wrong(now);
            return Err(CheckError::Invalid);
        }
        if !waiting.verified {
            // Whoever has to type a name yet gets the time for it.
            let ends = UnixTime(now.0 + CODE_LIFE_S);
            (waiting.verified, waiting.ends) = (true, ends);
            self.ends.push_back((ends, subject));
        }
        Ok(Verified { key: by, phone })
    }

    /// The proof again, for signUp, which brings no code.
    ///
    /// # Errors
    /// [`CheckError::Expired`] unless this very handle was verified and is still alive.
    pub fn verified(
        &mut self,
        by: AuthKeyId,
        phone: PhoneNumber,
        hash: &str,
        now: UnixTime,
    ) -> Result<Verified, CheckError> {
        let subject = self.subject(by, phone);
        match self.waiting(&subject, hash, now) {
            Some(waiting) if waiting.verified => Ok(Verified { key: by, phone }),
            Some(_) | None => Err(CheckError::Expired),
        }
    }

    /// Forgets the code behind a proof, once it has led to a login.
    pub fn finish(&mut self, done: &Verified) {
        let subject = self.subject(done.key, done.phone);
        self.alive.remove(&subject);
    }

    /// Forgets a code (auth.cancelCode); whether there was one.
    pub fn cancel(&mut self, by: AuthKeyId, phone: PhoneNumber, hash: &str, now: UnixTime) -> bool {
        let subject = self.subject(by, phone);
        self.waiting(&subject, hash, now).is_some() && self.alive.remove(&subject).is_some()
    }

    /// The code of a subject, if the handle is its and it has not ended.
    fn waiting(&mut self, subject: &Subject, hash: &str, now: UnixTime) -> Option<&mut Waiting> {
        let hash = CodeHash::parse(hash)?;
        self.alive.get_mut(subject).filter(|waiting| same(&waiting.hash.0, &hash.0) && now < waiting.ends)
    }

    fn forget_old(&mut self, now: UnixTime) {
        while let Some(&(ends, subject)) = self.ends.front()
            && ends <= now
        {
            self.ends.pop_front();
            if self.alive.get(&subject).is_some_and(|waiting| waiting.ends <= now) {
                self.alive.remove(&subject);
            }
        }
    }

    fn digits(&self, now: UnixTime) -> u32 {
        let guessed = self.wrong.len() >= WRONG_CODES_PER_HOUR_MAX
            && self.wrong.front().is_some_and(|first| now.0 - first.0 < 3600);
        if guessed { CODE_DIGITS_GUESSED } else { CODE_DIGITS }
    }

    fn note_wrong(&mut self, now: UnixTime) {
        if self.wrong.len() >= WRONG_CODES_PER_HOUR_MAX {
            self.wrong.pop_front();
        }
        self.wrong.push_back(now);
    }

    fn subject(&self, by: AuthKeyId, phone: PhoneNumber) -> Subject {
        half(self.key.hash(&[b"subject of a login code", &by.0.to_le_bytes(), &phone.name()]))
    }

    /// A code as it is kept.
    fn closed(&self, hash: CodeHash, digits: &str) -> [u8; 32] {
        self.key.hash(&[b"login code", &hash.0, digits.as_bytes()])
    }
}

impl Code {
    /// The digits, for delivery.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn draw(digits: u32, draw: &mut dyn FnMut() -> u64) -> Self {
        // The remainder favours small codes by one part in 10^13.
        let number = draw() % 10_u64.pow(digits);
        Self(Zeroizing::new(format!("{number:0width$}", width = digits as usize)))
    }
}

impl CodeHash {
    /// As the client is told it: 32 hexadecimal digits.
    pub fn to_text(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = plain.then(|| u128::from_str_radix(text, 16).ok())??;
        Some(Self(number.to_be_bytes()))
    }

    fn draw(draw: &mut dyn FnMut() -> u64) -> Self {
        let number = (u128::from(draw()) << 64) | u128::from(draw());
        Self(number.to_be_bytes())
    }
}

impl Verified {
    /// The key that showed the code.
    pub const fn key(&self) -> AuthKeyId {
        self.key
    }

    /// The number.
    pub const fn phone(&self) -> PhoneNumber {
        self.phone
    }
}

/// Compares without stopping at the first difference.
fn same<const N: usize>(a: &[u8; N], b: &[u8; N]) -> bool {
    let differ = a.iter().zip(b).fold(0, |differ, (a, b)| std::hint::black_box(differ | (a ^ b)));
    differ == 0
}

fn half(hash: [u8; 32]) -> Subject {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = hash;
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}
