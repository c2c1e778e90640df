//! The world of the tests: devices that call methods, and what became of the calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use api::{Caller, DcOption, Effect, Env, Export, Flood, Outcome, Ram, Request, TempKey};
use crypto::testing::Seeded;
use domain::authorization::{self, KeyBytes, StoredKey};
use domain::login::{Codes, Tokens};
use domain::{AccessHashes, PhoneNumber, Presence};
use ids::limits::CALLS_PERCENT;
use ids::{AuthKeyId, DcId, Layer, Now, SessionId, UnixTime, UserId, WireMsgId, limits};
use mtproto::server::RpcResult;
use store::testing::Rig;
use store::{Memory, StoreError};
use tl::{Decode, Function};

/// When the world begins: 2026-01-01.
pub(crate) const BEGIN_S: i64 = 1_767_225_600;

pub(crate) struct World {
    pub(crate) store: Rig,
    pub(crate) env: Env,
    pub(crate) now: Now,
    pub(crate) presence: Presence,
    ram: Mutex<Ram>,
    rng: Seeded,
    codes: BTreeMap<PhoneNumber, String>,
    keys: u64,
    messages: u64,
    /// What the last call asked the driver to do.
    pub(crate) effects: Vec<Effect>,
    /// The boxes that the last call moved.
    pub(crate) touched: Vec<store::Touched>,
}

/// A client with an auth key of its own.
#[derive(Clone, Copy)]
pub(crate) struct Device {
    pub(crate) key: AuthKeyId,
    pub(crate) layer: Option<Layer>,
    pub(crate) temp: Option<TempKey>,
    pub(crate) bound: bool,
    pub(crate) export: Option<Export>,
}

/// A signed-up person.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) device: Device,
    pub(crate) id: UserId,
    pub(crate) phone: &'static str,
}

