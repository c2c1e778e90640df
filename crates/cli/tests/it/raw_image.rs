//! P06 and P33 on a whole disk: a server's data folder on a file system of its own, whose device is looked through byte by byte, free
//! space, journal and removed files included, after kills and after a tick.
//!
//! It takes root, a loop device and mkfs.ext4 (`memory::left_out`). Red in `breaches`: rows in clear, vaults that keep what they
//! say they destroyed.
use std::fs::File;
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use exhume::{Dig, Found};

use crate::exhumed::{name, say};
use crate::memory::{Finder, left_out};
use crate::peer::{Peer, Person};
use crate::process::{Folder, Server};

const ALICE: Person<'_> =
    Person { phone: "999667800000001", first_name: "AliceOnADisk1763", last_name: "OfThatName8841" };
const BOB: Person<'_> =
    Person { phone: "999667800000002", first_name: "BobOnADisk90125", last_name: "OfThisName5150" };
const NAME_BEFORE: &str = "NameThatWasTakenAway";
const NAME_AFTER: &str = "NameThatIsThereNow";
/// A server writes as long as 256 MiB of it are free.
const DISK: &str = "448M";
const KILLS: i64 = 3;
/// As SECURITY rows have it, when the large sizes are asked for.
const KILLS_IN_FULL: i64 = 200;

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 7, 15, number)
}

fn is_done(command: &str, arguments: &[&str]) -> bool {
    Command::new(command).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// A file system in a file, and where it is mounted.
struct Disk {
    kept: Folder,
    mount: PathBuf,
}

impl Disk {
    /// Makes one and puts it in the place of a folder. Nothing where the system does not allow it.
    fn under(folder: &Folder) -> Option<Disk> {
        let (kept, mount) = (Folder::new(), folder.path().to_owned());
        let image = kept.path().join("disk");
        let image = image.to_str().expect("a path of a test");
        let is_made = is_done("truncate", &["-s", DISK, image])
            && is_done("mkfs.ext4", &["-q", "-F", image])
            && is_done("mount", &["-o", "loop", image, mount.to_str().expect("a path of a test")]);
        is_made.then_some(Disk { kept, mount })
    }

    /// Its blocks as they are now, but for those of zeros, in a file of a new folder.
    fn taken(&self, when: &str) -> PathBuf {
        let to = self.kept.path().join(when);
        std::fs::create_dir(&to).expect("a folder");
        assert!(is_done("sync", &["-f", self.mount.to_str().expect("a path of a test")]));
        let image = File::open(self.kept.path().join("disk")).expect("the image");
        let mut kept = Vec::new();
        let mut part = vec![0; 1 << 20];
        for at in (0..image.metadata().expect("its size").len()).step_by(part.len()) {
            image.read_exact_at(&mut part, at).expect("a part of it");
            part.chunks(4096)
                .filter(|block| *block != [0; 4096])
                .for_each(|block| kept.extend_from_slice(block));
        }
        std::fs::write(to.join("disk"), kept).expect("a file");
        // Whoever has the disk has this file; where in the image it begins is not looked for.
        std::fs::copy(self.mount.join("data/local"), to.join("local")).expect("the local part");
        to
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.mount).status();
        let _ = std::fs::remove_dir(&self.mount);
    }
}

