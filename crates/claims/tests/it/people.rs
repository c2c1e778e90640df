//! Two people who know each other, and everything of theirs that must not be found: canaries, one for each class of data.

use std::sync::Arc;

use crypto::Rng as _;
use crypto::sha256;
use domain::authorization::{self, Client, ClientText, KeyBytes, StoredKey};
use domain::contact::{self, Contact, NewContact};
use domain::login::{self, Codes, SignUpError};
use domain::message::{self, FormattedText, HistoryError, HistoryPage, NewMessage, SendError};
use domain::profile::{self, Profile};
use domain::{AccessHashes, Allowed, Authed, ContactName, Known, PersonName, PhoneNumber, Refusal};
use ids::{AuthKeyId, Layer, MsgId, RandomId};
use store::{StoreError, Tx};

use crate::scan::Canary;
use crate::world::{self, Node, World};

/// Two people, and what is theirs.
pub(crate) struct Pair {
    pub(crate) people: [Authed; 2],
    pub(crate) phones: [PhoneNumber; 2],
    pub(crate) canaries: Vec<Canary>,
    hashes: AccessHashes,
}

/// What somebody sees who looks at everything that he has.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Sight {
    pub(crate) messages: Vec<(MsgId, String)>,
    /// First and last name, and number, of both.
    pub(crate) persons: Vec<(String, String, String)>,
    pub(crate) contacts: u32,
    pub(crate) devices: Vec<AuthKeyId>,
    pub(crate) model: String,
}

impl Pair {
    /// Signs two people up; each has the other as a contact.
    pub(crate) fn new(world: &mut World) -> Pair {
        Pair::sign_up(&mut world.node)
    }

    pub(crate) fn sign_up(node: &mut Node) -> Pair {
        let mut canaries = Vec::new();
        let mut people = Vec::new();
        for _ in 0..2 {
            people.push(new_person(node, &mut canaries));
        }
        let [(a, a_phone), (b, b_phone)]: [(Authed, PhoneNumber); 2] = people.try_into().ok().unwrap();
        Pair { people: [a, b], phones: [a_phone, b_phone], canaries, hashes: hashes() }
    }

    /// Two people who were signed up by another process, by their auth keys.
    pub(crate) fn again(node: &mut Node, keys: [u64; 2]) -> Pair {
        let people =
            keys.map(|key| node.read(|tx| authorization::authenticate(tx, AuthKeyId(key))).unwrap().unwrap());
        let phones = people.map(|_| PhoneNumber::parse("12025550100").ok().unwrap());
        Pair { people, phones, canaries: Vec::new(), hashes: hashes() }
    }

    /// Each takes the other into his book, under a name of his own, and somebody who has no account.
    pub(crate) fn exchange_numbers(&mut self, node: &mut Node) {
        for at in 0..2 {
            let stranger = phone(node, &mut self.canaries);
            let mut contact = |client_id, phone| {
                let name = text(node, &mut self.canaries, "contact name");
                NewContact { client_id, contact: Contact { phone, name: ContactName::parse(&name, "") } }
            };
            let (first, second) = (contact(1, self.phones[1 - at]), contact(2, stranger));
            let by = self.people[at];
            let new = [first, second];
            node.write(|tx| {
                let new = new
                    .iter()
                    .map(|new| NewContact { client_id: new.client_id, contact: new.contact.clone() });
                contact::import(tx, by, new.collect()).map(drop)
            })
            .unwrap();
        }
    }

    pub(crate) fn known(&self, by: Authed, other: Authed) -> Known {
        self.hashes.known(by, other.user(), self.hashes.of(by.user(), other.user())).unwrap()
    }

    /// Sends a canary; answers its text.
    pub(crate) fn send(&mut self, node: &mut Node, from: usize) -> String {
        let text = text(node, &mut self.canaries, "message");
        self.say(node, from, &text);
        text
    }

    pub(crate) fn say(&self, node: &mut Node, from: usize, text: &str) {
        let (by, to) = (self.people[from], self.people[1 - from]);
        let (known, now, random_id) = (self.known(by, to), node.now, RandomId(node.draw().cast_signed()));
        node.write(|tx| {
            let to = Allowed::to_write(tx, by, known).map_err(|refusal| match refusal {
                Refusal::Store(error) => SendError::from(error),
                Refusal::Gone | Refusal::Blocked => panic!("refused"),
            })?;
            let text = FormattedText::new(text.to_owned(), Vec::new()).unwrap();
            let new = NewMessage::text(to, random_id, text);
            message::send(tx, by, new, now).map(drop)
        })
        .unwrap();
    }

    /// The messages of one side, newest first.
    pub(crate) fn messages(&self, node: &mut Node, of: usize) -> Result<Vec<(MsgId, String)>, StoreError> {
        let known = self.known(self.people[of], self.people[1 - of]);
        let by = self.people[of];
        node.read(|tx| {
            let mut all: Vec<(MsgId, String)> = Vec::new();
            loop {
                let offset_id = all.last().map_or(MsgId(0), |(id, _)| *id);
                let page = HistoryPage { offset_id, limit: 100, ..HistoryPage::default() };
                let history = message::history(tx, by, known, &page).map_err(|error| match error {
                    HistoryError::Store(error) => error,
                    HistoryError::AddOffset => panic!("offset"),
                })?;
                if history.messages.is_empty() {
                    return Ok(all);
                }
                all.extend(history.messages.into_iter().map(|it| (it.id, it.text.text().to_owned())));
            }
        })
    }

