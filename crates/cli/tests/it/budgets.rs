//! Budgets at the vaults, by real processes (P15): what somebody gets who has all that the server has and asks for everybody,
//! and what a server does whose vaults give no more.
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crypto::HmacKey;
use crypto::sign::SigningKey;
use custody::wire::{Asked, Body, Commitment, Handle, Op, Piece, Reply, Request, RequestId};
use ids::limits::{VAULT_ANSWER_BYTES_MAX, VAULT_BUDGET_MIN};
use link::{Caller, Calling, FrameReader, FrameWriter, Identity, Pin};
use mtproto::client::CallError;
use tokio::io::{ReadHalf, WriteHalf};
use zeroize::Zeroizing;

use crate::peer::{Peer, Person};
use crate::process::{Folder, Server, run, wait_for};
use crate::vaults::{Friend, hello, say, text};

/// Accounts whose keys lie with the vaults; ten times as many as one vault gives.
const USERS: u64 = 10 * BUDGET;
const BUDGET: u64 = VAULT_BUDGET_MIN as u64;

fn allow(friend: &mut Friend, keys: u64) {
    friend.kill();
    say(&["vault", "budget", "--folder", text(&friend.folder), &keys.to_string()]);
    friend.serve();
}

/// The server's own key for its vaults, in the hands of a script.
struct Insider {
    identity: Identity,
    deployment: Handle,
    order: u64,
    /// How keys are called at one vault: docs/keys.md 2.
    names: Option<(HmacKey, u8)>,
}

impl Insider {
    /// One that has copied the data folder of a server in development mode: to its vault of this number.
    fn of_server(data: &Path, vault: u8) -> Insider {
        let file = |name| std::fs::read(data.join(name)).expect("a file of the data folder");
        let seed: [u8; 32] = file("link.key")[5..37].try_into().expect("a seed in clear");
        let names = HmacKey::new(&*crypto::hkdf::derive(&file("local")[..32], &[], &[b"heliograph handle"]));
        let identity = Identity::new(Arc::new(SigningKey::from_seed(&seed)));
        let deployment = named(&names, vault, 0, 0);
        Insider { identity, deployment, order: 0, names: Some((names, vault)) }
    }

    /// The root, and C and X of the boxes that every start has.
    fn takes_what_a_start_takes(&mut self, friend: &Friend) {
        let (names, vault) = self.names.as_ref().expect("names");
        let boxes = (-16..=-1).chain([-32]).flat_map(|of| [(2, of), (3, of)]);
        let handles = boxes.chain([(1, 0)]).map(|(class, id)| named(names, *vault, class, id));
        let ops: Vec<Op> = handles.map(|handle| Op::Get { handle }).collect();
        let replies = self.ask(friend, ops);
        let given =
            replies.iter().filter(|reply| matches!(reply, Reply::Get { current: Some(_), .. })).count();
        assert_eq!(given, 35);
    }

    /// One request to a vault, and its replies.
    fn ask(&mut self, friend: &Friend, ops: Vec<Op>) -> Vec<Reply> {
        self.order += 1;
        let mut id = [7; 16];
        id[..8].copy_from_slice(&self.order.to_be_bytes());
        let request = Request { deployment: self.deployment, id: RequestId(id), order: self.order, ops };
        let bytes = request.encode();
        let asked = Asked::new(&request, &bytes);
        let vault: Pin = friend.line.split_whitespace().nth(1).expect("a key").parse().expect("a key");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let answer = runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(friend.address).await.expect("a connection");
            let stream =
                Caller::new(&self.identity, vault).expect("a caller").call(stream).await.expect("a link");
            let (from, to): (ReadHalf<Calling>, WriteHalf<Calling>) = tokio::io::split(stream);
            let (mut from, mut to) = (FrameReader::new(from, VAULT_ANSWER_BYTES_MAX), FrameWriter::new(to));
            to.write(&bytes).await.expect("a request");
            to.flush().await.expect("sent");
            from.next().await.expect("a line").expect("an answer")
        });
        let verified = |signed: &[u8], signature: &[u8; 64]| vault.0.verify(signed, signature).is_ok();
        match asked.open(&answer, verified).map(|receipt| receipt.body) {
            Ok(Body::Done(replies)) => replies,
            Ok(Body::Refused(_)) | Err(_) => panic!("not carried out"),
        }
    }

    /// Asks for the keys of these users at a vault; whose it got.
    fn shares(&mut self, friend: &Friend, users: &[u64]) -> Vec<u64> {
        let replies = self.ask(friend, users.iter().map(|user| Op::Get { handle: handle(*user) }).collect());
        let given = users.iter().zip(replies);
        given
            .filter(|(_, reply)| matches!(reply, Reply::Get { current: Some(_), .. }))
            .map(|(user, _)| *user)
            .collect()
    }

    /// Everybody's keys, two vaults for each user, in turn, so that each has as little to give as can be; how many he opens.
    fn reads_all(&mut self, friends: &[Friend]) -> usize {
        let mut shares = [0; USERS as usize];
        for (at, friend) in friends.iter().enumerate() {
            let all: Vec<u64> = (0..USERS).filter(|user| user % 3 != at as u64).collect();
            for some in all.chunks(20) {
                self.shares(friend, some).into_iter().for_each(|user| shares[user as usize] += 1);
            }
        }
        shares.into_iter().filter(|shares| *shares >= 2).count()
    }
}

