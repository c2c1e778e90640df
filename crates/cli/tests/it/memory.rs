//! P10, P12 and P13: what lies in the memory of a server and of its vaults, as one finds it who may read all of it.
//!
//! That takes the rights of the system's administrator, since neither lets anybody else: without them these tests fail and say
//! so, unless `HELIOGRAPH_NOT_ROOT` is set, which leaves them out. Red in `breaches`: ids as handles, a key in plain memory, a
//! core that may be left, keys that stay.
use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use exhume::{Dig, Owner};
use mtproto::handshake::NewKey;

use crate::exhumed::{dig, say};
use crate::peer::{Peer, Person};
use crate::process::{Ended, Folder, Server, wait_for};
use crate::shim::clock_shim;
use crate::vaults::children;

const ALICE: Person<'_> =
    Person { phone: "999667600000001", first_name: "AliceInMemory1763", last_name: "OfThatName8841" };
const BOB: Person<'_> =
    Person { phone: "999667600000002", first_name: "BobInMemory90125", last_name: "OfThisName5150" };
const TEXT: &str = "a sentence that was said, 70218834";

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 7, 13, number)
}

/// A part of a process's memory.
struct Region {
    start: u64,
    end: u64,
    locked_kb: u64,
    flags: Vec<String>,
    is_of_file: bool,
}

/// What stood in a part of it.
struct Held {
    region: Region,
    bytes: Vec<u8>,
}

/// Whether the memory of others may be read here; if not, the test fails unless it may be left out.
fn may_look(pid: u32) -> bool {
    match File::open(format!("/proc/{pid}/mem")) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.kind() == ErrorKind::PermissionDenied, "{error}");
            left_out("to read its memory takes root");
            false
        }
    }
}

/// Fails unless tests that take root may be left out.
pub(crate) fn left_out(why: &str) {
    let may = std::env::var_os("HELIOGRAPH_NOT_ROOT").is_some();
    assert!(may, "{why}; HELIOGRAPH_NOT_ROOT=1 leaves this test out");
}

/// proc(5): a line with addresses, then lines of a name and a value.
fn regions(pid: u32) -> Vec<Region> {
    let smaps = std::fs::read_to_string(format!("/proc/{pid}/smaps")).expect("its mappings");
    let mut regions: Vec<Region> = Vec::new();
    for line in smaps.lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if let Some(name) = first.strip_suffix(':') {
            let region = regions.last_mut().expect("a mapping");
            match name {
                "Locked" => region.locked_kb = words.next().expect("a size").parse().expect("a number"),
                "VmFlags" => region.flags = words.map(str::to_owned).collect(),
                _ => {}
            }
            continue;
        }
        let (start, end) = first.split_once('-').expect("two addresses");
        let number = |text| u64::from_str_radix(text, 16).expect("an address");
        let is_of_file = words.nth(4).is_some_and(|path| path.starts_with('/'));
        let (start, end) = (number(start), number(end));
        regions.push(Region { start, end, locked_kb: 0, flags: Vec::new(), is_of_file });
    }
    regions
}

/// All that can be read of a process's memory, but for what is a file's.
fn memory(pid: u32) -> Vec<Held> {
    let file = File::open(format!("/proc/{pid}/mem")).expect("its memory");
    let is_own = |region: &Region| !region.is_of_file && region.flags.iter().any(|flag| flag == "rd");
    let read = |region: Region| {
        let mut bytes = vec![0; usize::try_from(region.end - region.start).expect("a size")];
        // What has gone since, and what the kernel keeps to itself, is not read.
        file.read_exact_at(&mut bytes, region.start).ok()?;
        Some(Held { region, bytes })
    };
    regions(pid).into_iter().filter(is_own).filter_map(read).collect()
}

/// Looks for many things of the same length or more at once, by their first eight bytes.
pub(crate) struct Finder<'a>(std::collections::HashMap<&'a [u8], Vec<&'a [u8]>>);

