//! Vaults in processes of their own: the three commands of a friend who becomes one, what a server does while some are away,
//! and that none of its children outlives it.
use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use mtproto::client::CallError;
use mtproto::handshake::NewKey;

use crate::peer::{Peer, Person};
use crate::process::{Ended, Folder, Server, copy, heliograph, run, wait_for};
use crate::sealed::key_waits;

const PEOPLE: [Person<'_>; 3] = [
    Person { phone: "9996673001", first_name: "A", last_name: "" },
    Person { phone: "9996673002", first_name: "B", last_name: "" },
    Person { phone: "9996673003", first_name: "C", last_name: "" },
];

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 17, 18, number + 1)
}

/// What a command prints; it must be carried out.
pub(crate) fn say(arguments: &[&str]) -> String {
    let output = heliograph().args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path of a test")
}

/// A friend's vault: a folder, and the process that serves it.
pub(crate) struct Friend {
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddr,
    child: Option<Child>,
    pub(crate) line: String,
}

impl Friend {
    /// In three commands.
    pub(crate) fn new(ground: &Path, number: u8, server: &str) -> Friend {
        let folder = ground.join(format!("friend-{number}"));
        let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = probe.local_addr().expect("its number");
        drop(probe);
        let (place, land) = (address.to_string(), format!("L{number}"));
        say(&["vault", "init", "--folder", text(&folder), "--jurisdiction", &land, "--address", &place]);
        let enrolled = say(&["vault", "enroll", "--folder", text(&folder), server]);
        let line = enrolled.lines().last().expect("a line").to_owned();
        assert!(line.starts_with(&format!("{land} ")) && line.ends_with(&place), "{line}");
        let mut friend = Friend { folder, address, child: None, line };
        friend.serve();
        friend
    }

