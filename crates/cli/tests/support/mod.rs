//! What tests from outside share: a server of their own in a temporary folder, and people who are signed in on it.
//!
//! A test program says `#[path = "../support/mod.rs"] mod support;` (or `mod support;` beside this folder) and uses what
//! it needs. Clients come from `client`, which never sees the server's code.
#![allow(dead_code, reason = "each test program uses a part of it")]

#[path = "../../src/bench/process.rs"]
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod shim;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use client::{Client, Options, Person};
use tl::fields;

use self::process::{Ended, Folder, Process};

/// A test that waits longer than this has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the binary under test in a new folder; `flags` as for [`Process::start`].
pub(crate) fn start(flags: &[&str]) -> Process {
    start_on(Folder::new().expect("a temporary folder"), flags)
}

/// Starts it on a folder that an earlier server used.
pub(crate) fn start_on(folder: Folder, flags: &[&str]) -> Process {
    let program = Path::new(env!("CARGO_BIN_EXE_heliograph"));
    Process::start(program, folder, flags).unwrap_or_else(|error| panic!("{error}"))
}

impl Process {
    /// Its folder: `data`, and the ready file.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it as an operator would (SIGTERM), and waits for its end.
    pub(crate) fn stop(self) -> (ExitStatus, Ended) {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw).expect("an id");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        self.ended().expect("it ends")
    }
}

/// How clients reach a server, each from an address of its own: 127.1.x.y for client number x * 256 + y.
pub(crate) fn options(server: &Process, number: u16) -> Options {
    let ready = server.ready();
    let [x, y] = number.to_be_bytes();
    let local = Some(IpAddr::V4(Ipv4Addr::new(127, 1, x, y)));
    Options { local, dc: Some(ready.dc), ..Options::new(ready.mtproto, ready.trusted.clone()) }
}

/// The number of a person: their phone is made from it.
pub(crate) fn person(number: u16) -> Person {
    Person {
        phone: format!("99966{number:07}"),
        first_name: format!("First{number}"),
        last_name: format!("Last{number}"),
    }
}

/// Somebody who is signed in.
pub(crate) struct User {
    /// Their client.
    pub(crate) client: Client,
    /// What the server says they are.
    pub(crate) own: fields::User,
    /// Who they said they are.
    pub(crate) person: Person,
}

/// Signs [`person`] `number` up.
pub(crate) async fn sign_up(server: &Process, options: Options, number: u16) -> User {
    let client = within(Client::connect(options)).await.expect("a client");
    let person = person(number);
    let ready = server.ready().clone();
    let phone = person.phone.clone();
    let code = async move || ready.code(&phone).expect("an inbox");
    let user = within(client.log_in(&person, code)).await.expect("a login");
    let tl::User::User(own) = user else { panic!("the user is somebody") };
    User { client, own: *own, person }
}

/// Waits for something that must happen.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens in time")
}

/// Makes the owner of a number a contact; how he is named.
pub(crate) async fn named(by: &Client, phone: &str) -> tl::InputPeer {
    let contact = fields::InputPhoneContact { phone: phone.to_owned(), ..Default::default() };
    let import = tl::contacts::ImportContacts { contacts: vec![contact.into()] };
    let tl::contacts::ImportedContacts::ImportedContacts(imported) =
        within(by.call(&import)).await.expect("an answer");
    let [tl::User::User(found)] = imported.users.as_slice() else { panic!("somebody is found") };
    let access_hash = found.access_hash.expect("a hash");
    tl::InputPeer::InputPeerUser { user_id: found.id, access_hash }
}

/// All texts of somebody's dialog, with how often each is there.
pub(crate) async fn texts(client: &Client, with: &tl::InputPeer) -> BTreeMap<String, u32> {
    let (mut found, mut before) = (BTreeMap::new(), 0);
    loop {
        let peer = with.clone();
        let page = tl::messages::GetHistory { peer, offset_id: before, limit: 100, ..Default::default() };
        let messages = match within(client.call(&page)).await.expect("a history") {
            tl::messages::Messages::Messages(all) => all.messages,
            tl::messages::Messages::MessagesSlice(slice) => slice.messages,
            tl::messages::Messages::ChannelMessages(_)
            | tl::messages::Messages::MessagesNotModified { .. } => panic!("no history"),
        };
        for message in &messages {
            let tl::Message::Message(message) = message else { continue };
            *found.entry(message.message.clone()).or_default() += 1;
            before = message.id;
        }
        if messages.is_empty() {
            return found;
        }
    }
}

/// What is in updates of a conversation.
pub(crate) fn conversation(updates: tl::Updates) -> Vec<tl::Update> {
    match updates {
        tl::Updates::Updates(updates) => updates.updates,
        tl::Updates::UpdateShort(short) => vec![short.update],
        tl::Updates::UpdateShortChatMessage(_)
        | tl::Updates::UpdateShortMessage(_)
        | tl::Updates::UpdateShortSentMessage(_)
        | tl::Updates::UpdatesCombined(_)
        | tl::Updates::UpdatesTooLong => panic!("no update of a conversation"),
    }
}