fn named(names: &HmacKey, vault: u8, class: u8, id: i64) -> Handle {
    let hash = names.sign(&[&[class], &id.to_be_bytes(), &[vault]]);
    Handle(std::array::from_fn(|at| hash[at]))
}

fn handle(user: u64) -> Handle {
    Handle(std::array::from_fn(|at| crypto::sha256(&[b"a user", &user.to_be_bytes()])[at]))
}

fn put(user: u64) -> Op {
    let commitments = vec![Commitment([5; 16]); 3];
    Op::Put { handle: handle(user), epoch: 0, piece: Piece { share: Zeroizing::new([1; 32]), commitments } }
}

/// Red in `breaches`, when vaults count nothing.
#[test]
#[expect(clippy::disallowed_methods, reason = "the promise says how long it may take")]
fn p15_an_insider_who_asks_for_ten_budgets_has_one_and_the_breaker_stays_open() {
    let folder = Folder::new();
    let identity = Identity::new(Arc::new(SigningKey::from_seed(&[9; 32])));
    let pin = identity.pin().to_string();
    let mut insider = Insider { identity, deployment: Handle([3; 16]), order: 0, names: None };
    let mut friends: Vec<Friend> = (1..=3).map(|number| Friend::new(folder.path(), number, &pin)).collect();
    for friend in &mut friends {
        insider.ask(friend, (0..USERS).map(put).collect());
        allow(friend, BUDGET);
        assert!(friend.status().contains(&format!("\nbudget {BUDGET}\nkeys left {BUDGET}\n")));
    }
    let begun = Instant::now();
    let users = insider.reads_all(&friends);
    // A user takes two shares, and each vault gives as many as its budget has, and what comes back meanwhile.
    let most = (3 * (BUDGET as usize + 1)) / 2;
    assert!(users <= most, "{users} users were released, more than the budgets of the vaults allow ({most})");
    for friend in &friends {
        let status = friend.status();
        assert!(status.contains("\nbreaker open\n") && status.contains("keys left 0\n"), "{status}");
    }
    assert!(begun.elapsed() < Duration::from_secs(60));
    // Whoever can make them crash gains nothing by it.
    for friend in &mut friends {
        friend.kill();
        friend.serve();
    }
    assert_eq!(insider.reads_all(&friends), 0);
    // One operator alone opens nothing, two of them do; both are on, and off, while the vault runs.
    let resume = |friend: &Friend| say(&["vault", "resume", "--folder", text(&friend.folder)]);
    resume(&friends[0]);
    assert!(friends[0].status().contains("\nbreaker closed\n"));
    assert_eq!(insider.reads_all(&friends), 0);
    friends[1].kill();
    resume(&friends[1]);
    resume(&friends[0]);
    friends[1].serve();
    let (first, second) = (insider.shares(&friends[0], &[1]), insider.shares(&friends[1], &[1]));
    assert_eq!((first, second), (vec![1], vec![1]));
}