    pub(crate) fn serve(&mut self) {
        let mut command = heliograph();
        command.args([
            "vault",
            "serve",
            "--folder",
            text(&self.folder),
            "--listen",
            &self.address.to_string(),
        ]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut word = String::new();
        let out = child.stdout.as_mut().expect("an output");
        BufReader::new(out).read_line(&mut word).expect("a word");
        self.child = Some(child);
        assert_eq!(word, format!("listening {}\n", self.address));
    }

    pub(crate) fn status(&self) -> String {
        say(&["vault", "status", "--folder", text(&self.folder)])
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    /// Copies its folder, to be put back later.
    pub(crate) fn keep_aside(&self) {
        copy(&self.folder, &self.folder.with_extension("aside"));
    }

    /// Its folder is what it was.
    pub(crate) fn put_back(&self) {
        std::fs::remove_dir_all(&self.folder).expect("a folder");
        std::fs::rename(self.folder.with_extension("aside"), &self.folder).expect("a folder");
    }
}

impl Drop for Friend {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Vaults of friends, and a server that has its keys with them.
pub(crate) struct Friends(pub(crate) Vec<Friend>);

impl Friends {
    pub(crate) fn serve(count: u8) -> (Friends, Server) {
        let folder = Folder::new();
        let invited = say(&["vault", "invite", "--data", text(&folder.data())]);
        let new = |number| Friend::new(folder.path(), number, invited.trim());
        let friends = Friends((1..=count).map(new).collect());
        let lines: Vec<String> = friends.0.iter().map(|friend| friend.line.clone()).collect();
        let named = lines.iter().flat_map(|line| ["--vault", line]);
        let server = Server::in_folder(folder, &["--dev"].into_iter().chain(named).collect::<Vec<_>>());
        (friends, server)
    }
}

pub(crate) fn hello(to: &tl::InputPeer, message: &str, random_id: i64) -> tl::messages::SendMessage {
    tl::messages::SendMessage { peer: to.clone(), message: message.into(), random_id, ..Default::default() }
}

/// Signs three people up; their keys.
fn sign_up(server: &Server) -> Vec<NewKey> {
    let people = (0..).zip(&PEOPLE);
    people.map(|(number, person)| Peer::signed_up(server, address(number), person).1).collect()
}

fn connect(server: &Server, keys: &[NewKey], number: u8) -> Peer {
    let mut peer = Peer::simple(server, address(number));
    peer.begin(&keys[usize::from(number)]);
    peer
}

#[test]
fn p17_three_friends_hold_the_keys_and_one_of_them_may_be_away() {
    let (Friends(mut friends), server) = Friends::serve(3);
    assert!(!server.folder.path().join("data-vaults").exists(), "no vault of its own");
    let keys = sign_up(&server);
    let mut alice = connect(&server, &keys, 0);
    let (to_bob, to_carol) = (alice.import(PEOPLE[1].phone), alice.import(PEOPLE[2].phone));
    alice.call(&hello(&to_bob, "with three", 1)).expect("an answer");
    assert!(friends.iter().all(|friend| !friend.status().contains("\nrows 0\n")), "each holds something");
    let status = friends[0].status();
    let server_key = status.lines().find_map(|line| line.strip_prefix("server ")).expect("it is enrolled");
    // The operator of one lets the server in no more, then again, and moves away and back.
    let (vault, pin) = (text(&friends[0].folder), server_key);
    say(&["vault", "dismiss", "--folder", vault, pin]);
    assert!(!friends[0].status().contains("server "), "nobody is enrolled");
    let output = run(&["vault", "dismiss", "--folder", vault, pin]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not let in"), "it is dismissed already");
    assert!(
        say(&["vault", "move", "--folder", vault, "--address", "vault.example.is:1"])
            .ends_with("example.is:1\n")
    );
    let back = say(&["vault", "move", "--folder", vault, "--address", &friends[0].address.to_string()]);
    assert_eq!(back.lines().last(), Some(&*friends[0].line));
    assert_eq!(say(&["vault", "enroll", "--folder", vault, pin]).lines().last(), Some(&*friends[0].line));

    // After a restart everybody is cold. The list of the vaults is in the data folder by now.
    friends[1].kill();
    let server = Server::in_folder(server.stopped_by("KILL").folder, &["--dev"]);
    let mut alice = connect(&server, &keys, 0);
    alice.call(&hello(&to_bob, "with two", 2)).expect("an answer");

    // With one of them there is no quorum: who is warm goes on, who is cold is told to come again.
    friends[0].kill();
    alice.call(&hello(&to_bob, "with one", 3)).expect("both are warm");
    match alice.call(&hello(&to_carol, "to somebody cold", 4)) {
        Err(CallError::Rpc { code: 500, .. }) => {}
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("Carol's keys are with the vaults"),
    }
    let (longest_s, all) = key_waits(&server);
    assert!(all >= 1 && longest_s <= 3.0, "{all} waits, the longest over {longest_s} s or nearly");

    // They come back, and are found to be back without a restart.
    friends[0].serve();
    friends[1].serve();
    wait_for("Carol's keys", || alice.call(&hello(&to_carol, "to somebody cold", 4)).ok());
    let mut carol = connect(&server, &keys, 2);
    carol.call(&tl::updates::GetState {}).expect("she is back");
    // Each that went and came is named to the operator; the third did neither.
    let log = || std::fs::read_to_string(server.folder.path().join("stderr")).expect("a log");
    for word in [1, 2].map(|vault| format!("A vault is reached again. vault={vault}\n")) {
        wait_for("the word that it is back", || log().contains(&word).then_some(()));
    }
    let went = |vault: u8| log().contains(&format!("A vault cannot be reached. vault={vault}\n"));
    assert!(went(1) && went(2) && !went(3), "{}", log());
    let ended = server.stopped_by("TERM");
    assert!(!ended.stderr.contains(" error "), "{}", ended.stderr);
    // Red when what is printed goes by what this start was told, which was nothing.
    assert!(ended.stdout.contains("their keys with the vaults named"), "{}", ended.stdout);
    assert!(ended.stderr.contains("in clear, as development mode allows"), "{}", ended.stderr);
}

/// Red when the door pins nobody, or when the list of the data folder is not compared with the one that is named.
#[test]
fn a18_vaults_that_were_not_enrolled_or_are_others_are_of_no_use() {
    let folder = Folder::new();
    let server_key = say(&["vault", "invite", "--data", text(&folder.data())]);
    let stranger = "00".repeat(32);
    // Two of three let another server in.
    let friends: Vec<Friend> = [server_key.trim(), &stranger, &stranger]
        .into_iter()
        .zip(1..)
        .map(|(server, number)| Friend::new(folder.path(), number, server))
        .collect();
    let mut flags = vec!["serve", "--dev", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"];
    let data = folder.data();
    flags.push(text(&data));
    let lines: Vec<String> = friends.iter().map(|friend| friend.line.clone()).collect();
    flags.extend(lines.iter().flat_map(|line| ["--vault", line]));
    let log = std::fs::File::create(folder.path().join("stderr")).expect("a file");
    let mut child = heliograph().args(&flags).stderr(log).stdout(Stdio::null()).spawn().expect("it starts");
    let stderr = || std::fs::read_to_string(folder.path().join("stderr")).expect("a log");
    wait_for("the word that it is sealed", || stderr().contains("Sealed: too few").then_some(()));
    assert!(friends[1].status().contains("\nrows 0\n") && !friends[1].status().contains("refused 0\n"));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    // The same vaults in another order are others: the order says who has which share.
    flags.swap(9, 11);
    let output = run(&flags);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("in their order"), "it says why");
}

/// The processes that a server has started.
pub(crate) fn children(server: &Server) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", server.pid())).expect("its threads");
    let of = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("children")).ok()
    };
    let listed: Vec<String> = tasks.filter_map(of).collect();
    listed.iter().flat_map(|list| list.split_whitespace()).map(|pid| pid.parse().expect("a number")).collect()
}

fn is_there(pid: &u32) -> bool {
    // One that has ended and that nobody has asked for yet is none.
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ")
}

#[test]
fn vaults_in_processes_serve_as_others_do_and_none_outlives_the_server_however_it_ends() {
    const FLAGS: &[&str] = &["--dev", "--dev-processes"];
    let server = Server::with(FLAGS);
    let keys = sign_up(&server);
    let mut alice = connect(&server, &keys, 0);
    let (to_bob, to_carol) = (alice.import(PEOPLE[1].phone), alice.import(PEOPLE[2].phone));
    alice.call(&hello(&to_bob, "one", 1)).expect("an answer");
    let before = children(&server);
    assert_eq!(before.len(), 3);
    let Ended { folder, stderr, .. } = server.stopped_by("KILL");
    assert_eq!(stderr.matches("three vault processes of this machine, which protect nothing").count(), 1);
    wait_for("the end of the vaults", || before.iter().all(|pid| !is_there(pid)).then_some(()));

    // Another one at once, which everybody is cold to.
    let server = Server::in_folder(folder, FLAGS);
    let mut alice = connect(&server, &keys, 0);
    alice.call(&hello(&to_bob, "two", 2)).expect("an answer");
    // A vault that ends by itself is started again.
    let before = children(&server);
    for pid in &before[..2] {
        let sent = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }
    wait_for("Carol's keys", || alice.call(&hello(&to_carol, "three", 3)).ok());
    let before = children(&server);
    let folder = server.stopped_by("TERM").folder;
    wait_for("the end of the vaults", || before.iter().all(|pid| !is_there(pid)).then_some(()));

    // The folders are those that a server without processes has.
    let server = Server::in_folder(folder, &["--dev"]);
    let mut alice = connect(&server, &keys, 0);
    alice.call(&hello(&to_bob, "four", 4)).expect("an answer");
    assert_eq!(children(&server), [0; 0]);
}

/// Vaults that nobody runs, as lines.
fn lines_of(jurisdictions: &[&str]) -> Vec<String> {
    let line = |(number, jurisdiction): (u8, &&str)| {
        format!("{jurisdiction} {} 192.0.2.{number}:9", format!("{number:02x}").repeat(32))
    };
    (1..).zip(jurisdictions).map(line).collect()
}

/// A pipe with these words in it.
fn piped(words: &str) -> std::io::PipeReader {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(words.as_bytes()).expect("room");
    reader
}

/// Red when `production::check` says yes to everything.
#[test]
fn p11_production_starts_with_no_vaults_that_one_order_could_reach_together() {
    let folder = Folder::new();
    // Of a system that is not in memory: as a file on a disk is, wherever the folders of tests are.
    let on_disk = ["--production", "--jurisdiction", "DE", "--passphrase-file", "/proc/self/auxv"];
    // Whoever listens here already makes a server that gets as far as listening say so.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its number").to_string();
    let good = ["--production", "--jurisdiction", "DE", "--passphrase-file", "/dev/stdin"];
    let without = |flag: &str| -> Vec<&str> {
        let mut flags = good.to_vec();
        let at = flags.iter().position(|there| *there == flag).expect("a flag");
        flags.drain(at..at + 2);
        flags
    };
    let three = lines_of(&["IS", "CH", "BR"]);
    let twice = vec![three[0].clone(), three[0].clone(), three[1].clone()];
    let at = |place: &str| vec![three[0].clone(), three[1].clone(), three[2].replace("192.0.2.3", place)];
    let garbled = vec![three[0].clone(), three[1].clone(), "BR somewhere".to_owned()];
    let table: Vec<(&str, Vec<&str>, Vec<String>, &str)> = vec![
        ("no vaults", good.to_vec(), vec![], "no vaults are named"),
        ("one vault", good.to_vec(), lines_of(&["IS"]), "k is at least 2"),
        ("two vaults", good.to_vec(), lines_of(&["IS", "CH"]), "k is at least 2"),
        ("two in one jurisdiction", good.to_vec(), lines_of(&["IS", "CH", "IS"]), "jurisdiction IS"),
        ("the same in small letters", good.to_vec(), lines_of(&["IS", "is", "CH"]), "jurisdiction is"),
        ("five, two together", good.to_vec(), lines_of(&["IS", "CH", "BR", "JP", "BR"]), "jurisdiction BR"),
        ("one in the server's", good.to_vec(), lines_of(&["IS", "DE", "CH"]), "of the server, DE"),
        ("the same in small letters", good.to_vec(), lines_of(&["IS", "CH", "de"]), "of the server, de"),
        (
            "the server's no word",
            [&without("--jurisdiction")[..], &["--jurisdiction", "D_E"]].concat(),
            three.clone(),
            "whose law",
        ),
        ("a vault's no word", good.to_vec(), lines_of(&["IS", "CH", "B_R"]), "has a line that is not"),
        ("one on this machine", good.to_vec(), at("127.0.0.1"), "is on this machine"),
        ("the same by its name", good.to_vec(), at("Localhost"), "is on this machine"),
        ("two on one host", good.to_vec(), at("192.0.2.1"), "on one host"),
        ("the same in another form", good.to_vec(), at("[::ffff:192.0.2.1]"), "on one host"),
        ("the passphrase on a disk", on_disk.to_vec(), three.clone(), "lies on a disk"),
        ("the server's not said", without("--jurisdiction"), three.clone(), "whose law the server is under"),
        ("the key in clear", without("--passphrase-file"), three.clone(), "in clear"),
        ("development mode", [&good[..], &["--dev"]].concat(), three.clone(), "exclude each other"),
        ("vaults of development mode", [&good[..], &["--dev"]].concat(), vec![], "exclude each other"),
        ("one vault twice", good.to_vec(), twice, "the same key"),
        ("no line of a vault", good.to_vec(), garbled, "has a line that is not"),
    ];
    for (about, flags, lines, reason) in table {
        let ground = Folder::new();
        let output = heliograph()
            .args(["serve", "--listen", &port, "--http", "127.0.0.1:0", "--data", text(&ground.data())])
            .args(flags)
            .args(lines.iter().flat_map(|line| ["--vault", line]))
            .output()
            .expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{about}: {stderr}");
        assert!(stderr.contains(reason) && !stderr.contains("cannot listen"), "{about}: {stderr}");
        assert!(!ground.data().join("vaults").exists(), "{about}: nothing is kept of it");
    }
    // The table is not refused for anything else: with good vaults it gets as far as listening.
    let output = heliograph()
        .args(["serve", "--listen", &port, "--http", "127.0.0.1:0", "--data", text(&folder.data())])
        .args(good)
        .args(three.iter().flat_map(|line| ["--vault", line]))
        .stdin(piped("a few words\n"))
        .output()
        .expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("cannot listen") || stderr.contains("cannot be locked"), "{stderr}");
}