fn keyed(key: &'static [u8]) -> impl Fn(&[&[u8]]) -> [u8; 32] + Send + Sync {
    move |parts| {
        let all: Vec<&[u8]> = [key].into_iter().chain(parts.iter().copied()).collect();
        crypto::sha256(&all)
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Env)) -> Self {
        let mut env = Env {
            addresses: vec![DcOption { host: "192.0.2.10".to_owned(), port: 443, ipv6: false }],
            codes_delivered: true,
            hashes: AccessHashes::new(Arc::new(keyed(b"hashes"))),
        };
        change(&mut env);
        Self {
            store: Rig::new(Arc::new(Memory::new()), crate::COLD),
            env,
            now: Now { wall_ns: BEGIN_S as u64 * 1_000_000_000, mono_ms: 0 },
            ram: Mutex::new(Ram {
                codes: Codes::new(Box::new(keyed(b"codes"))),
                tokens: Tokens::new(Box::new(keyed(b"tokens"))),
                flood: Flood::new(CALLS_PERCENT),
            }),
            presence: Presence::default(),
            rng: Seeded::new(0),
            codes: BTreeMap::new(),
            keys: 0,
            messages: 0,
            effects: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// Lets time pass.
    pub(crate) fn pass_s(&mut self, seconds: u64) {
        self.now = self.now.plus_ms(seconds * 1000);
    }

    /// A client with a permanent key and nobody logged in.
    pub(crate) fn device(&mut self) -> Device {
        self.keys += 1;
        let key = AuthKeyId(self.keys);
        let bytes = [u8::try_from(self.keys).unwrap(); 256];
        let stored = StoredKey { bytes: KeyBytes::new(&bytes), created: self.now.unix() };
        let ran = self.store.write(|tx| authorization::store_key(tx, key, &stored));
        ran.result.map_err(|_: StoreError| ()).unwrap();
        Device { key, layer: Some(Layer(limits::LAYER_CANONICAL)), temp: None, bound: true, export: None }
    }

    /// Runs a body and keeps what it caused.
    pub(crate) fn run(&mut self, device: Device, body: &[u8]) -> RpcResult {
        self.messages += 4;
        let caller = Caller {
            perm_key: device.bound.then_some(device.key),
            wire_key: device.key,
            temp: device.temp,
            session: SessionId(1),
            msg_id: WireMsgId(self.messages),
            dc: DcId(2),
            layer: device.layer,
            export: device.export,
        };
        let mut outcome = self.try_run(&caller, body);
        for _ in 0..limits::NEED_RERUNS_MAX {
            if outcome.needs.is_empty() {
                break;
            }
            assert!(outcome.touched.is_empty() && outcome.effects.is_empty(), "done in part");
            self.store.door().keyring().satisfy(&outcome.needs);
            outcome = self.try_run(&caller, body);
        }
        assert!(outcome.needs.is_empty(), "three reruns were not enough");
        let Outcome { result, touched, effects, .. } = outcome;
        (self.touched, self.effects) = (touched, effects);
        for effect in &self.effects {
            if let Effect::SendCode { phone, code } = effect {
                self.codes.insert(*phone, code.expose().to_owned());
            }
        }
        result
    }

    fn try_run(&mut self, caller: &Caller, body: &[u8]) -> Outcome {
        api::run(Request {
            store: &self.store,
            env: &self.env,
            presence: &self.presence,
            ram: &self.ram,
            caller,
            body,
            now: self.now,
            rng: &mut self.rng,
        })
    }

    /// Calls a method; the error is its text.
    pub(crate) fn call<M: Function>(&mut self, device: Device, method: &M) -> Result<M::Result, String> {
        match self.run(device, &method.to_bytes()) {
            RpcResult::Answer(bytes) => Ok(M::Result::from_bytes(&bytes).map_err(|_| "unreadable").unwrap()),
            RpcResult::Error(failure) => Err(format!("{} {}", failure.code, failure.name)),
        }
    }

    /// Calls a method that must succeed.
    #[track_caller]
    pub(crate) fn ok<M: Function>(&mut self, device: Device, method: &M) -> M::Result {
        match self.call(device, method) {
            Ok(answer) => answer,
            Err(error) => panic!("{} answered {error}", M::NAME),
        }
    }

    /// Calls a method that must fail; its code and text.
    #[track_caller]
    pub(crate) fn err<M: Function>(&mut self, device: Device, method: &M) -> String {
        match self.call(device, method) {
            Ok(_) => panic!("{} succeeded", M::NAME),
            Err(error) => error,
        }
    }

    /// Asks for a code; its handle and its digits.
    pub(crate) fn code(&mut self, device: Device, phone: &str) -> (String, String) {
        let sent = self.ok(device, &send_code(phone));
        let tl::auth::SentCode::SentCode(sent) = sent else { panic!("no sentCode") };
        (sent.phone_code_hash, self.codes[&PhoneNumber::parse(phone).unwrap()].clone())
    }

    /// The digits that were sent to a number last.
    pub(crate) fn delivered(&self, phone: &str) -> String {
        self.codes[&PhoneNumber::parse(phone).unwrap()].clone()
    }

    /// Signs somebody up.
    pub(crate) fn person(&mut self, phone: &'static str, first_name: &str) -> Person {
        let device = self.device();
        let (hash, code) = self.code(device, phone);
        let asked = self.ok(device, &sign_in(phone, &hash, &code));
        assert!(matches!(asked, tl::auth::Authorization::AuthorizationSignUpRequired(_)));
        let done = self.ok(device, &sign_up(phone, &hash, first_name));
        Person { device, id: UserId(user(&done).id), phone }
    }

    /// Another device of a person.
    pub(crate) fn second_device(&mut self, person: Person) -> Device {
        let device = self.device();
        let (hash, code) = self.code(device, person.phone);
        self.ok(device, &sign_in(person.phone, &hash, &code));
        device
    }

    /// `target` as `viewer` must name him.
    pub(crate) fn peer(&self, viewer: Person, target: Person) -> tl::InputPeer {
        let access_hash = self.env.hashes.of(viewer.id, target.id);
        tl::InputPeer::InputPeerUser { user_id: target.id.0, access_hash }
    }

    /// Sends a text and returns the updates of the answer.
    pub(crate) fn send(&mut self, from: Person, to: Person, text: &str, random_id: i64) -> Vec<tl::Update> {
        let message = text_message(self.peer(from, to), text, random_id);
        updates(self.ok(from.device, &message))
    }

    /// Puts somebody's number into a book, under a name that is not his.
    pub(crate) fn import(&mut self, of: Person, whom: Person) {
        let contact = tl::fields::InputPhoneContact {
            client_id: 1,
            phone: whom.phone.to_owned(),
            first_name: "Contact".to_owned(),
            ..Default::default()
        };
        self.ok(of.device, &tl::contacts::ImportContacts { contacts: vec![contact.into()] });
    }

    /// Sends a text and returns the number of the sender's copy.
    pub(crate) fn sent(&mut self, from: Person, to: Person, text: &str, random_id: i64) -> i32 {
        match &self.send(from, to, text, random_id)[..] {
            [tl::Update::UpdateMessageID { id, .. }, ..] => *id,
            _ => panic!("no number"),
        }
    }

    /// The texts of a dialog, newest first.
    pub(crate) fn texts(&mut self, of: Person, with: Person) -> Vec<String> {
        let peer = self.peer(of, with);
        let history =
            self.ok(of.device, &tl::messages::GetHistory { peer, limit: 100, ..Default::default() });
        let messages = match history {
            tl::messages::Messages::Messages(history) => history.messages,
            tl::messages::Messages::MessagesSlice(history) => history.messages,
            _ => panic!("no history"),
        };
        messages.iter().map(|message| full_message(message).message.clone()).collect()
    }

    /// What happened in a box since, but for messages that came.
    pub(crate) fn events(&mut self, of: Person, pts: i32) -> Vec<tl::Update> {
        let method = tl::updates::GetDifference { pts, ..Default::default() };
        match self.ok(of.device, &method) {
            tl::updates::Difference::Difference(difference) => difference.other_updates,
            tl::updates::Difference::DifferenceEmpty { .. } => Vec::new(),
            _ => panic!("a slice"),
        }
    }

    /// The time of the world as clients read it.
    pub(crate) fn date(&self) -> UnixTime {
        self.now.unix()
    }
}

pub(crate) fn send_code(phone: &str) -> tl::auth::SendCode {
    tl::auth::SendCode {
        phone_number: phone.to_owned(),
        api_id: 1,
        api_hash: "x".to_owned(),
        settings: tl::CodeSettings::default(),
    }
}

pub(crate) fn sign_in(phone: &str, hash: &str, code: &str) -> tl::auth::SignIn {
    tl::auth::SignIn {
        phone_number: phone.to_owned(),
        phone_code_hash: hash.to_owned(),
        phone_code: Some(code.to_owned()),
        email_verification: None,
    }
}

pub(crate) fn sign_up(phone: &str, hash: &str, first_name: &str) -> tl::auth::SignUp {
    tl::auth::SignUp {
        no_joined_notifications: false,
        phone_number: phone.to_owned(),
        phone_code_hash: hash.to_owned(),
        first_name: first_name.to_owned(),
        last_name: String::new(),
    }
}

pub(crate) fn text_message(peer: tl::InputPeer, text: &str, random_id: i64) -> tl::messages::SendMessage {
    tl::messages::SendMessage {
        peer,
        message: text.to_owned(),
        random_id,
        ..tl::messages::SendMessage::default()
    }
}

/// The text of an error; empty for an answer.
pub(crate) fn rpc_text(result: &RpcResult) -> String {
    match result {
        RpcResult::Answer(_) => String::new(),
        RpcResult::Error(failure) => failure.name.clone().into_owned(),
    }
}

/// The user of a finished login.
#[track_caller]
pub(crate) fn user(done: &tl::auth::Authorization) -> &tl::fields::User {
    let tl::auth::Authorization::Authorization(done) = done else { panic!("not logged in") };
    full_user(&done.user)
}

#[track_caller]
pub(crate) fn full_user(user: &tl::User) -> &tl::fields::User {
    let tl::User::User(user) = user else { panic!("userEmpty") };
    user
}

#[track_caller]
pub(crate) fn full_message(message: &tl::Message) -> &tl::fields::Message {
    let tl::Message::Message(message) = message else { panic!("not a message") };
    message
}

#[track_caller]
pub(crate) fn updates(answer: tl::Updates) -> Vec<tl::Update> {
    let tl::Updates::Updates(answer) = answer else { panic!("not `updates`") };
    answer.updates
}