impl<'a> Finder<'a> {
    pub(crate) fn new(all: impl IntoIterator<Item = &'a [u8]>) -> Finder<'a> {
        let mut by_beginning: std::collections::HashMap<_, Vec<_>> = std::collections::HashMap::new();
        for needle in all {
            by_beginning.entry(&needle[..8]).or_default().push(needle);
        }
        Finder(by_beginning)
    }

    /// Which of them stand in these bytes, once each.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Vec<&'a [u8]> {
        let mut found = Vec::new();
        for at in 0..bytes.len().saturating_sub(7) {
            // Most of memory is zeros.
            if bytes[at] == 0 && bytes[at..at + 8] == [0; 8] {
                continue;
            }
            let Some(needles) = self.0.get(&bytes[at..at + 8]) else { continue };
            for needle in needles.iter().filter(|needle| bytes[at..].starts_with(needle)) {
                if !found.contains(needle) {
                    found.push(needle);
                }
            }
        }
        found
    }
}

/// The ids of people as anything would have them, their numbers, names and words.
fn canaries(ids: [i64; 2]) -> Vec<Vec<u8>> {
    let mut canaries: Vec<Vec<u8>> = Vec::new();
    for person in [&ALICE, &BOB] {
        let number: u64 = person.phone.parse().expect("digits");
        canaries
            .extend([person.phone, person.first_name, person.last_name].map(|text| text.as_bytes().to_vec()));
        canaries.extend([number.to_be_bytes().to_vec(), number.to_le_bytes().to_vec()]);
    }
    for id in ids {
        canaries.extend([id.to_be_bytes().to_vec(), id.to_le_bytes().to_vec(), id.to_string().into_bytes()]);
    }
    canaries.push(TEXT.as_bytes().to_vec());
    canaries
}

/// Two people who have said something to each other.
struct Talk {
    alice: Peer,
    bob: Peer,
    /// How Alice names Bob.
    to_bob: tl::InputPeer,
    auth_keys: [NewKey; 2],
}

fn talking(server: &Server) -> Talk {
    let (mut alice, alice_key) = Peer::signed_up(server, address(1), &ALICE);
    let (mut bob, bob_key) = Peer::signed_up(server, address(2), &BOB);
    let (to_bob, to_alice) = (alice.import(BOB.phone), bob.import(ALICE.phone));
    say(&mut alice, &to_bob, TEXT, 1);
    say(&mut bob, &to_alice, "an answer", 2);
    Talk { alice, bob, to_bob, auth_keys: [alice_key, bob_key] }
}

fn names(found: &[&[u8]]) -> Vec<String> {
    found.iter().map(|bytes| String::from_utf8_lossy(bytes).escape_debug().to_string()).collect()
}

#[test]
fn p10_vaults_have_nothing_of_users_in_their_folders_and_in_their_memory() {
    let server = Server::with(&["--dev", "--dev-processes"]);
    if !may_look(server.pid()) {
        return;
    }
    let Talk { mut alice, mut bob, .. } = talking(&server);
    let canaries = canaries([alice.own_id(), bob.own_id()]);
    let finder = Finder::new(canaries.iter().map(Vec::as_slice));
    // Whoever looks like this finds what is there.
    let there: Vec<_> = memory(server.pid()).iter().flat_map(|held| finder.found_in(&held.bytes)).collect();
    assert!(there.contains(&ALICE.first_name.as_bytes()), "this test has no power");
    let vaults = children(&server);
    assert_eq!(vaults.len(), 3);
    for (number, pid) in (1..).zip(vaults) {
        let memory = memory(pid);
        assert!(memory.iter().map(|held| held.bytes.len()).sum::<usize>() > 1_000_000);
        for held in memory {
            let found = finder.found_in(&held.bytes);
            assert!(found.is_empty(), "a vault knows whose keys it has, {number}: {:?}", names(&found));
        }
    }
    let ended = server.stopped_by("TERM");
    let mut dig = Dig::new();
    ended.folder.vaults().iter().for_each(|vault| dig.vault(vault).expect("a vault's folder"));
    let found = dig.finish();
    assert!(found.counts.vaults == 3 && found.counts.shares > 60 && found.counts.rows == 0);
    for plain in &found.vault_plain {
        let found = finder.found_in(plain);
        assert!(found.is_empty(), "a vault knows whose keys it has, in its folder: {:?}", names(&found));
    }
    assert!(found.keys.is_empty(), "without the data folder shares give no key");
}