    /// The texts of one side, sorted.
    pub(crate) fn texts(&self, node: &mut Node, of: usize) -> Vec<String> {
        let mut texts: Vec<String> =
            self.messages(node, of).unwrap().into_iter().map(|(_, text)| text).collect();
        texts.sort();
        texts
    }

    /// Takes one side's copy of a message away, as its owner does.
    pub(crate) fn delete(&self, node: &mut Node, of: usize, text: &str) {
        let there = self.messages(node, of).unwrap();
        let id = there.into_iter().find(|(_, other)| other == text).unwrap().0;
        let (by, now) = (self.people[of], node.now);
        node.write(|tx| message::delete(tx, by, &[id], false, now)).unwrap();
    }

    /// Takes both copies away.
    pub(crate) fn delete_both(&self, node: &mut Node, text: &str) {
        (0..2).for_each(|of| self.delete(node, of, text));
    }

    /// What the first of the two sees, or the errors in its place.
    pub(crate) fn look(&self, node: &mut Node) -> Vec<Result<Sight, StoreError>> {
        let [by, other] = self.people;
        let messages = self.messages(node, 0).map(|messages| Sight { messages, ..Sight::default() });
        let persons = node.read(|tx| {
            let persons = profile::profiles(tx, by.user(), &[by.user(), other.user()])?;
            let persons = persons.into_iter().filter_map(|it| match it {
                Profile::Person(it) => {
                    Some((it.first_name, it.last_name, it.phone.map(PhoneNumber::digits).unwrap_or_default()))
                }
                Profile::Deleted(_) => None,
            });
            Ok(Sight { persons: persons.collect(), ..Sight::default() })
        });
        let contacts =
            node.read(|tx| Ok(Sight { contacts: contact::list(tx, by)?.saved, ..Sight::default() }));
        let devices =
            node.read(|tx| Ok(Sight { devices: authorization::devices(tx, by.user())?, ..Sight::default() }));
        let model = node.read(|tx: &Tx<'_>| {
            let client = authorization::client(tx, by.key())?;
            let model = client.map(|client| client.device_model.as_str().to_owned()).unwrap_or_default();
            Ok(Sight { model, ..Sight::default() })
        });
        vec![messages, persons, contacts, devices, model]
    }
}

fn hashes() -> AccessHashes {
    AccessHashes::new(Arc::new(toy_hash))
}

fn new_person(node: &mut Node, canaries: &mut Vec<Canary>) -> (Authed, PhoneNumber) {
    let key = AuthKeyId(node.draw());
    let phone = phone(node, canaries);
    let mut codes = Codes::new(Box::new(toy_hash));
    let now = node.now;
    let issued = codes.request(key, phone, now, &mut || node.draw()).unwrap();
    let proof = codes.check(key, phone, &issued.hash.to_text(), issued.code.expose(), now).unwrap();
    let mut bytes = [0; 256];
    node.rng().fill(&mut bytes);
    canaries.push(Canary::bytes("auth key", &bytes[..24]));
    let name =
        PersonName::parse(&text(node, canaries, "account name"), &text(node, canaries, "last name")).unwrap();
    let client = Client {
        layer: Layer(230),
        api_id: 1,
        device_model: ClientText::new(&text(node, canaries, "device model")),
        system_version: ClientText::new(&text(node, canaries, "system version")),
        app_version: ClientText::new("1"),
        system_lang_code: ClientText::new("en"),
        lang_pack: ClientText::new(""),
        lang_code: ClientText::new("en"),
    };
    let by = node.write(|tx| {
        authorization::store_key(tx, key, &StoredKey { bytes: KeyBytes::new(&bytes), created: now })?;
        authorization::describe(tx, key, &client)?;
        login::sign_up(tx, &proof, name.clone(), now).map(|signed| signed.by)
    });
    let by = by.map_err(|error| match error {
        SignUpError::Store(error) => error,
        SignUpError::Occupied => panic!("occupied"),
    });
    (by.unwrap(), phone)
}

/// A text of 24 random characters.
fn text(node: &mut Node, canaries: &mut Vec<Canary>, class: &'static str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bytes: [u8; 24] = world::random(node.rng());
    let text: String = bytes.iter().map(|byte| char::from(alphabet[usize::from(byte % 64)])).collect();
    canaries.push(Canary::bytes(class, text.as_bytes()));
    text
}

fn phone(node: &mut Node, canaries: &mut Vec<Canary>) -> PhoneNumber {
    let digits = format!("1{:014}", node.draw() % 100_000_000_000_000);
    canaries.push(Canary::number("phone", &digits));
    PhoneNumber::parse(&digits).ok().unwrap()
}

fn toy_hash(parts: &[&[u8]]) -> [u8; 32] {
    sha256(&[&[b"a key".as_slice()], parts].concat())
}