/// What must not lie on the disk, in the forms in which somebody could have written it.
fn canaries(ids: [i64; 2], texts: &[&str]) -> Vec<Vec<u8>> {
    let mut canaries: Vec<Vec<u8>> = Vec::new();
    for id in ids {
        canaries.extend([id.to_be_bytes().to_vec(), id.to_le_bytes().to_vec(), id.to_string().into_bytes()]);
    }
    for person in [&ALICE, &BOB] {
        let number: u64 = person.phone.parse().expect("digits");
        canaries.extend([number.to_be_bytes().to_vec(), number.to_le_bytes().to_vec()]);
    }
    for text in texts {
        canaries.push(text.as_bytes().to_vec());
        canaries.push(text.bytes().flat_map(|byte| [byte, 0]).collect());
        canaries.push(text.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
        // What does not depend on the bytes around it.
        for before in 0..3_usize {
            let all = crypto::base64::encode(&[&vec![0; before], text.as_bytes()].concat());
            let whole = all.get((before * 8).div_ceil(6)..all.len() - 4).expect("a text is longer");
            canaries.push(whole.as_bytes().to_vec());
        }
    }
    canaries
}

fn look(disk: &Path, finder: &Finder<'_>, when: &str) {
    let bytes = std::fs::read(disk.join("disk")).expect("the image");
    let found: Vec<_> = finder.found_in(&bytes).into_iter().map(String::from_utf8_lossy).collect();
    assert!(found.is_empty(), "{found:?} lies on the disk {when}");
}

/// What opens of the bytes of disks, with these vaults: no file system is asked, and no engine.
fn dig(disks: &[&Path], vaults: &Path) -> Found {
    let mut dig = Dig::new();
    disks.iter().for_each(|disk| dig.data(disk).expect("an image"));
    dig.vault(vaults).expect("vaults");
    let found = dig.finish();
    let counts = &found.counts;
    assert!(
        counts.engines == 0 && counts.locals == 1 && counts.vaults == 3 && counts.rows > 50,
        "{counts:?}"
    );
    found
}

#[test]
fn p06_p33_a_whole_disk_has_nothing_in_clear_and_nothing_that_was_cut_out() {
    let folder = Folder::new();
    let Some(disk) = Disk::under(&folder) else {
        return left_out("a file system of its own takes root, a loop device and mkfs.ext4");
    };
    let kept = Folder::new();
    let vaults = kept.path().join("vaults");
    let flags = ["--dev", "--dev-vaults", vaults.to_str().expect("a path of a test")];
    let mut server = Server::in_folder(folder, &flags);
    let (mut alice, alice_key) = Peer::signed_up(&server, address(1), &ALICE);
    let (mut bob, _) = Peer::signed_up(&server, address(2), &BOB);
    name(&mut alice, BOB.phone, NAME_BEFORE);
    let to_bob = alice.import(BOB.phone);
    name(&mut alice, BOB.phone, NAME_BEFORE);
    let texts =
        [ALICE.phone, ALICE.first_name, BOB.phone, BOB.last_name, NAME_BEFORE, "a sentence of round "];
    let canaries = canaries([alice.own_id(), bob.own_id()], &texts);
    let finder = Finder::new(canaries.iter().map(Vec::as_slice));
    let is_full = std::env::var_os("HELIOGRAPH_CLAIMS").is_some_and(|size| size == "full");
    for round in 0..if is_full { KILLS_IN_FULL } else { KILLS } {
        say(&mut alice, &to_bob, &format!("a sentence of round {round}"), round + 1);
        let ended = server.stopped_by("KILL");
        look(&disk.taken(&format!("kill-{round}")), &finder, "after a kill");
        server = Server::in_folder(ended.folder, &flags);
        alice = Peer::simple(&server, address(3));
        alice.begin(&alice_key);
    }
    name(&mut alice, BOB.phone, NAME_AFTER);
    let ended = server.stopped_by("TERM");
    let before = disk.taken("before");
    let then = dig(&[&before], &vaults);
    assert!(then.holds(NAME_BEFORE.as_bytes()) && then.holds(b"round 0"), "this test has no power");

    let server = Server::in_folder(ended.folder, &flags);
    let (done, open) = server.shred();
    assert!(done > 0 && open == 0, "done {done}, open {open}");
    let ended = server.stopped_by("TERM");
    let after = disk.taken("after");
    look(&after, &finder, "after a tick");
    let found = dig(&[&before, &after], &vaults);
    assert!(found.holds(NAME_AFTER.as_bytes()) && found.holds(b"round 0"), "what lives is there");
    assert!(!found.holds(NAME_BEFORE.as_bytes()), "a name that was taken away opens again");
    drop(ended);
}