const PEOPLE: [Person<'_>; 12] = {
    const fn person(phone: &'static str) -> Person<'static> {
        Person { phone, first_name: "P", last_name: "" }
    }
    [
        person("9996674001"),
        person("9996674002"),
        person("9996674003"),
        person("9996674004"),
        person("9996674005"),
        person("9996674006"),
        person("9996674007"),
        person("9996674008"),
        person("9996674009"),
        person("9996674010"),
        person("9996674011"),
        person("9996674012"),
    ]
};

#[test]
fn p15_a_server_whose_vaults_give_no_more_says_so_serves_the_warm_and_goes_on_when_they_are_resumed() {
    let folder = Folder::new();
    let invited = say(&["vault", "invite", "--data", text(&folder.data())]);
    let mut friends: Vec<Friend> =
        (1..=3).map(|number| Friend::new(folder.path(), number, invited.trim())).collect();
    let lines: Vec<String> = friends.iter().map(|friend| friend.line.clone()).collect();
    let named = lines.iter().flat_map(|line| ["--vault", line]);
    let server = Server::in_folder(folder, &["--dev"].into_iter().chain(named).collect::<Vec<_>>());
    let address = |number: usize| Ipv4Addr::new(127, 17, 19, u8::try_from(number).expect("few") + 1);
    let mut keys = Vec::new();
    for (number, person) in PEOPLE.iter().enumerate() {
        keys.push(Peer::signed_up(&server, address(number), person).1);
    }
    let connect = |server: &Server, number: usize| {
        let mut peer = Peer::simple(server, address(number));
        peer.begin(&keys[number]);
        peer
    };
    let mut first = connect(&server, 0);
    let others = PEOPLE[1..].iter().map(|person| first.import(person.phone)).collect::<Vec<_>>();
    drop(first);
    let server = Server::in_folder(server.stopped_by("KILL").folder, &["--dev"]);
    let mut first = connect(&server, 0);
    let mut texts = 0;
    let mut write = |first: &mut Peer, to: &tl::InputPeer| {
        texts += 1;
        match first.call(&hello(to, "good morning", texts)) {
            Ok(_) => true,
            Err(CallError::Rpc { code: 500, .. }) => false,
            Err(other) => panic!("{other:?}"),
        }
    };
    assert!(write(&mut first, &others[0]), "the other box comes from the vaults");
    // These have less to give from now on, and somebody else takes most of it.
    let data = server.folder.data();
    for (friend, number) in friends.iter_mut().zip(1..) {
        allow(friend, BUDGET);
        Insider::of_server(&data, number).takes_what_a_start_takes(friend);
    }
    let open = |friends: &[Friend]| {
        friends.iter().filter(|friend| friend.status().contains("\nbreaker open\n")).count()
    };
    let mut is_refused = |to: &&tl::InputPeer| {
        // Until the server has found the vaults again it is told nothing by them.
        let answer =
            || if write(&mut first, to) { Some(false) } else { (open(&friends) >= 2).then_some(true) };
        wait_for("an answer, or open breakers", answer)
    };
    let refused = others.iter().find(|to| is_refused(to)).expect("more people than the budget has keys for");
    assert!(write(&mut first, &others[0]), "both are warm");
    // Two operators agree.
    for friend in &friends[..2] {
        say(&["vault", "resume", "--folder", text(&friend.folder)]);
    }
    wait_for("his keys", || write(&mut first, refused).then_some(()));
    let stderr = server.stopped_by("TERM").stderr;
    assert!(stderr.contains("A vault gives no more keys") && !stderr.contains(" error "), "{stderr}");
}

/// The numbers of one kind in the lines of an audit.
fn numbers(audit: &str, kind: &str) -> Vec<u64> {
    let of = |line: &str| {
        let (_, rest) = line.split_once(&format!(" {kind} "))?;
        rest.split(' ').next()?.parse().ok()
    };
    audit.lines().filter_map(of).collect()
}

/// Red when a line is written without its signature being checked, or when what was not given is not counted.
#[test]
fn p15_the_audit_of_a_vault_says_what_it_gave_and_shows_what_was_changed_in_it_or_is_missing() {
    let folder = Folder::new();
    let identity = Identity::new(Arc::new(SigningKey::from_seed(&[9; 32])));
    let mut friend = Friend::new(folder.path(), 1, &identity.pin().to_string());
    let mut insider = Insider { identity, deployment: Handle([3; 16]), order: 0, names: None };
    insider.ask(&friend, (0..2 * BUDGET).map(put).collect());
    allow(&mut friend, BUDGET);
    let users: Vec<u64> = (0..2 * BUDGET).collect();
    assert_eq!(insider.shares(&friend, &users).len() as u64, BUDGET);
    insider.ask(&friend, vec![Op::Destroy { handle: handle(1) }]);
    let place = friend.folder.clone();
    let through = |head: &str| run(&["vault", "audit", "--folder", text(&place), "--head", head]);
    let audit = || run(&["vault", "audit", "--folder", text(&place)]);
    let all = || String::from_utf8(audit().stdout).expect("text");
    wait_for("the line of the breaker", || all().contains(" opened ").then_some(()));
    say(&["vault", "resume", "--folder", text(&friend.folder)]);
    let told = all();
    let sum = |kind| numbers(&told, kind).into_iter().sum::<u64>();
    assert_eq!((sum("keys"), sum("shares"), sum("withheld")), (BUDGET, BUDGET, BUDGET), "{told}");
    // The first process was killed within its first minute, so that nothing says what was put; the vault itself does.
    assert_eq!((sum("kept"), sum("destroyed")), (0, 1), "{told}");
    let words: Vec<&str> = told.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(words, ["started", "started", "opened", "resumed"], "{told}");
    let head = told.lines().last().and_then(|line| line.strip_prefix("head ")).expect("a head").to_owned();
    assert!(friend.status().contains(&format!("\naudit {head}\n")));
    assert!(through(&head).status.success() && told.ends_with(&format!("head {head}\n")));

    // Somebody has the folder, and not the vault's key.
    let path = friend.folder.join("audit");
    let good = std::fs::read_to_string(&path).expect("an audit");
    let says = |file: &str, head: Option<&str>| {
        std::fs::write(&path, file).expect("a file");
        let output = head.map_or_else(audit, through);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("text")
    };
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let given = format!(" keys {BUDGET} ");
    assert!(good.contains(&given));
    assert!(says(&good.replace(&given, " keys 0 "), None).contains("line 3 of the audit is not what"));
    assert!(says(&[lines[0], lines[1], lines[3]].concat(), None).contains("line 3 of the audit is not what"));
    assert!(says(&lines[..2].concat(), Some(&head)).contains("ends with line 2, and there were 4"));
    // Whoever starts it is told, and the broken one stays.
    std::fs::write(&path, &good[1..]).expect("a file");
    friend.kill();
    friend.serve();
    assert_eq!(std::fs::read_to_string(friend.folder.join("audit.broken-1")).expect("put aside"), good[1..]);
    assert!(through(&head).status.code() == Some(1), "another one is begun");
}