/// All keys that the folders of a server and its vaults give, those by which the vaults sign included.
fn keys(ended: &Ended) -> Vec<(Owner, [u8; 32])> {
    let (data, vaults) = (ended.folder.data(), ended.folder.vaults());
    let all: Vec<&PathBuf> = vaults.iter().collect();
    let found = dig([data.as_path()], &all);
    assert_eq!(found.signers.len(), 3);
    let keys = found.keys.into_iter().flat_map(|(owner, keys)| keys.into_iter().map(move |key| (owner, key)));
    keys.chain(found.signers.into_iter().map(|seed| (Owner::Unknown, seed))).collect()
}

#[test]
fn p12_keys_lie_in_locked_memory_that_no_core_has() {
    let server = Server::start();
    if !may_look(server.pid()) {
        return;
    }
    let Talk { mut alice, bob: _bob, to_bob, .. } = talking(&server);
    let is_over = AtomicBool::new(false);
    let memory = std::thread::scope(|scope| {
        scope.spawn(|| {
            (3..).take_while(|_| !is_over.load(Ordering::Relaxed)).for_each(|number| {
                say(&mut alice, &to_bob, TEXT, number);
            });
        });
        let memory = memory(server.pid());
        is_over.store(true, Ordering::Relaxed);
        memory
    });
    let keys = keys(&server.stopped_by("TERM"));
    let finder = Finder::new(keys.iter().map(|(_, key)| key.as_slice()));
    let (kept_out, dumped): (Vec<Held>, Vec<Held>) =
        memory.into_iter().partition(|held| held.region.flags.iter().any(|flag| flag == "dd"));
    let mut there = 0;
    for Held { region, bytes } in kept_out {
        let found = finder.found_in(&bytes).len();
        there += found;
        let size_kb = (region.end - region.start) / 1024;
        let is_locked = region.locked_kb == size_kb && region.flags.iter().any(|flag| flag == "lo");
        assert!(found == 0 || is_locked, "{} of {size_kb} KiB with keys are locked", region.locked_kb);
    }
    assert!(there >= 10, "this test has no power: {there} of {} keys", keys.len());
    for held in dumped {
        let owner = |key: &[u8]| keys.iter().find(|(_, other)| other == key).map(|(owner, _)| *owner);
        let found: Vec<_> = finder.found_in(&held.bytes).into_iter().map(owner).collect();
        assert!(found.is_empty(), "a core has keys: {found:?}, {:x}", held.region.start);
    }
}

/// Red without the call that locks it.
#[test]
fn p12_nothing_that_a_vault_has_in_memory_is_ever_in_swap() {
    let server = Server::with(&["--dev", "--dev-processes"]);
    if !may_look(server.pid()) {
        return;
    }
    let _talking = talking(&server);
    for pid in children(&server) {
        let has = |region: &Region, flag: &str| region.flags.iter().any(|there| there == flag);
        let own: Vec<Region> =
            regions(pid).into_iter().filter(|region| !region.is_of_file && has(region, "wr")).collect();
        assert!(own.len() > 5, "heap, stacks and the rest");
        let open = own.iter().filter(|region| !has(region, "lo")).count();
        assert_eq!(open, 0, "of {} parts that a vault writes to so many are not locked", own.len());
    }
}