#[test]
fn p08_the_key_for_the_vaults_opens_with_its_passphrase_only() {
    let folder = Folder::new();
    let words = |name: &str, words: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, words).expect("a file");
        path
    };
    let (right, wrong) = (words("right", "a few words\n"), words("wrong", "other words\n"));
    let invited =
        say(&["vault", "invite", "--data", text(&folder.data()), "--passphrase-file", text(&right)]);
    let friends: Vec<Friend> =
        (1..=3).map(|number| Friend::new(folder.path(), number, invited.trim())).collect();
    let lines: Vec<String> = friends.iter().map(|friend| friend.line.clone()).collect();
    let named = || lines.iter().flat_map(|line| ["--vault", line]);
    let data = folder.data();
    for flags in [vec!["--passphrase-file", text(&wrong)], vec![], vec!["--dev"]] {
        let usual = ["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", text(&data)];
        let output = run(&usual.into_iter().chain(flags.iter().copied()).chain(named()).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("passphrase"), "{flags:?}");
    }
    // Without development mode: sealed no more, though it has nobody to send codes with.
    let right = right.clone();
    let flags: Vec<&str> = ["--passphrase-file", text(&right)].into_iter().chain(named()).collect();
    let server = Server::in_folder(folder, &flags);
    let ended = server.stopped_by("TERM");
    assert!(ended.status.success() && ended.stderr.contains("under a passphrase"), "{}", ended.stderr);
    // Who examines the folder needs it too.
    let data = ended.folder.data();
    let without = run(&["doctor", "--data", text(&data)]);
    assert!(String::from_utf8_lossy(&without.stderr).contains("name a passphrase_file"), "{without:?}");
    let told = say(&["doctor", "--data", text(&data), "--passphrase-file", text(&right)]);
    assert!(told.contains("nothing is missing"), "{told}");
}
