//! A13 for every implemented method: whoever names a peer by anything but his own access hash of him is refused and nothing is
//! written; the same call with the right hash goes through, so that the refusal is for the hash alone.
//!
//! The matrix is made from the schema: each field of a method that can name a peer is tried with each wrong name. A method
//! that is implemented and has no row here fails, and so does a row that the schema does not call for.

use std::collections::BTreeSet;

use tl::schema::{self, Value, ValueError};

use crate::messages::send_vote::{asked, sent, vote};
use crate::world::{Person, World, rpc_text};

/// The types of fields that name peers.
const NAMING: [&str; 5] = ["InputPeer", "InputUser", "InputDialogPeer", "InputFolderPeer", "InputNotifyPeer"];

/// What it says then.
const REFUSALS: [&str; 4] =
    ["PEER_ID_INVALID", "USER_ID_INVALID", "CHANNEL_INVALID", "OFFSET_PEER_ID_INVALID"];

/// What a method does with a peer of whom the caller has no hash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It refuses the call.
    Refused,
    /// It answers, and does not say whether there is such a user.
    Nothing,
    /// The peer is no more than a place in a list of the caller's own, where he need not be.
    Place,
}

use Says::{Nothing, Place, Refused};

/// A method, what it does, and what else a call needs to go through.
type Row = (&'static str, Says, Vec<(&'static str, Value)>);

/// Methods whose arguments name a peer, with what else a call needs to go through.
fn rows(message: i64, poll: i64) -> Vec<Row> {
    let text = |text: &str| Value::Text(text.to_owned());
    let number = Value::Int;
    let object = |name: &str| Value::Object { name: name.to_owned(), fields: Vec::new() };
    let shown = |name: &str, emoji: &str| Value::Object {
        name: name.to_owned(),
        fields: vec![("emoticon".to_owned(), text(emoji))],
    };
    let (dice, heart) = (shown("inputMediaDice", "\u{1f3b2}"), shown("reactionEmoji", "\u{2764}"));
    let photos = || object("inputMessagesFilterPhotos");
    vec![
        ("account.getNotifySettings", Refused, vec![]),
        ("account.updateNotifySettings", Refused, vec![("settings", object("inputPeerNotifySettings"))]),
        ("contacts.addContact", Refused, vec![("first_name", text("B")), ("phone", text("9996600002"))]),
        ("contacts.block", Refused, vec![]),
        ("contacts.deleteContacts", Refused, vec![]),
        ("contacts.unblock", Refused, vec![]),
        ("folders.editPeerFolders", Refused, vec![]),
        ("messages.deleteHistory", Refused, vec![]),
        ("messages.deleteSavedHistory", Refused, vec![]),
        ("messages.editMessage", Refused, vec![("id", number(message)), ("message", text("new"))]),
        (
            "messages.forwardMessages",
            Refused,
            vec![("id", Value::List(vec![number(message)])), ("random_id", Value::List(vec![number(78)]))],
        ),
        ("messages.getDialogs", Place, vec![]),
        ("messages.getHistory", Refused, vec![]),
        ("messages.getMessageEditData", Refused, vec![("id", number(message))]),
        ("messages.getMessageReactionsList", Refused, vec![("id", number(message)), ("limit", number(10))]),
        ("messages.getMessagesReactions", Refused, vec![("id", Value::List(vec![number(message)]))]),
        ("messages.getPeerDialogs", Refused, vec![]),
        ("messages.getPollResults", Refused, vec![("msg_id", number(poll))]),
        ("messages.getPollVotes", Refused, vec![("id", number(poll)), ("limit", number(10))]),
        ("messages.getSavedDialogs", Place, vec![]),
        ("messages.getSavedDialogsByID", Refused, vec![]),
        ("messages.getSavedHistory", Refused, vec![]),
        ("messages.getSearchCounters", Refused, vec![("filters", Value::List(vec![photos()]))]),
        ("messages.getSearchResultsCalendar", Refused, vec![("filter", photos())]),
        ("messages.getSearchResultsPositions", Refused, vec![("filter", photos())]),
        ("messages.markDialogUnread", Refused, vec![]),
        ("messages.readHistory", Refused, vec![]),
        ("messages.readMentions", Refused, vec![]),
        ("messages.readPollVotes", Refused, vec![]),
        ("messages.readReactions", Refused, vec![]),
        ("messages.reorderPinnedDialogs", Refused, vec![("folder_id", number(0))]),
        ("messages.reorderPinnedSavedDialogs", Refused, vec![]),
        ("messages.saveDraft", Refused, vec![("message", text("x"))]),
        ("messages.search", Refused, vec![("filter", photos())]),
        ("messages.searchGlobal", Place, vec![("filter", photos())]),
        (
            "messages.sendMedia",
            Refused,
            vec![("media", dice), ("message", text("")), ("random_id", number(79))],
        ),
        (
            "messages.sendReaction",
            Refused,
            vec![("msg_id", number(message)), ("reaction", Value::List(vec![heart]))],
        ),
        ("messages.sendMessage", Refused, vec![("message", text("x")), ("random_id", number(77))]),
        (
            "messages.sendVote",
            Refused,
            vec![("msg_id", number(poll)), ("options", Value::List(vec![Value::Bytes(b"1".to_vec())]))],
        ),
        ("messages.setHistoryTTL", Refused, vec![("period", number(86_400))]),
        ("messages.setTyping", Refused, vec![]),
        ("messages.toggleDialogPin", Refused, vec![]),
        ("messages.toggleSavedDialogPin", Refused, vec![]),
        ("messages.unpinAllMessages", Refused, vec![]),
        ("messages.updatePinnedMessage", Refused, vec![("id", number(message))]),
        ("stories.getPeerMaxIDs", Refused, vec![]),
        ("users.getFullUser", Refused, vec![]),
        ("users.getRequirementsToContact", Refused, vec![]),
        ("users.getUsers", Nothing, vec![]),
    ]
}