#[test]
fn p12_a_server_that_crashes_under_load_leaves_no_core() {
    let server = Server::with_cores();
    let Talk { mut alice, bob: _bob, to_bob, .. } = talking(&server);
    (3..20).for_each(|number| say(&mut alice, &to_bob, TEXT, number));
    let packet = alice.sealed_call(&tl::updates::GetState {});
    alice.send_at_once(&[packet]);
    let ended = server.stopped_by("ABRT");
    assert_eq!(ended.status.signal(), Some(6), "it was not that signal");
    let folder = std::fs::read_dir(ended.folder.path()).expect("its folder");
    let names: Vec<_> = folder.map(|entry| entry.expect("an entry").file_name()).collect();
    let has_core = names.iter().any(|name| name.to_string_lossy().starts_with("core"));
    assert!(!ended.status.core_dumped() && !has_core, "a crash leaves a core: {names:?}");
}

/// By how much the clocks of a server are moved.
struct MovedClock(File);

impl MovedClock {
    fn file(folder: &Folder) -> (PathBuf, MovedClock) {
        let path = folder.path().join("clock");
        let file = File::options().write(true).create_new(true).open(&path).expect("a file");
        file.write_all_at(&[0; 8], 0).expect("it is written");
        (path, MovedClock(file))
    }

    fn set(&self, seconds: i64) {
        self.0.write_all_at(&seconds.to_le_bytes(), 0).expect("it is written");
    }
}

/// Red without the allocator that erases what is freed, too: the words are found then, as they are where requests stay.
#[test]
fn p13_keys_and_words_of_those_who_went_leave_memory() {
    let folder = Folder::new();
    let (path, clock) = MovedClock::file(&folder);
    let variables: [(&str, &OsStr); 2] =
        [("LD_PRELOAD", clock_shim().as_os_str()), ("HELIOGRAPH_TEST_CLOCK", path.as_os_str())];
    let server = Server::in_surroundings(folder, &["--dev"], &variables);
    if !may_look(server.pid()) {
        return;
    }
    let Talk { mut alice, mut bob, auth_keys, .. } = talking(&server);
    let ids = [alice.own_id(), bob.own_id()];
    let there = memory(server.pid());
    drop((alice, bob));
    // Two boxes and two devices. Whoever is used in a round is dropped a quarter of an hour after it, and rounds are a minute apart.
    let mut moved_s = 0;
    wait_for("the end of the keys", || {
        moved_s += 30;
        clock.set(moved_s);
        std::thread::park_timeout(Duration::from_millis(100));
        let metrics = server.metrics();
        let level = |name: &str| -> u64 {
            let line = metrics.lines().find_map(|line| line.strip_prefix(name)).expect("a metric");
            line.trim().parse().expect("a number")
        };
        (level("heliograph_keys_dropped_total ") >= 4 && level("heliograph_keys ") == 0).then_some(())
    });
    assert!(moved_s < 11 * 3600, "keys go for being old after half a day, not for being idle");
    let gone = memory(server.pid());
    let keys = keys(&server.stopped_by("TERM"));
    let of_people = keys.iter().filter(|(owner, _)| match owner {
        Owner::Box(id) => ids.contains(id),
        Owner::Device(_) => true,
        Owner::Directory(_) | Owner::System | Owner::Unknown => false,
    });
    let auth_keys = auth_keys.iter().flat_map(|key| key.key.bytes().chunks(32));
    let keys = of_people.map(|(_, key)| key.as_slice()).chain(auth_keys);
    let needles: Vec<&[u8]> = keys.chain([TEXT.as_bytes()]).collect();
    let finder = Finder::new(needles.iter().copied());
    let count = |memory: &[Held]| {
        let found = memory.iter().flat_map(|held| finder.found_in(&held.bytes));
        let mut found: Vec<_> = found.map(|found| found == TEXT.as_bytes()).collect();
        let keys = found.extract_if(.., |is_text| !*is_text).count();
        (keys, found.len())
    };
    // C and X of two boxes, what two devices seal with, two auth keys in eight parts. The words may be gone as soon as they are
    // said.
    assert!(count(&there).0 >= 6 + 16, "this test has no power");
    assert_eq!(count(&gone), (0, 0), "keys and words of those who went are in memory");
}
