//! Where the vaults of development mode lie: beside the data folder, so that a copy of that holds no keys (P34); moved there
//! from where earlier versions had them; and never taken over by another store.
//!
//! Red when they are made inside the data folder, when a start leaves them there, or when a new store is given the vaults of
//! an old one.
use std::net::Ipv4Addr;

use crate::peer::{PERMANENT, Peer, Person};
use crate::process::{Server, copy, run};

const ALICE: Person<'_> = Person { phone: "9996675001", first_name: "A", last_name: "" };
const THERE: Ipv4Addr = Ipv4Addr::new(127, 34, 35, 1);

#[test]
fn vaults_that_lie_in_the_data_folder_are_moved_out_and_used_and_old_ones_are_told_of() {
    let server = Server::start();
    let mut alice = Peer::simple(&server, THERE);
    let key = alice.make_key(PERMANENT).expect("a key");
    alice.begin(&key);
    alice.sign_up(&server, &ALICE);
    let ended = server.stopped_by("TERM");
    let (data, apart) = (ended.folder.data(), ended.folder.path().join("data-vaults"));
    let inside = data.join("vaults-dev");
    assert!(!inside.exists() && apart.join("3").is_dir(), "a copy of the data folder holds no keys");

    // As an earlier version left it.
    std::fs::rename(&apart, &inside).expect("a folder");
    let server = Server::in_folder(ended.folder, &["--dev"]);
    assert!(!inside.exists() && apart.join("3").is_dir());
    let mut alice = Peer::simple(&server, THERE);
    alice.begin(&key);
    alice.call(&tl::updates::GetState {}).expect("she is still there");
    let ended = server.stopped_by("TERM");
    assert!(!ended.stderr.contains("vaults-dev"), "{}", ended.stderr);

    // An old copy of such a folder comes back: the vaults beside it know what was destroyed since.
    copy(&apart, &inside);
    std::fs::remove_file(inside.join("1/root")).expect("a file");
    let ended = Server::in_folder(ended.folder, &["--dev"]).stopped_by("TERM");
    assert!(ended.stderr.contains("remove them: they open what was deleted since"), "{}", ended.stderr);
    assert!(!inside.join("1/root").exists(), "what is not in use is not touched");
}

#[test]
fn a_new_store_is_not_given_the_vaults_of_another() {
    let ended = Server::start().stopped_by("TERM");
    std::fs::remove_dir_all(ended.folder.data()).expect("a folder");
    let data = ended.folder.data();
    let data = data.to_str().expect("a path");
    let refused =
        run(&["serve", "--dev", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data]);
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("holds the vaults of another data folder"), "{told}");
    std::fs::remove_dir_all(ended.folder.path().join("data-vaults")).expect("a folder");
    drop(Server::in_folder(ended.folder, &["--dev"]));
}

/// R5: what lies beside the store and is damaged is named in a sentence, and the program does not start over it. That every
/// bit is found is shown in `server`, on the same code.
#[test]
fn r5_a_damaged_file_of_the_data_folder_is_named() {
    let ended = Server::start().stopped_by("TERM");
    let data = ended.folder.data();
    let words = [
        ("local", "is missing or damaged"),
        ("vaults", "the check at the end of the list of vaults does not fit it"),
        ("server.key", "does not hold the 2048-bit RSA key of this server"),
    ];
    for (name, words) in words {
        let path = data.join(name);
        let whole = std::fs::read(&path).expect("a file");
        for at in [30, whole.len() - 2] {
            let mut turned = whole.clone();
            turned[at] ^= 4;
            std::fs::write(&path, turned).expect("a file");
            let data = data.to_str().expect("a path");
            let ended =
                run(&["serve", "--dev", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data]);
            let told = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(1), "{told}");
            let is_named = told.contains(path.to_str().expect("a path")) && told.contains(words);
            assert!(is_named && !told.contains("panicked"), "{told}");
        }
        std::fs::write(&path, whole).expect("a file");
    }
    drop(Server::in_folder(ended.folder, &["--dev"]));
}