/// A poll in which the first of two has voted; its number for him.
fn voted(world: &mut World, anna: Person, boris: Person) -> i32 {
    let (id, _) = sent(world, anna, boris, asked(|_, poll| poll.public_voters = true));
    let method = vote(world, anna, boris, id, &[b"0"]);
    world.ok(anna.device, &method);
    id
}

/// Names of Vera that are not Anna's: with a hash of nobody, with Boris's, without one; and peers that are no users.
fn wrong_names(world: &World, boris: Person, vera: Person) -> Vec<(&'static str, i64, i64)> {
    let boriss = world.env.hashes.of(boris.id, vera.id);
    vec![("User", vera.id.0, 7), ("User", vera.id.0, boriss), ("User", vera.id.0, 0), ("Channel", 5, 5)]
}

/// A field of a method, filled with a peer.
fn filled(ty: &str, (kind, id, hash): (&str, i64, i64)) -> Value {
    let object = |name: &str, fields: Vec<(&str, Value)>| Value::Object {
        name: name.to_owned(),
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    };
    let id_field = if kind == "User" { "user_id" } else { "channel_id" };
    let naming = vec![(id_field, Value::Int(id)), ("access_hash", Value::Int(hash))];
    match ty {
        "InputPeer" => object(&format!("inputPeer{kind}"), naming),
        // A channel cannot be named where a user is wanted.
        "InputUser" => {
            object("inputUser", vec![("user_id", Value::Int(id)), ("access_hash", Value::Int(hash))])
        }
        "InputDialogPeer" => object("inputDialogPeer", vec![("peer", filled("InputPeer", (kind, id, hash)))]),
        "InputFolderPeer" => {
            let peer = filled("InputPeer", (kind, id, hash));
            object("inputFolderPeer", vec![("peer", peer), ("folder_id", Value::Int(1))])
        }
        "InputNotifyPeer" => object("inputNotifyPeer", vec![("peer", filled("InputPeer", (kind, id, hash)))]),
        vector => {
            let item = vector.strip_prefix("Vector<").and_then(|rest| rest.strip_suffix('>')).unwrap();
            Value::List(vec![filled(item, (kind, id, hash))])
        }
    }
}

/// The fields of a method that name peers, and must be there.
fn naming_fields(method: schema::Version) -> Vec<(&'static str, String)> {
    let names = |ty: &str| NAMING.contains(&ty.trim_start_matches("Vector<").trim_end_matches('>'));
    method
        .fields()
        .filter(|field| names(&field.ty) && !field.is_optional)
        .map(|field| (field.name, field.ty))
        .collect()
}

fn implemented() -> impl Iterator<Item = &'static str> {
    let list = include_str!("../../../docs/methods.md").lines();
    list.filter_map(|line| line.strip_prefix("| ")?.split_once(" | implemented | `").map(|(name, _)| name))
}

fn body(name: &str, fields: &[(&'static str, Value)]) -> Result<Vec<u8>, ValueError> {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut bytes = Vec::new();
    schema::encode(&Value::Object { name: name.to_owned(), fields }, &mut bytes)?;
    Ok(bytes)
}

#[test]
fn a13_nobody_is_named_by_a_hash_of_somebody_else() {
    let known: Vec<_> = schema::methods().collect();
    let wanted: BTreeSet<&str> = implemented()
        .filter(|name| {
            known.iter().any(|method| method.name() == *name && !naming_fields(*method).is_empty())
        })
        .collect();
    let listed: BTreeSet<&str> = rows(0, 0).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(listed, wanted, "a method without a row, or a row without a method");

    for (name, says, _) in rows(0, 0) {
        let method = known.iter().copied().find(|method| method.name() == name).unwrap();
        let mut world = World::new();
        let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
        let vera = world.person("9996600003", "Vera");
        let message = i64::from(world.sent(anna, boris, "hello", 1));
        let poll = i64::from(voted(&mut world, anna, boris));
        let base = rows(message, poll).into_iter().find(|(own, ..)| *own == name).unwrap().2;
        let named = naming_fields(method);
        let right = ("User", boris.id.0, world.env.hashes.of(anna.id, boris.id));
        let with = |peer: (&str, i64, i64), wrong_field: usize| {
            let name_of = |at: usize| if at == wrong_field { peer } else { right };
            let peers = named.iter().enumerate().map(|(at, (field, ty))| (*field, filled(ty, name_of(at))));
            body(name, &base.iter().cloned().chain(peers).collect::<Vec<_>>()).unwrap()
        };
        let wrong = wrong_names(&world, boris, vera);
        for (wrong, field) in wrong.into_iter().flat_map(|wrong| (0..named.len()).map(move |at| (wrong, at)))
        {
            let answer = world.run(anna.device, &with(wrong, field));
            assert!(world.touched.is_empty() && world.effects.is_empty(), "{name} did something");
            match says {
                Refused => assert!(
                    REFUSALS.contains(&rpc_text(&answer).as_str()),
                    "{name} answered {}",
                    rpc_text(&answer)
                ),
                Place => {}
                Nothing => assert_eq!(rpc_text(&answer), "", "{name}"),
            }
        }
        let answer = world.run(anna.device, &with(right, 0));
        assert_eq!(rpc_text(&answer), "", "{name} refuses whom it should take");
    }
}
